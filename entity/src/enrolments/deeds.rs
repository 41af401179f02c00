//! What was recorded in any area, as deeds that meet obligations: gathers what
//! [`rules::commitments::settle`] looks at and writes down what it answers.

mod hubs;
mod partners;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rules::commitments::{
    Deed, DeedKind, DeedObligation, ObligationState, Settlement, TermFacts, settle,
};
use rules::programme::CommitmentRule;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, ExprTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::facts;
use super::obligation;
use crate::outcome::StoreError;
use crate::programme::{commitment_template, programme_term};
use hubs::hubs_deeds;
use partners::partners_deeds;

/// Whose obligations are settled.
#[derive(Clone, Copy)]
pub(super) enum Whose {
    /// One enrolment's.
    Enrolment(Uuid),
    /// A hub's own in one cohort.
    Hub(Uuid, Uuid),
    /// Everybody's in the programme.
    Everybody,
}

/// What settling changed.
#[derive(Default)]
pub(super) struct Settled {
    /// Obligations met or owed again.
    pub changed: usize,
    /// Whether any is owed again.
    pub reopened: bool,
}

/// Meets obligations of a programme by what was recorded, and takes back what no longer stands.
pub(super) async fn settle_deeds(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    whose: Whose,
) -> Result<Settled, StoreError> {
    let shared = Shared::load(txn, programme_id).await?;
    let mut settled = Settled::default();
    if !matches!(whose, Whose::Hub(..)) {
        let deeds = partners_deeds(txn, programme_id, whose).await?;
        let rows = obligations(txn, programme_id, whose, true).await?;
        write(txn, now, &shared, rows, &deeds, &mut settled).await?;
    }
    // A hub's duty to deliver follows from what its partners used, hence second.
    if !matches!(whose, Whose::Enrolment(_)) {
        let rows = obligations(txn, programme_id, whose, false).await?;
        let deeds = hubs_deeds(txn, now, programme_id, &rows).await?;
        write(txn, now, &shared, rows, &deeds, &mut settled).await?;
    }
    Ok(settled)
}

/// What all settling of one programme shares.
struct Shared {
    rules: HashMap<Uuid, CommitmentRule>,
    terms: HashMap<Uuid, Vec<TermFacts>>,
}

impl Shared {
    async fn load(txn: &DatabaseTransaction, programme_id: Uuid) -> Result<Self, StoreError> {
        let mut rules = HashMap::new();
        let templates = commitment_template::Entity::find()
            .filter(commitment_template::Column::ProgrammeId.eq(programme_id))
            .all(txn)
            .await?;
        for row in templates {
            rules.insert(row.id, facts::commitment(row)?.rule);
        }
        let mut terms: HashMap<Uuid, Vec<TermFacts>> = HashMap::new();
        let cohorts = Query::select()
            .column(("cohort", "id"))
            .from("cohort")
            .and_where(Expr::col(("cohort", "programme_id")).eq(programme_id))
            .to_owned();
        let rows = programme_term::Entity::find()
            .filter(programme_term::Column::CohortId.in_subquery(cohorts))
            .all(txn)
            .await?;
        for row in rows {
            terms.entry(row.cohort_id).or_default().push(facts::term(&row));
        }
        Ok(Self { rules, terms })
    }

    fn view(&self, row: &obligation::Model) -> Result<Option<DeedObligation>, StoreError> {
        let Some(rule) = self.rules.get(&row.template_id) else { return Ok(None) };
        let existing = facts::obligation(row)?;
        Ok(Some(DeedObligation {
            id: row.id,
            kind: existing.wanted.kind,
            template_id: row.template_id,
            rule: rule.clone(),
            state: existing.state,
            deed: row.deed_id,
            met_on: row.met_on,
            term_id: row.term_id,
            event_id: row.event_id,
            required_half_days: row.required_half_days,
            due_on: row.due_on,
        }))
    }
}

/// The rows that deeds can touch, locked.
async fn obligations(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
    whose: Whose,
    partners: bool,
) -> Result<Vec<obligation::Model>, StoreError> {
    let by_deed = Condition::all()
        .add(obligation::Column::State.eq("met"))
        .add(obligation::Column::DeedId.is_not_null());
    let mut wanted = Condition::all()
        .add(obligation::Column::ProgrammeId.eq(programme_id))
        .add(Condition::any().add(obligation::Column::State.is_in(["open", "missed"])).add(by_deed))
        .add(if partners {
            obligation::Column::EnrolmentId.is_not_null()
        } else {
            obligation::Column::EnrolmentId.is_null()
        });
    match whose {
        Whose::Enrolment(id) => wanted = wanted.add(obligation::Column::SubjectId.eq(id)),
        Whose::Hub(hub, cohort) => {
            wanted = wanted
                .add(obligation::Column::SubjectId.eq(hub))
                .add(obligation::Column::CohortId.eq(cohort));
        }
        Whose::Everybody => {}
    }
    Ok(obligation::Entity::find()
        .filter(wanted)
        .order_by_asc(obligation::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?)
}

fn deed(kind: DeedKind, id: Uuid, on: NaiveDate) -> Deed {
    Deed { kind, id, on, half_days: 0, event: None, senior_leader: false, template_id: None }
}

/// Deeds by subject (enrolment or hub) and cohort; a partner's have no need of the cohort.
type Deeds = HashMap<(Uuid, Option<Uuid>), Vec<Deed>>;

async fn write(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    shared: &Shared,
    rows: Vec<obligation::Model>,
    deeds: &Deeds,
    settled: &mut Settled,
) -> Result<(), StoreError> {
    let mut subjects: HashMap<(Uuid, Uuid), Vec<obligation::Model>> = HashMap::new();
    for row in rows {
        subjects.entry((row.subject_id, row.cohort_id)).or_default().push(row);
    }
    for ((subject, cohort), rows) in subjects {
        let mut views = Vec::with_capacity(rows.len());
        for row in &rows {
            views.extend(shared.view(row)?);
        }
        let of_subject =
            deeds.get(&(subject, None)).or_else(|| deeds.get(&(subject, Some(cohort))));
        let terms = shared.terms.get(&cohort).map_or(&[][..], Vec::as_slice);
        let changes = settle(&views, of_subject.map_or(&[][..], Vec::as_slice), terms);
        for change in changes {
            let (id, set) = match change {
                Settlement::Meet { id, on, kind, deed } => (
                    id,
                    obligation::ActiveModel {
                        state: Set(<&str>::from(ObligationState::Met).to_owned()),
                        met_on: Set(Some(on)),
                        recorded_at: Set(Some(now)),
                        // What somebody wrote who had opened it again says nothing of the deed.
                        recorded_by: Set(None),
                        note: Set(None),
                        deed_kind: Set(Some(<&str>::from(kind).to_owned())),
                        deed_id: Set(Some(deed)),
                        ..Default::default()
                    },
                ),
                Settlement::Reopen { id } => {
                    settled.reopened = true;
                    let old = rows.iter().find(|row| row.id == id);
                    let revision = old.map_or(1, |row| row.revision + 1);
                    (
                        id,
                        obligation::ActiveModel {
                            state: Set(<&str>::from(ObligationState::Open).to_owned()),
                            met_on: Set(None),
                            recorded_at: Set(None),
                            deed_kind: Set(None),
                            deed_id: Set(None),
                            revision: Set(revision),
                            ..Default::default()
                        },
                    )
                }
            };
            let Some(old) = rows.iter().find(|row| row.id == id) else { continue };
            let set = obligation::ActiveModel {
                version: Set(old.version + 1),
                changed_at: Set(now),
                ..set
            };
            obligation::Entity::update_many()
                .set(set)
                .filter(obligation::Column::Id.eq(id))
                .exec(txn)
                .await?;
            settled.changed += 1;
        }
    }
    Ok(())
}
