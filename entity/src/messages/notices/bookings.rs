//! Notices of bookings: places, the waiting list, and what becomes of the event.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rules::events::BookingState;
use rules::messages::entry::Entry;
use rules::messages::fact::first_link;
use rules::messages::notices::{CalendarMethod, stale_booking};
use rules::messages::{About, MessageKind};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{Moved, News, Notice, Thread, Time, people};
use crate::enrolments::enrolment;
use crate::events::booking;
use crate::hubs::hub;
use crate::messages::message;
use crate::messages::parcels::Content;
use crate::outcome::{StoreError, word};
use crate::people::setting;
use crate::programme::event;

/// A booking and its event as one of its partner sees them.
#[derive(Clone, Debug)]
pub struct BookingView {
    /// The booking as it stands.
    pub booking: booking::Model,
    /// The event as it stands.
    pub event: event::Model,
    /// Where the booking stands.
    pub state: BookingState,
    /// Name of the programme.
    pub programme: String,
    /// The partner.
    pub setting_id: Uuid,
    /// Name of the partner.
    pub school: String,
    /// Name of the hub that hosts the event; none for the whole programme's.
    pub host: Option<String>,
    /// The shared address of that hub.
    pub host_email: Option<String>,
    /// Rises with every change of the booking or the event.
    pub revision: i32,
    /// Whether its reader is one of those who hear of it.
    pub is_theirs: bool,
}

/// What a notice of a booking says.
#[derive(Debug)]
pub struct BookingNotice {
    /// The booking and its event.
    pub view: BookingView,
    /// The time that its reader knew before, if it was another.
    pub was: Option<Time>,
    /// What it shares with the notices before it.
    pub thread: Thread,
}

impl BookingView {
    /// Its entry in a calendar. How to join is for those who have a place, and who keep it.
    #[must_use]
    pub fn entry(&self, method: CalendarMethod) -> Entry {
        let event = &self.event;
        let joins = self.state == BookingState::Booked && method != CalendarMethod::Cancel;
        let joining = event.joining_details.as_deref().filter(|_| joins);
        let details = [joining, event.summary.as_deref()];
        Entry {
            method,
            uid: format!("booking-{}", self.booking.id),
            sequence: self.revision,
            title: event.title.clone(),
            description: details.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            place: event.place.clone().or_else(|| joining.and_then(first_link)),
            starts_at: event.starts_at,
            ends_at: event.ends_at,
            firm: true,
        }
    }
}

/// Both only rise, so their sum does whenever one of them does.
fn revision(event: &event::Model, booking: &booking::Model) -> i32 {
    event.version.saturating_add(booking.version)
}

/// Tells who speaks for each partner what became of its booking, in the transaction that does it.
/// What has begun is not told of. `by`: who brought it about, none for the system.
pub(crate) async fn tell(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    event: &event::Model,
    bookings: &[&booking::Model],
    kind: MessageKind,
    by: Option<Uuid>,
) -> Result<(), StoreError> {
    tell_moved(txn, now, event, bookings, (kind, by), None).await
}

/// The same of an event that took place at another time before; none if it did not.
pub(crate) async fn tell_moved(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    event: &event::Model,
    bookings: &[&booking::Model],
    (kind, by): (MessageKind, Option<Uuid>),
    from: Option<Time>,
) -> Result<(), StoreError> {
    if bookings.is_empty() {
        return Ok(());
    }
    let moved = from.map(|from| Moved { from, to: (event.starts_at, event.ends_at) });
    let ids: Vec<Uuid> = bookings.iter().map(|row| row.id).collect();
    let earlier = super::earlier(txn, About::Booking, &ids, Some(LockType::Update)).await?;
    let concerned = concerned(txn, event.programme_id, bookings).await?;
    for row in bookings {
        let (about, about_id, expires_at) = (About::Booking, row.id, event.starts_at);
        let revision = revision(event, row);
        let news = News { kind, about, about_id, revision, by, expires_at, moved };
        let people = concerned.get(&row.id).map(|(_, people)| people.iter().copied().collect());
        super::tell(txn, now, news, &people.unwrap_or_else(Vec::new), &earlier).await?;
    }
    Ok(())
}

/// The setting of each booking, and whom to tell: who speaks for it, and who of it booked.
async fn concerned(
    db: &impl ConnectionTrait,
    programme: Uuid,
    bookings: &[&booking::Model],
) -> Result<BTreeMap<Uuid, (Uuid, BTreeSet<Uuid>)>, StoreError> {
    let (_, policy) = people::programme_of(db, programme).await?;
    let ids: Vec<Uuid> = bookings.iter().map(|row| row.enrolment_id).collect();
    let mut settings: BTreeMap<Uuid, Uuid> = BTreeMap::new();
    for ids in ids.chunks(crate::messages::BATCH) {
        let rows = enrolment::Entity::find()
            .filter(enrolment::Column::Id.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        settings.extend(rows.into_iter().map(|row| (row.id, row.partner_setting_id)));
    }
    let all: Vec<Uuid> = settings.values().copied().collect();
    let contacts = people::contacts(db, &policy, &all).await?;
    let mut found = BTreeMap::new();
    for row in bookings {
        let Some(setting) = settings.get(&row.enrolment_id) else { continue };
        let mut people = contacts.get(setting).cloned().unwrap_or_default();
        if let Some(by) = row.booked_by
            && people::is_contact(db, by, *setting).await?
        {
            people.insert(by);
        }
        found.insert(row.id, (*setting, people));
    }
    Ok(found)
}

/// A booking as somebody sees it; none if it or its event is gone.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn look(
    db: &impl ConnectionTrait,
    id: Uuid,
    reader: Uuid,
) -> Result<Option<BookingView>, StoreError> {
    let Some(booking) = booking::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let event = event::Entity::find_by_id(booking.event_id).one(db).await?;
    let concerned = match &event {
        Some(event) => concerned(db, event.programme_id, &[&booking]).await?.remove(&booking.id),
        None => None,
    };
    let Some((event, (setting_id, people))) = event.zip(concerned) else { return Ok(None) };
    let school = setting::Entity::find_by_id(setting_id).one(db).await?;
    let host = match event.hub_id {
        Some(id) => hub::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let (programme, _) = people::programme_of(db, event.programme_id).await?;
    Ok(Some(BookingView {
        state: word("booking", booking.id, &booking.state)?,
        revision: revision(&event, &booking),
        programme,
        setting_id,
        school: school.map(|row| row.name).unwrap_or_default(),
        host_email: host.as_ref().and_then(|row| row.email.clone()),
        host: host.map(|row| row.name),
        is_theirs: people.contains(&reader),
        booking,
        event,
    }))
}

/// What a claimed notice of a booking is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let unwanted = |reason: &str| Ok(Content::Unwanted(reason.to_owned()));
    let Some(view) = look(db, row.about_id.unwrap_or_default(), row.person_id).await? else {
        return unwanted("The booking is gone.");
    };
    if let Some(reason) = stale_booking(kind, view.state, view.event.cancelled_at.is_some()) {
        return unwanted(reason);
    }
    if !view.is_theirs {
        return unwanted("This person is no longer the one to tell.");
    }
    let entry = view.state == BookingState::Booked;
    let thread = super::thread(db, row, About::Booking, kind, entry).await?;
    let was = row.was_starts_at.zip(row.was_ends_at);
    Ok(Content::Notice(Box::new(Notice::Booking(BookingNotice { view, was, thread }))))
}
