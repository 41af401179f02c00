//! Writing down how obligations change.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::calendar::end_of_day;
use rules::commitments::{Change, ObligationState, OwedBy, Wanted};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::obligation;
use crate::id::new_id;
use crate::outcome::StoreError;

/// Rows written in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

/// Whose obligation it is.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    pub programme: Uuid,
    pub cohort: Uuid,
    pub hub: Uuid,
    pub enrolment: Option<Uuid>,
}

/// The rows to write, gathered over all subjects and written in few statements.
pub(super) struct Ledger {
    pub now: DateTime<Utc>,
    added: Vec<obligation::ActiveModel>,
    /// Each with its id and the version it was read at.
    changed: Vec<(Uuid, i32, obligation::ActiveModel)>,
}

impl Ledger {
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { now, added: Vec::new(), changed: Vec::new() }
    }

    /// Takes in how the obligations of one owner must change.
    pub fn note(&mut self, owner: Owner, changes: Vec<Change>, existing: Vec<obligation::Model>) {
        let existing: HashMap<Uuid, obligation::Model> =
            existing.into_iter().map(|row| (row.id, row)).collect();
        let now = self.now;
        for change in changes {
            match change {
                Change::Add(wanted) => self.added.push(new_row(owner, wanted, self.now)),
                Change::Amend { id, wanted } => self.change(existing.get(&id), |row, old| {
                    let moved = old.due_on != wanted.due_on || old.state != "open";
                    row.revision = Set(old.revision + i32::from(moved));
                    if moved {
                        row.revised_at = Set(Some(now));
                    }
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
            version: Set(old.version + 1),
            changed_at: Set(self.now),
            ..Default::default()
        };
        edit(&mut row, old);
        self.changed.push((old.id, old.version, row));
    }

    /// Writes everything down and returns how many obligations changed.
    pub async fn write(self, txn: &DatabaseTransaction) -> Result<usize, StoreError> {
        let count = self.added.len() + self.changed.len();
        let mut added = self.added;
        while !added.is_empty() {
            let rest = added.split_off(added.len().min(BATCH));
            // Another transaction may have derived the same at the same time: one row is enough.
            obligation::Entity::insert_many(std::mem::replace(&mut added, rest))
                .on_conflict_do_nothing_on([
                    obligation::Column::SubjectId,
                    obligation::Column::CohortId,
                    obligation::Column::TemplateId,
                    obligation::Column::Occurrence,
                ])
                .exec_without_returning(txn)
                .await?;
        }
        for (id, read_version, row) in self.changed {
            // What somebody recorded since we read it stands; the next derivation starts from there.
            obligation::Entity::update_many()
                .filter(obligation::Column::Id.eq(id))
                .filter(obligation::Column::Version.eq(read_version))
                .set(row)
                .exec(txn)
                .await?;
        }
        Ok(count)
    }
}

fn text<T: Into<&'static str>>(word: T) -> String {
    word.into().to_owned()
}

fn new_row(owner: Owner, wanted: Wanted, now: DateTime<Utc>) -> obligation::ActiveModel {
    let owed_by = if owner.enrolment.is_some() { OwedBy::Partner } else { OwedBy::Hub };
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
        deed_kind: Set(None),
        deed_id: Set(None),
        revision: Set(1),
        revised_at: Set(None),
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
