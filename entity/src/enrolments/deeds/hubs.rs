//! What hubs did: events they hosted, and days they delivered.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use rules::commitments::{CommitmentKind, Deed, DeedKind, ObligationState};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{Deeds, deed};
use crate::enrolments::obligation;
use crate::outcome::{StoreError, word};
use crate::programme::event;

/// What hubs have done for the duties in `rows`: events they hosted, and days they delivered.
pub(super) async fn hubs_deeds(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    rows: &[obligation::Model],
) -> Result<Deeds, StoreError> {
    let mut deeds: Deeds = HashMap::new();
    let held = event::Entity::find()
        .filter(event::Column::ProgrammeId.eq(programme_id))
        .filter(event::Column::HubId.is_not_null())
        .filter(event::Column::PublishedAt.is_not_null())
        .filter(event::Column::CancelledAt.is_null())
        .filter(event::Column::EndsAt.lte(now))
        .all(txn)
        .await?;
    let used = support_days(txn, programme_id).await?;
    let mut subjects: Vec<(Uuid, Uuid)> =
        rows.iter().map(|row| (row.subject_id, row.cohort_id)).collect();
    subjects.sort_unstable();
    subjects.dedup();
    for (hub, cohort) in subjects {
        let of_hub = deeds.entry((hub, Some(cohort))).or_default();
        for row in &held {
            if row.hub_id == Some(hub) && row.cohort_id.is_none_or(|of| of == cohort) {
                let kind = word("event", row.id, &row.kind)?;
                let on = local(row.starts_at).date();
                let event = Some((row.id, kind));
                of_hub.push(Deed { event, ..deed(DeedKind::HostedEvent, row.id, on) });
            }
        }
        for ((_, _, term), days) in used.iter().filter(|((a, b, _), _)| (*a, *b) == (hub, cohort)) {
            if let Some(on) = days.iter().copied().collect::<Option<Vec<_>>>()
                && let Some(on) = on.into_iter().max()
            {
                of_hub.push(deed(DeedKind::DeliveredSupportDays, *term, on));
            }
        }
    }
    Ok(deeds)
}

/// By hub, cohort and term: for each of the partners' support-days obligations the day on which it
/// was settled, or none while it is open.
async fn support_days(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<HashMap<(Uuid, Uuid, Uuid), Vec<Option<NaiveDate>>>, StoreError> {
    let rows = obligation::Entity::find()
        .filter(obligation::Column::ProgrammeId.eq(programme_id))
        .filter(obligation::Column::Kind.eq(<&str>::from(CommitmentKind::SupportDays)))
        .filter(obligation::Column::State.ne("cancelled"))
        .all(txn)
        .await?;
    let mut days: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows {
        let state: ObligationState = word("obligation", row.id, &row.state)?;
        let recorded_on = row.recorded_at.map(|at| local(at).date());
        let on = state.is_settled().then(|| row.met_on.or(recorded_on).unwrap_or(row.due_on));
        if let Some(term) = row.term_id {
            days.entry((row.hub_id, row.cohort_id, term)).or_default().push(on);
        }
    }
    Ok(days)
}
