//! Who arranges what in these tests.

pub use tests::arranged::{
    agree_by, book_two, cancel_by, head, lead, morning, move_by, propose_by, session,
};
use tests::mails::say_the_same;
use tests::notices::Sent;
use uuid::Uuid;

/// Monday 5 October 2026, 09:00 in London.
pub const NINE: &str = "2026-10-05T08:00:00Z";

/// The kinds about visits.
pub const VISITS: [&str; 4] = ["visit_proposed", "visit_agreed", "visit_moved", "visit_cancelled"];

/// The kinds about bookings.
pub const BOOKINGS: [&str; 7] = [
    "event_booked",
    "event_waiting",
    "event_place",
    "booking_cancelled",
    "event_moved",
    "event_cancelled",
    "joining_changed",
];

/// Kinds and readers.
pub fn kinds(sent: &[Sent]) -> Vec<(&str, Uuid)> {
    sent.iter().map(|mail| (mail.kind.as_str(), mail.person)).collect()
}

/// The first mail of a kind to somebody.
pub fn first<'a>(sent: &'a [Sent], kind: &str, person: Uuid) -> &'a Sent {
    let mut all = sent.iter().filter(|mail| mail.kind == kind && mail.person == person);
    all.next().unwrap_or_else(|| panic!("no {kind} in {:?}", kinds(sent)))
}

/// Compares a mail with how it should be.
pub fn shown(mail: &Sent) {
    insta::assert_snapshot!(mail.kind.as_str(), mail.settled());
    say_the_same(&mail.kind, &mail.text, &mail.html);
}
