//! Notices of bookings: places, the waiting list, and what becomes of the event.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rules::events::BookingState;
use rules::messages::notices::stale_booking;
use rules::messages::{About, MessageKind};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{News, Notice, Thread, people};
use crate::enrolments::enrolment;
use crate::events::booking;
use crate::hubs::hub;
use crate::messages::message;
use crate::messages::parcels::Content;
use crate::outcome::{StoreError, word};
use crate::people::setting;
use crate::programme::event;

/// What a notice of a booking says.
#[derive(Debug)]
pub struct BookingNotice {
    /// The booking as it stands.
    pub booking: booking::Model,
    /// The event as it stands.
    pub event: event::Model,
    /// Name of the programme.
    pub programme: String,
    /// Name of the partner.
    pub school: String,
    /// Name of the hub that hosts the event; none for the whole programme's.
    pub host: Option<String>,
    /// Rises with every change of the booking or the event.
    pub revision: i32,
    /// What it shares with the notices before it.
    pub thread: Thread,
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
    if bookings.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = bookings.iter().map(|row| row.id).collect();
    let earlier = super::earlier(txn, About::Booking, &ids).await?;
    let concerned = concerned(txn, event.programme_id, bookings).await?;
    for row in bookings {
        let (about, about_id, expires_at) = (About::Booking, row.id, event.starts_at);
        let revision = revision(event, row);
        let news = News { kind, about, about_id, revision, by, expires_at };
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

/// What a claimed notice of a booking is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let unwanted = |reason: &str| Ok(Content::Unwanted(reason.to_owned()));
    let id = row.about_id.unwrap_or_default();
    let Some(booking) = booking::Entity::find_by_id(id).one(db).await? else {
        return unwanted("The booking is gone.");
    };
    let Some(event) = event::Entity::find_by_id(booking.event_id).one(db).await? else {
        return unwanted("The event is gone.");
    };
    let state: BookingState = word("booking", booking.id, &booking.state)?;
    if let Some(reason) = stale_booking(kind, state, event.cancelled_at.is_some()) {
        return unwanted(reason);
    }
    let concerned = concerned(db, event.programme_id, &[&booking]).await?;
    let Some((setting, _)) =
        concerned.get(&booking.id).filter(|(_, people)| people.contains(&row.person_id))
    else {
        return unwanted("This person is no longer the one to tell.");
    };
    let entry = state == BookingState::Booked;
    let thread = super::thread(db, row, About::Booking, kind, entry).await?;
    let school = setting::Entity::find_by_id(*setting).one(db).await?;
    let host = match event.hub_id {
        Some(id) => hub::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let (programme, _) = people::programme_of(db, event.programme_id).await?;
    let notice = BookingNotice {
        revision: revision(&event, &booking),
        programme,
        school: school.map(|row| row.name).unwrap_or_default(),
        host: host.map(|row| row.name),
        thread,
        booking,
        event,
    };
    Ok(Content::Notice(Box::new(Notice::Booking(notice))))
}
