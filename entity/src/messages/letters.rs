//! Letters: messages that are no digest, each decided by the area it is about.

use chrono::{DateTime, Utc};
use rules::messages::{About, MessageKind, MessageState};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{DatabaseTransaction, EntityTrait as _, QueryTrait as _, TryInsertResult};
use uuid::Uuid;

use super::{BATCH, ids_of, message, outbox, text};
use crate::id::new_id;
use crate::outcome::StoreError;

/// How the story of a letter begins.
const BEGUN: &str = "To be written and sent.";

/// A letter to be written.
#[derive(Clone, Debug)]
pub struct LetterWish {
    /// What it is for.
    pub kind: MessageKind,
    /// To whom.
    pub person_id: Uuid,
    /// What it is about.
    pub about: About,
    /// The row it is about.
    pub about_id: Uuid,
    /// Two wishes with one key make one letter.
    pub dedupe_key: String,
    /// From when on it may go.
    pub send_after: DateTime<Utc>,
    /// From when on it would be nonsense.
    pub expires_at: DateTime<Utc>,
}

/// Puts a letter into the outbox; false when its key is there already. It is rendered, and looked
/// at once more, when it is sent.
///
/// # Errors
/// The database fails.
pub async fn queue(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    wish: LetterWish,
) -> Result<bool, StoreError> {
    queue_revision(txn, now, wish, Told::default()).await
}

/// What a letter tells of what it is about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// Its revision; none where there are no revisions.
    pub revision: Option<i32>,
    /// The time, start and end, that the reader knew before; none unless it is another now.
    pub was: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// Puts a letter into the outbox that tells of one revision of what it is about; see [`queue`].
///
/// # Errors
/// The database fails.
pub async fn queue_revision(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    wish: LetterWish,
    told: Told,
) -> Result<bool, StoreError> {
    let id = new_id(now);
    let row = row(id, now, wish, told);
    let inserted = message::Entity::insert(row)
        .on_conflict_do_nothing_on([message::Column::DedupeKey])
        .exec_without_returning(txn)
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(false);
    }
    let lease = outbox::Lease { id, epoch: 0 };
    outbox::note(txn, lease, MessageState::Pending, BEGUN, now).await?;
    Ok(true)
}

/// Puts many letters into the outbox, in a few statements for hundreds; those whose key is there
/// already are left out. Returns how many went in.
///
/// # Errors
/// The database fails.
pub async fn queue_all(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    wishes: Vec<LetterWish>,
) -> Result<usize, StoreError> {
    let mut queued = 0;
    let mut wishes = wishes.into_iter().peekable();
    while wishes.peek().is_some() {
        let rows = wishes.by_ref().take(BATCH);
        let rows = rows.map(|wish| row(new_id(now), now, wish, Told::default()));
        let dedupe = OnConflict::column(message::Column::DedupeKey).do_nothing().to_owned();
        let mut statement = message::Entity::insert_many(rows).on_conflict(dedupe).into_query();
        statement.returning(Query::returning().columns([message::Column::Id]));
        let made = ids_of(txn, &statement).await?;
        queued += made.len();
        let begun = made.into_iter().map(|id| outbox::Step {
            lease: outbox::Lease { id, epoch: 0 },
            state: MessageState::Pending,
            detail: BEGUN.to_owned(),
        });
        outbox::note_all(txn, now, begun.collect()).await?;
    }
    Ok(queued)
}

/// The row of a letter that waits.
fn row(id: Uuid, now: DateTime<Utc>, wish: LetterWish, told: Told) -> message::ActiveModel {
    message::ActiveModel {
        id: Set(id),
        kind: Set(text(wish.kind)),
        person_id: Set(wish.person_id),
        dedupe_key: Set(wish.dedupe_key),
        local_day: Set(None),
        subject: Set(None),
        state: Set(text(MessageState::Pending)),
        send_after: Set(wish.send_after),
        expires_at: Set(wish.expires_at),
        attempts: Set(0),
        lease_owner: Set(None),
        lease_epoch: Set(0),
        leased_until: Set(None),
        message_id_header: Set(None),
        body: Set(None),
        body_hash: Set(None),
        created_at: Set(now),
        changed_at: Set(now),
        about_kind: Set(Some(text(wish.about))),
        about_id: Set(Some(wish.about_id)),
        about_revision: Set(told.revision),
        was_starts_at: Set(told.was.map(|(start, _)| start)),
        was_ends_at: Set(told.was.map(|(_, end)| end)),
    }
}
