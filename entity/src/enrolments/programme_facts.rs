//! What the obligations of a programme are derived from, read in a few statements.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use rules::calendar::Calendar;
use rules::commitments::{
    CommitmentFacts, CommitmentKind, DerivationFacts, EventFacts, TermFacts, derive,
};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::ledger::{Ledger, Owner};
use super::{enrolment, facts, obligation};
use crate::hubs::hub;
use crate::outcome::StoreError;
use crate::programme::calendars::Calendars;
use crate::programme::{self, commitment_template, event, programme_term};

/// The running enrolments of one cohort under one hub, as far as its own duties depend on them.
#[derive(Default)]
pub(super) struct Partners {
    /// First day of the first of them; none, when there is no partner.
    since: Option<NaiveDate>,
    pathways: HashSet<Uuid>,
}

impl Partners {
    pub fn count(&mut self, enrolment: &enrolment::Model) {
        if enrolment.status == "active" || enrolment.status == "paused" {
            let first =
                self.since.map_or(enrolment.enrolled_on, |day| day.min(enrolment.enrolled_on));
            self.since = Some(first);
            self.pathways.insert(enrolment.pathway_id);
        }
    }
}

/// What all derivations of one programme share.
pub(super) struct ProgrammeFacts {
    programme_id: Uuid,
    grace_working_days: u32,
    terms: HashMap<Uuid, Vec<TermFacts>>,
    /// By pathway; a hub's own under `None`.
    commitments: HashMap<Option<Uuid>, Vec<CommitmentFacts>>,
    events: Vec<(event::Model, EventFacts)>,
    calendars: Calendars,
}

impl ProgrammeFacts {
    pub async fn load(txn: &DatabaseTransaction, programme_id: Uuid) -> Result<Self, StoreError> {
        let policy = programme::policy(txn, programme_id).await?;
        let cohorts = sea_orm::sea_query::Query::select()
            .column(programme::cohort::Column::Id)
            .from(programme::cohort::Entity)
            .and_where(programme::cohort::Column::ProgrammeId.eq(programme_id))
            .to_owned();
        let mut terms: HashMap<Uuid, Vec<TermFacts>> = HashMap::new();
        let rows = programme_term::Entity::find()
            .filter(programme_term::Column::CohortId.in_subquery(cohorts))
            .order_by_asc(programme_term::Column::Ordinal)
            .all(txn)
            .await?;
        for row in rows {
            terms.entry(row.cohort_id).or_default().push(facts::term(&row));
        }
        let mut commitments: HashMap<Option<Uuid>, Vec<CommitmentFacts>> = HashMap::new();
        let rows = commitment_template::Entity::find()
            .filter(commitment_template::Column::ProgrammeId.eq(programme_id))
            .filter(commitment_template::Column::RetiredAt.is_null())
            .order_by_asc(commitment_template::Column::Position)
            .all(txn)
            .await?;
        for row in rows {
            commitments.entry(row.pathway_id).or_default().push(facts::commitment(row)?);
        }
        let rows = event::Entity::find()
            .filter(event::Column::ProgrammeId.eq(programme_id))
            .order_by_asc(event::Column::StartsAt)
            .order_by_asc(event::Column::Id)
            .all(txn)
            .await?;
        let events = rows
            .into_iter()
            .map(|row| facts::event(&row).map(|facts| (row, facts)))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            programme_id,
            grace_working_days: policy.grace_working_days,
            terms,
            commitments,
            events,
            calendars: Calendars::load(txn).await?,
        })
    }

    /// Adds the changes of one enrolment to the ledger.
    pub fn enrolment(
        &self,
        ledger: &mut Ledger,
        enrolment: &enrolment::Model,
        existing: Vec<obligation::Model>,
    ) -> Result<(), StoreError> {
        let standing = Standing {
            cohort_id: enrolment.cohort_id,
            pathway_id: Some(enrolment.pathway_id),
            hub_id: enrolment.hub_id,
            joined_on: enrolment.enrolled_on,
            ended_on: enrolment.ended_on,
            calendar: self.calendars.of_setting(enrolment.partner_setting_id),
            has_support_days: true,
        };
        let owner = Owner {
            programme: self.programme_id,
            cohort: enrolment.cohort_id,
            hub: enrolment.hub_id,
            enrolment: Some(enrolment.id),
        };
        self.add(ledger, owner, standing, existing)
    }

    /// Adds the changes of one hub's duties in one cohort to the ledger. A hub owes a cohort nothing
    /// before its first partner there, or without one.
    pub fn hub(
        &self,
        ledger: &mut Ledger,
        hub: &hub::Model,
        cohort_id: Uuid,
        partners: &Partners,
        existing: Vec<obligation::Model>,
    ) -> Result<(), StoreError> {
        let standing = Standing {
            cohort_id,
            pathway_id: None,
            hub_id: hub.id,
            joined_on: partners.since.map_or(hub.opened_on, |day| day.max(hub.opened_on)),
            ended_on: if partners.since.is_some() { hub.closed_on } else { Some(hub.opened_on) },
            calendar: self.calendars.of_setting(hub.lead_setting_id),
            has_support_days: partners.pathways.iter().any(|id| self.offers_support_days(*id)),
        };
        let owner =
            Owner { programme: self.programme_id, cohort: cohort_id, hub: hub.id, enrolment: None };
        self.add(ledger, owner, standing, existing)
    }

    /// Whether a pathway has days of the lead's own time in it.
    fn offers_support_days(&self, pathway_id: Uuid) -> bool {
        self.commitments.get(&Some(pathway_id)).is_some_and(|commitments| {
            commitments.iter().any(|one| one.kind == CommitmentKind::SupportDays)
        })
    }

    fn add(
        &self,
        ledger: &mut Ledger,
        owner: Owner,
        standing: Standing,
        existing: Vec<obligation::Model>,
    ) -> Result<(), StoreError> {
        let in_reach = |event: &event::Model| {
            let of = (event.hub_id, event.cohort_id);
            rules::events::in_reach(of, (standing.hub_id, standing.cohort_id))
        };
        let facts = DerivationFacts {
            now: ledger.now,
            grace_working_days: self.grace_working_days,
            joined_on: standing.joined_on,
            ended_on: standing.ended_on,
            terms: self.terms.get(&standing.cohort_id).cloned().unwrap_or_default(),
            commitments: self
                .commitments
                .get(&standing.pathway_id)
                .into_iter()
                .flatten()
                .filter(|one| {
                    standing.has_support_days || one.kind != CommitmentKind::DeliverSupportDays
                })
                .cloned()
                .collect(),
            events: self
                .events
                .iter()
                .filter(|(row, _)| in_reach(row))
                .map(|(_, event)| event.clone())
                .collect(),
            calendar: standing.calendar,
            existing: existing.iter().map(facts::obligation).collect::<Result<_, _>>()?,
        };
        ledger.note(owner, derive(&facts), existing);
        Ok(())
    }
}

/// Where and since when one subject takes part.
struct Standing {
    cohort_id: Uuid,
    pathway_id: Option<Uuid>,
    hub_id: Uuid,
    joined_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    calendar: Calendar,
    /// A hub delivers support days only to partners whose pathway has them.
    has_support_days: bool,
}
