//! Codes and links, and what they open.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use entity::surveys::{personal_invitation, survey_campaign};
use rules::links::Purpose;
use sea_orm::EntityTrait as _;
use tests::both;
use tests::moves::leaves;
use tests::rise::{at, day};

use crate::{Answer, Pages};

#[tokio::test]
async fn a_personal_link_works_once_and_opening_it_does_not_spend_it() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let link = pages.by_link();
        for _ in 0..3 {
            assert_eq!(pages.get(&link).await.status, StatusCode::OK);
        }
        // Begun on two machines; only one of them can send.
        let one = pages.fill_in_as_leader(&link).await;
        let other = pages.fill_in_as_leader(&link).await;
        assert_ne!(one, other);
        let sent = pages.post(&format!("{one}/check"), "").await;
        assert_eq!(sent.location, format!("{one}/sent"));
        let answered = |answer: &Answer| {
            assert_eq!(answer.status, StatusCode::GONE);
            assert!(answer.text.contains("You have answered this survey"), "{}", answer.text);
        };
        answered(&pages.get(&link).await);
        answered(&pages.post(&link, "").await);
        answered(&pages.post(&format!("{other}/check"), "").await);
        answered(&pages.get(&format!("{other}/check")).await);
        let again = pages.post(&format!("{one}/check"), "").await;
        assert_eq!(again.location, format!("{one}/sent"));
        assert_eq!(pages.get(&again.location).await.status, StatusCode::OK);
        assert_eq!(pages.responses().await.len(), 1);
        assert_eq!(pages.survey.invitations(&pages.world).await[1].responses, 1);
        let row = personal_invitation::Entity::find_by_id(pages.survey.personal);
        let row = row.one(pages.world.db.reader()).await.expect("a read").expect("the row");
        assert_eq!(row.answered_on, Some(day("2026-10-05")));
    })
    .await;
}

#[tokio::test]
async fn a_link_that_is_not_for_this_opens_nothing() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let head = pages.rise.partners[0].head;
        let good = pages.by_link();
        let address = pages.begin(&good).await;
        for (path, status) in [
            ("/s/garbled".to_owned(), StatusCode::NOT_FOUND),
            (good[..good.len() - 2].to_owned(), StatusCode::NOT_FOUND),
            ("/s/%ff%00".to_owned(), StatusCode::NOT_FOUND),
            (pages.link(Purpose::Preferences, head), StatusCode::NOT_FOUND),
            (pages.link(Purpose::Obligation(pages.survey.personal), head), StatusCode::NOT_FOUND),
            (good.replace("/s/", "/o/"), StatusCode::NOT_FOUND),
            (pages.link(Purpose::Survey(pages.survey.personal), pages.rise.lead), StatusCode::GONE),
            (pages.link(Purpose::Survey(pages.survey.leaders), head), StatusCode::GONE),
            (format!("{good}/AAAAAAAAAAAAAAAAAAAAAA/1"), StatusCode::GONE),
            (format!("{good}/short/1"), StatusCode::NOT_FOUND),
            // A submission is known where it was begun, and nowhere else.
            (format!("{}/1", address.replace(&good, &pages.by_code())), StatusCode::GONE),
        ] {
            assert_eq!(pages.get(&path).await.status, status, "{path}");
            assert_eq!(pages.post(&path, "").await.status, status, "{path}");
        }
        leaves(&pages.world, pages.rise.partners[0].head).await;
        let gone = pages.get(&good).await;
        assert_eq!(gone.status, StatusCode::GONE, "who left the school does not speak for it");
        pages.world.clock.set(at("2026-12-05T09:00:00Z"));
        assert!(pages.get(&good).await.text.contains("expired"));
    })
    .await;
}

#[tokio::test]
async fn a_survey_takes_answers_only_on_its_days() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let base = pages.by_code();
        let address = pages.fill_in().await;
        for (now, status, words) in [
            ("2026-09-30T22:59:59Z", StatusCode::FORBIDDEN, "opens on 1 October 2026"),
            ("2026-09-30T23:00:00Z", StatusCode::OK, "Start"),
            ("2026-10-09T22:59:59Z", StatusCode::OK, "Start"),
            ("2026-10-09T23:00:00Z", StatusCode::GONE, "This survey is closed"),
        ] {
            pages.world.clock.set(at(now));
            let seen = pages.get(&base).await;
            assert_eq!(seen.status, status, "{now}");
            assert!(seen.text.contains(words), "{words}: {}", seen.text);
            if status != StatusCode::OK {
                for path in [&base, &format!("{address}/1"), &format!("{address}/check")] {
                    assert_eq!(pages.post(path, "calm=always&fair=often").await.status, status);
                }
                assert_eq!(pages.get(&format!("{address}/check")).await.status, status);
            }
        }
        let half_done = pages.get(&format!("{address}/1")).await;
        assert_eq!(half_done.status, StatusCode::GONE);
        for part in ["This survey has closed", "Your answers were not sent."] {
            assert!(half_done.text.contains(part), "{part}: {}", half_done.text);
        }
        pages.world.clock.set(at("2026-10-05T08:00:00Z"));
        pages.set_campaign(survey_campaign::Column::State, "closed").await;
        assert_eq!(pages.get(&base).await.status, StatusCode::GONE);
        // Closing forgets drafts, and how a submission that was sent was known.
        let forgotten = pages.get(&format!("{base}/AAAAAAAAAAAAAAAAAAAAAA/1")).await;
        assert_eq!(forgotten.status, StatusCode::GONE);
        for part in ["This survey has closed", "were not sent, unless you sent them before"] {
            assert!(forgotten.text.contains(part), "{part}: {}", forgotten.text);
        }
        for answer in [half_done, forgotten] {
            let main = answer.text.split_once("<main").expect("the page").1;
            assert!(!main.contains("href") && !main.contains("tart again"), "{main}");
        }
        assert_eq!(pages.post(&format!("{address}/check"), "").await.status, StatusCode::GONE);
        assert!(pages.responses().await.is_empty());

        pages.set_campaign(survey_campaign::Column::State, "open").await;
        let (scope, ended_on) = (entity::scope::Scope::System, day("2026-10-05"));
        let txn = pages.world.db.write().await.expect("a transaction");
        let (now, id) = (pages.world.clock.now(), pages.rise.partners[0].enrolment);
        entity::enrolments::withdraw(&txn, &scope, None, now, id, None, ended_on, "Moved away")
            .await
            .expect("withdrawn");
        txn.commit().await.expect("commit");
        assert_eq!(pages.post(&format!("{address}/check"), "").await.status, StatusCode::GONE);
        assert!(pages.responses().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_code_that_opens_nothing_says_the_same_whatever_it_is() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.fill_in().await;
        let good = pages.survey.code.clone();
        let unknown = rules::surveys::code::from_random(99);
        let mistyped = format!("{}{}", &good[..7], if good.ends_with('B') { 'C' } else { 'B' });
        pages.retire_codes().await;
        let mut seen = BTreeSet::new();
        for code in [good.as_str(), &unknown, &mistyped, "x", "%00", &"B".repeat(500)] {
            for answer in [
                pages.get(&format!("/survey/{code}")).await,
                pages.post(&format!("/survey/{code}"), "").await,
            ] {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{code}");
                let (before, after) = answer.text.split_once("value=\"").expect("the field");
                let rest = after.split_once('"').expect("its end").1;
                seen.insert(format!("{before}{rest}"));
            }
        }
        assert_eq!(seen.len(), 1, "{seen:#?}");
        for part in ["your school may have a new one", "ask the teacher who gave it to you"] {
            assert!(seen.iter().all(|text| text.contains(part)), "{part}: {seen:#?}");
        }
        // Who began before the code was changed may finish.
        let sent = pages.post(&format!("{address}/check"), "").await;
        assert_eq!(sent.location, format!("{address}/sent"));
    })
    .await;
}

#[tokio::test]
async fn who_has_a_code_and_no_mail_is_led_back_to_the_form_for_codes() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.begin(&pages.by_code()).await;
        for astray in [
            pages.get(&format!("{}/AAAA/1", pages.by_code())).await,
            pages.get(&format!("{}/AAAA", pages.by_code())).await,
            pages.post(&format!("{}/AAAA/1", pages.by_code()), "calm=often").await,
            pages.get("/survey/%ff").await,
            pages.post(&format!("{address}/9"), "calm=often").await,
            pages.post(&format!("{address}/x"), "calm=often").await,
        ] {
            assert_eq!(astray.status, StatusCode::NOT_FOUND);
            let link = "href=\"/survey\">Enter your code again</a>";
            assert!(astray.text.contains(link), "{}", astray.text);
            assert!(!astray.text.contains("mail"), "{}", astray.text);
        }
        let by_link = pages.get(&format!("{}/AAAA/1", pages.by_link())).await;
        assert!(by_link.text.contains("from the mail"), "{}", by_link.text);

        for nothing in ["", "code=", "code=+%0D%0A"] {
            let empty = pages.post("/survey", nothing).await;
            assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{nothing}");
            assert_eq!(empty.text.matches("Enter your code.").count(), 2, "{}", empty.text);
            assert!(!empty.text.contains("may have a new one"), "{}", empty.text);
        }
        assert!(!pages.get("/survey").await.text.contains("Enter your code."));
    })
    .await;
}

#[tokio::test]
async fn who_tries_out_codes_has_to_wait_and_others_do_not() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.fill_in().await;
        let from = async |host: u8, path: &str| {
            let connected: std::net::SocketAddr = ([192, 0, 2, host], 4_711).into();
            let request = Request::get(path).extension(ConnectInfo(connected));
            pages.door.ask(request.body(Body::empty()).expect("a request")).await
        };
        // A class that mistypes its code is not slowed down: nothing can be learnt that way.
        for _ in 0..60 {
            assert_eq!(from(1, "/survey/BBBB-BBBC").await.status, StatusCode::NOT_FOUND);
        }
        let guess = |number: u128| format!("/survey/{}", rules::surveys::code::from_random(number));
        for number in 0..20 {
            assert_eq!(from(1, &guess(number)).await.status, StatusCode::NOT_FOUND);
        }
        let slowed = from(1, &guess(20)).await;
        assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(slowed.retry_after.as_deref(), Some("600"));
        let refused = StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(from(1, &pages.by_code()).await.status, refused, "a true code tells nothing");
        let made_up = format!("{}/AAAAAAAAAAAAAAAAAAAAAA/1", pages.by_code());
        assert_eq!(from(1, &made_up).await.status, refused);
        let made_up = format!("{}/AAAAAAAAAAAAAAAAAAAAAA/1", guess(21));
        assert_eq!(from(1, &made_up).await.status, refused);
        assert_eq!(from(1, &format!("{address}/check")).await.status, StatusCode::OK);
        assert_eq!(from(2, &pages.by_code()).await.status, StatusCode::OK);
        pages.world.clock.set(at("2026-10-05T08:10:00Z"));
        assert_eq!(from(1, &pages.by_code()).await.status, StatusCode::OK);
    })
    .await;
}
