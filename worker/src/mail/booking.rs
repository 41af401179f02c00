//! What notices of bookings say.

use entity::messages::notices::BookingNotice;
use entity::people::person;
use rules::messages::MessageKind;

use super::calendar::Entry;
use super::notice::{Fact, Letter, briefly, when};
use super::render::{Links, one_line};

/// Works out what a notice of a booking says.
#[must_use]
pub fn content(
    reader: &person::Model,
    notice: &BookingNotice,
    kind: MessageKind,
    links: &Links<'_>,
) -> Letter {
    let (booking, event) = (&notice.booking, &notice.event);
    let (title, school) = (one_line(&event.title), one_line(&notice.school));
    let day = briefly(event.starts_at, links.now);
    let has_place = booking.state == "booked";
    let subject = match kind {
        MessageKind::EventBooked => format!("Booked: {title}, {day}"),
        MessageKind::EventWaiting => format!("On the waiting list: {title}, {day}"),
        MessageKind::EventPlace => format!("Places have come free: {title}, {day}"),
        MessageKind::BookingCancelled => format!("Booking cancelled: {title}, {day}"),
        MessageKind::EventMoved => format!("Moved to {day}: {title}"),
        MessageKind::JoiningChanged => format!("New details: {title}, {day}"),
        _ => format!("Cancelled: {title}, {day}"),
    };
    let details = [event.joining_details.as_deref(), event.summary.as_deref()];
    let entry = notice.thread.calendar.map(|method| Entry {
        method,
        uid: format!("booking-{}", booking.id),
        sequence: notice.revision,
        title: title.clone(),
        description: details.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
        place: event.place.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        firm: true,
    });
    let programme = one_line(&notice.programme);
    Letter {
        kind,
        subject: one_line(&subject),
        name: one_line(&reader.name),
        who: String::new(),
        other: String::new(),
        what: title,
        why: format!("You get this because you are a contact of {school} in {programme}."),
        hub: notice.host.as_deref().map_or(programme, one_line),
        school,
        places: match booking.places {
            1 => "1 place".to_owned(),
            places => format!("{places} places"),
        },
        facts: facts(notice, kind, has_place),
        answers: false,
        waits: false,
        left: false,
        has_place,
        link: links.sign_in(),
        entry,
        first: notice.thread.first.clone(),
    }
}

fn facts(notice: &BookingNotice, kind: MessageKind, has_place: bool) -> Vec<Fact> {
    let event = &notice.event;
    let time = when(event.starts_at, event.ends_at);
    let label = if kind == MessageKind::EventMoved { "New time" } else { "When" };
    let mut facts = vec![Fact::new(label, &time)];
    let ends = matches!(kind, MessageKind::EventCancelled | MessageKind::BookingCancelled);
    if ends {
        let reason = match kind {
            MessageKind::EventCancelled => event.cancellation_reason.as_deref(),
            _ => notice.booking.cancellation_reason.as_deref(),
        };
        facts.extend(reason.map(|reason| Fact::new("Reason", reason)));
        return facts;
    }
    facts.extend(event.place.as_deref().map(|place| Fact::new("Where", place)));
    // How to join is for those who will.
    if has_place {
        let joining = event.joining_details.as_deref();
        facts.extend(joining.map(|details| Fact::new("How to join", details)));
    }
    facts.extend(notice.host.as_deref().map(|host| Fact::new("Hosted by", host)));
    facts.extend(event.summary.as_deref().map(|summary| Fact::new("What it is about", summary)));
    facts
}
