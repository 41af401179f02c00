//! Planning reminders: a reconciler between what the rules want and what is written down.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::reminders::{PlannedReminder, ReminderState, plan, reach, unwanted};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, ExprTrait as _,
    QueryFilter as _,
};
use uuid::Uuid;

use super::facts::{self, Book, Fact};
use super::{BATCH, alone, planned, reminder, text};
use crate::enrolments::obligation;
use crate::id::new_id;
use crate::outcome::{StoreError, word};

/// What planning changed, or calling off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// Reminders written down, or called off.
    pub count: usize,
    /// What could not be read, row by row. What it is about stays as it is.
    pub faults: BTreeSet<String>,
}

/// Writes down every reminder a programme needs now and returns how many were new, or had been
/// cancelled and are wanted again. Of two planners at once each reminder is written by one.
///
/// # Errors
/// A policy this version cannot read, or a database fault.
pub async fn plan_programme(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    book: &Book,
    programme_id: Uuid,
) -> Result<Planned, StoreError> {
    alone(txn).await?;
    let policy = book.policy(programme_id)?;
    let (first, last) = reach(policy, local(now).date(), &book.calendars());
    let which = Condition::all()
        .add(obligation::Column::ProgrammeId.eq(programme_id))
        .add(obligation::Column::State.eq("open"))
        .add(obligation::Column::DueOn.between(first, last));
    let facts = facts::load(txn, book, now, which).await?;
    let mut rows: Vec<_> = facts
        .read
        .values()
        .flat_map(|fact| plan(&fact.rules, policy, now))
        .map(|planned| row(planned, now))
        .collect();
    let mut added = 0;
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(BATCH));
        let batch = std::mem::replace(&mut rows, rest);
        let inserted = reminder::Entity::insert_many(batch)
            .on_conflict(bring_back_cancelled())
            .exec_without_returning(txn)
            .await?;
        added += usize::try_from(inserted).unwrap_or(0);
    }
    Ok(Planned { count: added, faults: facts.faults() })
}

/// A reminder that is there stays as it is, unless it was cancelled: then it is planned anew.
fn bring_back_cancelled() -> OnConflict {
    OnConflict::columns([
        reminder::Column::ObligationId,
        reminder::Column::Step,
        reminder::Column::PersonId,
        reminder::Column::Revision,
    ])
    .update_columns([
        reminder::Column::SendOn,
        reminder::Column::ExpiresAt,
        reminder::Column::State,
        reminder::Column::Reason,
        reminder::Column::MessageId,
        reminder::Column::ChangedAt,
    ])
    .action_and_where(
        Expr::col((reminder::Entity, reminder::Column::State)).eq(text(ReminderState::Cancelled)),
    )
    .to_owned()
}

/// Calls off every planned reminder that is no longer wanted, with the reason, and returns how
/// many.
///
/// # Errors
/// The database fails.
pub async fn call_off_unwanted(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    book: &Book,
) -> Result<Planned, StoreError> {
    alone(txn).await?;
    let about = Query::select()
        .column(reminder::Column::ObligationId)
        .from(reminder::Entity)
        .and_where(planned())
        .to_owned();
    let which = Condition::all().add(obligation::Column::Id.in_subquery(about));
    let facts = facts::load(txn, book, now, which).await?;
    let reminders = reminder::Entity::find().filter(planned()).all(txn).await?;
    let mut off = CallOff::default();
    let mut faults = facts.faults();
    for row in &reminders {
        // One without facts cannot be read, or was planned after they were and is as new as can be.
        if let Some(fact) = facts.read.get(&row.obligation_id)
            && let Err(fault) = off.check(row, fact, now)
        {
            faults.insert(fault.to_string());
        }
    }
    Ok(Planned { count: off.write(txn, now).await?, faults })
}

/// Reminders found unwanted, to be written down in few statements.
#[derive(Debug, Default)]
pub struct CallOff {
    /// By new state and reason, in an order of their own, so that two who write at once wait for
    /// each other instead of locking each other out.
    found: BTreeMap<(&'static str, &'static str), Vec<Uuid>>,
}

impl CallOff {
    /// Whether a reminder is still wanted; if not, it is noted here.
    pub(super) fn check(
        &mut self,
        row: &reminder::Model,
        fact: &Fact,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let Some(reason) = unwanted(&fact.rules, &read(row)?, now) else {
            return Ok(true);
        };
        let state =
            if row.expires_at <= now { ReminderState::Expired } else { ReminderState::Cancelled };
        self.found.entry((state.into(), reason)).or_default().push(row.id);
        Ok(false)
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Writes down what was found and returns how many. A reminder that went or was called off
    /// meanwhile stays as it is.
    ///
    /// # Errors
    /// The database fails.
    pub async fn write(
        &self,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        for ((state, reason), ids) in &self.found {
            count += ids.len();
            let mut ids = ids.clone();
            ids.sort_unstable();
            for ids in ids.chunks(BATCH) {
                reminder::Entity::update_many()
                    .col_expr(reminder::Column::State, Expr::val(*state))
                    .col_expr(reminder::Column::Reason, Expr::val(*reason))
                    .col_expr(reminder::Column::ChangedAt, Expr::val(now))
                    .filter(reminder::Column::Id.is_in(ids.iter().copied()))
                    .filter(reminder::Column::State.is_in(["planned", "bundled"]))
                    .exec(txn)
                    .await?;
            }
        }
        Ok(count)
    }
}

/// A row as the rules see it.
pub(super) fn read(row: &reminder::Model) -> Result<PlannedReminder, StoreError> {
    Ok(PlannedReminder {
        obligation_id: row.obligation_id,
        step: word("reminder", row.id, &row.step)?,
        person_id: row.person_id,
        revision: row.revision,
        send_on: row.send_on,
        expires_at: row.expires_at,
        reason: row.reason.clone(),
    })
}

fn row(planned: PlannedReminder, now: DateTime<Utc>) -> reminder::ActiveModel {
    reminder::ActiveModel {
        id: Set(new_id(now)),
        obligation_id: Set(planned.obligation_id),
        person_id: Set(planned.person_id),
        step: Set(planned.step.to_string()),
        revision: Set(planned.revision),
        send_on: Set(planned.send_on),
        expires_at: Set(planned.expires_at),
        state: Set(text(ReminderState::Planned)),
        reason: Set(planned.reason),
        message_id: Set(None),
        created_at: Set(now),
        changed_at: Set(now),
    }
}
