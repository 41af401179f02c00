//! Who came or watched, and what that meets.

use entity::events::{Details, NewEvent, Presence, Watching, attendance, event_attendance};
use entity::outcome::RefusalCode;
use entity::programme::cohort;
use entity::scope::Scope;
use rules::programme::EventKind;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::both;
use tests::refusal::refusal;
use tests::rise::{at, day};
use uuid::Uuid;

use crate::Hub;

fn came(people: i32, senior_leader: bool) -> Presence {
    Presence { attended: true, people, senior_leader, note: None }
}

fn stayed_away() -> Presence {
    Presence { attended: false, people: 0, senior_leader: false, note: None }
}

#[tokio::test]
async fn an_event_attended_with_a_senior_leader_is_met_and_without_one_is_not() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch", "Cedar"]).await;
        let event = hub.published(hub.open_day()).await;
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "open");
        let lead = hub.lead().await;
        let early = refusal(hub.record(&lead, event.id, 0, came(2, true)).await);
        assert_eq!(early, (RefusalCode::Conflict, Some("eventId")));
        hub.world.clock.set(at("2026-10-08T15:00:00Z"));
        let own = refusal(hub.record(&hub.school(0), event.id, 0, came(2, true)).await);
        assert_eq!(own.0, RefusalCode::Forbidden, "a school does not keep the register");
        let row = hub.record(&lead, event.id, 0, came(2, true)).await.expect("recorded");
        let met = hub.owed(0, "term-1", "attend_open_day").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-08"))));
        assert_eq!((met.deed_kind.as_deref(), met.deed_id), (Some("attended"), Some(row.id)));
        let again = hub.record(&lead, event.id, 0, came(2, true)).await.expect("the same");
        assert_eq!(again, row);
        let other = refusal(hub.record(&lead, event.id, 0, stayed_away()).await);
        assert_eq!(other, (RefusalCode::Conflict, Some("enrolmentId")));
        hub.record(&lead, event.id, 1, came(1, false)).await.expect("recorded");
        assert_eq!(hub.owed(1, "term-1", "attend_open_day").await.state, "open");
        for (wrong, field) in [
            (came(0, true), "people"),
            (Presence { people: 3, ..stayed_away() }, "people"),
            (Presence { senior_leader: true, ..stayed_away() }, "seniorLeader"),
        ] {
            let refused = refusal(hub.record(&lead, event.id, 2, wrong).await);
            assert_eq!(refused, (RefusalCode::Invalid, Some(field)));
        }
        // The hub's duty of the term is done too.
        let duty = hub.rise.obligation(&hub.world, hub.rise.hub.id, "host_open_day").await;
        assert_eq!(duty.state, "met");
        // Putting it right takes it back, and puts it right for the other.
        let correct = async |row: &event_attendance::Model, version, presence| {
            let id = row.id;
            hub.write(async |txn, now| {
                attendance::correct(txn, &lead, None, now, id, version, presence).await
            })
            .await
        };
        let stale = refusal(correct(&row, Some(9), stayed_away()).await);
        assert_eq!(stale, (RefusalCode::Stale, Some("expectedVersion")));
        let row = correct(&row, Some(1), stayed_away()).await.expect("corrected");
        assert_eq!((row.mode.as_str(), row.version), ("absent", 2));
        let owed = hub.owed(0, "term-1", "attend_open_day").await;
        assert_eq!((owed.state.as_str(), owed.deed_id, owed.met_on), ("open", None, None));
        assert!(owed.revision > met.revision, "reminders are planned anew");
    })
    .await;
}

#[tokio::test]
async fn an_open_day_that_closed_as_missed_is_met_when_its_register_comes_late_and_missed_again_when_corrected()
 {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let event = hub.published(hub.open_day()).await;
        hub.world.clock.set(at("2027-01-11T10:00:00Z"));
        let enrolment = hub.enrolment(0);
        hub.write(async |txn, now| entity::enrolments::settle_enrolment(txn, now, enrolment).await)
            .await
            .expect("settled");
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "missed");
        let lead = hub.lead().await;
        let row = hub.record(&lead, event.id, 0, came(1, true)).await.expect("recorded late");
        let met = hub.owed(0, "term-1", "attend_open_day").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-08"))));
        hub.write(async |txn, now| {
            attendance::correct(txn, &lead, None, now, row.id, None, stayed_away()).await
        })
        .await
        .expect("corrected");
        assert_eq!(hub.owed(0, "term-1", "attend_open_day").await.state, "missed");
    })
    .await;
}

#[tokio::test]
async fn watching_the_recording_meets_a_session_that_was_missed() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash", "Birch"]).await;
        // It took place on 17 September.
        let session = hub.keyed("september-2026-cpd-1").await;
        let owed = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!((owed.state.as_str(), owed.action.as_str()), ("open", "watch_recording"));
        let watched = |on: &str, people| Watching {
            watched_on: day(on),
            people,
            senior_leader: false,
            note: None,
        };
        let watch = async |scope: &Scope, event: Uuid, watching: Watching| {
            let of = (event, hub.enrolment(0));
            hub.write(async |txn, now| {
                attendance::record_watching(txn, scope, None, now, of, watching).await
            })
            .await
        };
        let school = hub.school(0);
        for (watching, field) in [
            (watched("2026-09-16", 2), "watchedOn"),
            (watched("2026-10-06", 2), "watchedOn"),
            (watched("2026-10-02", 0), "people"),
        ] {
            let refused = refusal(watch(&school, session.id, watching).await);
            assert_eq!(refused, (RefusalCode::Invalid, Some(field)));
        }
        let coming = hub.keyed("september-2026-cpd-2").await;
        let refused = refusal(watch(&school, coming.id, watched("2026-10-05", 2)).await);
        assert_eq!(refused, (RefusalCode::Conflict, Some("eventId")));
        let other = refusal(watch(&hub.school(1), session.id, watched("2026-10-02", 2)).await);
        assert_eq!(other, (RefusalCode::NotFound, Some("enrolmentId")));
        let row = watch(&school, session.id, watched("2026-10-02", 2)).await.expect("recorded");
        let met = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!((met.state.as_str(), met.met_on), ("met", Some(day("2026-10-02"))));
        hub.write(async |txn, now| {
            attendance::correct(txn, &school, None, now, row.id, None, stayed_away()).await
        })
        .await
        .expect("it was another session");
        let owed = hub.owed(0, &session.key, "attend_cpd_session").await;
        assert_eq!((owed.state.as_str(), owed.action.as_str()), ("open", "watch_recording"));
        // Watched after all.
        let row = watch(&school, session.id, watched("2026-10-05", 1)).await.expect("recorded");
        assert_eq!((row.mode.as_str(), row.version), ("watched_recording", 3));
        assert_eq!(hub.owed(0, &session.key, "attend_cpd_session").await.state, "met");
    })
    .await;
}

#[tokio::test]
async fn an_event_published_after_it_took_place_is_owed_as_its_recording() {
    both(async |world| {
        let hub = Hub::new(world, &["Ash"]).await;
        let cohort = cohort::Entity::find()
            .filter(cohort::Column::Key.eq("september-2026"))
            .one(hub.world.db.reader())
            .await
            .expect("a read")
            .expect("the cohort");
        let wish = NewEvent {
            hub_id: None,
            cohort_id: Some(cohort.id),
            kind: EventKind::CpdSession,
            key: Some("extra-session".to_owned()),
            starts_at: at("2026-09-29T12:30:00Z"),
            ends_at: at("2026-09-29T14:30:00Z"),
            details: Details {
                recording_url: Some("https://example.org/film".to_owned()),
                ..Details::default()
            },
            ..hub.open_day()
        };
        hub.published(wish).await;
        let owed = hub.owed(0, "extra-session", "attend_cpd_session").await;
        assert_eq!((owed.state.as_str(), owed.action.as_str()), ("open", "watch_recording"));
        assert_eq!(owed.due_on, day("2026-10-19"), "ten working days from its publication");
    })
    .await;
}
