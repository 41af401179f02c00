//! One visit: agreed to, moved and called off by the link of its mail.

use axum::http::StatusCode;
use entity::visits::visit;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::arranged::{lead, morning, move_by, propose_by};
use tests::both;
use tests::rise::at;
use uuid::Uuid;

use super::{NINE, Pages};

impl Pages {
    /// A support day on 19 October that the hub's lead proposed, and the page that the head's mail of
    /// it opens.
    pub(super) async fn proposed(&self) -> (visit::Model, String) {
        let lead = lead(&self.world, &self.rise);
        let visit = propose_by(&self.world, &self.rise, lead, morning("2026-10-19")).await;
        (visit, self.mailed(NINE, "visit_proposed", self.head()).await)
    }

    pub(super) async fn visit(&self) -> visit::Model {
        let rows = visit::Entity::find().order_by_desc(visit::Column::Id);
        rows.one(self.world.db.reader()).await.expect("a read").expect("a visit")
    }

    /// The actions in the audit, with who did them.
    pub(super) async fn deeds(&self) -> Vec<(String, Option<Uuid>)> {
        self.audit().await.into_iter().map(|entry| (entry.action, entry.by_person)).collect()
    }
}

#[tokio::test]
async fn a_head_agrees_by_the_link_and_takes_the_visit_into_a_calendar() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let (visit, link) = pages.proposed().await;
        let seen = pages.get(&link).await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
        for part in [
            "Support day: Demo Ash School and Demo Hub",
            "Monday 19 October 2026, 9am to midday",
            "Your side is asked to agree",
            "Demo Lead",
            "Look at lessons",
            "Half a day",
        ] {
            assert!(seen.text.contains(part), "{part}: {}", seen.text);
        }
        assert!(!seen.text.contains("calendar.ics") && !seen.text.contains("was changed"));
        let file = link.clone() + "/calendar.ics";
        assert_eq!(pages.get(&file).await.status, StatusCode::NOT_FOUND, "nothing is agreed yet");
        assert_eq!(pages.visit().await, visit, "looking changes nothing");

        let answer = pages.post(&link, "deed=agree&version=1").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let agreed = pages.visit().await;
        assert_eq!(agreed.state, "agreed");
        assert_eq!(pages.deeds().await, [("visitAgree".to_owned(), Some(pages.head()))]);
        let entry = &pages.audit().await[0];
        assert_eq!(entry.node_id, Some(visit.id));
        assert!(entry.changes.to_string().contains("\"agreedAt\""), "{}", entry.changes);

        let after = answer.location;
        let seen = pages.get(&after).await;
        assert!(seen.text.contains("You have agreed."), "{}", seen.text);
        assert!(seen.text.contains("Agreed by both sides") && !seen.text.contains("was changed"));
        let file = pages.get(&after.replace("?done", "/calendar.ics")).await;
        let uid = format!("UID:visit-{}", visit.id);
        let sequence = format!("SEQUENCE:{}", agreed.sequence);
        for part in ["METHOD:PUBLISH", "STATUS:CONFIRMED", uid.as_str(), sequence.as_str()] {
            assert!(file.text.contains(part), "{part}: {}", file.text);
        }
        assert!(!file.text.contains("ATTENDEE"));

        let again = pages.post(&link, "deed=agree&version=1").await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "a double click is harmless");
        assert_eq!(pages.visit().await, agreed);
        assert_eq!(pages.deeds().await.len(), 1, "and no deed");
    })
    .await;
}

#[tokio::test]
async fn a_link_to_an_older_proposal_shows_the_new_time_and_agrees_to_nothing_unseen() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let (visit, link) = pages.proposed().await;
        let lead = lead(&pages.world, &pages.rise);
        move_by(&pages.world, lead, visit.id, morning("2026-10-21")).await;
        let moved = pages.visit().await;

        let seen = pages.get(&link).await;
        for part in [
            "This was changed after the mail that you came from.",
            "<dt>New time</dt><dd>Wednesday 21 October 2026, 9am to midday</dd>",
            "<dt>Old time</dt><dd>Monday 19 October 2026, 9am to midday</dd>",
            "An inspection, at last",
        ] {
            assert!(seen.text.contains(part), "{part}: {}", seen.text);
        }
        // Sent from a page that was open before.
        let late = pages.post(&link, "deed=agree&version=1").await;
        assert_eq!(late.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(late.text.contains("Somebody changed this while you had the page open."));
        assert!(late.text.contains("Wednesday 21 October 2026"), "{}", late.text);
        assert_eq!(pages.visit().await, moved);
        assert_eq!(pages.deeds().await, []);

        let form = format!("deed=agree&version={}", moved.version);
        assert_eq!(pages.post(&link, &form).await.status, StatusCode::SEE_OTHER);
        assert_eq!(pages.visit().await.state, "agreed");
    })
    .await;
}

#[tokio::test]
async fn whoever_cannot_come_names_another_time_and_the_other_side_is_asked_by_mail() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let (visit, link) = pages.proposed().await;
        for (form, words) in [
            ("day=&starts=09:00&ends=12:00", "Give a day and times"),
            ("day=2026-10-20&starts=9&ends=12:00", "Give a day and times"),
            ("day=2026-10-20&starts=12:00&ends=09:00", "It must end after it starts."),
            ("day=2026-10-01&starts=09:00&ends=12:00", "Name a time that lies ahead."),
            ("day=2031-10-01&starts=09:00&ends=12:00", "within one of the cohort"),
        ] {
            let answer = pages.post(&link, &format!("deed=move&version=1&{form}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
            assert!(answer.text.contains(words), "{words}: {}", answer.text);
            assert!(answer.text.contains("id=\"time_error\""), "{form}: {}", answer.text);
            assert!(answer.text.contains("<details open>"), "{form}: {}", answer.text);
        }
        assert_eq!(pages.visit().await, visit);

        let form = "deed=move&version=1&day=2026-10-20&starts=13%3A00&ends=15%3A30&reason=A+trip";
        assert_eq!(pages.post(&link, form).await.status, StatusCode::SEE_OTHER);
        let moved = pages.visit().await;
        assert_eq!(moved.starts_at, at("2026-10-20T12:00:00Z"), "London time");
        assert_eq!(moved.proposed_by, "partner");
        assert_eq!(pages.post(&link, form).await.status, StatusCode::SEE_OTHER, "sent twice");
        assert_eq!(pages.visit().await, moved);
        assert_eq!(pages.deeds().await.len(), 1);

        // The lead of the hub answers by a link of their own.
        let theirs = pages.mailed("2026-10-05T08:01:00Z", "visit_moved", pages.rise.lead).await;
        let seen = pages.get(&theirs).await;
        assert!(seen.text.contains("Tuesday 20 October 2026, 1pm to 3:30pm"), "{}", seen.text);
        let form = format!("deed=agree&version={}", moved.version);
        assert_eq!(pages.post(&theirs, &form).await.status, StatusCode::SEE_OTHER);
        let agreed = pages.visit().await;
        assert_eq!((agreed.state.as_str(), agreed.visitor_id), ("agreed", Some(pages.rise.lead)));
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_called_off_with_a_reason_and_proposed_anew() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let (visit, link) = pages.proposed().await;
        let answer = pages.post(&link, "deed=cancel&version=1&reason=+").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("id=\"reason_error\""), "{}", answer.text);
        let answer = pages.post(&link, "deed=cancel&version=1&reason=We+are+closed").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let row = pages.visit().await;
        assert_eq!(
            (row.state.as_str(), row.cancelled_by.as_deref()),
            ("cancelled", Some("partner"))
        );
        assert_eq!(row.cancellation_reason.as_deref(), Some("We are closed"));

        let seen = pages.get(&answer.location).await;
        assert!(seen.text.contains("Propose another time"), "{}", seen.text);
        assert!(!seen.text.contains("value=\"agree\"") && !seen.text.contains("value=\"move\""));
        let form = "deed=propose&version=2&day=2026-10-22&starts=09%3A00&ends=12%3A00";
        let answer = pages.post(&link, form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let anew = pages.visit().await;
        assert_ne!(anew.id, visit.id);
        assert_eq!((anew.state.as_str(), anew.proposed_by.as_str()), ("proposed", "partner"));
        assert_eq!(anew.purpose, visit.purpose);
        let seen = pages.get(&answer.location).await;
        assert!(seen.text.contains("Thursday 22 October 2026"), "{}", seen.text);
        let deeds: Vec<_> = pages.deeds().await.into_iter().map(|(action, _)| action).collect();
        assert_eq!(deeds, ["visitCancel", "visitPropose"]);
    })
    .await;
}
