//! The entry that a mail brings into its reader's calendar, puts right or takes out: iCalendar (RFC
//! 5545) as a message to an attendee (RFC 5546); and the same entry as a file to take. Times are in
//! UTC, so that no calendar has to know when our clocks change.

use chrono::{DateTime, Utc};
use icalendar::{Calendar, Component as _, Event, EventLike as _, EventStatus, Property};

use super::notices::CalendarMethod;

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

/// Somebody of the entry, as calendars name them.
#[derive(Clone, Copy, Debug)]
pub struct Somebody<'a> {
    /// Name, where there is one.
    pub name: Option<&'a str>,
    /// Address of mail.
    pub address: &'a str,
}

impl Entry {
    /// Writes the entry as of `now`, for a reader who is to attend, or for whoever takes it.
    #[must_use]
    pub fn text(
        &self,
        organiser: Somebody<'_>,
        reader: Option<Somebody<'_>>,
        now: DateTime<Utc>,
    ) -> String {
        let method: &str = self.method.into();
        let status = match self.method {
            CalendarMethod::Cancel => EventStatus::Cancelled,
            CalendarMethod::Request | CalendarMethod::Publish if self.firm => {
                EventStatus::Confirmed
            }
            CalendarMethod::Request | CalendarMethod::Publish => EventStatus::Tentative,
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
        event.append_property(property("ORGANIZER", organiser));
        if let Some(reader) = reader {
            let mut reader = property("ATTENDEE", reader);
            // Hubs is where one agrees or gives up; an answer by calendar would reach nobody.
            reader.add_parameter("ROLE", "REQ-PARTICIPANT").add_parameter("RSVP", "FALSE");
            event.append_multi_property(reader);
        }
        if !self.description.is_empty() {
            event.description(&self.description);
        }
        if let Some(place) = &self.place {
            event.location(&by_commas(place));
        }
        let mut calendar = Calendar::empty();
        for (key, value) in
            [("VERSION", "2.0"), ("PRODID", PRODUCT), ("CALSCALE", "GREGORIAN"), ("METHOD", method)]
        {
            calendar.append_property(Property::new(key, value));
        }
        calendar.push(event);
        calendar.to_string()
    }
}

/// On one line: a name from a file may hold anything.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The lines of a place as people write them on one.
fn by_commas(text: &str) -> String {
    let lines = text.lines().map(one_line).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(", ")
}

fn property(role: &str, who: Somebody<'_>) -> Property {
    let mut property = Property::new(role, format!("mailto:{}", who.address));
    if let Some(name) = who.name {
        // A name in a parameter can hold anything but quotation marks and line ends.
        property.add_parameter("CN", &one_line(name).replace('"', "'"));
    }
    property
}
