//! What partners did: visits, events, plans, reviews and surveys.

use std::collections::HashMap;

use chrono::NaiveDate;
use rules::commitments::{Deed, DeedKind};
use rules::events::AttendanceMode;
use rules::plans::{PlanKind, ReviewKind};
use rules::programme::EventKind;
use rules::visits::VisitKind;
use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, ExprTrait as _, QueryFilter as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::{Deeds, Whose, deed};
use crate::events::event_attendance;
use crate::outcome::{StoreError, word};
use crate::plans::{plan, review, self_assessment};
use crate::programme::event;
use crate::surveys::{survey_campaign, survey_invitation};
use crate::visits::visit;

/// Enrolments looked at, as a subquery of their ids.
fn chosen(programme_id: Uuid, whose: Whose) -> SelectStatement {
    let mut select = Query::select();
    select
        .column(("enrolment", "id"))
        .from("enrolment")
        .and_where(Expr::col(("enrolment", "programme_id")).eq(programme_id));
    if let Whose::Enrolment(id) = whose {
        select.and_where(Expr::col(("enrolment", "id")).eq(id));
    }
    select
}

pub(super) async fn partners_deeds(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
    whose: Whose,
) -> Result<Deeds, StoreError> {
    let mut deeds: Deeds = HashMap::new();
    let mut add = |enrolment: Uuid, deed: Deed| {
        deeds.entry((enrolment, None)).or_default().push(deed);
    };
    let visits = visit::Entity::find()
        .filter(visit::Column::State.eq("recorded"))
        .filter(visit::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in visits {
        let kind = match word("visit", row.id, &row.kind)? {
            VisitKind::SupportDay => DeedKind::SupportDay,
            VisitKind::DeepDiveVisit => DeedKind::DeepDiveVisit,
        };
        if let (Some(on), Some(half_days)) = (row.held_on, row.half_days_used) {
            add(row.enrolment_id, Deed { half_days, ..deed(kind, row.id, on) });
        }
    }
    let attended = event_attendance::Entity::find()
        .filter(event_attendance::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    let kinds = event_kinds(txn, programme_id).await?;
    for row in attended {
        let kind = match word("event_attendance", row.id, &row.mode)? {
            AttendanceMode::Attended => DeedKind::Attended,
            AttendanceMode::WatchedRecording => DeedKind::WatchedRecording,
            AttendanceMode::Absent | AttendanceMode::NotWatched => continue,
        };
        let event = kinds.get(&row.event_id).map(|of| (row.event_id, *of));
        let senior_leader = row.senior_leader;
        add(row.enrolment_id, Deed { event, senior_leader, ..deed(kind, row.id, row.on_day) });
    }
    let assessed = self_assessment::Entity::find()
        .filter(self_assessment::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in assessed {
        if let Some(on) = row.completed_on {
            add(row.enrolment_id, deed(DeedKind::SelfAssessment, row.id, on));
        }
    }
    let plans = plan::Entity::find()
        .filter(plan::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in plans {
        let kind = match word("plan", row.id, &row.kind)? {
            PlanKind::Action => DeedKind::ActionPlan,
            PlanKind::Improvement => DeedKind::ImprovementPlan,
        };
        if let Some(on) = row.agreed_on {
            add(row.enrolment_id, deed(kind, row.id, on));
        }
    }
    let reviews = review::Entity::find()
        .filter(review::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    for row in reviews {
        let kind = match word("review", row.id, &row.kind)? {
            ReviewKind::Progress => DeedKind::ProgressReview,
            ReviewKind::Final => DeedKind::FinalReview,
        };
        add(row.enrolment_id, deed(kind, row.id, row.held_on));
    }
    for (enrolment, answered) in answered_surveys(txn, programme_id, whose).await? {
        add(enrolment, answered);
    }
    Ok(deeds)
}

/// What each event is; a cancelled one is none that anybody attended.
async fn event_kinds(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<HashMap<Uuid, EventKind>, StoreError> {
    let rows: Vec<(Uuid, String)> = event::Entity::find()
        .select_only()
        .columns([event::Column::Id, event::Column::Kind])
        .filter(event::Column::ProgrammeId.eq(programme_id))
        .filter(event::Column::CancelledAt.is_null())
        .into_tuple()
        .all(txn)
        .await?;
    rows.into_iter().map(|(id, kind)| Ok((id, word("event", id, &kind)?))).collect()
}

/// Campaigns whose every group at a school has answered enough, as of the day the last one had.
async fn answered_surveys(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
    whose: Whose,
) -> Result<Vec<(Uuid, Deed)>, StoreError> {
    let campaigns: HashMap<Uuid, Uuid> = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::ProgrammeId.eq(programme_id))
        .filter(survey_campaign::Column::TemplateId.is_not_null())
        .all(txn)
        .await?
        .into_iter()
        .filter_map(|row| row.template_id.map(|template| (row.id, template)))
        .collect();
    let rows = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::EnrolmentId.in_subquery(chosen(programme_id, whose)))
        .all(txn)
        .await?;
    let mut groups: HashMap<(Uuid, Uuid), Vec<survey_invitation::Model>> = HashMap::new();
    for row in rows {
        groups.entry((row.campaign_id, row.enrolment_id)).or_default().push(row);
    }
    let deeds = groups.into_iter().filter_map(|((campaign, enrolment), groups)| {
        let template_id = Some(*campaigns.get(&campaign)?);
        let days: Option<Vec<NaiveDate>> = groups.iter().map(|group| group.enough_on).collect();
        let (on, id) = (days?.into_iter().max()?, groups.iter().map(|group| group.id).min()?);
        Some((enrolment, Deed { template_id, ..deed(DeedKind::Survey, id, on) }))
    });
    Ok(deeds.collect())
}
