//! A hub lead's week: what is ahead in two weeks, places that partners booked, partners falling
//! behind, surveys open.

mod gather;

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::{end_of_day, local};
use rules::events::BookingState;
use rules::messages::summaries::{WEEK_LOOKS_BACK, begins_week, week_of};
use rules::messages::{About, MessageKind};
use rules::reminders::next_send_time;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use self::gather::week;
use super::{Notice, last_told, people};
use crate::hubs::hub;
use crate::messages::facts::Book;
use crate::messages::letters::{LetterWish, queue};
use crate::messages::parcels::Content;
use crate::messages::{choices, message};
use crate::outcome::StoreError;
use crate::people::person;

/// Days for which a summary that could not be sent is still worth reading.
const KEEPS: Days = Days::new(2);

/// The week of somebody's hubs.
#[derive(Clone, Debug, Default)]
pub struct HubWeek {
    /// Their hubs, by name.
    pub hubs: Vec<Week>,
}

/// The week of one hub.
#[derive(Clone, Debug)]
pub struct Week {
    /// The hub.
    pub hub: hub::Model,
    /// What is ahead, in its order.
    pub ahead: Vec<Ahead>,
    /// Places at events to come that partners booked or gave up since the last summary, by event.
    pub bookings: Vec<Booked>,
    /// What is flagged: whose, and what is wrong in a sentence.
    pub behind: Vec<(String, String)>,
    /// Surveys that its partners are asked in.
    pub surveys: Vec<OpenSurvey>,
}

/// Something ahead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ahead {
    /// London day of it.
    pub day: NaiveDate,
    /// Start; none for what is due by the end of the day.
    pub starts_at: Option<DateTime<Utc>>,
    /// What it is.
    pub what: What,
}

/// What is ahead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A visit.
    Visit {
        /// Name of the partner.
        school: String,
        /// Whether it is a deep-dive visit.
        deep_dive: bool,
        /// Whether both sides have agreed.
        agreed: bool,
    },
    /// An event, by its title.
    Event(String),
    /// Something due, by its title.
    Due {
        /// What is to be done.
        title: String,
        /// The partners who owe it, by name; empty for a duty of the hub.
        partners: Vec<String>,
    },
}

/// What partners booked at one event.
#[derive(Clone, Debug)]
pub struct Booked {
    /// Title of the event.
    pub event: String,
    /// Start of the event.
    pub starts_at: DateTime<Utc>,
    /// Whose booking, where it stands, and for how many places; by name.
    pub partners: Vec<(String, BookingState, i32)>,
}

/// A survey that partners are asked in.
#[derive(Clone, Debug)]
pub struct OpenSurvey {
    /// Title.
    pub title: String,
    /// Last day for answers.
    pub closes_on: NaiveDate,
    /// Partners asked.
    pub asked: usize,
    /// Those with a group of which too few have answered, by name.
    pub short: Vec<String>,
}

impl Week {
    fn is_empty(&self) -> bool {
        self.ahead.is_empty()
            && self.bookings.is_empty()
            && self.behind.is_empty()
            && self.surveys.is_empty()
    }
}

/// Queues the summaries of the week, on its first working day or else the second, to hub leads who
/// want them, one for each and week; as long as there is nothing to say none is made. Returns how many
/// were queued.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn queue_due(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    book: &Book,
) -> Result<usize, StoreError> {
    let today = local(now).date();
    let mut readers: BTreeMap<Uuid, &hub::Model> = BTreeMap::new();
    let hubs = open_hubs(txn, today, Condition::all()).await?;
    for hub in &hubs {
        if begins_week(&book.calendar(hub.lead_setting_id), today)
            && !week(txn, now, hub, now - WEEK_LOOKS_BACK..now).await?.is_empty()
        {
            for lead in people::leads(txn, hub).await? {
                readers.entry(lead).or_insert(hub);
            }
        }
    }
    let all: Vec<Uuid> = readers.keys().copied().collect();
    let unwilling = choices::unwilling(txn, MessageKind::HubWeek, &all).await?;
    let rows = person::Entity::find().filter(person::Column::Id.is_in(all)).all(txn).await?;
    let mut queued = 0;
    for row in rows.into_iter().filter(|row| !unwilling.contains_key(&row.id)) {
        let Some(hub) = readers.get(&row.id) else { continue };
        let minute = row.digest_minute.and_then(|minute| u32::try_from(minute).ok());
        let calendar = book.calendar(hub.lead_setting_id);
        let send_after = next_send_time(book.policy(hub.programme_id)?, &calendar, minute, now);
        let wish = LetterWish {
            kind: MessageKind::HubWeek,
            person_id: row.id,
            about: About::Reader,
            about_id: row.id,
            dedupe_key: format!("hub_week:{}:{}", row.id, week_of(today)),
            send_after,
            expires_at: end_of_day(today.checked_add_days(KEEPS).unwrap_or(today)),
        };
        queued += usize::from(queue(txn, now, wish).await?);
    }
    Ok(queued)
}

/// What a claimed summary is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let mut found = HubWeek::default();
    // What was booked since the last one: a week is not always seven days.
    let until = row.created_at;
    let last = last_told(db, MessageKind::HubWeek, row.person_id, Some(row.id)).await?;
    let since = last.unwrap_or(until - WEEK_LOOKS_BACK);
    let theirs = people::led_by(db, row.person_id).await?;
    for hub in open_hubs(db, local(now).date(), theirs).await? {
        let week = week(db, now, &hub, since..until).await?;
        found.hubs.extend((!week.is_empty()).then_some(week));
    }
    if found.hubs.is_empty() {
        return Ok(Content::Unwanted("There is nothing to say of the week any more.".to_owned()));
    }
    Ok(Content::Notice(Box::new(Notice::HubWeek(found))))
}

/// The hubs of these that are open on a day, by name.
async fn open_hubs(
    db: &impl ConnectionTrait,
    today: NaiveDate,
    these: Condition,
) -> Result<Vec<hub::Model>, StoreError> {
    let closed_on = hub::Column::ClosedOn;
    let stays = Condition::any().add(closed_on.is_null()).add(closed_on.gte(today));
    Ok(hub::Entity::find()
        .filter(hub::Column::OpenedOn.lte(today))
        .filter(stays)
        .filter(these)
        .order_by_asc(hub::Column::Name)
        .order_by_asc(hub::Column::Id)
        .all(db)
        .await?)
}
