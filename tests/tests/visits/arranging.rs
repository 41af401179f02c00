//! Visits proposed, agreed, refused and called off.

use entity::outcome::RefusalCode;
use entity::scope::{Scope, Viewer};
use entity::visits::{Agree, Cancel, Proposal, Record, Reschedule};
use rules::visits::{Party, Slot, VisitKind};
use tests::both;
use tests::rise::at;
use uuid::Uuid;

use crate::{Story, agreement, cancellation, on, proposal, record_of, refusal, slot, steps};

fn move_to(visit_id: Uuid, slot: Slot) -> Reschedule {
    Reschedule {
        visit_id,
        expected_version: None,
        slot,
        half_days: None,
        visitor_id: None,
        reason: String::new(),
    }
}

#[tokio::test]
async fn one_side_names_a_time_and_only_the_other_agrees() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let visit = story.propose(&story.lead(), proposal(partner, on("2026-10-13"))).await;
        let visit = visit.expect("proposed");
        assert_eq!((visit.state.as_str(), visit.sequence), ("proposed", 0));
        assert_eq!(visit.visitor_id, Some(story.rise.lead), "who proposes for the hub comes");
        let own = story.agree(&story.lead(), agreement(visit.id)).await;
        assert_eq!(refusal(own), (RefusalCode::Forbidden, "visitId"));
        // The partner would rather come another day; now the hub is asked.
        let wish = move_to(visit.id, on("2026-10-14"));
        let visit = story.reschedule(&story.head(0), wish).await.expect("moved");
        assert_eq!((visit.state.as_str(), visit.proposed_by.as_str()), ("proposed", "partner"));
        let own = story.agree(&story.head(0), agreement(visit.id)).await;
        assert_eq!(refusal(own), (RefusalCode::Forbidden, "visitId"));
        let wish = Agree { expected_version: Some(1), ..agreement(visit.id) };
        let stale = story.agree(&story.lead(), wish).await;
        assert_eq!(refusal(stale), (RefusalCode::Stale, "expectedVersion"));
        let wish = Agree { expected_version: Some(2), ..agreement(visit.id) };
        let visit = story.agree(&story.lead(), wish).await.expect("agreed");
        assert_eq!((visit.state.as_str(), visit.sequence, visit.version), ("agreed", 2, 3));
        assert_eq!(visit.agreed_at, Some(story.world.clock.now()));
        let again = story.agree(&story.head(0), agreement(visit.id)).await;
        assert_eq!(refusal(again), (RefusalCode::Conflict, "visitId"));
        assert_eq!(
            story.story_of(visit.id).await,
            steps(&[
                ("proposed", Some("hub")),
                ("rescheduled", Some("partner")),
                ("agreed", Some("hub")),
            ])
        );
    })
    .await;
}

#[tokio::test]
async fn a_visit_that_cannot_be_is_refused_by_its_field_and_changes_nothing() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School", "Demo Birch School"]).await;
        let partner = story.rise.partners[0];
        let good = proposal(partner, on("2026-10-13"));
        let deep = VisitKind::DeepDiveVisit;
        let (lead, head) = (story.lead(), story.head(0));
        let stranger = Some(story.rise.partners[1].head);
        for (who, field, wish) in [
            (
                &lead,
                "endsAt",
                Proposal {
                    slot: slot("2026-10-13T09:00:00Z", "2026-10-13T09:00:00Z"),
                    ..good.clone()
                },
            ),
            (&lead, "startsAt", Proposal { slot: on("2026-12-22"), ..good.clone() }),
            (&lead, "halfDays", Proposal { half_days: 3, ..good.clone() }),
            (&lead, "halfDays", Proposal { half_days: 0, kind: deep, ..good.clone() }),
            (&lead, "halfDays", Proposal { half_days: 1, kind: deep, ..good.clone() }),
            (&head, "halfDays", Proposal { half_days: 1, kind: deep, ..good.clone() }),
            (&lead, "purpose", Proposal { purpose: " ".to_owned(), ..good.clone() }),
            (&lead, "visitorId", Proposal { visitor_id: stranger, ..good.clone() }),
            (&head, "visitorId", Proposal { visitor_id: Some(story.rise.lead), ..good.clone() }),
            (&head, "startsAt", Proposal { slot: on("2026-10-02"), ..good.clone() }),
            (&head, "enrolmentId", proposal(story.rise.partners[1], on("2026-10-13"))),
        ] {
            let outcome = story.propose(who, wish.clone()).await;
            assert_eq!(refusal(outcome).1, field, "{wish:?}");
        }
        assert_eq!(story.visits().await, 0);
        // A pathway without support days.
        let txn = story.world.db.write().await.expect("a transaction");
        let now = story.world.clock.now();
        let regional = tests::rise::enrol_on(&txn, now, &story.rise, "regional").await;
        txn.commit().await.expect("commit");
        let wish = Proposal { enrolment_id: regional, ..good.clone() };
        assert_eq!(refusal(story.propose(&lead, wish).await), (RefusalCode::Conflict, "kind"));
        // What took place without having been arranged can be named by who records it.
        let past = Proposal { slot: on("2026-10-02"), ..good };
        story.propose(&lead, past).await.expect("the lead names a day that has passed");
    })
    .await;
}

#[tokio::test]
async fn whoever_has_no_part_in_it_finds_no_visit() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School", "Demo Birch School"]).await;
        let wish = proposal(story.rise.partners[0], on("2026-10-13"));
        let visit = story.propose(&story.head(0), wish.clone()).await.expect("proposed");
        let nobody = Viewer { person_id: story.rise.admin, ..Viewer::default() };
        for scope in [
            story.head(1),
            Scope::Viewer(Viewer { evaluator: true, ..nobody.clone() }),
            Scope::Viewer(Viewer { hubs: vec![story.rise.id], ..nobody }),
        ] {
            let missing = (RefusalCode::NotFound, "visitId");
            let id = visit.id;
            assert_eq!(refusal(story.agree(&scope, agreement(id)).await), missing);
            assert_eq!(refusal(story.cancel(&scope, cancellation(id, None)).await), missing);
            assert_eq!(refusal(story.record(&scope, record_of(id, 1)).await), missing);
            let moved = story.reschedule(&scope, move_to(id, on("2026-10-15"))).await;
            assert_eq!(refusal(moved), missing);
            let proposed = story.propose(&scope, wish.clone()).await;
            assert_eq!(refusal(proposed), (RefusalCode::NotFound, "enrolmentId"));
        }
        assert_eq!(story.story_of(visit.id).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_visit_says_which_side_called_it_off_and_frees_its_time() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let (lead, head) = (story.lead(), story.head(0));
        let propose = async || {
            let wish = proposal(partner, on("2026-10-13"));
            story.propose(&lead, wish).await.expect("the time is free").id
        };
        let first = propose().await;
        let twice = story.propose(&head, proposal(partner, on("2026-10-13"))).await;
        assert_eq!(refusal(twice), (RefusalCode::Conflict, "startsAt"));
        let wish = Cancel { reason: " ".to_owned(), ..cancellation(first, None) };
        assert_eq!(refusal(story.cancel(&head, wish).await), (RefusalCode::Invalid, "reason"));
        let blame = story.cancel(&head, cancellation(first, Some(Party::Hub))).await;
        assert_eq!(refusal(blame), (RefusalCode::Forbidden, "calledOffBy"));
        let declined = story.cancel(&head, cancellation(first, None)).await.expect("declined");
        assert_eq!(declined.cancelled_by.as_deref(), Some("partner"));
        let second = propose().await;
        let own = story.cancel(&lead, cancellation(second, None)).await.expect("cancelled");
        assert_eq!(own.cancelled_by.as_deref(), Some("hub"));
        let third = propose().await;
        let missed = story.cancel(&lead, cancellation(third, Some(Party::Partner))).await;
        assert_eq!(missed.expect("cancelled").cancelled_by.as_deref(), Some("partner"));
        let told = [("proposed", Some("hub")), ("cancelled", Some("hub"))];
        assert_eq!(story.story_of(third).await, steps(&told), "the lead wrote it down");
        let gone = story.agree(&head, agreement(third)).await;
        assert_eq!(refusal(gone), (RefusalCode::Conflict, "visitId"));
        let gone = story.record(&lead, record_of(third, 1)).await;
        assert_eq!(refusal(gone), (RefusalCode::Conflict, "visitId"));
    })
    .await;
}

#[tokio::test]
async fn nobody_is_at_two_visits_at_a_time() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School", "Demo Birch School"]).await;
        let [ash, birch] = [story.rise.partners[0], story.rise.partners[1]];
        let morning = slot("2026-10-13T09:00:00Z", "2026-10-13T12:00:00Z");
        let lunch = slot("2026-10-13T11:00:00Z", "2026-10-13T14:00:00Z");
        let afternoon = slot("2026-10-13T12:00:00Z", "2026-10-13T15:00:00Z");
        let lead = story.lead();
        // A proposal stands in nobody's way but its own partner's.
        let first = story.propose(&lead, proposal(ash, morning)).await.expect("proposed");
        let second = story.propose(&lead, proposal(birch, lunch)).await.expect("proposed");
        story.agree(&story.head(0), agreement(first.id)).await.expect("agreed");
        let clash = (RefusalCode::Conflict, "startsAt");
        assert_eq!(refusal(story.agree(&story.head(1), agreement(second.id)).await), clash);
        let third = story.propose(&lead, proposal(birch, on("2026-10-13"))).await;
        assert_eq!(refusal(third), clash);
        let moved = story.reschedule(&story.head(1), move_to(second.id, morning)).await;
        assert_eq!(refusal(moved), clash);
        // One may follow on the other's heels.
        story.reschedule(&story.head(1), move_to(second.id, afternoon)).await.expect("moved");
        story.agree(&lead, agreement(second.id)).await.expect("agreed");
        // A record cannot say that the lead was at both.
        story.world.clock.set(at("2026-10-13T18:00:00Z"));
        let wish = Record { slot: Some(lunch), ..record_of(second.id, 1) };
        assert_eq!(refusal(story.record(&lead, wish).await), clash);
        story.record(&lead, record_of(second.id, 1)).await.expect("recorded");
    })
    .await;
}
