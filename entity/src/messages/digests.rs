//! Bundling what is due into one digest for each person and day.

mod passed;
mod waiting;

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{end_of_day, local};
use rules::messages::{MessageKind, MessageState};
use rules::reminders::{ReminderState, next_send_time};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{
    Alias, Expr, ExprTrait as _, OnConflict, Query, SelectStatement, TableRef, ValueTuple,
};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QuerySelect as _, QueryTrait as _,
};
use uuid::Uuid;

use super::facts::{self, Book, Fact, digest_minutes};
use super::outbox::{self, Lease};
use super::reminders::CallOff;
use super::{BATCH, GIVEN, alone, given, ids_of, message, planned, reminder, text};
use crate::enrolments::obligation;
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::people::person;

pub use self::waiting::waiting;

/// What bundling changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bundled {
    /// Digests made.
    pub digests: usize,
    /// Reminders in them.
    pub reminders: usize,
    /// Reminders called off on the way.
    pub called_off: usize,
    /// Digests of earlier days that never went.
    pub expired: usize,
}

/// Makes the digests whose time has come at `now`: for each person with planned reminders of today
/// or earlier and no digest yet today. First ends the digests of earlier days that never went, so
/// that what they were to say goes in today's. To whoever has a part in programmes of different hours
/// all goes at one of them. A school's reminders go on its own working days, the rest
/// wait. The unique `dedupe_key` lets only one digest a person and day into the table, whoever
/// bundles at the same time.
///
/// # Errors
/// The database fails.
pub async fn bundle(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    book: &Book,
) -> Result<Bundled, StoreError> {
    alone(txn).await?;
    let expired = passed::expire(txn, now).await?;
    let today = local(now).date();
    let which = obligation::Column::Id.in_subquery(of_due(reminder::Column::ObligationId, today));
    let facts = facts::load(txn, book, now, Condition::all().add(which)).await?;
    let chosen = chosen_minutes(txn, today).await?;
    let minutes = digest_minutes(txn, book, chosen).await?;
    let reminders = reminder::Entity::find().filter(due(today)).all(txn).await?;

    let mut off = CallOff::default();
    let mut ready: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for row in &reminders {
        // One without facts was planned after they were read: the next pass takes it.
        if let Some(fact) = facts.read.get(&row.obligation_id)
            // Nor is one taken that cannot be read: planning tells of it.
            && off.check(row, fact, now).unwrap_or(false)
            && time_has_come(book, fact, row.person_id, &minutes, now)?
        {
            ready.entry(row.person_id).or_default().push(row.id);
        }
    }
    let called_off = off.write(txn, now).await?;
    let mut bundled = Bundled { called_off, expired, ..Bundled::default() };
    let ready: Vec<(Uuid, Vec<Uuid>)> = ready.into_iter().collect();
    for people in ready.chunks(BATCH) {
        let reminders = make(txn, now, today, people).await?;
        bundled.digests += reminders.len();
        bundled.reminders += reminders.iter().map(|reminders| reminders.len()).sum::<usize>();
    }
    Ok(bundled)
}

/// Planned reminders of today or earlier, of people who have had no digest today.
fn due(today: NaiveDate) -> Condition {
    let had_one = Query::select()
        .column(message::Column::PersonId)
        .from(message::Entity)
        .and_where(message::Column::Kind.eq(text(MessageKind::Digest)))
        .and_where(message::Column::LocalDay.eq(today))
        .to_owned();
    Condition::all()
        .add(planned())
        .add(reminder::Column::SendOn.lte(today))
        .add(reminder::Column::PersonId.not_in_subquery(had_one))
}

fn of_due(column: reminder::Column, today: NaiveDate) -> SelectStatement {
    Query::select()
        .column((reminder::Entity, column))
        .from(reminder::Entity)
        .cond_where(due(today))
        .to_owned()
}

/// The digest time that people chose to whom something is due, in minutes after local midnight.
async fn chosen_minutes(
    db: &impl ConnectionTrait,
    today: NaiveDate,
) -> Result<HashMap<Uuid, Option<i32>>, StoreError> {
    let rows: Vec<(Uuid, Option<i32>)> = person::Entity::find()
        .select_only()
        .columns([person::Column::Id, person::Column::DigestMinute])
        .filter(person::Column::Id.in_subquery(of_due(reminder::Column::PersonId, today)))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// Whether mail about this obligation may go to somebody at `now`; `minutes` are those at which
/// people get their digest.
fn time_has_come(
    book: &Book,
    fact: &Fact,
    person: Uuid,
    minutes: &HashMap<Uuid, Option<u32>>,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let policy = book.policy(fact.row.programme_id)?;
    let minute = minutes.get(&person).copied().flatten();
    Ok(next_send_time(policy, fact.rules.days(person), minute, now) <= now)
}

/// Makes a digest for each of these people of their reminders, unless somebody else just did. Returns
/// the reminders of those made.
async fn make<'a>(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    today: NaiveDate,
    people: &'a [(Uuid, Vec<Uuid>)],
) -> Result<Vec<&'a [Uuid]>, StoreError> {
    let ids: Vec<Uuid> = people.iter().map(|_| new_id(now)).collect();
    let rows = ids.iter().zip(people).map(|(id, (person, _))| digest(*id, *person, now, today));
    let dedupe = OnConflict::column(message::Column::DedupeKey).do_nothing().to_owned();
    let mut statement = message::Entity::insert_many(rows).on_conflict(dedupe).into_query();
    statement.returning(Query::returning().columns([message::Column::Id]));
    let made = ids_of(txn, &statement).await?;
    let made: Vec<(Uuid, &[Uuid])> = ids
        .into_iter()
        .zip(people)
        .filter(|(id, _)| made.contains(id))
        .map(|(id, (_, reminders))| (id, reminders.as_slice()))
        .collect();

    let steps = made.iter().map(|(id, reminders)| {
        let count = match reminders.len() {
            1 => "1 reminder".to_owned(),
            count => format!("{count} reminders"),
        };
        outbox::Step {
            lease: Lease { id: *id, epoch: 0 },
            state: MessageState::Pending,
            detail: format!("The day's digest: {count}."),
        }
    });
    outbox::note_all(txn, now, steps.collect()).await?;
    let bundled = made.iter().flat_map(|(id, reminders)| {
        reminders.iter().map(|one| ValueTuple::Two((*one).into(), (*id).into()))
    });
    let bundled: Vec<ValueTuple> = bundled.collect();
    for bundled in bundled.chunks(BATCH) {
        let update = Query::update()
            .table(reminder::Entity)
            .from(TableRef::ValuesList(bundled.to_vec(), Alias::new(GIVEN).into()))
            .value(reminder::Column::State, text(ReminderState::Bundled))
            .value(reminder::Column::MessageId, given(2))
            .value(reminder::Column::ChangedAt, now)
            .and_where(Expr::col((reminder::Entity, reminder::Column::Id)).eq(given(1)))
            .and_where(reminder::Column::State.eq(text(ReminderState::Planned)))
            .to_owned();
        txn.execute(&update).await?;
    }
    Ok(made.into_iter().map(|(_, reminders)| reminders).collect())
}

/// The row of a digest that waits.
fn digest(id: Uuid, person: Uuid, now: DateTime<Utc>, today: NaiveDate) -> message::ActiveModel {
    message::ActiveModel {
        id: Set(id),
        kind: Set(text(MessageKind::Digest)),
        person_id: Set(person),
        dedupe_key: Set(format!("digest:{person}:{today}")),
        local_day: Set(Some(today)),
        subject: Set(None),
        state: Set(text(MessageState::Pending)),
        send_after: Set(now),
        expires_at: Set(end_of_day(today)),
        attempts: Set(0),
        lease_owner: Set(None),
        lease_epoch: Set(0),
        leased_until: Set(None),
        message_id_header: Set(None),
        body: Set(None),
        body_hash: Set(None),
        created_at: Set(now),
        changed_at: Set(now),
        about_kind: Set(None),
        about_id: Set(None),
        about_revision: Set(None),
        was_starts_at: Set(None),
        was_ends_at: Set(None),
    }
}
