//! The entry that a mail brings into its reader's calendar, puts right or takes out: iCalendar (RFC
//! 5545) as a message to an attendee (RFC 5546). Times are in UTC, so that no calendar has to know
//! when our clocks change.

use chrono::{DateTime, Utc};
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property};
use lettre::message::Mailbox;
use rules::messages::notices::CalendarMethod;

use super::render::one_line;

/// Who made the entry, as RFC 5545 wants it named.
const PRODUCT: &str = "-//Hubs//Notices//EN";

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What the calendar is told.
    pub method: CalendarMethod,
    /// The same for all mails about one thing.
    pub uid: String,
    /// Rises with every change of it.
    pub sequence: i32,
    /// Title.
    pub title: String,
    /// What else there is to say.
    pub description: String,
    /// Where it is.
    pub place: Option<String>,
    /// Start.
    pub starts_at: DateTime<Utc>,
    /// End.
    pub ends_at: DateTime<Utc>,
    /// Whether both sides stand by the time.
    pub firm: bool,
}

/// The calendar part of a mail.
#[derive(Clone, Debug)]
pub struct Part {
    /// `REQUEST` or `CANCEL`, inside and in its content type.
    pub method: &'static str,
    /// The text.
    pub text: String,
}

impl Entry {
    /// Writes the entry for its reader as of `now`.
    #[must_use]
    pub fn part(
        &self,
        organiser: &Mailbox,
        (name, address): (&str, &str),
        now: DateTime<Utc>,
    ) -> Part {
        let method: &str = self.method.into();
        let status = match self.method {
            CalendarMethod::Cancel => EventStatus::Cancelled,
            CalendarMethod::Request if self.firm => EventStatus::Confirmed,
            CalendarMethod::Request => EventStatus::Tentative,
        };
        let mut event = Event::new();
        event
            .uid(&self.uid)
            .timestamp(now)
            .sequence(u32::try_from(self.sequence).unwrap_or_default())
            .summary(&one_line(&self.title))
            .starts(self.starts_at)
            .ends(self.ends_at)
            .status(status);
        event.append_property(person(
            "ORGANIZER",
            organiser.name.as_deref(),
            organiser.email.as_ref(),
        ));
        let mut reader = person("ATTENDEE", Some(name), address);
        // Hubs is where one agrees or gives up; an answer by calendar would reach nobody.
        reader.add_parameter("ROLE", "REQ-PARTICIPANT").add_parameter("RSVP", "FALSE");
        event.append_multi_property(reader);
        if !self.description.is_empty() {
            event.description(&self.description);
        }
        if let Some(place) = &self.place {
            event.location(&one_line(place));
        }
        let mut calendar = Calendar::empty();
        for (key, value) in
            [("VERSION", "2.0"), ("PRODID", PRODUCT), ("CALSCALE", "GREGORIAN"), ("METHOD", method)]
        {
            calendar.append_property(Property::new(key, value));
        }
        calendar.push(event);
        Part { method: self.method.into(), text: calendar.to_string() }
    }
}

/// A calendar user, by address and, where known, by name.
fn person(role: &str, name: Option<&str>, address: &str) -> Property {
    let mut property = Property::new(role, format!("mailto:{address}"));
    if let Some(name) = name {
        // A name in a parameter can hold anything but quotation marks and line ends.
        property.add_parameter("CN", &one_line(name).replace('"', "'"));
    }
    property
}
