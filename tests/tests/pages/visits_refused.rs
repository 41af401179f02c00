//! What the page of a visit refuses, and when its link ends.

use axum::http::StatusCode;
use entity::people::{contact, person};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};
use tests::arranged::{agree_by, lead, morning, propose_by};
use tests::both;
use tests::rise::at;
use uuid::Uuid;

use super::{NINE, Pages};

#[tokio::test]
async fn nobody_acts_for_a_side_that_is_not_theirs_or_no_longer_theirs() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let (visit, link) = pages.proposed().await;
        // Who named the time cannot agree to it.
        agree_by(&pages.world, tests::arranged::head(&pages.world, &pages.rise, 0), visit.id).await;
        let theirs = pages.mailed("2026-10-05T08:01:00Z", "visit_agreed", pages.rise.lead).await;
        let form = "deed=move&version=2&day=2026-10-21&starts=09%3A00&ends=12%3A00";
        assert_eq!(pages.post(&theirs, form).await.status, StatusCode::SEE_OTHER);
        let moved = pages.visit().await;
        let answer = pages.post(&theirs, "deed=agree&version=3").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("Your side named this time"), "{}", answer.text);
        assert_eq!(pages.visit().await, moved);

        // One who only comes for the hub sees the visit, and is told whom to ask.
        let txn = pages.world.db.write().await.expect("a transaction");
        let now = pages.world.clock.now();
        let visitor = person::ActiveModel {
            id: Set(entity::id::new_id(now)),
            name: Set("Demo Visitor".to_owned()),
            email: Set("demo.visitor@example.org".to_owned()),
            digest_minute: Set(None),
            optional_mail: Set(false),
            created_at: Set(now),
        };
        let visitor = visitor.insert(&txn).await.expect("a person").id;
        let mut row = moved.into_active_model();
        row.visitor_id = Set(Some(visitor));
        row.proposed_by = Set("partner".to_owned());
        row.update(&txn).await.expect("somebody comes");
        let head = contact::Entity::find().one(&txn).await.expect("a read").expect("the head");
        let mut head = head.into_active_model();
        head.ended_at = Set(Some(now));
        head.update(&txn).await.expect("ended");
        txn.commit().await.expect("commit");
        let told = rules::links::Told::of(0);
        let purpose = rules::links::Purpose::Visit(visit.id, told);
        let visitors = format!("/v/{}", pages.token(purpose, visitor));
        let seen = pages.get(&visitors).await;
        assert!(seen.text.contains("Only those who lead the hub can answer"), "{}", seen.text);
        assert!(!seen.text.contains("<form"), "{}", seen.text);
        let answer = pages.post(&visitors, "deed=agree&version=3").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(pages.visit().await.state, "proposed");

        // Who is no contact any more, strangers, and links of other kinds.
        for (path, status) in [
            (link.clone(), StatusCode::GONE),
            (format!("/v/{}", pages.token(purpose, Uuid::from_u128(7))), StatusCode::GONE),
            (link[..link.len() - 2].to_owned(), StatusCode::NOT_FOUND),
            (link.replace("/v/", "/b/"), StatusCode::NOT_FOUND),
            (link.replace("/v/", "/o/"), StatusCode::NOT_FOUND),
            (format!("{link}/calendar.ics"), StatusCode::GONE),
        ] {
            assert_eq!(pages.get(&path).await.status, status, "{path}");
            if !path.ends_with("/calendar.ics") {
                let posted = pages.post(&path, "deed=agree&version=3").await;
                assert_eq!(posted.status, status, "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn forms_that_cannot_be_read_change_nothing() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let (visit, link) = pages.proposed().await;
        for form in ["", "deed=agree", "deed=burn&version=1", "version=1", "deed=agree&version=x"] {
            assert_eq!(pages.post(&link, form).await.status, StatusCode::BAD_REQUEST, "{form}");
        }
        let form = "deed=move&version=1&day=%3Cscript%3E&starts=%22%3E&ends=&reason=%3Cb%3E";
        let answer = pages.post(&link, form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(!answer.text.contains("<script>") && !answer.text.contains("<b>"));
        assert_eq!(pages.visit().await, visit);
    })
    .await;
}

#[tokio::test]
async fn a_link_works_until_the_visit_is_over_and_then_only_shows() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let by = lead(&pages.world, &pages.rise);
        // Eleven weeks ahead: longer than a link works otherwise.
        propose_by(&pages.world, &pages.rise, by, morning("2026-12-17")).await;
        let link = pages.mailed(NINE, "visit_proposed", pages.head()).await;
        pages.world.clock.set(at("2026-12-17T07:59:00Z"));
        assert!(pages.get(&link).await.text.contains("value=\"agree\""));
        pages.world.clock.set(at("2026-12-17T12:00:00Z"));
        let seen = pages.get(&link).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.text.contains("Its time has come") && !seen.text.contains("<form"));
        let answer = pages.post(&link, "deed=agree&version=1").await;
        assert!(answer.text.contains("That time has passed"), "{}", answer.text);
        pages.world.clock.set(at("2026-12-18T00:00:00Z"));
        let seen = pages.get(&link).await;
        assert_eq!(seen.status, StatusCode::GONE);
        assert!(seen.text.contains("This link has expired"));
    })
    .await;
}
