//! Visits and events that people arrange in tests.

use entity::events::{Book, Details, NewEvent, book, create, publish};
use entity::programme::event;
use entity::scope::{Scope, Viewer};
use entity::visits::{
    Agree, Cancel, Proposal, Reschedule, agree, cancel, propose, reschedule, visit,
};
use rules::programme::EventKind;
use rules::visits::{Slot, VisitKind};
use uuid::Uuid;

use crate::World;
use crate::rise::{Rise, at};

/// A hub's lead.
#[must_use]
pub fn lead(world: &World, rise: &Rise) -> Who {
    let viewer = Viewer {
        person_id: rise.lead,
        hubs: vec![rise.hub.id],
        now: world.clock.now(),
        ..Viewer::default()
    };
    (Scope::Viewer(viewer), Some(rise.lead))
}

/// The head of a partner.
#[must_use]
pub fn head(world: &World, rise: &Rise, number: usize) -> Who {
    let partner = rise.partners[number];
    let viewer = Viewer {
        person_id: partner.head,
        settings: vec![partner.setting],
        now: world.clock.now(),
        ..Viewer::default()
    };
    (Scope::Viewer(viewer), Some(partner.head))
}

/// From 8:00 to 11:00 UTC on a day.
///
/// # Panics
/// The text is no day.
#[must_use]
pub fn morning(day: &str) -> Slot {
    Slot { starts_at: at(&format!("{day}T08:00:00Z")), ends_at: at(&format!("{day}T11:00:00Z")) }
}

/// On whose behalf somebody arranges, and who it is.
pub type Who = (Scope, Option<Uuid>);

/// Proposes a support day with the first partner.
///
/// # Panics
/// It is refused.
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
///
/// # Panics
/// It is refused.
pub async fn agree_by(world: &World, (scope, by): Who, visit_id: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let wish = Agree { visit_id, expected_version: None, visitor_id: None };
    agree(&txn, &scope, by, world.clock.now(), wish).await.expect("agreed");
    txn.commit().await.expect("commit");
}

/// Names another time for a visit.
///
/// # Panics
/// It is refused.
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
///
/// # Panics
/// It is refused.
pub async fn cancel_by(world: &World, (scope, by): Who, visit_id: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let reason = "Illness".to_owned();
    let wish = Cancel { visit_id, expected_version: None, called_off_by: None, reason };
    cancel(&txn, &scope, by, world.clock.now(), wish).await.expect("cancelled");
    txn.commit().await.expect("commit");
}

/// A published meeting of the hub with two places, on a morning.
///
/// # Panics
/// It is refused.
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
///
/// # Panics
/// It is refused.
pub async fn book_two(world: &World, rise: &Rise, event_id: Uuid, number: usize) -> Uuid {
    let (scope, by) = head(world, rise, number);
    let txn = world.db.write().await.expect("a transaction");
    let wish = Book { event_id, enrolment_id: rise.partners[number].enrolment, places: 2 };
    let row = book(&txn, &scope, by, world.clock.now(), wish).await.expect("booked");
    txn.commit().await.expect("commit");
    row.id
}
