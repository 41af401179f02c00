//! From the first page to sending, and what is counted.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use entity::audit::audit_entry;
use sea_orm::EntityTrait as _;
use tests::both;
use tests::rise::day;

use crate::Pages;

#[tokio::test]
async fn a_pupil_answers_by_code_and_only_the_sending_counts() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let shown = rules::surveys::code::shown(&pages.survey.code);
        assert_eq!(pages.get("/survey").await.status, StatusCode::OK);
        let found = pages.post("/survey", &format!("code=+{}", shown.to_lowercase())).await;
        assert_eq!(found.location, pages.by_code());
        let welcome = pages.get(&pages.by_code()).await;
        assert_eq!(welcome.status, StatusCode::OK);
        for part in [
            "Demo Ash School: Pupils",
            "How school feels to pupils",
            "Autumn 2026",
            "Tell us",
            &shown,
            "4 questions on 2 pages",
            "9 October 2026",
        ] {
            assert!(welcome.text.contains(part), "{part}: {}", welcome.text);
        }
        assert!(pages.drafts().await.is_empty(), "looking begins nothing");

        let address = pages.begin(&pages.by_code()).await;
        let first = pages.get(&format!("{address}/1")).await;
        for part in ["Page 1 of 2", "In lessons", "1. My lessons are calm", "Hardly ever or never"]
        {
            assert!(first.text.contains(part), "{part}: {}", first.text);
        }
        // Nobody can read ahead of what was asked, nor send it.
        for ahead in ["2", "3", "check", "sent", "0", "-1", "x"] {
            let answer = pages.get(&format!("{address}/{ahead}")).await;
            assert_eq!(answer.location, format!("{address}/1"), "{ahead}");
        }
        let early = pages.post(&format!("{address}/check"), "").await;
        assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(early.text.contains("Question 3: Choose one answer."), "{}", early.text);

        let next = pages.post(&format!("{address}/1"), "calm=often&fair=rarely&made=up").await;
        assert_eq!(next.location, format!("{address}/2"));
        assert_eq!(pages.get(&address).await.location, format!("{address}/2"), "goes on there");
        let back = pages.get(&format!("{address}/1")).await;
        assert!(back.text.contains("value=\"often\" checked"), "{}", back.text);
        let next = pages.post(&format!("{address}/2"), "safe=always").await;
        assert_eq!(next.location, format!("{address}/check"));
        let check = pages.get(&next.location).await;
        for part in ["Check your answers", "on the way out", "Always", "Not answered", "/1?check"] {
            assert!(check.text.contains(part), "{part}: {}", check.text);
        }
        let changed = pages.post(&format!("{address}/1?check"), "calm=always&fair=rarely").await;
        assert_eq!(changed.location, format!("{address}/check"));
        assert!(pages.responses().await.is_empty());

        let sent = pages.post(&format!("{address}/check"), "").await;
        assert_eq!(sent.location, format!("{address}/sent"));
        let thanks = pages.get(&sent.location).await;
        assert_eq!(thanks.status, StatusCode::OK);
        assert!(thanks.text.contains("Thank you") && thanks.text.contains("an adult you trust"));
        let responses = pages.responses().await;
        assert_eq!(responses.len(), 1);
        let expected = serde_json::json!({ "calm": "always", "fair": "rarely", "safe": "always" });
        assert_eq!(responses[0].answers, expected);
        assert!(pages.drafts().await.is_empty());
        let [group, leaders] = pages.survey.invitations(&pages.world).await;
        assert_eq!((group.responses, group.first_on), (1, Some(day("2026-10-05"))));
        assert_eq!((group.enough_on, leaders.responses), (None, 0));

        // Whatever is done with the address afterwards, the answers stay as they were sent.
        for (step, form) in [("check", ""), ("1", "calm=rarely&fair=rarely"), ("sent", "")] {
            let again = pages.post(&format!("{address}/{step}"), form).await;
            assert_eq!(again.location, format!("{address}/sent"), "{step}");
        }
        for step in ["", "/1", "/2", "/check"] {
            let again = pages.get(&format!("{address}{step}")).await;
            assert_eq!(again.location, format!("{address}/sent"), "{step}");
        }
        assert_eq!(pages.responses().await, responses);
        assert_eq!(pages.survey.invitations(&pages.world).await[0].responses, 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_is_told_at_its_question_and_in_a_summary_and_nothing_entered_is_lost() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.begin(&pages.by_code()).await;
        let first = format!("{address}/1");
        let answer = pages.post(&first, "calm=often&fair=").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in [
            "<title>Error: In lessons",
            "href=\"#fair-always\"",
            "Question 2: Choose one answer.",
            "aria-describedby=\"fair-problem\"",
            "id=\"fair-problem\"",
            "value=\"often\" checked",
            "tabindex=\"-1\" autofocus",
        ] {
            assert!(answer.text.contains(part), "{part}: {}", answer.text);
        }
        assert!(!answer.text.contains("calm-problem"));
        let kept = pages.get(&first).await;
        assert!(kept.text.contains("value=\"often\" checked"), "what was right is saved");
        let answer = pages.post(&first, "calm=sometimes&fair=always").await;
        assert!(answer.text.contains("Question 1: Choose one of the answers shown."));

        let address = pages.begin(&pages.by_link()).await;
        pages.post(&format!("{address}/1"), "useful=often").await;
        let second = format!("{address}/2");
        let long = "é".repeat(2_001);
        for (best, problem) in [
            ("+%0D%0A", "Question 2: Write an answer."),
            (long.as_str(), "Use at most 2,000 characters. You have used 2001."),
            ("a%00b", "a character that cannot be kept"),
        ] {
            let answer = pages.post(&second, &format!("best={best}&more=%3Cb%3Ekept")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(answer.text.contains(problem), "{problem}");
            assert!(answer.text.contains("aria-describedby=\"best-hint best-problem\""));
            assert!(answer.text.contains("#60;b") && !answer.text.contains("<b>kept"));
            if best == long {
                assert!(answer.text.contains(&long), "too much is shown again");
            }
        }
        for form in ["", "best", "%ff=%fe", "best=x&best=y"] {
            let answer = pages.post(&second, form).await;
            assert!(!answer.status.is_server_error(), "{form}: {}", answer.status);
        }
        let huge = pages.post(&second, &"x".repeat(300_000)).await;
        assert!(huge.status.is_client_error());
        assert!(pages.responses().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn enough_answers_meet_what_the_school_owes_in_the_same_moment() {
    both(async |world| {
        let pages = Pages::new(world, 1).await;
        let enrolment = pages.rise.partners[0].enrolment;
        let owed = async || {
            pages.rise.obligation(&pages.world, enrolment, "perception_survey").await.state
        };
        let address = pages.fill_in().await;
        pages.post(&format!("{address}/check"), "").await;
        assert_eq!(owed().await, "open", "the leaders have not answered");
        let address = pages.fill_in_as_leader(&pages.by_link()).await;
        pages.post(&format!("{address}/check"), "").await;
        let groups = pages.survey.invitations(&pages.world).await;
        assert!(groups.iter().all(|group| group.enough_on == Some(day("2026-10-05"))));
        assert_eq!(owed().await, "met");
        // Neither answering nor what follows from it says in the audit who answered, or when.
        let entries = audit_entry::Entity::find().all(pages.world.db.reader()).await;
        assert_eq!(entries.expect("a read"), []);
    })
    .await;
}

#[tokio::test]
async fn a_group_asked_by_links_has_enough_once_each_of_its_links_was_used() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let address = pages.fill_in().await;
        pages.post(&format!("{address}/check"), "").await;
        let address = pages.fill_in_as_leader(&pages.by_link()).await;
        pages.post(&format!("{address}/check"), "").await;
        let [pupils, leaders] = pages.survey.invitations(&pages.world).await;
        assert_eq!(leaders.enough_on, Some(day("2026-10-05")), "one link, one answer");
        assert_eq!((pupils.responses, pupils.enough_on), (1, None), "pupils are as many as come");
    })
    .await;
}

#[tokio::test]
async fn sending_at_once_counts_each_submission_once() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let mut addresses = Vec::new();
        for _ in 0..4 {
            addresses.push(format!("{}/check", pages.fill_in().await));
        }
        let mut sending = tokio::task::JoinSet::new();
        for address in addresses.iter().chain(&addresses).chain(&addresses) {
            let (door, address) = (pages.door.clone(), address.clone());
            sending.spawn(async move { door.post(&address, "").await.status });
        }
        while let Some(status) = sending.join_next().await {
            assert_eq!(status.expect("no panic"), StatusCode::SEE_OTHER);
        }
        let responses = pages.responses().await;
        let different: BTreeSet<_> = responses.iter().map(|row| &row.submission_hash).collect();
        assert_eq!((responses.len(), different.len()), (4, 4));
        assert_eq!(pages.survey.invitations(&pages.world).await[0].responses, 4);
        assert!(pages.drafts().await.is_empty());

        // One personal link, two submissions, both sent at once: one counts.
        let link = pages.by_link();
        let one = pages.fill_in_as_leader(&link).await;
        let other = pages.fill_in_as_leader(&link).await;
        let (first, second) = (format!("{one}/check"), format!("{other}/check"));
        let (first, second) = tokio::join!(pages.post(&first, ""), pages.post(&second, ""));
        let statuses = BTreeSet::from([first.status, second.status]);
        assert_eq!(statuses, BTreeSet::from([StatusCode::SEE_OTHER, StatusCode::GONE]));
        assert_eq!(pages.survey.invitations(&pages.world).await[1].responses, 1);
    })
    .await;
}
