//! Places and the waiting list.

use chrono::{DateTime, Utc};
use entity::enrolments::{transfer, withdraw};
use entity::events::{self, Book, Edit, EventEdit, booking};
use entity::hubs::{HubWish, hub, put_hub};
use entity::outcome::{RefusalCode, StoreError};
use entity::programme::event;
use entity::scope::{Scope, Viewer};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use tests::both;
use tests::refusal::refusal;
use tests::rise::{day, setting};
use uuid::Uuid;

use crate::Hub;

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("Demo Partner {number:02}")).collect()
}

#[tokio::test]
async fn a_full_event_has_a_waiting_list_that_is_served_in_order_and_whole() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar", "Damson", "Elder"]).await;
        let event = hub.published(hub.open_day()).await;
        for (partner, places) in [(0, 3), (1, 2), (2, 3), (3, 1), (4, 1)] {
            hub.book(&hub.school(partner), event.id, partner, places).await.expect("listed");
        }
        let states = async |event| {
            let list = hub.list(event).await;
            list.into_iter().map(|(partner, _, state)| (partner, state)).collect::<Vec<_>>()
        };
        let said = |words: [&str; 5]| {
            words.iter().map(|word| (*word).to_owned()).enumerate().collect::<Vec<_>>()
        };
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "booked", "waiting", "waiting", "waiting"]));
        assert_eq!(hub.event(event.id).await.places_booked, 5);
        // Two places come free: not enough for who waits first, so nobody overtakes.
        let mine = booking::Entity::find()
            .filter(booking::Column::EventId.eq(event.id))
            .order_by_asc(booking::Column::BookedAt)
            .all(hub.world.db.reader())
            .await
            .expect("a read");
        let school = hub.school(1);
        let given_up = hub
            .write(async |txn, now| {
                let reason = " Staff are ill ";
                events::cancel_booking(txn, &school, now, mine[1].id, Some(1), reason).await
            })
            .await
            .expect("given up");
        assert_eq!(given_up.cancellation_reason.as_deref(), Some("Staff are ill"));
        assert_eq!(hub.event(event.id).await.places_booked, 3);
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "cancelled", "waiting", "waiting", "waiting"]));
        // A sixth place serves the first, and nobody else.
        let lead = hub.lead().await;
        hub.write(async |txn, now| {
            let wish = EventEdit { capacity: Edit::Set(Some(6)), ..EventEdit::default() };
            events::edit(txn, &lead, now, event.id, None, wish).await
        })
        .await
        .expect("more places");
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "cancelled", "booked", "waiting", "waiting"]));
        // One who comes fewer leaves a place to the next.
        let school = hub.school(0);
        let changed = hub
            .write(async |txn, now| {
                events::change_booking(txn, &school, now, mine[0].id, None, 2).await
            })
            .await
            .expect("fewer");
        assert_eq!((changed.places, changed.version), (2, 2));
        let listed = states(event.id).await;
        assert_eq!(listed, said(["booked", "cancelled", "booked", "booked", "waiting"]));
        // Nobody gets more while somebody waits.
        let more = hub
            .write(async |txn, now| {
                events::change_booking(txn, &school, now, mine[0].id, None, 3).await
            })
            .await;
        assert_eq!(refusal(more), (RefusalCode::Conflict, Some("places")));
        // The capacity does not go below what is booked; without a limit everybody comes.
        let edit = async |capacity| {
            let wish = EventEdit { capacity: Edit::Set(capacity), ..EventEdit::default() };
            hub.write(async |txn, now| events::edit(txn, &lead, now, event.id, None, wish).await)
                .await
        };
        assert_eq!(refusal(edit(Some(5)).await), (RefusalCode::Conflict, Some("capacity")));
        edit(None).await.expect("no limit");
        assert_eq!(states(event.id).await[4].1, "booked");
        let back = hub.book(&hub.school(1), event.id, 1, 2).await.expect("booked again");
        assert_eq!(back.state, "booked");
    })
    .await;
}

#[tokio::test]
async fn a_booking_that_cannot_be_is_refused_by_its_field_and_changes_nothing() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch"]).await;
        let event = hub.published(hub.open_day()).await;
        let nobody = Scope::Viewer(Viewer { evaluator: true, ..Viewer::default() });
        let nowhere = Uuid::from_u128(7);
        let cases = [
            (refusal(hub.book(&hub.school(0), nowhere, 0, 1).await), "eventId"),
            (refusal(hub.book(&hub.school(0), event.id, 1, 1).await), "enrolmentId"),
            (refusal(hub.book(&nobody, event.id, 0, 1).await), "enrolmentId"),
            (refusal(hub.book(&hub.school(0), event.id, 0, 0).await), "places"),
            (refusal(hub.book(&hub.school(0), event.id, 0, 6).await), "places"),
        ];
        for ((_, field), expected) in cases {
            assert_eq!(field, Some(expected));
        }
        assert!(hub.list(event.id).await.is_empty());
        let row = hub.book(&hub.school(0), event.id, 0, 1).await.expect("booked");
        let twice = refusal(hub.book(&hub.lead().await, event.id, 0, 1).await);
        assert_eq!(twice, (RefusalCode::Conflict, Some("enrolmentId")));
        let other = hub.school(1);
        let change = async |scope: &Scope, version, places| {
            let id = row.id;
            hub.write(async |txn, now| {
                events::change_booking(txn, scope, now, id, version, places).await
            })
            .await
        };
        let unseen = refusal(change(&other, None, 2).await);
        assert_eq!(unseen, (RefusalCode::NotFound, Some("bookingId")));
        let stale = refusal(change(&hub.school(0), Some(7), 2).await);
        assert_eq!(stale, (RefusalCode::Stale, Some("expectedVersion")));
        assert_eq!(hub.list(event.id).await, [(0, 1, "booked".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn twenty_who_book_five_places_at_once_get_five_and_a_waiting_list_of_fifteen() {
    both(async |world| {
        let names = names(20);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hub = Hub::new(world, &names).await;
        let event = hub.published(hub.open_day()).await;
        let mut bookings = tokio::task::JoinSet::new();
        for partner in &hub.rise.partners {
            let (db, now) = (hub.world.db.clone(), hub.now());
            let wish = Book { event_id: event.id, enrolment_id: partner.enrolment, places: 1 };
            let settings = vec![partner.setting];
            let scope = Scope::Viewer(Viewer { settings, ..Viewer::default() });
            bookings.spawn(async move {
                let txn = db.write().await.expect("a transaction");
                let row = events::book(&txn, &scope, None, now, wish).await.expect("listed");
                txn.commit().await.expect("commit");
                row.state
            });
        }
        let states = bookings.join_all().await;
        let booked = |states: &[String]| states.iter().filter(|state| *state == "booked").count();
        assert_eq!(booked(&states), 5, "{}", hub.world.name);
        let rows = booking::Entity::find()
            .filter(booking::Column::EventId.eq(event.id))
            .order_by_asc(booking::Column::BookedAt)
            .all(hub.world.db.reader())
            .await
            .expect("a read");
        let kept: Vec<String> = rows.iter().map(|row| row.state.clone()).collect();
        assert_eq!(booked(&kept[..5]), 5, "the first five of the order have the places");
        assert!(kept[5..].iter().all(|state| state == "waiting"));
        assert_eq!(kept.len(), 20);
        assert!(rows.is_sorted_by(|one, next| one.booked_at < next.booked_at), "no two at once");
        assert_eq!(hub.event(event.id).await.places_booked, 5);
        // The database refuses one too many by itself.
        let txn = hub.world.db.write().await.expect("a transaction");
        let forced = event::Entity::update_many()
            .col_expr(event::Column::PlacesBooked, 6.into())
            .filter(event::Column::Id.eq(event.id))
            .exec(&txn)
            .await;
        assert!(forced.is_err());
    })
    .await;
}

#[tokio::test]
async fn giving_up_at_once_serves_the_list_once() {
    both(async |world| {
        let names = names(12);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let hub = Hub::new(world, &names).await;
        let event = hub.published(hub.open_day()).await;
        let mut rows = Vec::new();
        for partner in 0..12 {
            rows.push(hub.book(&Scope::System, event.id, partner, 1).await.expect("listed"));
        }
        let mut racing = tokio::task::JoinSet::new();
        for row in rows.iter().take(4) {
            let (db, now, id) = (hub.world.db.clone(), hub.now(), row.id);
            racing.spawn(async move {
                let txn = db.write().await.expect("a transaction");
                events::cancel_booking(&txn, &Scope::System, now, id, None, "Ill").await?;
                txn.commit().await.map_err(StoreError::from)
            });
        }
        // A hub lead adds a place meanwhile.
        let (db, now, lead) = (hub.world.db.clone(), hub.now(), hub.lead().await);
        racing.spawn(async move {
            let txn = db.write().await.expect("a transaction");
            let wish = EventEdit { capacity: Edit::Set(Some(6)), ..EventEdit::default() };
            events::edit(&txn, &lead, now, event.id, None, wish).await?;
            txn.commit().await.map_err(StoreError::from)
        });
        for done in racing.join_all().await {
            done.expect("everybody gets a turn");
        }
        let states: Vec<String> =
            hub.list(event.id).await.into_iter().map(|(_, _, state)| state).collect();
        let expected: Vec<&str> =
            [["cancelled"; 4].as_slice(), &["booked"; 6], &["waiting"; 2]].concat();
        assert_eq!(states, expected, "{}", hub.world.name);
        assert_eq!(hub.event(event.id).await.places_booked, 6);
    })
    .await;
}

#[tokio::test]
async fn who_leaves_or_moves_to_another_hub_leaves_its_places_to_those_who_wait() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar", "Damson"]).await;
        let mut wish = hub.open_day();
        wish.details.capacity = Some(2);
        let event = hub.published(wish).await;
        for partner in 0..4 {
            hub.book(&Scope::System, event.id, partner, 1).await.expect("listed");
        }
        let (first, second) = (hub.enrolment(0), hub.enrolment(1));
        hub.write(async |txn, now| {
            let on = day("2026-10-05");
            withdraw(txn, &Scope::System, None, now, first, None, on, "Merging").await
        })
        .await
        .expect("withdrawn");
        hub.write(async |txn, now| {
            let other = another_hub(txn, now, &hub).await;
            transfer(txn, &Scope::System, None, now, second, None, other.id, "Nearer").await
        })
        .await
        .expect("moved");
        let list: Vec<String> = hub.list(event.id).await.into_iter().map(|one| one.2).collect();
        assert_eq!(list, ["cancelled", "cancelled", "booked", "booked"], "{}", hub.world.name);
    })
    .await;
}

async fn another_hub(txn: &DatabaseTransaction, now: DateTime<Utc>, hub: &Hub) -> hub::Model {
    let lead = setting(txn, now, 900_090, "Demo Other Lead School", "open").await;
    let wish = HubWish {
        programme_id: hub.rise.id,
        key: "other".to_owned(),
        name: "Demo Other Hub".to_owned(),
        lead_setting_id: lead,
        region_id: None,
        wave: None,
        capacity: (None, None),
        opened_on: day("2026-06-01"),
        email: None,
    };
    put_hub(txn, now, wish).await.expect("a hub").0
}
