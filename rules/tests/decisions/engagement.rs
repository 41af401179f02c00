use rules::commitments::{CommitmentKind, ObligationState};
use rules::engagement::{Decision, EngagementFacts, ObligationEvidence, RULES, RuleName};
use strum::VariantArray as _;

use crate::support::{at, calendar, day, id, policy};

fn obligation() -> ObligationEvidence {
    ObligationEvidence {
        id: id(900),
        kind: CommitmentKind::SelfAssessment,
        title: "Complete the self-assessment".to_owned(),
        state: ObligationState::Open,
        due_on: day("2026-09-25"),
        offer_turned_down: false,
    }
}

fn facts(obligations: Vec<ObligationEvidence>) -> EngagementFacts {
    EngagementFacts { live: true, joined_on: day("2026-07-01"), calendar: calendar(), obligations }
}

fn overdue(facts: &EngagementFacts, now: &str) -> Decision {
    let rule = RULES.iter().find(|rule| rule.name == RuleName::OverdueObligation);
    (rule.unwrap().decide)(facts, &policy(), at(now))
}

#[test]
fn every_rule_is_in_the_list_once() {
    for name in RuleName::VARIANTS {
        assert_eq!(RULES.iter().filter(|rule| rule.name == *name).count(), 1, "{name:?}");
    }
    assert!(RULES.iter().all(|rule| rule.version >= 1));
}

#[test]
fn what_is_overdue_by_five_working_days_is_raised_with_its_evidence() {
    let facts = facts(vec![obligation()]);
    assert_eq!(overdue(&facts, "2026-09-25T12:00"), Decision::Clear);
    assert_eq!(overdue(&facts, "2026-10-01T12:00"), Decision::Clear);
    let Decision::Raise { summary, threshold, evidence } = overdue(&facts, "2026-10-05T07:58")
    else {
        panic!("it is raised")
    };
    assert_eq!(summary, "1 obligation is overdue by 5 working days or more.");
    assert_eq!(threshold, "Overdue by 5 working days or more");
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].obligation_id, id(900));
    assert_eq!(
        evidence[0].fact,
        "Complete the self-assessment was due on 25 September 2026, 6 working days ago"
    );
    let friday = overdue(&facts, "2026-10-02T00:00");
    assert!(matches!(friday, Decision::Raise { .. }), "five days is enough");
}

#[test]
fn holidays_do_not_count_towards_being_overdue() {
    let facts = facts(vec![ObligationEvidence { due_on: day("2026-10-22"), ..obligation() }]);
    assert_eq!(overdue(&facts, "2026-11-04T12:00"), Decision::Clear);
    assert!(matches!(overdue(&facts, "2026-11-06T12:00"), Decision::Raise { .. }));
}

#[test]
fn what_is_done_excused_missed_or_cancelled_clears() {
    for state in ObligationState::VARIANTS {
        let facts = facts(vec![ObligationEvidence { state: *state, ..obligation() }]);
        let raised = matches!(overdue(&facts, "2026-10-05T12:00"), Decision::Raise { .. });
        assert_eq!(raised, *state == ObligationState::Open, "{state:?}");
    }
    assert_eq!(overdue(&facts(vec![]), "2026-10-05T12:00"), Decision::Clear);
}

#[test]
fn a_paused_or_new_school_is_left_as_it_is() {
    let mut facts = facts(vec![obligation()]);
    facts.live = false;
    assert_eq!(overdue(&facts, "2026-10-05T12:00"), Decision::Keep);
    facts.live = true;
    facts.joined_on = day("2026-09-15");
    assert_eq!(overdue(&facts, "2026-10-05T12:00"), Decision::Keep, "14 working days after");
    assert!(matches!(overdue(&facts, "2026-10-06T12:00"), Decision::Raise { .. }));
}

#[test]
fn what_is_no_longer_overdue_clears_for_a_paused_or_new_school_too() {
    for state in [ObligationState::Met, ObligationState::Excused, ObligationState::Cancelled] {
        let mut facts = facts(vec![ObligationEvidence { state, ..obligation() }]);
        facts.live = false;
        assert_eq!(overdue(&facts, "2026-10-05T12:00"), Decision::Clear, "{state:?}, paused");
        facts.live = true;
        facts.joined_on = day("2026-09-15");
        assert_eq!(overdue(&facts, "2026-10-05T12:00"), Decision::Clear, "{state:?}, in grace");
    }
}

#[test]
fn support_and_open_days_flag_a_partner_only_after_an_offer_was_turned_down() {
    for kind in [CommitmentKind::SupportDays, CommitmentKind::AttendOpenDay] {
        for offer_turned_down in [false, true] {
            let evidence = ObligationEvidence { kind, offer_turned_down, ..obligation() };
            let decision = overdue(&facts(vec![evidence]), "2026-10-05T12:00");
            let raised = matches!(decision, Decision::Raise { .. });
            assert_eq!(raised, offer_turned_down, "{kind:?}");
        }
    }
}
