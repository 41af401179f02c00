//! Survey campaigns.

use super::Faults;
use crate::commitments::CommitmentKind;
use crate::programme::{CohortSetUp, SetUp};
use crate::surveys::campaign::{Shape, fault};
use crate::surveys::{CampaignSetUp, RespondentGroup};

pub(super) fn check(set_up: &SetUp, faults: &mut Faults) {
    faults.keys("campaign", set_up.campaigns.iter().map(|campaign| campaign.key.as_str()));
    for campaign in &set_up.campaigns {
        let place = format!("campaign.{}", campaign.key);
        check_pathway(campaign, set_up, &place, faults);
        let Some(cohort) = set_up.cohorts.iter().find(|one| one.key == campaign.cohort) else {
            let problem = format!("there is no cohort `{}`.", campaign.cohort);
            faults.add(format!("{place}.cohort"), problem);
            continue;
        };
        check_days(campaign, cohort, &place, faults);
        for group in &campaign.groups {
            faults.key(format!("{place}.group.questionnaire"), &group.questionnaire);
        }
    }
}

fn check_pathway(campaign: &CampaignSetUp, set_up: &SetUp, place: &str, faults: &mut Faults) {
    let pathway = campaign.pathway.as_ref().map(|key| {
        let found = set_up.pathways.iter().find(|pathway| pathway.key == *key);
        faults.expect(
            found.is_some(),
            format!("{place}.pathway"),
            format!("there is no pathway `{key}`."),
        );
        found
    });
    let Some(key) = &campaign.commitment else { return };
    let place = format!("{place}.commitment");
    match pathway {
        None => faults.add(place, "needs a pathway, whose commitment it is."),
        Some(Some(pathway)) => {
            let found = pathway.commitments.iter().find(|commitment| commitment.key == *key);
            let surveys = [CommitmentKind::PerceptionSurvey, CommitmentKind::EvaluationSurvey];
            let problem = match found {
                None => format!("the pathway `{}` has no commitment `{key}`.", pathway.key),
                Some(_) => format!("answering a survey does not meet the commitment `{key}`."),
            };
            let fits = found.is_some_and(|commitment| surveys.contains(&commitment.kind));
            faults.expect(fits, place, problem);
        }
        Some(None) => {}
    }
}

fn check_days(campaign: &CampaignSetUp, cohort: &CohortSetUp, place: &str, faults: &mut Faults) {
    let opens = campaign.opens.date(&cohort.terms);
    let closes = campaign.closes.date(&cohort.terms);
    for (name, day) in [("opens", opens), ("closes", closes)] {
        let problem = format!("the cohort `{}` has no such term, or no such week.", cohort.key);
        faults.expect(day.is_some(), format!("{place}.{name}"), problem);
    }
    let (Some(opens_on), Some(closes_on)) = (opens, closes) else { return };
    let groups: Vec<RespondentGroup> = campaign.groups.iter().map(|group| group.who).collect();
    let shape = Shape {
        title: &campaign.title,
        wave: campaign.wave,
        has_event: false,
        has_cohort: true,
        opens_on,
        closes_on,
        enough_responses: i32::try_from(campaign.enough_responses).unwrap_or(i32::MAX),
        remind_days: &campaign.remind_days,
        groups: &groups,
    };
    if let Some((field, problem)) = fault(&shape) {
        let field = match field {
            "closesOn" => "closes",
            "enoughResponses" => "enough_responses",
            "remindDays" => "remind_days",
            "groups" => "group",
            "eventId" => "wave",
            other => other,
        };
        faults.add(format!("{place}.{field}"), problem);
    }
}
