//! Notices of bookings.

use entity::events::{Edit, EventEdit, cancel, cancel_booking, edit};
use entity::scope::Scope;
use tests::notices::sent;
use tests::rise::{Rise, at};
use tests::working::pass_at;
use tests::{World, both};
use uuid::Uuid;

use super::support::{BOOKINGS, NINE, book_two, first, head, kinds, morning, session, shown};

async fn change(world: &World, event: Uuid, wish: EventEdit) {
    let txn = world.db.write().await.expect("a transaction");
    edit(&txn, &Scope::System, world.clock.now(), event, None, wish).await.expect("edited");
    txn.commit().await.expect("commit");
}

fn joining(text: &str) -> EventEdit {
    EventEdit { joining_details: Edit::Set(Some(text.to_owned())), ..EventEdit::default() }
}

fn to(day: &str) -> EventEdit {
    let slot = morning(day);
    let (starts_at, ends_at) = (Some(slot.starts_at), Some(slot.ends_at));
    EventEdit { starts_at, ends_at, ..EventEdit::default() }
}

#[tokio::test]
async fn schools_hear_of_places_the_waiting_list_and_every_change_of_the_event() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        world.clock.set(at(NINE));
        let (ash, birch) = (rise.partners[0].head, rise.partners[1].head);
        let event = session(&world, &rise, morning("2026-11-19")).await;
        let booked = book_two(&world, &rise, event.id, 0).await;
        let waiting = book_two(&world, &rise, event.id, 1).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        assert_eq!(kinds(&mails), [("event_booked", ash)], "who waits knows it by themselves");
        shown(&mails[0]);
        assert!(mails[0].html.contains("href=\"https://meet.example.org/demo/123\""));

        change(&world, event.id, joining("Come to the side gate.")).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        assert_eq!(kinds(&mails)[1..], [("joining_changed", ash)], "not for who only waits");
        shown(&mails[1]);

        change(&world, event.id, to("2026-11-26")).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        assert_eq!(mails.len(), 4);
        shown(first(&mails, "event_moved", ash));
        let to_birch = first(&mails, "event_moved", birch);
        assert!(to_birch.calendar.is_none() && !to_birch.text.contains("side gate"));

        let (scope, _) = head(&world, &rise, 0);
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        cancel_booking(&txn, &scope, now, booked, None, "Nobody is free").await.expect("given up");
        txn.commit().await.expect("commit");
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        assert_eq!(mails.len(), 6);
        shown(first(&mails, "booking_cancelled", ash));
        shown(first(&mails, "event_place", birch));
        let reply = first(&mails, "booking_cancelled", ash).header("References");
        assert_eq!(reply.as_deref(), Some(mails[0].message_id.as_str()));

        let txn = world.db.write().await.expect("a transaction");
        cancel(&txn, &Scope::System, now, event.id, None, "The hall is flooded")
            .await
            .expect("off");
        txn.commit().await.expect("commit");
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        assert_eq!(kinds(&mails)[6..], [("event_cancelled", birch)]);
        shown(&mails[6]);
        assert!(mails[6].calendar.as_ref().is_some_and(|(method, _)| method == "CANCEL"));
        let uids = |person| -> std::collections::BTreeSet<&str> {
            let own = mails.iter().filter(move |mail| mail.person == person);
            let texts = own.filter_map(|mail| mail.calendar.as_ref());
            texts.flat_map(|(_, text)| text.lines().filter(|it| it.starts_with("UID:"))).collect()
        };
        assert_eq!(uids(ash).into_iter().collect::<Vec<_>>(), [format!("UID:booking-{booked}")]);
        assert_eq!(uids(birch).into_iter().collect::<Vec<_>>(), [format!("UID:booking-{waiting}")]);
    })
    .await;
}

#[tokio::test]
async fn others_of_a_school_hear_that_it_waits_for_places() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        world.clock.set(at(NINE));
        let event = session(&world, &rise, morning("2026-11-19")).await;
        book_two(&world, &rise, event.id, 0).await;
        // The hub's lead books for the school, whose head knows nothing of it.
        let (scope, by) = super::support::lead(&world, &rise);
        let txn = world.db.write().await.expect("a transaction");
        let (event_id, enrolment_id) = (event.id, rise.partners[1].enrolment);
        let wish = entity::events::Book { event_id, enrolment_id, places: 2 };
        let now = world.clock.now();
        entity::events::book(&txn, &scope, by, now, wish).await.expect("booked");
        txn.commit().await.expect("commit");
        pass_at(&world, NINE).await;
        let mails = sent(&world, &["event_waiting"]).await;
        assert_eq!(kinds(&mails), [("event_waiting", rise.partners[1].head)]);
        shown(&mails[0]);
    })
    .await;
}

#[tokio::test]
async fn what_changes_before_the_first_notice_went_out_is_told_in_it() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        world.clock.set(at(NINE));
        let event = session(&world, &rise, morning("2026-11-19")).await;
        book_two(&world, &rise, event.id, 0).await;
        change(&world, event.id, joining("Come to the side gate.")).await;
        change(&world, event.id, to("2026-11-26")).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        assert_eq!(kinds(&mails), [("event_booked", rise.partners[0].head)]);
        assert!(mails[0].text.contains("26 November") && mails[0].text.contains("side gate"));

        // Who put themselves on the waiting list hears that there will be no places, as others do.
        book_two(&world, &rise, event.id, 1).await;
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        cancel(&txn, &Scope::System, now, event.id, None, "The hall is flooded")
            .await
            .expect("off");
        txn.commit().await.expect("commit");
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        assert_eq!(mails.iter().filter(|mail| mail.kind == "event_cancelled").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_move_is_told_against_the_time_that_its_reader_knew() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        world.clock.set(at(NINE));
        let birch = rise.partners[1].head;
        let event = session(&world, &rise, morning("2026-11-19")).await;
        book_two(&world, &rise, event.id, 0).await;
        book_two(&world, &rise, event.id, 1).await;
        pass_at(&world, NINE).await;
        // Nobody is told of the first move before the second.
        change(&world, event.id, to("2026-11-26")).await;
        change(&world, event.id, to("2026-12-03")).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &["event_moved"]).await;
        assert_eq!(mails.len(), 2, "{}", world.name);
        for mail in &mails {
            let text = mail.text.replace("\r\n", "\n");
            for part in [
                "New time:\n  Thursday 3 December 2026, 8am to 11am",
                "Old time:\n  Thursday 19 November 2026, 8am to 11am",
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
        assert_eq!(mails.iter().filter(|mail| mail.person == birch).count(), 1, "who waits too");

        // What is back where it was before anybody heard has not moved; who waits hears nothing.
        change(&world, event.id, to("2026-12-10")).await;
        change(&world, event.id, to("2026-12-03")).await;
        pass_at(&world, NINE).await;
        let mails = sent(&world, &BOOKINGS).await;
        let last = &mails[3..];
        assert_eq!(kinds(last), [("joining_changed", rise.partners[0].head)]);
        assert!(!last[0].text.contains("Old time"), "{}", last[0].text);
    })
    .await;
}
