//! Raises when nobody of a group at a school has answered a survey that is well under way.

use chrono::Days;

use super::{Case, Decision, Evidence, PARTNER, Rule, RuleName, SurveyFacts, count};
use crate::calendar::in_words;

/// See the module's description.
pub(super) const RULE: Rule = Rule {
    name: RuleName::SurveyNotStarted,
    version: 1,
    about: PARTNER,
    by_term: false,
    settles: false,
    decide,
};

fn decide(case: &Case<'_>) -> Decision {
    let silent = under_way(case).into_iter().filter(|survey| survey.responses == 0);
    case.raise_if_any(
        silent
            .map(|survey| Evidence {
                campaign_id: Some(survey.campaign_id),
                invitation_id: Some(survey.invitation_id),
                fact: format!(
                    "{}: nobody of the {} has answered since {}; it closes on {}",
                    survey.title,
                    <&str>::from(survey.group),
                    in_words(survey.opens_on),
                    in_words(survey.closes_on)
                ),
                ..Evidence::default()
            })
            .collect(),
        |evidence| {
            let number = count(evidence.len(), "group has", "groups have");
            format!("{number} not begun to answer a survey.")
        },
        format!("No answer after {} % of the time", case.policy.alerts.survey_time_gone),
    )
}

/// The surveys of which enough time is gone and some is left, in the order of their ends.
pub(super) fn under_way<'a>(case: &Case<'a>) -> Vec<&'a SurveyFacts> {
    let today = case.today();
    let share = u64::from(case.policy.alerts.survey_time_gone.min(100));
    let mut surveys: Vec<_> = case
        .facts
        .surveys
        .iter()
        .filter(|survey| {
            let length = (survey.closes_on - survey.opens_on).num_days();
            let gone = u64::try_from(length).unwrap_or(0) * share / 100;
            let from = survey.opens_on.checked_add_days(Days::new(gone));
            from.is_some_and(|from| from < today) && today <= survey.closes_on
        })
        .collect();
    surveys.sort_by_key(|survey| (survey.closes_on, survey.campaign_id, survey.group));
    surveys
}
