//! Raises when too few of a group at a school have answered a survey that is well under way. It takes
//! a higher share to end it than to begin it. A group of nobody knows how many is no data, and a
//! group of which nobody has answered is another rule's business.

use super::survey_not_started::under_way;
use super::{Case, Decision, Evidence, PARTNER, Rule, RuleName, SurveyFacts, count};
use crate::calendar::in_words;

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::SurveyLowResponse,
    version: 1,
    about: PARTNER,
    by_term: false,
    settles: true,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let policy = &case.policy.alerts;
    let begun: Vec<_> = under_way(case).into_iter().filter(|one| one.responses > 0).collect();
    let known: Vec<_> = begun
        .iter()
        .filter_map(|survey| Some((*survey, survey.expected.filter(|expected| *expected > 0)?)))
        .collect();
    if known.is_empty() && !begun.is_empty() {
        return Decision::NoData;
    }
    let evidence: Vec<_> = known
        .into_iter()
        .filter(|(survey, expected)| {
            let flagged =
                case.before.iter().any(|old| old.invitation_id == Some(survey.invitation_id));
            let enough =
                if flagged { policy.low_response_until } else { policy.low_response_below };
            let (answered, asked) = (u64::from(survey.responses), u64::from(*expected));
            answered * 100 < asked * u64::from(enough)
        })
        .map(|(survey, expected)| evidence(survey, expected))
        .collect();
    case.raise_if_any(
        evidence,
        |evidence| {
            let number = count(evidence.len(), "group has", "groups have");
            format!("{number} answered a survey too seldom.")
        },
        format!(
            "Fewer than {} % of those expected, until there are {} %",
            policy.low_response_below, policy.low_response_until
        ),
    )
}

fn evidence(survey: &SurveyFacts, expected: u32) -> Evidence {
    Evidence {
        campaign_id: Some(survey.campaign_id),
        invitation_id: Some(survey.invitation_id),
        fact: format!(
            "{}: {} of {expected} {} have answered; it closes on {}",
            survey.title,
            survey.responses,
            <&str>::from(survey.group),
            in_words(survey.closes_on)
        ),
        ..Evidence::default()
    }
}
