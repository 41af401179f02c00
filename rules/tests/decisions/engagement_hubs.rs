//! Rules about hubs, around their thresholds.

use rules::commitments::{CommitmentKind, ObligationState};
use rules::engagement::{
    AlertSubject, Decision, EngagementFacts, ObligationEvidence, OpenDayFacts, PartnerFacts,
    RuleName, VisitFacts,
};
use rules::visits::{Party, VisitKind, VisitState};

use crate::engagement::{decide, is_fair, owed, reasons, short, subject};
use crate::support::{at, calendar, day, id};

fn hub(obligations: Vec<ObligationEvidence>) -> EngagementFacts {
    subject(AlertSubject::Hub, obligations)
}

#[test]
fn a_hub_without_an_open_day_is_flagged_when_half_the_term_is_over() {
    let rule = RuleName::NoOpenDayOffered;
    let host = owed(1, CommitmentKind::HostOpenDay, "2026-12-18");
    let facts = hub(vec![host.clone()]);
    // The middle of the autumn, by its working days, is Friday 23 October; half-term follows.
    for (now, expected) in [
        ("2026-10-23T23:59", "clear"),
        ("2026-10-26T12:00", "keep"),
        ("2026-11-02T12:00", "raise"),
        ("2026-12-18T12:00", "raise"),
    ] {
        assert_eq!(short(&decide(rule, "term-1", &facts, now)), expected, "{now}");
    }
    let found = reasons(decide(rule, "term-1", &facts, "2026-11-03T12:00"));
    assert_eq!(found[0].fact, "“Do what is number 1” is due on 18 December 2026");
    let published = |on, cohort_id| OpenDayFacts {
        id: id(30),
        cohort_id,
        title: "Open day".to_owned(),
        on: day(on),
        booking: None,
        attendance: None,
    };
    for (open_day, expected) in [
        (published("2026-12-10", None), "clear"),
        (published("2026-12-10", Some(id(50))), "clear"),
        (published("2026-12-10", Some(id(51))), "raise"),
        (published("2027-02-10", None), "raise"),
    ] {
        let facts = EngagementFacts { open_days: vec![open_day.clone()], ..facts.clone() };
        let decision = decide(rule, "term-1", &facts, "2026-11-03T12:00");
        assert_eq!(short(&decision), expected, "{open_day:?}");
    }
    for (state, expected) in [
        (ObligationState::Met, "clear"),
        (ObligationState::Excused, "clear"),
        (ObligationState::Missed, "raise"),
    ] {
        let facts = hub(vec![ObligationEvidence { state, ..host.clone() }]);
        let later = decide(rule, "term-1", &facts, "2027-01-05T12:00");
        assert_eq!(short(&later), expected, "{state:?}");
        let long_after = decide(rule, "term-1", &facts, "2027-03-26T12:00");
        assert_eq!(long_after, Decision::Clear, "{state:?}");
    }
    is_fair(RuleName::NoOpenDayOffered, "term-1", &facts, "2026-11-03T12:00");
}

fn partner(number: u128, visits: Vec<VisitFacts>) -> PartnerFacts {
    let days = owed(number, CommitmentKind::SupportDays, "2026-10-23");
    PartnerFacts {
        enrolment_id: id(number),
        name: format!("Demo Partner {number}"),
        cohort_id: id(50),
        live: true,
        joined_on: day("2026-07-01"),
        calendar: calendar(),
        support_days: vec![ObligationEvidence { half_days: 3, ..days }],
        visits,
    }
}

fn visit(state: VisitState, half_days: i32) -> VisitFacts {
    VisitFacts {
        id: id(60),
        kind: VisitKind::SupportDay,
        state,
        on: day("2026-10-06"),
        starts_at: at("2026-10-06T09:00"),
        half_days,
        proposed_by: Party::Hub,
        changed_at: at("2026-09-21T09:00"),
        cancelled_by: None,
    }
}

#[test]
fn a_hub_is_flagged_for_support_days_it_did_not_offer() {
    let rule = RuleName::SupportDaysNotDelivered;
    let now = "2026-11-03T12:00";
    let deliver = owed(1, CommitmentKind::DeliverSupportDays, "2026-12-18");
    let facts = |visits| EngagementFacts {
        partners: vec![partner(70, visits)],
        ..hub(vec![deliver.clone()])
    };
    let by = |party| VisitFacts { cancelled_by: Some(party), ..visit(VisitState::Cancelled, 3) };
    let asked_for = VisitFacts { proposed_by: Party::Partner, ..visit(VisitState::Proposed, 3) };
    for (visits, expected) in [
        (vec![], "raise"),
        (vec![visit(VisitState::Recorded, 2)], "raise"),
        (vec![visit(VisitState::Recorded, 3)], "clear"),
        (vec![visit(VisitState::Agreed, 3)], "clear"),
        (vec![visit(VisitState::Proposed, 3)], "clear"),
        (vec![asked_for], "raise"),
        (vec![by(Party::Partner)], "clear"),
        (vec![by(Party::Hub)], "raise"),
    ] {
        let decision = decide(rule, "term-1", &facts(visits.clone()), now);
        assert_eq!(short(&decision), expected, "{visits:?}");
    }
    let early = decide(rule, "term-1", &facts(vec![]), "2026-10-23T23:59");
    assert_eq!(early, Decision::Clear, "not before the day by which some are due");
    let found = reasons(decide(rule, "term-1", &facts(vec![visit(VisitState::Recorded, 1)]), now));
    assert_eq!(found[0].enrolment_id, Some(id(70)));
    assert_eq!(
        found[0].fact,
        "Demo Partner 70: half a day of support offered or delivered in Autumn 2026, where 1.5 days should be used by now"
    );
    is_fair(RuleName::SupportDaysNotDelivered, "term-1", &facts(vec![]), now);
    // Excused, or without the duty, a hub is not asked; nor for partners that are paused, new, or of
    // another cohort.
    let mut excused = facts(vec![]);
    excused.obligations[0].state = ObligationState::Excused;
    assert_eq!(decide(rule, "term-1", &excused, now), Decision::Clear);
    for change in [
        |one: &mut PartnerFacts| one.live = false,
        |one: &mut PartnerFacts| one.joined_on = day("2026-10-20"),
        |one: &mut PartnerFacts| one.cohort_id = id(51),
    ] {
        let mut facts = facts(vec![]);
        change(&mut facts.partners[0]);
        assert_eq!(decide(rule, "term-1", &facts, now), Decision::Clear);
    }
}

#[test]
fn a_hub_is_flagged_for_too_many_partners_and_after_its_first_term_for_too_few() {
    let capacity = |partners: u128, fewest, most, now: &str| {
        let facts = EngagementFacts {
            partners: (0..partners).map(|number| partner(70 + number, vec![])).collect(),
            fewest_partners: fewest,
            most_partners: most,
            ..hub(vec![])
        };
        short(&decide(RuleName::Capacity, "whole", &facts, now))
    };
    let autumn = "2026-10-05T12:00";
    let spring = "2027-01-05T12:00";
    for (partners, fewest, most, now, expected) in [
        (4, Some(2), Some(4), autumn, "clear"),
        (5, Some(2), Some(4), autumn, "raise"),
        (5, Some(2), None, autumn, "clear"),
        (1, Some(2), Some(4), autumn, "clear"),
        (1, Some(2), Some(4), "2026-12-18T12:00", "clear"),
        (1, Some(2), Some(4), spring, "raise"),
        (2, Some(2), Some(4), spring, "clear"),
        (0, Some(1), None, spring, "raise"),
        (0, None, Some(4), spring, "clear"),
        (9, None, None, spring, "no data"),
    ] {
        let found = capacity(partners, fewest, most, now);
        assert_eq!(found, expected, "{partners} of {fewest:?} to {most:?} on {now}");
    }
    let facts = EngagementFacts { fewest_partners: Some(1), ..hub(vec![]) };
    let found = reasons(decide(RuleName::Capacity, "whole", &facts, spring));
    assert_eq!(
        found[0].fact,
        "0 partners are supported; it should be 1 after the first term, which ended on 18 December 2026"
    );
    // A hub new in the spring has its first term then.
    let mut new = facts.clone();
    new.joined_on = day("2026-10-01");
    assert_eq!(short(&decide(RuleName::Capacity, "whole", &new, "2027-03-01T12:00")), "clear");
    let full = EngagementFacts {
        partners: vec![partner(70, vec![]), partner(71, vec![])],
        most_partners: Some(1),
        ..hub(vec![])
    };
    is_fair(RuleName::Capacity, "whole", &full, autumn);
}
