//! One obligation, and its report.

use axum::http::StatusCode;
use entity::enrolments::{obligation, transfer, withdraw};
use entity::hubs::{HubWish, put_hub};
use entity::people::contact;
use entity::programme::event;
use entity::scope::Scope;
use rules::links::Purpose;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _,
};
use tests::both;
use tests::rise::{at, day};
use uuid::Uuid;

use super::Pages;

#[tokio::test]
async fn looking_changes_nothing_and_reporting_records_who_and_when() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let link = pages.link(pages.head());
        let seen = pages.get(&link).await;
        assert_eq!(seen.status, StatusCode::OK);
        for part in ["Overdue", "Demo Ash School", "25 September 2026", "value=\"2026-10-05\""] {
            assert!(seen.text.contains(part), "{part}: {}", seen.text);
        }
        assert_eq!(pages.row().await, pages.obligation, "GET never acts");

        let answer = pages.post(&link, "met_on=2026-10-01&note=Sent+to+the+hub").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.location.as_deref(), Some(link.as_str()));
        let row = pages.row().await;
        assert_eq!((row.state.as_str(), row.met_on), ("met", Some(day("2026-10-01"))));
        assert_eq!(row.recorded_by, Some(pages.head()));
        assert_eq!(row.note.as_deref(), Some("Sent to the hub"));
        let seen = pages.get(&link).await;
        for part in ["Done", "1 October 2026", "Head of Demo Ash School", "Sent to the hub"] {
            assert!(seen.text.contains(part), "{part}: {}", seen.text);
        }
        assert!(!seen.text.contains("<form"));

        let entry = &pages.audit().await[0];
        let node = (entry.node_type.as_deref(), entry.node_id);
        assert_eq!(node, (Some("Obligation"), Some(pages.obligation.id)));
        assert_eq!(entry.action, "obligationReported");
        assert_eq!(entry.by_person, Some(pages.head()));
        assert!(entry.changes.to_string().contains("\"metOn\""), "{}", entry.changes);

        for note in ["twice", "Sent+to+the+hub"] {
            let again = pages.post(&link, &format!("met_on=2026-10-01&note={note}")).await;
            assert_eq!(again.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(pages.row().await, row, "sending it again is harmless");
        assert_eq!(pages.audit().await.len(), 1, "and no deed");
    })
    .await;
}

#[tokio::test]
async fn a_report_that_cannot_be_is_explained_beside_its_field_and_changes_nothing() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let link = pages.link(pages.head());
        for form in [
            "met_on=2026-10-06",
            "met_on=2020-01-01",
            "met_on=yesterday",
            "met_on=%2B262142-12-31",
            "met_on=",
            &format!("met_on=2026-10-01&note={}", "x".repeat(2_001)),
        ] {
            let answer = pages.post(&link, form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
            assert!(answer.text.contains("It was not recorded."));
            assert!(answer.text.contains("_error\""), "{form}");
        }
        for form in ["", "met_on", "note=only", "met_on=2026-02-30", "met_on=%ff%fe"] {
            let answer = pages.post(&link, form).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
            assert!(answer.text.contains("id=\"met_on_error\""), "{form}: {}", answer.text);
            assert!(answer.text.contains("href=\"#met_on\""), "{form}: {}", answer.text);
        }
        for form in ["met_on=2026-10-01&met_on=2026-10-02", &"x".repeat(100_000)] {
            let answer = pages.post(&link, form).await;
            assert!(answer.status.is_client_error(), "{:.20} {}", form, answer.status);
        }
        assert_eq!(pages.row().await, pages.obligation);
    })
    .await;
}

#[tokio::test]
async fn what_was_entered_is_shown_again_and_never_as_markup() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let link = pages.link(pages.head());
        let form = "met_on=2026-10-06&note=%3C%2Ftextarea%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E";
        let answer = pages.post(&link, form).await;
        assert!(!answer.text.contains("<script>"));
        assert!(answer.text.contains("alert(1)"));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_does_not_open_says_what_to_do() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let good = pages.link(pages.head());
        let stranger = pages.link(Uuid::from_u128(7));
        let preferences = pages.token(Purpose::Preferences, pages.head());
        for (path, status) in [
            ("/o/garbled".to_owned(), StatusCode::NOT_FOUND),
            (good[..good.len() - 2].to_owned(), StatusCode::NOT_FOUND),
            ("/o/%ff%00".to_owned(), StatusCode::NOT_FOUND),
            (format!("/o/{preferences}"), StatusCode::NOT_FOUND),
            (good.replace("/o/", "/preferences/"), StatusCode::NOT_FOUND),
            (stranger, StatusCode::GONE),
        ] {
            let seen = pages.get(&path).await;
            assert_eq!(seen.status, status, "{path}");
            assert!(seen.text.contains("This link"), "{}", seen.text);
            assert_eq!(pages.post(&path, "met_on=2026-10-01").await.status, status, "{path}");
        }
        pages.world.clock.set(at("2026-12-05T09:00:00Z"));
        assert_eq!(pages.get(&good).await.status, StatusCode::GONE);
        assert_eq!(pages.post(&good, "met_on=2026-10-01").await.status, StatusCode::GONE);
        assert_eq!(pages.row().await, pages.obligation);
    })
    .await;
}

#[tokio::test]
async fn a_contact_who_left_can_no_longer_report() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let link = pages.link(pages.head());
        let row = contact::Entity::find().one(pages.world.db.reader()).await.expect("a read");
        let mut row = row.expect("the contact").into_active_model();
        row.ended_at = sea_orm::ActiveValue::Set(Some(pages.world.clock.now()));
        let txn = pages.world.db.write().await.expect("a transaction");
        row.update(&txn).await.expect("ended");
        txn.commit().await.expect("commit");
        assert_eq!(pages.get(&link).await.status, StatusCode::GONE);
        assert_eq!(pages.post(&link, "met_on=2026-10-01").await.status, StatusCode::GONE);
        assert_eq!(pages.row().await, pages.obligation);
    })
    .await;
}

#[tokio::test]
async fn an_obligation_no_longer_owed_says_so() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let enrolment = pages.rise.partners[0].enrolment;
        let txn = pages.world.db.write().await.expect("a transaction");
        let now = pages.world.clock.now();
        let (scope, ended_on) = (Scope::System, day("2026-10-05"));
        withdraw(&txn, &scope, None, now, enrolment, None, ended_on, "Moved away")
            .await
            .expect("withdrawn");
        txn.commit().await.expect("commit");
        let link = pages.link(pages.head());
        let seen = pages.get(&link).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.text.contains("No longer owed"), "{}", seen.text);
        assert!(seen.text.contains("Taking part has ended."), "{}", seen.text);
        assert!(!seen.text.contains("<form"));
        let before = pages.row().await;
        let answer = pages.post(&link, "met_on=2026-10-01").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(pages.row().await, before);
    })
    .await;
}

#[tokio::test]
async fn what_has_not_taken_place_cannot_be_reported_done() {
    both(async |world| {
        let mut pages = Pages::new(world).await;
        let enrolment = pages.rise.partners[0].enrolment;
        let owed = obligation::Entity::find()
            .filter(obligation::Column::SubjectId.eq(enrolment))
            .filter(obligation::Column::Action.eq("attend"))
            .filter(obligation::Column::EventId.is_not_null())
            .all(pages.world.db.reader())
            .await
            .expect("a read");
        pages.obligation = owed.into_iter().min_by_key(|row| row.due_on).expect("a CPD session");
        let event = event::Entity::find_by_id(pages.obligation.event_id.expect("an event"));
        let event = event.one(pages.world.db.reader()).await.expect("a read").expect("the event");
        pages.world.clock.set(event.starts_at - chrono::TimeDelta::minutes(1));
        let link = pages.link(pages.head());
        let seen = pages.get(&link).await;
        assert_eq!(seen.status, StatusCode::OK);
        let day = rules::calendar::in_words(rules::calendar::local(event.starts_at).date());
        let words = format!("It takes place on {day}");
        assert!(seen.text.contains(&words), "{words}: {}", seen.text);
        assert!(!seen.text.contains("<form"), "{}", seen.text);
        let held_on = rules::calendar::local(event.starts_at).date();
        let form = format!("met_on={held_on}");
        let answer = pages.post(&link, &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(pages.row().await, pages.obligation);

        pages.world.clock.set(event.starts_at);
        let seen = pages.get(&link).await;
        assert!(seen.text.contains("<form") && !seen.text.contains("It takes place"));
        assert_eq!(pages.post(&link, &form).await.status, StatusCode::SEE_OTHER);
        assert_eq!(pages.row().await.state, "met");
    })
    .await;
}

#[tokio::test]
async fn after_a_transfer_an_old_link_says_where_the_school_went() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let lead = pages.rise.lead;
        let (heads, leads) = (pages.link(pages.head()), pages.link(lead));
        assert_eq!(pages.get(&leads).await.status, StatusCode::OK);
        let now = pages.world.clock.now();
        let txn = pages.world.db.write().await.expect("a transaction");
        let setting = tests::rise::setting(&txn, now, 900_100, "Demo Other Lead", "open").await;
        let wish = HubWish {
            programme_id: pages.rise.id,
            key: "other".to_owned(),
            name: "Demo Other Hub".to_owned(),
            lead_setting_id: setting,
            region_id: None,
            wave: None,
            capacity: (None, None),
            opened_on: day("2026-06-01"),
            email: None,
        };
        let other = put_hub(&txn, now, wish).await.expect("a hub").0;
        let (scope, id) = (Scope::System, pages.rise.partners[0].enrolment);
        transfer(&txn, &scope, None, now, id, None, other.id, "Nearer").await.expect("moved");
        txn.commit().await.expect("commit");
        let seen = pages.get(&leads).await;
        assert_eq!(seen.status, StatusCode::GONE);
        assert!(seen.text.contains("This school has moved to another hub"), "{}", seen.text);
        assert_eq!(pages.post(&leads, "met_on=2026-10-01").await.status, StatusCode::GONE);
        let seen = pages.get(&heads).await;
        assert!(seen.text.contains("Demo Other Hub"), "{}", seen.text);
        let stranger = pages.get(&pages.link(Uuid::from_u128(7))).await;
        assert!(stranger.text.contains("no longer named as a contact"), "{}", stranger.text);
    })
    .await;
}
