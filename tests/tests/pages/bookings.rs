//! One booking: seen, changed, given up and made again by the link of its mail.

use axum::http::StatusCode;
use entity::events::{EventEdit, booking, edit};
use entity::scope::Scope;
use sea_orm::EntityTrait as _;
use tests::arranged::{book_two, morning, session};
use tests::both;
use tests::rise::at;
use uuid::Uuid;

use super::{NINE, Pages};

impl Pages {
    async fn booking(&self, id: Uuid) -> booking::Model {
        let row = booking::Entity::find_by_id(id).one(self.world.db.reader()).await;
        row.expect("a read").expect("the booking")
    }
}

#[tokio::test]
async fn places_are_seen_changed_and_given_up_by_the_link() {
    both(async |world| {
        let pages = Pages::with(world, &["Demo Ash School", "Demo Birch School"]).await;
        let event = session(&pages.world, &pages.rise, morning("2026-11-19")).await;
        let id = book_two(&pages.world, &pages.rise, event.id, 0).await;
        let waiting = book_two(&pages.world, &pages.rise, event.id, 1).await;
        let link = pages.mailed(NINE, "event_booked", pages.head()).await;
        let before = pages.booking(id).await;
        let seen = pages.get(&link).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        for part in [
            "Talking about routines",
            "2 places booked",
            "Thursday 19 November 2026, 8am to 11am",
            "Demo Lead School, Main Hall",
            "Come to the front gate.",
            "<a href=\"https://meet.example.org/demo/123\"",
            "Demo Ash School",
        ] {
            assert!(seen.text.contains(part), "{part}: {}", seen.text);
        }
        assert_eq!(pages.booking(id).await, before, "looking changes nothing");
        let file = pages.get(&format!("{link}/calendar.ics")).await;
        for part in ["METHOD:PUBLISH", &format!("UID:booking-{id}"), "LOCATION:Demo Lead School"] {
            assert!(file.text.contains(part), "{part}: {}", file.text);
        }

        for places in ["", "many", "0", "101", "3"] {
            let form = format!("deed=change&version=1&places={places}");
            let answer = pages.post(&link, &form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{places}");
            assert!(answer.text.contains("id=\"places_error\""), "{places}: {}", answer.text);
        }
        let answer = pages.post(&link, "deed=change&version=1&places=1").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(pages.booking(id).await.places, 1);
        let seen = pages.get(&answer.location).await;
        assert!(seen.text.contains("1 place booked") && seen.text.contains("It is booked so."));
        // The mail told of two.
        assert!(pages.get(&link).await.text.contains("This was changed after the mail"));
        let stale = pages.post(&link, "deed=cancel&version=1").await;
        assert!(stale.text.contains("Somebody changed this"), "{}", stale.text);

        let answer = pages.post(&link, "deed=cancel&version=2&reason=Nobody+is+free").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let row = pages.booking(id).await;
        assert_eq!(row.state, "cancelled");
        assert_eq!(row.cancellation_reason.as_deref(), Some("Nobody is free"));
        assert_eq!(pages.booking(waiting).await.state, "booked", "the next who waits has them");
        let again = pages.post(&link, "deed=cancel&version=2").await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "sent twice");
        let entries = pages.audit().await;
        let actions: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["bookingChange", "bookingCancel"]);
        assert!(entries.iter().all(|entry| entry.by_person == Some(pages.head())));
        assert!(entries.iter().all(|entry| entry.node_id == Some(id)));
    })
    .await;
}

#[tokio::test]
async fn who_waits_sees_no_joining_details_and_can_leave_the_list_and_come_back() {
    both(async |world| {
        let pages = Pages::with(world, &["Demo Ash School", "Demo Birch School"]).await;
        let event = session(&pages.world, &pages.rise, morning("2026-11-19")).await;
        book_two(&pages.world, &pages.rise, event.id, 0).await;
        let id = book_two(&pages.world, &pages.rise, event.id, 1).await;
        let birch = pages.rise.partners[1].head;
        let purpose = rules::links::Purpose::Booking(id, rules::links::Told::of(0));
        let link = format!("/b/{}", pages.token(purpose, birch));
        let seen = pages.get(&link).await;
        assert!(seen.text.contains("On the waiting list for 2 places"), "{}", seen.text);
        assert!(!seen.text.contains("front gate"), "{}", seen.text);
        let file = pages.get(&format!("{link}/calendar.ics")).await;
        assert_eq!(file.status, StatusCode::NOT_FOUND);

        let answer = pages.post(&link, "deed=cancel&version=1").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let row = pages.booking(id).await;
        assert_eq!(row.cancellation_reason.as_deref(), Some("No reason was given."));
        let seen = pages.get(&link).await;
        assert!(seen.text.contains("Book again"), "{}", seen.text);
        let answer = pages.post(&link, "deed=book&version=2&places=1").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let seen = pages.get(&answer.location).await;
        assert!(seen.text.contains("On the waiting list for 1 place"), "{}", seen.text);
        let again = pages.post(&link, "deed=book&version=2&places=1").await;
        assert!(again.text.contains("This partner has booked already"), "{}", again.text);

        // Others cannot use it for their own.
        let stranger = format!("/b/{}", pages.token(purpose, pages.head()));
        assert_eq!(pages.get(&stranger).await.status, StatusCode::GONE);
        let posted = pages.post(&stranger, "deed=cancel&version=1").await;
        assert_eq!(posted.status, StatusCode::GONE);
    })
    .await;
}

#[tokio::test]
async fn the_page_of_an_event_that_moved_or_is_over_says_how_it_stands() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let event = session(&pages.world, &pages.rise, morning("2026-11-19")).await;
        let id = book_two(&pages.world, &pages.rise, event.id, 0).await;
        let link = pages.mailed(NINE, "event_booked", pages.head()).await;
        let slot = morning("2026-11-26");
        let wish = EventEdit {
            starts_at: Some(slot.starts_at),
            ends_at: Some(slot.ends_at),
            ..EventEdit::default()
        };
        let txn = pages.world.db.write().await.expect("a transaction");
        let now = pages.world.clock.now();
        edit(&txn, &Scope::System, now, event.id, None, wish).await.expect("moved");
        txn.commit().await.expect("commit");
        let seen = pages.get(&link).await;
        assert!(seen.text.contains("This was changed after the mail"), "{}", seen.text);
        assert!(seen.text.contains("Thursday 26 November 2026"), "{}", seen.text);

        pages.world.clock.set(at("2026-11-26T12:00:00Z"));
        let seen = pages.get(&link).await;
        assert!(seen.text.contains("It has taken place") && !seen.text.contains("<form"));
        let answer = pages.post(&link, "deed=cancel&version=1").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(pages.booking(id).await.state, "booked");
        for form in ["", "deed=cancel", "deed=keep&version=1"] {
            assert_eq!(pages.post(&link, form).await.status, StatusCode::BAD_REQUEST, "{form}");
        }
    })
    .await;
}
