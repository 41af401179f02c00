//! Rules about partners, around their thresholds.

use chrono::TimeDelta;
use rules::commitments::{CommitmentKind, ObligationState};
use rules::engagement::{
    ContactFacts, Decision, EngagementFacts, ObligationEvidence, RuleName, SubjectTerm, VisitFacts,
};
use rules::people::ContactRole;
use rules::visits::{Party, VisitKind, VisitState};

use crate::engagement::{decide, is_fair, obligation, owed, partner, reasons, short};
use crate::support::{at, day, id};

#[test]
fn a_self_assessment_or_a_plan_is_missing_five_working_days_after_its_day() {
    for (kind, rule) in [
        (CommitmentKind::SelfAssessment, RuleName::SelfAssessmentMissing),
        (CommitmentKind::ActionPlan, RuleName::PlanMissing),
        (CommitmentKind::ImprovementPlan, RuleName::PlanMissing),
    ] {
        let facts = partner(vec![owed(1, kind, "2026-09-25")]);
        for (now, expected) in [("2026-10-01T23:59", "clear"), ("2026-10-02T00:00", "raise")] {
            assert_eq!(short(&decide(rule, "whole", &facts, now)), expected, "{kind:?} {now}");
        }
        let found = reasons(decide(rule, "whole", &facts, "2026-10-05T12:00"));
        assert_eq!(found[0].obligation_id, Some(id(1)));
        let done =
            ObligationEvidence { state: ObligationState::Met, ..facts.obligations[0].clone() };
        let done = decide(rule, "whole", &partner(vec![done]), "2026-10-05T12:00");
        assert_eq!(done, Decision::Clear, "{kind:?}");
    }
    let facts = partner(vec![obligation()]);
    is_fair(RuleName::SelfAssessmentMissing, "whole", &facts, "2026-10-05T12:00");
    let facts = partner(vec![owed(1, CommitmentKind::ActionPlan, "2026-12-01")]);
    is_fair(RuleName::PlanMissing, "whole", &facts, "2026-12-10T12:00");
}

#[test]
fn one_cpd_session_is_not_behind_and_two_are() {
    let session = |number, due_on| owed(number, CommitmentKind::AttendCpdSession, due_on);
    let behind = |facts: &EngagementFacts, now| decide(RuleName::CpdBehind, "whole", facts, now);
    let one = partner(vec![session(1, "2026-09-17")]);
    assert_eq!(behind(&one, "2026-12-01T12:00"), Decision::Clear);
    let two = partner(vec![session(1, "2026-09-17"), session(2, "2026-10-08")]);
    for (now, expected) in [("2026-10-08T23:59", "clear"), ("2026-10-09T00:00", "raise")] {
        assert_eq!(short(&behind(&two, now)), expected, "{now}");
    }
    let found = reasons(behind(&two, "2026-10-12T12:00"));
    assert_eq!(
        found.iter().map(|one| one.obligation_id).collect::<Vec<_>>(),
        [Some(id(1)), Some(id(2))]
    );
    for state in [ObligationState::Met, ObligationState::Excused, ObligationState::Missed] {
        let mut facts = two.clone();
        facts.obligations[0].state = state;
        assert_eq!(behind(&facts, "2026-10-12T12:00"), Decision::Clear, "{state:?}");
    }
    is_fair(RuleName::CpdBehind, "whole", &two, "2026-10-12T12:00");
}

/// A support day of the autumn.
fn visit(number: u128, on: &str, state: VisitState, half_days: i32) -> VisitFacts {
    VisitFacts {
        id: id(number),
        kind: VisitKind::SupportDay,
        state,
        on: day(on),
        starts_at: at(&format!("{on}T09:00")),
        half_days,
        proposed_by: Party::Hub,
        changed_at: at("2026-09-21T09:00"),
        cancelled_by: None,
    }
}

fn cancelled(by: Party) -> VisitFacts {
    let visit = visit(60, "2026-10-01", VisitState::Cancelled, 2);
    VisitFacts { cancelled_by: Some(by), ..visit }
}

/// One and a half days by the middle of the autumn, two and a half more by its end.
fn support_days() -> Vec<ObligationEvidence> {
    let days = |number, due_on, half_days| ObligationEvidence {
        half_days,
        ..owed(number, CommitmentKind::SupportDays, due_on)
    };
    vec![days(1, "2026-10-23", 3), days(2, "2026-12-18", 5)]
}

#[test]
fn a_partner_behind_with_support_days_is_flagged_only_after_it_turned_an_offer_down() {
    let behind = |visits: Vec<VisitFacts>, now: &str| {
        let facts = EngagementFacts { visits, ..partner(support_days()) };
        short(&decide(RuleName::SupportDaysBehind, "term-1", &facts, now))
    };
    let mid = "2026-11-03T12:00";
    let let_pass = visit(61, "2026-10-02", VisitState::Proposed, 2);
    let own = VisitFacts { proposed_by: Party::Partner, ..let_pass.clone() };
    for (offer, expected) in [
        (vec![], "clear"),
        (vec![cancelled(Party::Hub)], "clear"),
        (vec![cancelled(Party::Partner)], "raise"),
        (vec![let_pass], "raise"),
        (vec![own], "clear"),
        (vec![visit(62, "2026-11-12", VisitState::Proposed, 2)], "clear"),
        (vec![visit(63, "2026-10-02", VisitState::Agreed, 2)], "clear"),
    ] {
        assert_eq!(behind(offer.clone(), mid), expected, "{offer:?}");
    }
    // Behind from the day after the first part was due, and not once that part is used.
    let turned_down = || vec![cancelled(Party::Partner)];
    assert_eq!(behind(turned_down(), "2026-10-23T23:59"), "clear");
    for (used, now, expected) in [
        (2, mid, "raise"),
        (3, mid, "clear"),
        (3, "2026-12-18T12:00", "clear"),
        (7, "2027-01-05T12:00", "raise"),
        (8, "2027-01-05T12:00", "clear"),
        (3, "2027-03-30T12:00", "clear"),
    ] {
        let mut visits = turned_down();
        visits.push(visit(64, "2026-10-06", VisitState::Recorded, used));
        visits.push(visit(65, "2027-01-04", VisitState::Recorded, 8));
        assert_eq!(behind(visits, now), expected, "{used} half days on {now}");
    }
    let facts = EngagementFacts { visits: turned_down(), ..partner(support_days()) };
    is_fair(RuleName::SupportDaysBehind, "term-1", &facts, mid);
    let found = reasons(decide(RuleName::SupportDaysBehind, "term-1", &facts, mid));
    assert_eq!(found[0].obligation_id, Some(id(1)));
    assert_eq!(found[1].visit_id, Some(id(60)));
    assert_eq!(found[1].fact, "The partner cancelled the support day of 1 October 2026");
}

#[test]
fn where_the_pathway_dates_nothing_by_the_middle_half_of_the_days_are_expected_then() {
    let behind = |used, state, by_hand, now: &str| {
        let mut visits = vec![cancelled(Party::Partner)];
        visits.push(visit(64, "2026-09-30", VisitState::Recorded, used));
        let days = owed(1, CommitmentKind::SupportDays, "2026-12-18");
        let days = ObligationEvidence { half_days: 8, state, by_hand, ..days };
        let facts = EngagementFacts { visits, ..partner(vec![days]) };
        short(&decide(RuleName::SupportDaysBehind, "term-1", &facts, now))
    };
    let open = ObligationState::Open;
    // 71 working days: the middle is Friday 23 October.
    for (used, now, expected) in [
        (3, "2026-10-20T12:00", "clear"),
        (3, "2026-11-02T12:00", "raise"),
        (4, "2026-11-02T12:00", "clear"),
        (4, "2027-01-04T12:00", "raise"),
    ] {
        assert_eq!(behind(used, open, false, now), expected, "{used} half days on {now}");
    }
    for (state, by_hand, expected) in [
        (ObligationState::Excused, true, "clear"),
        (ObligationState::Met, true, "clear"),
        (ObligationState::Met, false, "raise"),
        (ObligationState::Missed, true, "raise"),
    ] {
        assert_eq!(behind(3, state, by_hand, "2026-11-02T12:00"), expected, "{state:?}");
    }
}

#[test]
fn what_the_pathway_dates_by_the_middle_and_was_reported_by_hand_asks_for_no_share_of_the_rest() {
    let by_middle = owed(1, CommitmentKind::SupportDays, "2026-10-22");
    let by_end = owed(2, CommitmentKind::SupportDays, "2026-12-18");
    let rest = ObligationEvidence { half_days: 5, ..by_end };
    let behind = |state, now: &str| {
        let first = ObligationEvidence { half_days: 3, state, by_hand: true, ..by_middle.clone() };
        let obligations = vec![first, rest.clone()];
        let visits = vec![cancelled(Party::Partner)];
        let facts = EngagementFacts { visits, ..partner(obligations) };
        short(&decide(RuleName::SupportDaysBehind, "term-1", &facts, now))
    };
    for state in [ObligationState::Met, ObligationState::Excused, ObligationState::Cancelled] {
        assert_eq!(behind(state, "2026-11-02T12:00"), "clear", "{state:?}");
        assert_eq!(behind(state, "2027-01-04T12:00"), "raise", "{state:?}");
    }
    assert_eq!(behind(ObligationState::Open, "2026-11-02T12:00"), "raise");
}

#[test]
fn a_time_named_after_it_had_passed_was_no_offer_that_could_be_answered() {
    let behind = |changed_at: &str| {
        let visit = visit(60, "2026-10-01", VisitState::Proposed, 2);
        let visits = vec![VisitFacts { changed_at: at(changed_at), ..visit }];
        let facts = EngagementFacts { visits, ..partner(support_days()) };
        short(&decide(RuleName::SupportDaysBehind, "term-1", &facts, "2026-11-02T12:00"))
    };
    assert_eq!(behind("2026-09-30T16:00"), "raise");
    assert_eq!(behind("2026-10-01T09:00"), "clear");
    assert_eq!(behind("2026-10-02T16:00"), "clear");
}

#[test]
fn of_who_joins_during_a_term_no_share_is_asked_by_its_middle() {
    let days = owed(1, CommitmentKind::SupportDays, "2026-12-18");
    let days = ObligationEvidence { half_days: 8, ..days };
    let behind = |joined_on: &str, now: &str| {
        let facts = partner(vec![days.clone()]);
        let terms = facts.terms.iter().cloned();
        let terms = terms.map(|term| SubjectTerm { joined_on: day(joined_on), ..term }).collect();
        let visits = vec![cancelled(Party::Partner)];
        let facts = EngagementFacts { joined_on: day(joined_on), terms, visits, ..facts };
        short(&decide(RuleName::SupportDaysBehind, "term-1", &facts, now))
    };
    assert_eq!(behind("2026-07-06", "2026-11-02T12:00"), "raise");
    assert_eq!(behind("2026-09-07", "2026-11-02T12:00"), "clear");
    assert_eq!(behind("2026-09-07", "2027-01-04T12:00"), "raise");
}

#[test]
fn a_partner_with_nobody_in_a_role_that_is_reminded_cannot_be_reached() {
    let now = "2026-10-05T12:00";
    let contact = |role, reachable| ContactFacts { role, reachable };
    let reached = |contacts| {
        let facts = EngagementFacts { contacts, ..partner(vec![]) };
        decide(RuleName::NoReachableContact, "whole", &facts, now)
    };
    let head = ContactRole::Headteacher;
    assert_eq!(reached(vec![contact(head, true)]), Decision::Clear);
    assert_eq!(reached(vec![contact(head, false), contact(head, true)]), Decision::Clear);
    let nobody = reasons(reached(vec![contact(ContactRole::HubLead, true)]));
    assert_eq!(nobody[0].fact, "Nobody is named as a contact in a role that is reminded");
    let lost = reasons(reached(vec![contact(head, false)]));
    assert!(lost[0].fact.ends_with("has failed for good"), "{}", lost[0].fact);
    is_fair(RuleName::NoReachableContact, "whole", &partner(vec![]), now);
}

#[test]
fn a_weekend_is_no_holiday_and_the_days_between_terms_are() {
    let calendar = crate::support::calendar();
    let days = [
        ("2026-10-03", false),
        ("2026-10-25", false),
        ("2026-10-26", true),
        ("2026-12-18", false),
        ("2026-12-19", true),
        ("2027-01-03", true),
        ("2027-05-03", false),
        // Nothing is known of these.
        ("2026-09-01", false),
        ("2027-08-02", false),
    ];
    for (on, expected) in days {
        assert_eq!(calendar.is_holiday(day(on)), expected, "{on}");
    }
    assert!(calendar.is_holiday(day("2026-10-30") - TimeDelta::days(1)));
}
