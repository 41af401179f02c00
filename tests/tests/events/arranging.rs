//! Events planned, published, moved and cancelled, and who sees what of them.

use entity::engagement::engagement_alert;
use entity::events::{self, Details, EventEdit, NewEvent};
use entity::messages::{facts, reminder, reminders};
use entity::outcome::RefusalCode;
use entity::programme::event;
use entity::scope::{Scope, Viewer};
use rules::events::TrainingModule;
use rules::programme::EventKind;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::both;
use tests::refusal::refusal;
use tests::rise::{at, day};
use uuid::Uuid;

use crate::Hub;

/// Plans reminders and calls off what is no longer wanted, as before each digest.
async fn plan(hub: &Hub) {
    hub.write(async |txn, now| {
        let book = facts::Book::load(txn).await?;
        reminders::plan_programme(txn, now, &book, hub.rise.id).await?;
        reminders::call_off_unwanted(txn, now, &book).await
    })
    .await
    .expect("planned");
}

#[tokio::test]
async fn an_event_is_seen_by_its_host_alone_until_its_publication_and_owed_from_then_on() {
    both(async |world| {
        let hub = Hub::new(world, &["Demo Ash", "Demo Birch"]).await;
        let lead = hub.lead().await;
        let wish = hub.open_day();
        let row = hub
            .write(async |txn, now| events::create(txn, &lead, now, wish).await)
            .await
            .expect("planned");
        assert_eq!(row.key, "demo-open-day-2026-10-08");
        let sees = async |hub: &Hub, scope: Scope| {
            let rows = event::Entity::find().filter(scope.at(hub.now()).events());
            let rows = rows.filter(event::Column::Id.eq(row.id));
            rows.one(hub.world.db.reader()).await.expect("a read").is_some()
        };
        assert!(sees(&hub, lead.clone()).await);
        assert!(!sees(&hub, hub.school(0)).await, "a draft");
        let unseen = refusal(hub.book(&hub.school(0), row.id, 0, 1).await);
        assert_eq!(unseen, (RefusalCode::NotFound, Some("eventId")));
        let later = at("2026-10-06T08:00:00Z");
        hub.write(async |txn, now| {
            events::publish(txn, &lead, now, row.id, Some(1), Some(later)).await
        })
        .await
        .expect("scheduled");
        assert!(!sees(&hub, hub.school(0)).await, "it is published tomorrow");
        assert!(sees(&hub, lead.clone()).await);
        let early = refusal(hub.book(&lead, row.id, 0, 1).await);
        assert_eq!(early, (RefusalCode::Conflict, Some("eventId")));
        hub.world.clock.set(later);
        assert!(sees(&hub, hub.school(0)).await);
        hub.write(async |txn, now| entity::enrolments::settle_event(txn, now, &row).await)
            .await
            .expect("the night comes");
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "open");
        hub.book(&hub.school(0), row.id, 0, 1).await.expect("booked");
    })
    .await;
}

#[tokio::test]
async fn a_moved_event_moves_what_is_owed_and_its_reminders() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let session = hub.keyed("september-2026-cpd-2").await;
        let before = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!(before.due_on, day("2026-10-08"));
        plan(&hub).await;
        let pending = async || {
            let rows = reminder::Entity::find()
                .filter(reminder::Column::ObligationId.eq(before.id))
                .filter(reminder::Column::State.eq("planned"));
            rows.all(hub.world.db.reader()).await.expect("a read")
        };
        assert!(pending().await.iter().any(|row| row.send_on == day("2026-10-05")));
        let admin = hub.viewer(hub.rise.admin).await;
        let to = |starts: &str, ends: &str| EventEdit {
            starts_at: Some(at(starts)),
            ends_at: Some(at(ends)),
            ..EventEdit::default()
        };
        let edit = async |scope: &Scope, wish| {
            let id = session.id;
            hub.write(async |txn, now| events::edit(txn, scope, now, id, None, wish).await).await
        };
        let back = to("2026-10-01T12:30:00Z", "2026-10-01T14:30:00Z");
        let refused = refusal(edit(&admin, back).await);
        assert_eq!(refused, (RefusalCode::Invalid, Some("startsAt")));
        let forward = to("2026-11-12T13:30:00Z", "2026-11-12T15:30:00Z");
        let lead = hub.lead().await;
        let refused = refusal(edit(&lead, forward.clone()).await);
        assert_eq!(refused, (RefusalCode::Forbidden, Some("eventId")), "it is the programme's");
        edit(&admin, forward).await.expect("moved");
        let after = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!(after.due_on, day("2026-11-12"));
        assert_eq!(after.revision, before.revision + 1);
        plan(&hub).await;
        let left = pending().await;
        assert!(
            left.iter()
                .all(|row| row.revision == after.revision && row.send_on > day("2026-10-20")),
            "nobody is reminded of the old day: {left:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_event_ends_its_bookings_and_is_owed_by_nobody() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch"]).await;
        let event = hub.published(hub.open_day()).await;
        hub.book(&hub.school(0), event.id, 0, 4).await.expect("booked");
        hub.book(&hub.school(1), event.id, 1, 4).await.expect("waiting");
        let lead = hub.lead().await;
        let cancel = async |scope: &Scope, reason: &str| {
            let id = event.id;
            hub.write(async |txn, now| events::cancel(txn, scope, now, id, None, reason).await)
                .await
        };
        let refused = refusal(cancel(&hub.school(0), "No").await);
        assert_eq!(refused, (RefusalCode::Forbidden, Some("eventId")));
        assert_eq!(refusal(cancel(&lead, " ").await), (RefusalCode::Invalid, Some("reason")));
        let row = cancel(&lead, "The hall is flooded.").await.expect("cancelled");
        assert_eq!((row.places_booked, row.cancelled_at), (0, Some(hub.now())));
        let ended = ("cancelled".to_owned(), "cancelled".to_owned());
        let list = hub.list(event.id).await;
        assert_eq!((list[0].2.clone(), list[1].2.clone()), ended);
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "cancelled");
        assert_eq!(cancel(&lead, "Again").await.expect("it is already"), row);
        let booked = refusal(hub.book(&hub.school(0), event.id, 0, 1).await);
        assert_eq!(booked, (RefusalCode::Conflict, Some("eventId")));
        let alerts = engagement_alert::Entity::find().all(hub.world.db.reader()).await;
        let about = |row: &engagement_alert::Model| row.evidence.to_string().contains("open day");
        assert!(!alerts.expect("a read").iter().any(about));
    })
    .await;
}

#[tokio::test]
async fn an_event_that_cannot_be_is_refused_by_its_field() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let good = hub.open_day();
        let details = good.details.clone();
        let other = Uuid::from_u128(7);
        let cases = [
            ("programmeId", NewEvent { programme_id: other, ..good.clone() }),
            ("hubId", NewEvent { hub_id: Some(other), ..good.clone() }),
            ("cohortId", NewEvent { cohort_id: Some(other), ..good.clone() }),
            ("key", NewEvent { key: Some("Open day".to_owned()), ..good.clone() }),
            ("key", NewEvent { key: Some("september-2026-cpd-1".to_owned()), ..good.clone() }),
            ("title", NewEvent { title: "  ".to_owned(), ..good.clone() }),
            ("endsAt", NewEvent { ends_at: good.starts_at, ..good.clone() }),
            ("endsAt", NewEvent { ends_at: at("2026-12-08T13:30:00Z"), ..good.clone() }),
            (
                "startsAt",
                NewEvent {
                    starts_at: at("2036-10-08T08:30:00Z"),
                    ends_at: at("2036-10-08T09:30:00Z"),
                    ..good.clone()
                },
            ),
            ("module", NewEvent { kind: EventKind::TrainingModule, ..good.clone() }),
            (
                "module",
                NewEvent {
                    details: Details { module: Some(TrainingModule::Essential), ..details.clone() },
                    ..good.clone()
                },
            ),
            (
                "capacity",
                NewEvent {
                    details: Details { capacity: Some(0), ..details.clone() },
                    ..good.clone()
                },
            ),
            (
                "recordingUrl",
                NewEvent {
                    details: Details {
                        recording_url: Some("javascript:alert(1)".to_owned()),
                        ..details.clone()
                    },
                    ..good.clone()
                },
            ),
        ];
        for (field, wish) in cases {
            let refused = hub
                .write(async |txn, now| events::create(txn, &Scope::System, now, wish).await)
                .await;
            assert_eq!(refusal(refused).1, Some(field));
        }
        let lead = hub.lead().await;
        let school = hub.school(0);
        for (scope, wish, code) in [
            (&lead, NewEvent { hub_id: None, ..good.clone() }, RefusalCode::Forbidden),
            (&school, good.clone(), RefusalCode::Forbidden),
            (&school, NewEvent { hub_id: None, ..good.clone() }, RefusalCode::Forbidden),
        ] {
            let refused =
                hub.write(async |txn, now| events::create(txn, scope, now, wish).await).await;
            assert_eq!(refusal(refused), (code, Some("hubId")));
        }
        let rows = event::Entity::find().filter(event::Column::HubId.eq(hub.rise.hub.id));
        assert!(rows.all(hub.world.db.reader()).await.expect("a read").is_empty());
        let admin = hub.viewer(hub.rise.admin).await;
        hub.write(async |txn, now| {
            events::create(txn, &admin, now, NewEvent { hub_id: None, ..good }).await
        })
        .await
        .expect("an admin plans the programme's");
    })
    .await;
}

#[tokio::test]
async fn how_to_join_is_for_those_who_have_places_their_lead_and_the_host() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar"]).await;
        let mut wish = hub.open_day();
        wish.details.capacity = Some(1);
        let event = hub.published(wish).await;
        hub.book(&hub.school(0), event.id, 0, 1).await.expect("booked");
        hub.book(&hub.school(1), event.id, 1, 1).await.expect("waiting");
        let evaluator = Scope::Viewer(Viewer { evaluator: true, ..Viewer::default() });
        for (scope, expected) in [
            (hub.school(0), true),
            (hub.school(1), false),
            (hub.school(2), false),
            (hub.lead().await, true),
            (hub.viewer(hub.rise.admin).await, true),
            (evaluator, false),
        ] {
            let rows = event::Entity::find()
                .filter(scope.joinings())
                .filter(event::Column::Id.eq(event.id));
            let seen = rows.one(hub.world.db.reader()).await.expect("a read").is_some();
            assert_eq!(seen, expected, "{scope:?}");
        }
    })
    .await;
}
