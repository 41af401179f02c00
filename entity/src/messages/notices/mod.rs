//! Notices: letters about a visit or a booking, queued in the transaction that arranges, moves or
//! gives it up, and looked at once more when they are sent; and the summaries of a hub lead's week
//! and a programme admin's day.

pub mod alerts;
pub mod bookings;
pub mod critical;
pub mod hub_week;
mod people;
pub mod visits;

pub use alerts::AlertDigest;
pub use bookings::{BookingNotice, BookingView};
pub use critical::CriticalAlert;
pub use hub_week::HubWeek;
pub use visits::{VisitNotice, VisitView};

use chrono::{DateTime, Utc};
use rules::messages::notices::{self, CalendarMethod, Reach, holds_entry, reach};
use rules::messages::{About, MessageKind, MessageState};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect, QueryTrait as _,
};
use strum::VariantArray as _;
use uuid::Uuid;

use super::letters::{LetterWish, Told, queue_revision};
use super::outbox::{self, Lease};
use super::{message, text};
use crate::outcome::{StoreError, word};

/// What a notice is to say.
#[derive(Debug)]
pub enum Notice {
    /// About a visit.
    Visit(VisitNotice),
    /// About places at an event.
    Booking(BookingNotice),
    /// A hub lead's week.
    HubWeek(HubWeek),
    /// A programme admin's day.
    Alerts(AlertDigest),
    /// An alert that cannot wait.
    Critical(CriticalAlert),
}

/// What every notice about one thing shares.
#[derive(Clone, Debug)]
pub struct Thread {
    /// `Message-ID` of the first notice about it that its reader was sent.
    pub first: Option<String>,
    /// What the reader's calendar is told.
    pub calendar: Option<CalendarMethod>,
}

/// News of a visit or a booking.
#[derive(Clone, Copy, Debug)]
struct News {
    kind: MessageKind,
    about: About,
    about_id: Uuid,
    /// Rises with everything that is told of it.
    revision: i32,
    /// Who brought it about; none for the system.
    by: Option<Uuid>,
    /// From when on it would be nonsense.
    expires_at: DateTime<Utc>,
    /// The time that stood before and stands now, where it is another.
    moved: Option<Moved>,
}

/// A time, from its start to its end.
pub type Time = (DateTime<Utc>, DateTime<Utc>);

/// From which time to which.
#[derive(Clone, Copy, Debug)]
struct Moved {
    from: Time,
    to: Time,
}

/// An earlier notice.
#[derive(Clone, Debug)]
struct Earlier {
    lease: Lease,
    about_id: Uuid,
    person_id: Uuid,
    kind: MessageKind,
    state: MessageState,
    /// Whether a hand-over of it was ever cut off, so that it may have arrived.
    doubted: bool,
    message_id: Option<String>,
    was: Option<Time>,
}

impl Earlier {
    fn reach(&self) -> Reach {
        reach(self.state, self.doubted)
    }

    fn came(&self) -> (MessageKind, Reach) {
        (self.kind, self.reach())
    }
}

/// The notices about these things, to anybody, oldest first. Whoever decides by them what else is
/// told reads them with a `lock`: a worker that took one a moment before is seen to have it, and none
/// takes one until the transaction ends. Else a letter could go out that was believed called off, and
/// nobody would hear what became of it.
async fn earlier(
    db: &impl ConnectionTrait,
    about: About,
    ids: &[Uuid],
    lock: Option<LockType>,
) -> Result<Vec<Earlier>, StoreError> {
    use message::Column as C;
    type Moment = Option<DateTime<Utc>>;
    type Row = (Uuid, i64, Option<Uuid>, Uuid, String, String, Option<String>, Moment, Moment);
    if lock.is_some() && ids.len() > super::BATCH {
        // What is read below in several statements is held in one order first.
        let mut found: Vec<Uuid> = Vec::new();
        for ids in ids.chunks(super::BATCH) {
            let about_them = message::Entity::find()
                .select_only()
                .column(C::Id)
                .filter(C::AboutId.is_in(ids.iter().copied()))
                .filter(C::AboutKind.eq(text(about)));
            found.extend(about_them.into_tuple::<Uuid>().all(db).await?);
        }
        outbox::hold(db, found).await?;
    }
    let mut all = Vec::new();
    for ids in ids.chunks(super::BATCH) {
        let rows: Vec<Row> = message::Entity::find()
            .select_only()
            .columns([C::Id, C::LeaseEpoch, C::AboutId, C::PersonId, C::Kind, C::State])
            .columns([C::MessageIdHeader, C::WasStartsAt, C::WasEndsAt])
            .filter(C::AboutId.is_in(ids.iter().copied()))
            .filter(C::AboutKind.eq(text(about)))
            .order_by_asc(C::Id)
            .apply_if(lock, QuerySelect::lock)
            .into_tuple()
            .all(db)
            .await?;
        let doubted = outbox::in_doubt(db, rows.iter().map(|row| row.0)).await?;
        for (id, epoch, about_id, person_id, kind, state, message_id, start, end) in rows {
            all.push(Earlier {
                lease: Lease { id, epoch },
                about_id: about_id.unwrap_or_default(),
                person_id,
                kind: word("message", id, &kind)?,
                state: word("message", id, &state)?,
                doubted: doubted.contains(&id),
                message_id,
                was: start.zip(end),
            });
        }
    }
    Ok(all)
}

/// Tells these people the news. Notices about the same thing that still wait are called off, except
/// those that took it out of somebody's hands. Returns how many letters were queued.
async fn tell(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    news: News,
    people: &[Uuid],
    earlier: &[Earlier],
) -> Result<usize, StoreError> {
    let about_it = || earlier.iter().filter(|one| one.about_id == news.about_id);
    for old in about_it().filter(|one| one.reach() == Reach::Waiting) {
        let stands = old.kind == MessageKind::VisitCancelled && !people.contains(&old.person_id);
        if !stands {
            call_off(txn, now, old).await?;
        }
    }
    if news.expires_at <= now {
        return Ok(0);
    }
    let mut queued = 0;
    for person_id in people {
        let own: Vec<_> =
            about_it().filter(|one| one.person_id == *person_id).map(Earlier::came).collect();
        if !notices::is_told(news.kind, news.by == Some(*person_id), holds_entry(&own)) {
            continue;
        }
        let Some(kind) = notices::notice(news.kind, &own) else { continue };
        let mut waits = about_it().filter(|one| {
            one.person_id == *person_id && one.reach() == Reach::Waiting && one.was.is_some()
        });
        // Who was not told of the last move yet knows the time before that one.
        let known = waits.next_back().and_then(|one| one.was);
        let was = known.or(news.moved.map(|moved| moved.from));
        let is_back = known.is_some() && known == news.moved.map(|moved| moved.to);
        // An event that is back where it was has not moved for them, but something may have changed.
        let kind = match kind {
            MessageKind::EventMoved if is_back => MessageKind::JoiningChanged,
            kind => kind,
        };
        let was = was.filter(|_| !is_back);
        queued += usize::from(put(txn, now, News { kind, ..news }, *person_id, was).await?);
    }
    Ok(queued)
}

/// Queues one letter.
async fn put(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    news: News,
    person_id: Uuid,
    was: Option<Time>,
) -> Result<bool, StoreError> {
    let (about, kind) = (text(news.about), text(news.kind));
    let News { about_id, revision, .. } = news;
    let wish = LetterWish {
        kind: news.kind,
        person_id,
        about: news.about,
        about_id,
        dedupe_key: format!("{about}:{about_id}:{revision}:{kind}:{person_id}"),
        send_after: now,
        expires_at: news.expires_at,
    };
    let was =
        was.filter(|_| matches!(news.kind, MessageKind::VisitMoved | MessageKind::EventMoved));
    queue_revision(txn, now, wish, Told { revision: Some(revision), was }).await
}

async fn call_off(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    old: &Earlier,
) -> Result<(), StoreError> {
    let reason = "Things changed before it was sent.";
    let set = <message::ActiveModel as Default>::default();
    // It is locked, so nobody took it since it was read.
    outbox::advance(txn, now, old.lease, MessageState::Cancelled, reason, set).await?;
    Ok(())
}

/// What a notice to somebody has in common with those before it. `entry`: whether the reader's
/// calendar should hold an entry, whatever they were sent.
async fn thread(
    db: &impl ConnectionTrait,
    row: &message::Model,
    about: About,
    kind: MessageKind,
    entry: bool,
) -> Result<Thread, StoreError> {
    let ids: Vec<Uuid> = row.about_id.into_iter().collect();
    let mut before = earlier(db, about, &ids, None).await?;
    before.retain(|one| one.person_id == row.person_id && one.lease.id < row.id);
    let came: Vec<_> = before.iter().map(Earlier::came).collect();
    let mut gone = before.into_iter().filter(|one| one.reach() == Reach::Gone);
    Ok(Thread {
        first: gone.find_map(|one| one.message_id),
        calendar: notices::method(kind, entry || holds_entry(&came)),
    })
}

/// Up to when somebody has been told, by the last summary of a kind before this one that was sent.
async fn last_told(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    person_id: Uuid,
    before: Option<Uuid>,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    // One that ended in doubt may not have arrived: what it told of is told again.
    let gone = MessageState::VARIANTS.iter().filter(|state| reach(**state, false) == Reach::Gone);
    let gone = gone.map(|state| text(*state));
    let mut sent = message::Entity::find()
        .select_only()
        .column(message::Column::CreatedAt)
        .filter(message::Column::AboutId.eq(person_id))
        .filter(message::Column::PersonId.eq(person_id))
        .filter(message::Column::Kind.eq(text(kind)))
        .filter(message::Column::State.is_in(gone))
        .order_by_desc(message::Column::Id);
    if let Some(before) = before {
        sent = sent.filter(message::Column::Id.lt(before));
    }
    Ok(sent.limit(1).into_tuple().one(db).await?)
}
