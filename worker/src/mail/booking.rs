//! What notices of bookings say.

use entity::messages::notices::BookingNotice;
use entity::people::person;
use rules::calendar::{local, when};
use rules::events::BookingState;
use rules::links::{Purpose, Told};
use rules::messages::MessageKind;
use rules::messages::fact::Fact;

use super::notice::{Letter, briefly, on};
use super::render::{Links, one_line};

/// Works out what a notice of a booking says.
#[must_use]
pub fn content(
    reader: &person::Model,
    notice: &BookingNotice,
    kind: MessageKind,
    links: &Links<'_>,
) -> Letter {
    let view = &notice.view;
    let (booking, event) = (&view.booking, &view.event);
    let (title, school) = (one_line(&event.title), one_line(&view.school));
    // What and when come first: the end of a long subject is cut off.
    let day = on(event.starts_at, links.now);
    let subject = match kind {
        MessageKind::EventBooked => format!("Booked for {day}: {title}"),
        MessageKind::EventWaiting => format!("On the waiting list for {day}: {title}"),
        MessageKind::EventPlace => format!("Places have come free for {day}: {title}"),
        MessageKind::BookingCancelled => format!("Booking cancelled for {day}: {title}"),
        MessageKind::EventMoved => {
            format!("Moved to {}: {title}", briefly(event.starts_at, links.now))
        }
        MessageKind::JoiningChanged => format!("New details for {day}: {title}"),
        _ => format!("Cancelled on {day}: {title}"),
    };
    let programme = one_line(&view.programme);
    let own = Purpose::Booking(booking.id, Told::of(view.revision));
    Letter {
        kind,
        subject: one_line(&subject),
        name: one_line(&reader.name),
        who: String::new(),
        other: String::new(),
        what: title,
        why: format!("You get this because you are a contact of {school} in {programme}."),
        answers_to: links.answers_to.to_owned(),
        hub: view.host.as_deref().map_or(programme, one_line),
        school,
        places: match booking.places {
            1 => "1 place".to_owned(),
            places => format!("{places} places"),
        },
        facts: facts(notice, kind),
        answers: false,
        waits: false,
        left: false,
        has_place: view.state == BookingState::Booked,
        preview: when(event.starts_at, event.ends_at),
        link: match kind {
            MessageKind::EventCancelled => links.sign_in(),
            _ => links.lasting(own, reader.id, local(event.ends_at).date()),
        },
        entry: notice.thread.calendar.map(|method| view.entry(method)),
        first: notice.thread.first.clone(),
    }
}

fn facts(notice: &BookingNotice, kind: MessageKind) -> Vec<Fact> {
    let view = &notice.view;
    let event = &view.event;
    let time = when(event.starts_at, event.ends_at);
    let label = if kind == MessageKind::EventMoved { "New time" } else { "When" };
    let mut facts = vec![Fact::new(label, &time)];
    if kind == MessageKind::EventMoved {
        facts.extend(notice.was.map(|(start, end)| Fact::new("Old time", &when(start, end))));
    }
    let ends = matches!(kind, MessageKind::EventCancelled | MessageKind::BookingCancelled);
    if ends {
        let reason = match kind {
            MessageKind::EventCancelled => event.cancellation_reason.as_deref(),
            _ => view.booking.cancellation_reason.as_deref(),
        };
        facts.extend(reason.map(|reason| Fact::new("Reason", reason)));
        return facts;
    }
    facts.extend(event.place.as_deref().map(|place| Fact::new("Where", place)));
    // How to join is for those who will.
    if view.state == BookingState::Booked {
        let joining = event.joining_details.as_deref();
        facts.extend(joining.map(|details| Fact::new("How to join", details)));
    }
    facts.extend(view.host.as_deref().map(|host| Fact::new("Hosted by", host)));
    facts.extend(event.summary.as_deref().map(|summary| Fact::new("What it is about", summary)));
    facts
}
