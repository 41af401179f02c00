//! Visits that took place, and what they meet.

use entity::enrolments::{record_met, reopen};
use entity::outcome::RefusalCode;
use entity::plans::actions::ActionWish;
use entity::plans::agreed_action;
use entity::scope::Scope;
use entity::visits::{Cancel, Proposal, Record};
use rules::visits::{Attendee, Party, VisitKind};
use sea_orm::EntityTrait as _;
use tests::both;
use tests::rise::{at, day};

use crate::{Story, cancellation, on, proposal, record_of, refusal, slot, steps};

#[tokio::test]
async fn half_days_fill_the_first_half_of_the_term_and_a_correction_downwards_owes_it_again() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        assert_eq!(story.states("support_days").await, ["open"; 6]);
        story.held(proposal(partner, on("2026-09-15")), 2).await;
        assert_eq!(story.states("support_days").await, ["open"; 6], "three half days are asked");
        let second = story.held(proposal(partner, on("2026-09-22")), 1).await;
        let owed = story.owed("support_days").await;
        assert_eq!((owed[0].1.as_str(), owed[0].2.as_deref()), ("met", Some("support_day")));
        assert_eq!(owed[1].1, "open");
        // One half day more was used than written down: four of five by the end of term.
        let wish = Record { expected_version: Some(second.version), ..record_of(second.id, 2) };
        let second = story.record(&story.lead(), wish).await.expect("corrected");
        assert_eq!(story.states("support_days").await[..2], ["met", "open"]);
        let two_days = slot("2026-09-29T09:00:00Z", "2026-09-30T15:00:00Z");
        story.held(Proposal { half_days: 4, ..proposal(partner, two_days) }, 4).await;
        assert_eq!(story.states("support_days").await[..3], ["met", "met", "open"]);
        // Put right downwards, the second obligation is owed again; another half day makes it up.
        let wish = Record { expected_version: Some(second.version), ..record_of(second.id, 1) };
        story.record(&story.lead(), wish).await.expect("corrected");
        let owed = story.owed("support_days").await;
        assert_eq!((owed[0].1.as_str(), owed[1].1.as_str()), ("met", "open"));
        assert_eq!(owed[1].2, None);
        let third = story.held(proposal(partner, on("2026-10-01")), 1).await;
        assert_eq!(third.held_on, Some(day("2026-10-01")));
        assert_eq!(story.states("support_days").await[..2], ["met", "met"]);
        let wish = Record { expected_version: None, ..record_of(third.id, 1) };
        let blind = story.record(&story.lead(), wish).await;
        assert_eq!(refusal(blind), (RefusalCode::Conflict, "expectedVersion"));
        let owner = story.rise.hub.id;
        let duty = story.rise.obligation(&story.world, owner, "deliver_support_days").await;
        assert_eq!(duty.state, "met", "the hub's only partner has had all its days of term 1");
    })
    .await;
}

#[tokio::test]
async fn a_visit_of_the_second_term_meets_none_of_the_first_and_a_deep_dive_counts_once() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let deep = |day| Proposal { kind: VisitKind::DeepDiveVisit, ..proposal(partner, on(day)) };
        let dive = story.held(deep("2026-09-24"), 2).await;
        story.held(deep("2026-10-01"), 2).await;
        let owed = story.owed("deep_dive_visit").await;
        assert_eq!(owed.len(), 1);
        assert_eq!((owed[0].1.as_str(), owed[0].2.as_deref()), ("met", Some("deep_dive_visit")));
        let met = story.rise.obligation(&story.world, partner.enrolment, "deep_dive_visit").await;
        assert_eq!((met.deed_id, met.met_on), (Some(dive.id), Some(day("2026-09-24"))));
        assert_eq!(story.states("support_days").await, ["open"; 6], "it is no support day");
        story.world.clock.set(at("2027-01-14T18:00:00Z"));
        story.held(proposal(partner, on("2027-01-12")), 2).await;
        story.held(proposal(partner, on("2027-01-13")), 2).await;
        assert_eq!(story.states("support_days").await[..4], ["open", "open", "met", "open"]);
    })
    .await;
}

#[tokio::test]
async fn a_visit_is_recorded_by_the_lead_once_it_has_begun_with_what_was_agreed_at_it() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let wish = proposal(story.rise.partners[0], on("2026-10-05"));
        let visit = story.propose(&story.head(0), wish).await.expect("proposed");
        let action = ActionWish {
            title: "Greet pupils at the gate".to_owned(),
            owner_party: Party::Partner,
            owner_name: "Bea Example".to_owned(),
            due_on: day("2026-10-12"),
        };
        let good = Record { actions: vec![action.clone()], ..record_of(visit.id, 2) };
        let early = story.record(&story.lead(), good.clone()).await;
        assert_eq!(refusal(early), (RefusalCode::Conflict, "visitId"), "it is before eight");
        story.world.clock.set(at("2026-10-05T16:00:00Z"));
        let by_partner = story.record(&story.head(0), good.clone()).await;
        assert_eq!(refusal(by_partner), (RefusalCode::Forbidden, "visitId"));
        let before = ActionWish { due_on: day("2026-10-04"), ..action.clone() };
        let nobody = Attendee { name: " ".to_owned(), role: String::new() };
        for (field, wish) in [
            ("halfDaysUsed", Record { half_days_used: 3, ..good.clone() }),
            ("attendees", Record { attendees: Vec::new(), ..good.clone() }),
            ("attendees", Record { attendees: vec![nobody], ..good.clone() }),
            ("summary", Record { summary: String::new(), ..good.clone() }),
            ("dueOn", Record { actions: vec![action, before], ..good.clone() }),
            ("visitId", Record { slot: Some(on("2026-10-06")), ..good.clone() }),
        ] {
            let outcome = story.record(&story.lead(), wish.clone()).await;
            assert_eq!(refusal(outcome).1, field, "{wish:?}");
        }
        let visit = story.record(&story.lead(), good.clone()).await.expect("nobody had agreed");
        assert_eq!((visit.state.as_str(), visit.sequence), ("recorded", 1));
        assert_eq!(visit.attendees[1]["name"], "Bea Example");
        let actions = agreed_action::Entity::find().all(story.world.db.reader()).await;
        let actions = actions.expect("a read");
        assert_eq!(actions.len(), 1, "what was refused left none behind");
        assert_eq!((actions[0].visit_id, actions[0].objective_id), (Some(visit.id), None));
        // It was another morning: the time moves, and what was agreed stays.
        let wish = Record {
            slot: Some(slot("2026-10-02T08:00:00Z", "2026-10-02T11:00:00Z")),
            expected_version: Some(visit.version),
            actions: Vec::new(),
            ..record_of(visit.id, 1)
        };
        let visit = story.record(&story.lead(), wish).await.expect("corrected");
        assert_eq!((visit.held_on, visit.half_days_used), (Some(day("2026-10-02")), Some(1)));
        assert_eq!(visit.sequence, 2);
        let late = story.cancel(&story.head(0), cancellation(visit.id, None)).await;
        assert_eq!(refusal(late), (RefusalCode::Conflict, "visitId"));
        let expected =
            [("proposed", Some("partner")), ("recorded", Some("hub")), ("corrected", Some("hub"))];
        assert_eq!(story.story_of(visit.id).await, steps(&expected));
    })
    .await;
}

#[tokio::test]
async fn a_visit_recorded_by_mistake_is_cancelled_by_the_lead_and_what_it_met_is_owed_again() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let wish =
            Proposal { kind: VisitKind::DeepDiveVisit, ..proposal(partner, on("2026-09-24")) };
        let visit = story.propose(&story.lead(), wish).await.expect("proposed");
        let action = ActionWish {
            title: "Greet pupils at the gate".to_owned(),
            owner_party: Party::Partner,
            owner_name: "Bea Example".to_owned(),
            due_on: day("2026-10-12"),
        };
        let wish = Record { actions: vec![action], ..record_of(visit.id, 2) };
        let visit = story.record(&story.lead(), wish).await.expect("recorded");
        let owed = async || {
            story.rise.obligation(&story.world, partner.enrolment, "deep_dive_visit").await
        };
        let met = owed().await;
        assert_eq!((met.state.as_str(), met.deed_id), ("met", Some(visit.id)));
        // What a visit met is put right there, and nowhere else.
        let elsewhere = story.as_of(&Scope::System, async |txn, scope, by, now| {
            let (on, version) = (day("2026-09-25"), Some(met.version));
            record_met(txn, scope, by, now, met.id, version, on, "").await
        });
        assert_eq!(refusal(elsewhere.await), (RefusalCode::Conflict, "metOn"));
        let lead = story.lead();
        let elsewhere = story.as_of(&lead, async |txn, scope, by, now| {
            reopen(txn, scope, by, now, met.id, Some(met.version), "It was another school").await
        });
        assert_eq!(refusal(elsewhere.await), (RefusalCode::Conflict, "obligationId"));
        let versioned = |version, reason: &str| Cancel {
            expected_version: version,
            reason: reason.to_owned(),
            ..cancellation(visit.id, None)
        };
        let why = "It was another school";
        let (conflict, stale) = (RefusalCode::Conflict, RefusalCode::Stale);
        for (scope, wish, expected) in [
            (story.head(0), versioned(Some(visit.version), why), (conflict, "visitId")),
            (story.lead(), versioned(None, why), (conflict, "expectedVersion")),
            (story.lead(), versioned(Some(1), why), (stale, "expectedVersion")),
            (story.lead(), versioned(Some(visit.version), " "), (RefusalCode::Invalid, "reason")),
        ] {
            assert_eq!(refusal(story.cancel(&scope, wish).await), expected);
        }
        assert_eq!(owed().await, met);
        let gone = story.cancel(&story.lead(), versioned(Some(visit.version), why)).await;
        let gone = gone.expect("cancelled");
        assert_eq!((gone.state.as_str(), gone.cancelled_by.as_deref()), ("cancelled", Some("hub")));
        assert_eq!((gone.held_on, gone.half_days_used, gone.summary), (None, None, None));
        let again = owed().await;
        assert_eq!((again.state.as_str(), again.deed_id), ("open", None));
        assert_eq!(again.revision, met.revision + 1);
        let actions = agreed_action::Entity::find().all(story.world.db.reader()).await;
        assert_eq!(actions.expect("a read")[0].state, "dropped");
        let told =
            [("proposed", Some("hub")), ("recorded", Some("hub")), ("cancelled", Some("hub"))];
        assert_eq!(story.story_of(visit.id).await, steps(&told));
        // Reported by hand and opened again, it is met by the visit as soon as there is one.
        story
            .as_of(&story.head(0), async |txn, scope, by, now| {
                record_met(txn, scope, by, now, met.id, None, day("2026-09-24"), "Came").await
            })
            .await
            .expect("recorded by hand");
        let held = story
            .held(
                Proposal { kind: VisitKind::DeepDiveVisit, ..proposal(partner, on("2026-09-29")) },
                2,
            )
            .await;
        assert_eq!(owed().await.deed_id, None, "what was reported by hand stands");
        let met = story
            .as_of(&story.lead(), async |txn, scope, by, now| {
                reopen(txn, scope, by, now, met.id, None, "It was the week after").await
            })
            .await
            .expect("opened again");
        assert_eq!((met.state.as_str(), met.deed_id), ("met", Some(held.id)));
        assert_eq!((met.note, met.recorded_by), (None, None));
    })
    .await;
}
