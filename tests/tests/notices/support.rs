//! Who arranges what in these tests.

use entity::events::{Book, Details, NewEvent, book, create, publish};
use entity::programme::event;
use entity::scope::{Scope, Viewer};
use entity::visits::Cancel;
use entity::visits::{Agree, Proposal, Reschedule, agree, cancel, propose, reschedule, visit};
use rules::programme::EventKind;
use rules::visits::{Slot, VisitKind};
use tests::World;
use tests::notices::Sent;
use tests::rise::{Rise, at};
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

/// A hub's lead.
pub fn lead(world: &World, rise: &Rise) -> (Scope, Option<Uuid>) {
    let viewer = Viewer {
        person_id: rise.lead,
        hubs: vec![rise.hub.id],
        now: world.clock.now(),
        ..Viewer::default()
    };
    (Scope::Viewer(viewer), Some(rise.lead))
}

/// The head of a partner.
pub fn head(world: &World, rise: &Rise, number: usize) -> (Scope, Option<Uuid>) {
    let partner = rise.partners[number];
    let viewer = Viewer {
        person_id: partner.head,
        settings: vec![partner.setting],
        now: world.clock.now(),
        ..Viewer::default()
    };
    (Scope::Viewer(viewer), Some(partner.head))
}

/// From nine to twelve on a day in UTC.
pub fn morning(day: &str) -> Slot {
    Slot { starts_at: at(&format!("{day}T08:00:00Z")), ends_at: at(&format!("{day}T11:00:00Z")) }
}

type Who = (Scope, Option<Uuid>);

/// Proposes a support day with the first partner.
pub async fn propose_by(world: &World, rise: &Rise, (scope, by): Who, slot: Slot) -> visit::Model {
    let txn = world.db.write().await.expect("a transaction");
    let wish = Proposal {
        enrolment_id: rise.partners[0].enrolment,
        kind: VisitKind::SupportDay,
        slot,
        half_days: 1,
        purpose: "Look at lessons, and talk about what happens between them".to_owned(),
        visitor_id: None,
    };
    let row = propose(&txn, &scope, by, world.clock.now(), wish).await.expect("proposed");
    txn.commit().await.expect("commit");
    row
}

/// Agrees to a visit.
pub async fn agree_by(world: &World, (scope, by): Who, visit_id: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let wish = Agree { visit_id, expected_version: None, visitor_id: None };
    agree(&txn, &scope, by, world.clock.now(), wish).await.expect("agreed");
    txn.commit().await.expect("commit");
}

/// Names another time for a visit.
pub async fn move_by(world: &World, (scope, by): Who, visit_id: Uuid, slot: Slot) {
    let txn = world.db.write().await.expect("a transaction");
    let wish = Reschedule {
        visit_id,
        expected_version: None,
        slot,
        half_days: None,
        visitor_id: None,
        reason: "An inspection, at last".to_owned(),
    };
    reschedule(&txn, &scope, by, world.clock.now(), wish).await.expect("moved");
    txn.commit().await.expect("commit");
}

/// Cancels a visit.
pub async fn cancel_by(world: &World, (scope, by): Who, visit_id: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let reason = "Illness".to_owned();
    let wish = Cancel { visit_id, expected_version: None, called_off_by: None, reason };
    cancel(&txn, &scope, by, world.clock.now(), wish).await.expect("cancelled");
    txn.commit().await.expect("commit");
}

/// A published CPD session of the hub with two places, on a morning.
pub async fn session(world: &World, rise: &Rise, slot: Slot) -> event::Model {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let wish = NewEvent {
        programme_id: rise.id,
        hub_id: Some(rise.hub.id),
        cohort_id: None,
        key: None,
        kind: EventKind::HubNetworking,
        title: "Talking about routines; corridors, \"doors\" & bells".to_owned(),
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        details: Details {
            summary: Some("What three schools changed, and what came of it".to_owned()),
            place: Some("Demo Lead School, Main Hall".to_owned()),
            joining_details: Some(
                "Come to the front gate.\nOr join at https://meet.example.org/demo/123".to_owned(),
            ),
            module: None,
            capacity: Some(2),
            recording_url: None,
        },
    };
    let row = create(&txn, &Scope::System, now, wish).await.expect("created");
    let row = publish(&txn, &Scope::System, now, row.id, None, None).await.expect("published");
    txn.commit().await.expect("commit");
    row
}

/// Two places for a partner, by its head.
pub async fn book_two(world: &World, rise: &Rise, event_id: Uuid, number: usize) -> Uuid {
    let (scope, by) = head(world, rise, number);
    let txn = world.db.write().await.expect("a transaction");
    let wish = Book { event_id, enrolment_id: rise.partners[number].enrolment, places: 2 };
    let row = book(&txn, &scope, by, world.clock.now(), wish).await.expect("booked");
    txn.commit().await.expect("commit");
    row.id
}

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
    says_the_same_twice(mail);
}

/// The text and the HTML of a mail have the same words in the same order, and the same links.
fn says_the_same_twice(mail: &Sent) {
    let body = mail.html.split("<body").nth(1).expect("a body");
    let (_, body) = body.split_once("</h1>").expect("a heading");
    let mut bare = String::new();
    let mut inside = false;
    for letter in body.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                bare.push(' ');
            }
            _ if !inside => bare.push(letter),
            _ => {}
        }
    }
    let bare = bare.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'");
    let words = |text: &str| -> Vec<String> {
        let words = text.split_whitespace().filter(|word| !word.starts_with("http"));
        let words = words.map(|word| word.trim_matches([':', ',', '*', '-']).to_owned());
        words.filter(|word| !word.is_empty()).collect()
    };
    assert_eq!(words(&mail.text), words(&bare), "{}", mail.kind);
    for link in mail.text.split_whitespace().filter(|word| word.starts_with("http")) {
        assert!(mail.html.contains(link), "{}: {link}", mail.kind);
    }
}
