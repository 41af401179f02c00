//! Accounting for reminders: what became of each, why, and when the next goes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::messages::feedback::FeedbackKind;
use rules::messages::suppression::normalised;
use rules::messages::{MessageKind, MessageState};
use rules::reminders::{Account, Around, Past, Reader, Verdict, Written, why};
use sea_orm::sea_query::{Query, SimpleExpr};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::facts::{self, Book, Fact, digest_minutes};
use super::reminders::read;
use super::{BATCH, mail_feedback, message, past, reminder, suppressions, text};
use crate::enrolments::obligation;
use crate::operations::pauses;
use crate::outcome::{StoreError, word};
use crate::people::person;

/// An obligation with all that is to be said of its reminders.
#[derive(Debug)]
pub struct Accounted {
    /// The obligation, and whom it concerns.
    pub fact: Fact,
    /// What is to be said to each person it reminds, reminded or would remind.
    pub people: BTreeMap<Uuid, Vec<Account>>,
}

/// Accounts for the reminders of the obligations that `which` (a condition on `obligation`) selects, in
/// the order of their due days; `with_past`, also for those whose time has passed.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn of_obligations(
    db: &impl ConnectionTrait,
    book: &Book,
    now: DateTime<Utc>,
    which: Condition,
    with_past: bool,
) -> Result<Vec<Accounted>, StoreError> {
    let mut facts = facts::load(db, book, now, which.clone()).await?;
    // Of many the others are told; who asks of one alone hears why there is nothing.
    if facts.read.is_empty()
        && let Some(id) = facts.unreadable.keys().next().copied()
        && let Some(fault) = facts.unreadable.remove(&id)
    {
        return Err(fault);
    }
    let mut written = written(db, which).await?;
    let mut concerned = BTreeSet::new();
    for fact in facts.read.values() {
        let rules = &fact.rules;
        let all = [&rules.owners, &rules.hub_leads, &rules.programme_admins];
        concerned.extend(all.into_iter().flatten().copied());
    }
    concerned.extend(written.keys().map(|(_, person)| *person));
    let readers = readers(db, book, now, concerned.into_iter().collect()).await?;
    let standstills = pauses::standstills(db, now).await?;
    let unknown = Past::default();

    let mut accounted = Vec::with_capacity(facts.read.len());
    for (id, fact) in facts.read {
        let policy = book.policy(fact.row.programme_id)?;
        let mut people = BTreeMap::new();
        let mut known = None;
        for (person, reader) in &readers {
            let rows = written.remove(&(id, *person)).unwrap_or_default();
            if rows.is_empty() && !fact.concerns(*person) {
                continue;
            }
            let around = Around { policy, standstills: &standstills, past: &unknown };
            let mut accounts = why(&fact.rules, around, reader, &rows, now);
            let has_passed = |one: &Account| one.verdict == Verdict::Passed;
            if with_past && accounts.iter().any(has_passed) {
                let past = match known.take() {
                    Some(past) => past,
                    None => past::of(db, book, now, &fact).await?,
                };
                accounts = why(&fact.rules, Around { past: &past, ..around }, reader, &rows, now);
                known = Some(past);
            }
            if !accounts.is_empty() {
                people.insert(*person, accounts);
            }
        }
        accounted.push(Accounted { fact, people });
    }
    accounted.sort_by_key(|one| (one.fact.row.due_on, one.fact.row.id));
    Ok(accounted)
}

/// The reminders written down about obligations, by obligation and person.
async fn written(
    db: &impl ConnectionTrait,
    which: Condition,
) -> Result<HashMap<(Uuid, Uuid), Vec<Written>>, StoreError> {
    let obligations = Query::select()
        .column((obligation::Entity, obligation::Column::Id))
        .from(obligation::Entity)
        .cond_where(which)
        .to_owned();
    let of_them = reminder::Column::ObligationId.in_subquery(obligations);
    let rows = reminder::Entity::find().filter(of_them.clone()).all(db).await?;
    let came_back = came_back(db, of_them.clone()).await?;
    let held = held(db, of_them).await?;
    let mut written: HashMap<(Uuid, Uuid), Vec<Written>> = HashMap::new();
    for row in rows {
        let state = word("reminder", row.id, &row.state)?;
        let of_person = written.entry((row.obligation_id, row.person_id)).or_default();
        let came_back_at = row.message_id.and_then(|message| came_back.get(&message)).copied();
        let held = row.message_id.is_some_and(|message| held.contains(&message));
        let (planned, changed_at, message_id) = (read(&row)?, row.changed_at, row.message_id);
        of_person.push(Written { planned, state, changed_at, message_id, came_back_at, held });
    }
    Ok(written)
}

/// The mails with reminders that `which` selects that are held for a person.
async fn held(db: &impl ConnectionTrait, which: SimpleExpr) -> Result<HashSet<Uuid>, StoreError> {
    let messages = Query::select()
        .column(reminder::Column::MessageId)
        .from(reminder::Entity)
        .and_where(which)
        .and_where(reminder::Column::MessageId.is_not_null())
        .to_owned();
    let found: Vec<Uuid> = message::Entity::find()
        .select_only()
        .column(message::Column::Id)
        .filter(message::Column::State.eq(text(MessageState::Held)))
        .filter(message::Column::Id.in_subquery(messages))
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// When mails with reminders that `which` selects came back, the first report of each.
async fn came_back(
    db: &impl ConnectionTrait,
    which: SimpleExpr,
) -> Result<HashMap<Uuid, DateTime<Utc>>, StoreError> {
    let messages = Query::select()
        .column(reminder::Column::MessageId)
        .from(reminder::Entity)
        .and_where(which)
        .and_where(reminder::Column::MessageId.is_not_null())
        .to_owned();
    let returns = [FeedbackKind::HardBounce, FeedbackKind::SoftBounce];
    let found: Vec<(Uuid, DateTime<Utc>)> = mail_feedback::Entity::find()
        .select_only()
        .column(mail_feedback::Column::MessageId)
        .column(mail_feedback::Column::HappenedAt)
        .filter(mail_feedback::Column::MessageId.in_subquery(messages))
        .filter(mail_feedback::Column::Kind.is_in(returns.map(<&str>::from)))
        .order_by_desc(mail_feedback::Column::HappenedAt)
        .into_tuple()
        .all(db)
        .await?;
    Ok(found.into_iter().collect())
}

/// What accounting needs to know of people.
async fn readers(
    db: &impl ConnectionTrait,
    book: &Book,
    now: DateTime<Utc>,
    ids: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, Reader>, StoreError> {
    let mut people = Vec::with_capacity(ids.len());
    for ids in ids.chunks(BATCH) {
        let found = person::Entity::find().filter(person::Column::Id.is_in(ids.iter().copied()));
        people.extend(found.all(db).await?);
    }
    let suppressed =
        suppressions::of_addresses(db, people.iter().map(|row| row.email.as_str())).await?;
    let had_digest: HashSet<Uuid> = message::Entity::find()
        .select_only()
        .column(message::Column::PersonId)
        .filter(message::Column::Kind.eq(text(MessageKind::Digest)))
        .filter(message::Column::LocalDay.eq(local(now).date()))
        .into_tuple::<Uuid>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let chosen = people.iter().map(|row| (row.id, row.digest_minute)).collect();
    let minutes = digest_minutes(db, book, chosen).await?;
    let reader = |row: person::Model| {
        let reader = Reader {
            id: row.id,
            digest_minute: minutes.get(&row.id).copied().flatten(),
            suppressed: suppressed.get(&normalised(&row.email)).copied(),
            had_digest: had_digest.contains(&row.id),
        };
        (row.id, reader)
    };
    Ok(people.into_iter().map(reader).collect())
}
