//! Rules about surveys, around their thresholds.

use rules::commitments::CommitmentKind;
use rules::engagement::{Decision, EngagementFacts, RuleName, SurveyFacts, rule_of};
use rules::surveys::RespondentGroup;

use crate::engagement::{decide, decide_after, is_fair, obligation, owed, partner, reasons, short};
use crate::support::{day, id};

/// Open for ten days and more: half of its time is gone with Tuesday 6 October.
fn survey(group: RespondentGroup, responses: u32, expected: Option<u32>) -> SurveyFacts {
    SurveyFacts {
        invitation_id: id(500 + group as u128),
        campaign_id: id(400),
        template_id: Some(obligation().template_id),
        title: "Baseline survey".to_owned(),
        group,
        opens_on: day("2026-10-01"),
        closes_on: day("2026-10-11"),
        expected,
        responses,
    }
}

fn asked(surveys: Vec<SurveyFacts>) -> EngagementFacts {
    EngagementFacts { surveys, ..partner(vec![]) }
}

const PUPILS: RespondentGroup = RespondentGroup::Pupils;
const STAFF: RespondentGroup = RespondentGroup::Staff;

#[test]
fn a_survey_nobody_has_begun_is_flagged_once_half_of_its_time_is_gone() {
    let rule = RuleName::SurveyNotStarted;
    let silent = asked(vec![survey(PUPILS, 0, Some(100)), survey(STAFF, 1, None)]);
    for (now, expected) in [
        ("2026-10-05T12:00", "clear"),
        ("2026-10-06T23:59", "clear"),
        ("2026-10-07T00:00", "raise"),
        ("2026-10-11T23:59", "raise"),
        ("2026-10-12T00:00", "clear"),
    ] {
        assert_eq!(short(&decide(rule, "whole", &silent, now)), expected, "{now}");
    }
    let found = reasons(decide(rule, "whole", &silent, "2026-10-07T12:00"));
    assert_eq!(found.len(), 1, "the staff have begun");
    assert_eq!((found[0].campaign_id, found[0].invitation_id), (Some(id(400)), Some(id(500))));
    assert_eq!(
        found[0].fact,
        "Baseline survey: nobody of the pupils has answered since 1 October 2026; it closes on 11 October 2026"
    );
    is_fair(RuleName::SurveyNotStarted, "whole", &silent, "2026-10-08T12:00");
}

#[test]
fn a_low_response_begins_below_40_per_cent_and_ends_at_50() {
    let rule = RuleName::SurveyLowResponse;
    let now = "2026-10-08T12:00";
    let low = |responses| asked(vec![survey(STAFF, responses, Some(50))]);
    let before = reasons(decide(rule, "whole", &low(19), now));
    for (responses, fresh, flagged) in [
        (0, "clear", "clear"),
        (1, "raise", "raise"),
        (19, "raise", "raise"),
        (20, "clear", "raise"),
        (24, "clear", "raise"),
        (25, "clear", "clear"),
        (60, "clear", "clear"),
    ] {
        let facts = low(responses);
        assert_eq!(short(&decide(rule, "whole", &facts, now)), fresh, "{responses}");
        let again = decide_after(rule, "whole", &facts, now, &before);
        assert_eq!(short(&again), flagged, "{responses}, flagged before");
    }
    // Another group, which was not flagged, is measured by the lower threshold.
    let both = asked(vec![survey(STAFF, 22, Some(50)), survey(PUPILS, 22, Some(50))]);
    assert_eq!(reasons(decide_after(rule, "whole", &both, now, &before)).len(), 1);
    assert_eq!(decide(rule, "whole", &low(3), "2026-10-06T12:00"), Decision::Clear, "too early");
    is_fair(RuleName::SurveyLowResponse, "whole", &low(3), now);
}

#[test]
fn a_group_of_nobody_knows_how_many_is_no_data() {
    let rule = RuleName::SurveyLowResponse;
    let now = "2026-10-08T12:00";
    for unknown in [None, Some(0)] {
        let facts = asked(vec![survey(STAFF, 3, unknown)]);
        assert_eq!(decide(rule, "whole", &facts, now), Decision::NoData, "{unknown:?}");
        let with_known = asked(vec![survey(STAFF, 3, unknown), survey(PUPILS, 3, Some(90))]);
        assert_eq!(short(&decide(rule, "whole", &with_known, now)), "raise");
    }
    assert_eq!(decide(rule, "whole", &asked(vec![]), now), Decision::Clear, "nobody is asked");
}

#[test]
fn a_survey_without_a_campaign_is_flagged_as_overdue_and_with_one_by_its_own_rules() {
    let owed = owed(1, CommitmentKind::PerceptionSurvey, "2026-09-25");
    let mut facts = partner(vec![owed.clone()]);
    assert_eq!(rule_of(&facts, &owed), RuleName::OverdueObligation);
    let overdue = decide(RuleName::OverdueObligation, "whole", &facts, "2026-10-08T12:00");
    assert_eq!(short(&overdue), "raise");
    facts.surveys = vec![survey(PUPILS, 0, None)];
    let overdue = decide(RuleName::OverdueObligation, "whole", &facts, "2026-10-08T12:00");
    assert_eq!(overdue, Decision::Clear);
    let own = decide(RuleName::SurveyNotStarted, "whole", &facts, "2026-10-08T12:00");
    assert_eq!(short(&own), "raise");
}
