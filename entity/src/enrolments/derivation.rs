//! From facts in the tables to dated obligations: gathers what [`rules::commitments::derive`]
//! looks at and writes down what it answers.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{Calendar, end_of_day};
use rules::commitments::{
    Change, CommitmentFacts, DerivationFacts, EventFacts, ExistingObligation, ObligationState,
    OwedBy, TermFacts, Wanted, derive,
};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{enrolment, obligation};
use crate::hubs::hub;
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::programme::calendars::Calendars;
use crate::programme::{self, commitment_template, event, programme_term};

/// Rows written in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

/// Derives the obligations of one enrolment anew and returns how many changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn rederive_enrolment(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
) -> Result<usize, StoreError> {
    let Some(enrolment) = enrolment::Entity::find_by_id(enrolment_id).one(txn).await? else {
        return Ok(0);
    };
    let setting = Setting::load(txn, enrolment.programme_id).await?;
    let existing = obligation::Entity::find()
        .filter(obligation::Column::EnrolmentId.eq(enrolment_id))
        .all(txn)
        .await?;
    let mut ledger = Ledger::new(now);
    setting.enrolment(&mut ledger, &enrolment, existing)?;
    ledger.write(txn).await
}

/// Derives a hub's own duties in one cohort anew and returns how many changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn rederive_hub(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    hub_id: Uuid,
    cohort_id: Uuid,
) -> Result<usize, StoreError> {
    let Some(hub) = hub::Entity::find_by_id(hub_id).one(txn).await? else {
        return Ok(0);
    };
    let setting = Setting::load(txn, hub.programme_id).await?;
    let existing = obligation::Entity::find()
        .filter(obligation::Column::SubjectId.eq(hub_id))
        .filter(obligation::Column::CohortId.eq(cohort_id))
        .all(txn)
        .await?;
    let active = enrolment::Entity::find()
        .filter(enrolment::Column::HubId.eq(hub_id))
        .filter(enrolment::Column::CohortId.eq(cohort_id))
        .filter(enrolment::Column::Status.is_in(["active", "paused"]))
        .one(txn)
        .await?;
    let mut ledger = Ledger::new(now);
    setting.hub(&mut ledger, &hub, cohort_id, active.is_some(), existing)?;
    ledger.write(txn).await
}

/// Derives every obligation of a programme anew, after its set-up or the day changed, and returns
/// how many changed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn rederive_programme(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<usize, StoreError> {
    let setting = Setting::load(txn, programme_id).await?;
    let mut existing: HashMap<(Uuid, Uuid), Vec<obligation::Model>> = HashMap::new();
    let rows = obligation::Entity::find()
        .filter(obligation::Column::ProgrammeId.eq(programme_id))
        .all(txn)
        .await?;
    for row in rows {
        existing
            .entry((row.subject_id, row.cohort_id))
            .or_default()
            .push(row);
    }
    let mut ledger = Ledger::new(now);
    let mut hub_cohorts: HashMap<(Uuid, Uuid), bool> = HashMap::new();
    let enrolments = enrolment::Entity::find()
        .filter(enrolment::Column::ProgrammeId.eq(programme_id))
        .order_by_asc(enrolment::Column::Id)
        .all(txn)
        .await?;
    for enrolment in &enrolments {
        let key = (enrolment.id, enrolment.cohort_id);
        setting.enrolment(
            &mut ledger,
            enrolment,
            existing.remove(&key).unwrap_or_default(),
        )?;
        let active = enrolment.status == "active" || enrolment.status == "paused";
        *hub_cohorts
            .entry((enrolment.hub_id, enrolment.cohort_id))
            .or_default() |= active;
    }
    let hubs = hub::Entity::find()
        .filter(hub::Column::ProgrammeId.eq(programme_id))
        .all(txn)
        .await?;
    let hubs: HashMap<Uuid, hub::Model> = hubs.into_iter().map(|hub| (hub.id, hub)).collect();
    // A hub whose last partner of a cohort moved away still has duties to close.
    for &(subject, cohort) in existing.keys() {
        hub_cohorts.entry((subject, cohort)).or_default();
    }
    for ((hub_id, cohort_id), active) in hub_cohorts {
        if let Some(hub) = hubs.get(&hub_id) {
            let rows = existing.remove(&(hub_id, cohort_id)).unwrap_or_default();
            setting.hub(&mut ledger, hub, cohort_id, active, rows)?;
        }
    }
    ledger.write(txn).await
}

/// What all derivations of one programme share.
struct Setting {
    programme_id: Uuid,
    grace_working_days: u32,
    terms: HashMap<Uuid, Vec<TermFacts>>,
    /// By pathway; a hub's own under `None`.
    commitments: HashMap<Option<Uuid>, Vec<CommitmentFacts>>,
    events: Vec<(event::Model, EventFacts)>,
    calendars: Calendars,
}

impl Setting {
    async fn load(txn: &DatabaseTransaction, programme_id: Uuid) -> Result<Self, StoreError> {
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
            terms
                .entry(row.cohort_id)
                .or_default()
                .push(read_term(&row));
        }
        let mut commitments: HashMap<Option<Uuid>, Vec<CommitmentFacts>> = HashMap::new();
        let rows = commitment_template::Entity::find()
            .filter(commitment_template::Column::ProgrammeId.eq(programme_id))
            .filter(commitment_template::Column::RetiredAt.is_null())
            .order_by_asc(commitment_template::Column::Position)
            .all(txn)
            .await?;
        for row in rows {
            commitments
                .entry(row.pathway_id)
                .or_default()
                .push(read_commitment(row)?);
        }
        let rows = event::Entity::find()
            .filter(event::Column::ProgrammeId.eq(programme_id))
            .order_by_asc(event::Column::StartsAt)
            .order_by_asc(event::Column::Id)
            .all(txn)
            .await?;
        let events = rows
            .into_iter()
            .map(|row| read_event(&row).map(|facts| (row, facts)))
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
    fn enrolment(
        &self,
        ledger: &mut Ledger,
        enrolment: &enrolment::Model,
        existing: Vec<obligation::Model>,
    ) -> Result<(), StoreError> {
        let facts = Facts {
            cohort_id: enrolment.cohort_id,
            pathway_id: Some(enrolment.pathway_id),
            hub_id: enrolment.hub_id,
            joined_on: enrolment.enrolled_on,
            ended_on: enrolment.ended_on,
            calendar: self.calendars.of_setting(enrolment.partner_setting_id),
            grace_working_days: self.grace_working_days,
        };
        let owner = Owner {
            programme: self.programme_id,
            cohort: enrolment.cohort_id,
            hub: enrolment.hub_id,
            enrolment: Some(enrolment.id),
        };
        self.add(ledger, owner, facts, existing)
    }

    /// Adds the changes of one hub's duties in one cohort to the ledger. A hub without partners in
    /// the cohort owes it nothing.
    fn hub(
        &self,
        ledger: &mut Ledger,
        hub: &hub::Model,
        cohort_id: Uuid,
        active: bool,
        existing: Vec<obligation::Model>,
    ) -> Result<(), StoreError> {
        let facts = Facts {
            cohort_id,
            pathway_id: None,
            hub_id: hub.id,
            joined_on: hub.opened_on,
            ended_on: if active {
                hub.closed_on
            } else {
                Some(hub.opened_on)
            },
            calendar: self.calendars.of_setting(hub.lead_setting_id),
            grace_working_days: 0,
        };
        let owner = Owner {
            programme: self.programme_id,
            cohort: cohort_id,
            hub: hub.id,
            enrolment: None,
        };
        self.add(ledger, owner, facts, existing)
    }

    fn add(
        &self,
        ledger: &mut Ledger,
        owner: Owner,
        facts: Facts,
        existing: Vec<obligation::Model>,
    ) -> Result<(), StoreError> {
        let in_reach = |event: &event::Model| {
            event.cohort_id.is_none_or(|id| id == facts.cohort_id)
                && event.hub_id.is_none_or(|id| id == facts.hub_id)
        };
        let facts = DerivationFacts {
            now: ledger.now,
            grace_working_days: facts.grace_working_days,
            joined_on: facts.joined_on,
            ended_on: facts.ended_on,
            terms: self
                .terms
                .get(&facts.cohort_id)
                .cloned()
                .unwrap_or_default(),
            commitments: self
                .commitments
                .get(&facts.pathway_id)
                .cloned()
                .unwrap_or_default(),
            events: self
                .events
                .iter()
                .filter(|(row, _)| in_reach(row))
                .map(|(_, event)| event.clone())
                .collect(),
            calendar: facts.calendar,
            existing: existing
                .iter()
                .map(read_obligation)
                .collect::<Result<_, _>>()?,
        };
        ledger.note(owner, derive(&facts), existing);
        Ok(())
    }
}

/// Where and since when one subject takes part.
struct Facts {
    cohort_id: Uuid,
    pathway_id: Option<Uuid>,
    hub_id: Uuid,
    joined_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    calendar: Calendar,
    grace_working_days: u32,
}

/// Whose obligation it is.
#[derive(Clone, Copy)]
struct Owner {
    programme: Uuid,
    cohort: Uuid,
    hub: Uuid,
    enrolment: Option<Uuid>,
}

/// The rows to write, gathered over all subjects and written in few statements.
struct Ledger {
    now: DateTime<Utc>,
    added: Vec<obligation::ActiveModel>,
    changed: Vec<obligation::ActiveModel>,
}

impl Ledger {
    fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            added: Vec::new(),
            changed: Vec::new(),
        }
    }

    fn note(&mut self, owner: Owner, changes: Vec<Change>, existing: Vec<obligation::Model>) {
        let existing: HashMap<Uuid, obligation::Model> =
            existing.into_iter().map(|row| (row.id, row)).collect();
        for change in changes {
            match change {
                Change::Add(wanted) => self.added.push(new_row(owner, wanted, self.now)),
                Change::Amend { id, wanted } => self.change(existing.get(&id), |row, old| {
                    let moved = old.due_on != wanted.due_on || old.state != "open";
                    row.revision = Set(old.revision + i32::from(moved));
                    row.state = Set("open".to_owned());
                    row.note = Set(None);
                    write_wanted(row, wanted);
                }),
                Change::Miss { id } => self.change(existing.get(&id), |row, _| {
                    row.state = Set(text(ObligationState::Missed));
                }),
                Change::Cancel { id, reason } => self.change(existing.get(&id), |row, _| {
                    row.state = Set(text(ObligationState::Cancelled));
                    row.note = Set(Some(reason.to_owned()));
                }),
            }
        }
    }

    fn change(
        &mut self,
        old: Option<&obligation::Model>,
        edit: impl FnOnce(&mut obligation::ActiveModel, &obligation::Model),
    ) {
        let Some(old) = old else { return };
        let mut row: obligation::ActiveModel = obligation::ActiveModel {
            id: sea_orm::ActiveValue::Unchanged(old.id),
            version: Set(old.version + 1),
            changed_at: Set(self.now),
            ..Default::default()
        };
        edit(&mut row, old);
        self.changed.push(row);
    }

    async fn write(self, txn: &DatabaseTransaction) -> Result<usize, StoreError> {
        let count = self.added.len() + self.changed.len();
        let mut added = self.added;
        while !added.is_empty() {
            let rest = added.split_off(added.len().min(BATCH));
            obligation::Entity::insert_many(std::mem::replace(&mut added, rest))
                .exec_without_returning(txn)
                .await?;
        }
        for row in self.changed {
            row.update_without_returning(txn).await?;
        }
        Ok(count)
    }
}

fn text<T: Into<&'static str>>(word: T) -> String {
    word.into().to_owned()
}

fn new_row(owner: Owner, wanted: Wanted, now: DateTime<Utc>) -> obligation::ActiveModel {
    let owed_by = if owner.enrolment.is_some() {
        OwedBy::Partner
    } else {
        OwedBy::Hub
    };
    let mut row = obligation::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(owner.programme),
        cohort_id: Set(owner.cohort),
        hub_id: Set(owner.hub),
        enrolment_id: Set(owner.enrolment),
        subject_id: Set(owner.enrolment.unwrap_or(owner.hub)),
        template_id: Set(wanted.template_id),
        occurrence: Set(wanted.occurrence.clone()),
        owed_by: Set(text(owed_by)),
        state: Set(text(ObligationState::Open)),
        met_on: Set(None),
        note: Set(None),
        recorded_by: Set(None),
        recorded_at: Set(None),
        revision: Set(1),
        version: Set(1),
        created_at: Set(now),
        changed_at: Set(now),
        ..Default::default()
    };
    write_wanted(&mut row, wanted);
    row
}

fn write_wanted(row: &mut obligation::ActiveModel, wanted: Wanted) {
    row.kind = Set(text(wanted.kind));
    row.action = Set(text(wanted.action));
    row.title = Set(wanted.title);
    row.term_id = Set(wanted.term_id);
    row.event_id = Set(wanted.event_id);
    row.required_half_days = Set(wanted.required_half_days);
    row.opens_on = Set(wanted.opens_on);
    row.due_on = Set(wanted.due_on);
    row.due_at = Set(end_of_day(wanted.due_on));
}

/// Reads a word of a row, or says which row holds one that is not known.
fn word<T: FromStr<Err: Display>>(
    table: &'static str,
    id: Uuid,
    column: &str,
    value: &str,
) -> Result<T, StoreError> {
    value.parse().map_err(|_| StoreError::Unreadable {
        table,
        id,
        problem: format!("{column} holds the unknown word \"{value}\""),
    })
}

fn read_term(row: &programme_term::Model) -> TermFacts {
    TermFacts {
        id: row.id,
        ordinal: u32::try_from(row.ordinal).unwrap_or(0),
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        half_term: row.half_term_starts_on.zip(row.half_term_ends_on),
    }
}

fn read_commitment(row: commitment_template::Model) -> Result<CommitmentFacts, StoreError> {
    let table = "commitment_template";
    let rule = serde_json::from_value(row.rule).map_err(|error| StoreError::Unreadable {
        table,
        id: row.id,
        problem: error.to_string(),
    })?;
    let kind = word(table, row.id, "kind", &row.kind)?;
    Ok(CommitmentFacts {
        template_id: row.id,
        kind,
        title: row.title,
        rule,
    })
}

fn read_event(row: &event::Model) -> Result<EventFacts, StoreError> {
    Ok(EventFacts {
        id: row.id,
        key: row.key.clone(),
        kind: word("event", row.id, "kind", &row.kind)?,
        title: row.title.clone(),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        published_at: row.published_at,
        cancelled: row.cancelled_at.is_some(),
    })
}

fn read_obligation(row: &obligation::Model) -> Result<ExistingObligation, StoreError> {
    let table = "obligation";
    Ok(ExistingObligation {
        id: row.id,
        state: word(table, row.id, "state", &row.state)?,
        wanted: Wanted {
            template_id: row.template_id,
            occurrence: row.occurrence.clone(),
            kind: word(table, row.id, "kind", &row.kind)?,
            action: word(table, row.id, "action", &row.action)?,
            title: row.title.clone(),
            term_id: row.term_id,
            event_id: row.event_id,
            required_half_days: row.required_half_days,
            opens_on: row.opens_on,
            due_on: row.due_on,
        },
    })
}
