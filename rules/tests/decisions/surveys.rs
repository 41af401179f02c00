use chrono::{DateTime, Utc};
use rules::calendar::{Calendar, Span, SpanKind};
use rules::programme::{SetUp, TermSetUp};
use rules::surveys::campaign::{Step, check_step, reminder_due, takes_answers, told_at};
use rules::surveys::{CampaignDay, CampaignState, TermWeek};

use crate::support::day;

#[test]
fn a_campaign_goes_from_draft_to_open_to_closed_to_published_and_never_back() {
    use CampaignState::{Closed, Draft, Open, Published};
    for (step, allowed) in [
        (Step::Edit, &[Draft][..]),
        (Step::Adjust, &[Draft, Open]),
        (Step::Launch, &[Draft]),
        (Step::Close, &[Open]),
        (Step::Publish, &[Closed]),
    ] {
        for state in [Draft, Open, Closed, Published] {
            assert_eq!(
                check_step(state, step).is_ok(),
                allowed.contains(&state),
                "{step:?} {state:?}"
            );
        }
    }
}

#[test]
fn answers_are_taken_to_the_end_of_the_closing_day_in_london() {
    let closes_on = day("2026-10-09");
    for (now, open) in [("2026-10-09T22:59:59Z", true), ("2026-10-09T23:00:00Z", false)] {
        let now = now.parse().unwrap();
        assert_eq!(takes_answers(CampaignState::Open, closes_on, now), open, "{now}");
        assert!(!takes_answers(CampaignState::Closed, closes_on, now));
        assert!(!takes_answers(CampaignState::Draft, closes_on, now));
    }
}

#[test]
fn an_answer_is_told_at_the_full_hour_after_it() {
    for (answered, told) in [
        ("2026-10-05T08:12:34.567Z", "2026-10-05T09:00:00Z"),
        ("2026-10-05T08:59:59.999Z", "2026-10-05T09:00:00Z"),
        // On the hour itself it would tell the moment.
        ("2026-10-05T09:00:00Z", "2026-10-05T10:00:00Z"),
        // The hour that the clocks go back is twice in London, and told twice.
        ("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
        ("2026-10-25T01:30:00Z", "2026-10-25T02:00:00Z"),
    ] {
        let told: DateTime<Utc> = told.parse().unwrap();
        assert_eq!(told_at(answered.parse().unwrap()), told, "{answered}");
    }
}

fn terms() -> Vec<TermSetUp> {
    let term = |name: &str, from, to| TermSetUp {
        name: name.to_owned(),
        starts_on: day(from),
        ends_on: day(to),
        half_term: None,
    };
    vec![term("Autumn", "2026-09-03", "2026-12-18"), term("Spring", "2027-01-04", "2027-03-25")]
}

#[test]
fn days_of_a_campaign_are_counted_in_the_terms_of_its_cohort() {
    let week = |term, week| TermWeek { term, week };
    for (rule, expected) in [
        (CampaignDay::On(day("2026-11-11")), Some("2026-11-11")),
        // A Thursday begins week 1.
        (CampaignDay::StartOfWeek(week(1, 1)), Some("2026-09-03")),
        (CampaignDay::StartOfWeek(week(1, 3)), Some("2026-09-14")),
        (CampaignDay::EndOfWeek(week(1, 6)), Some("2026-10-09")),
        (CampaignDay::EndOfWeek(week(2, 12)), Some("2027-03-25")),
        (CampaignDay::EndOfWeek(week(2, 13)), None),
        (CampaignDay::EndOfWeek(week(3, 1)), None),
        (CampaignDay::EndOfWeek(week(0, 1)), None),
        (CampaignDay::EndOfTerm(1), Some("2026-12-18")),
        (CampaignDay::LastWeeks(4), Some("2027-02-26")),
        (CampaignDay::LastWeeks(40), Some("2027-01-04")),
        (CampaignDay::EndOfLastTerm, Some("2027-03-25")),
    ] {
        assert_eq!(rule.date(&terms()), expected.map(day), "{rule:?}");
    }
}

#[test]
fn a_school_is_reminded_by_its_own_working_days_and_not_of_a_letter_it_has_just_had() {
    let spans = vec![
        Span { kind: SpanKind::Term, starts_on: day("2026-09-03"), ends_on: day("2026-12-18") },
        Span { kind: SpanKind::Inset, starts_on: day("2026-10-08"), ends_on: day("2026-10-08") },
    ];
    let calendar = Calendar::new(spans, std::sync::Arc::default());
    let closes_on = day("2026-10-09");
    let early = day("2026-09-14");
    for (invited_on, today, expected) in [
        (early, "2026-09-23", None),
        // Ten working days before, with the training day left out.
        (early, "2026-09-24", Some(10)),
        (early, "2026-09-26", None),
        (early, "2026-10-02", Some(10)),
        (early, "2026-10-05", Some(3)),
        (early, "2026-10-08", None),
        (early, "2026-10-09", Some(3)),
        (early, "2026-10-12", None),
        (day("2026-09-24"), "2026-09-25", None),
        (day("2026-09-24"), "2026-10-05", Some(3)),
    ] {
        let due = reminder_due(&[10, 3], closes_on, invited_on, day(today), &calendar);
        assert_eq!(due, expected, "invited {invited_on}, on {today}");
    }
    assert_eq!(reminder_due(&[], closes_on, early, closes_on, &calendar), None);
}

/// A campaign that fits `good_set_up.toml` once its commitment is there.
const CAMPAIGN: &str = r#"
[[campaign]]
key = "baseline"
title = "First survey"
wave = "baseline"
cohort = "autumn-2026"
pathway = "regional"
commitment = "surveys"
group = [{ who = "staff", questionnaire = "staff-perceptions" }]
opens = { start_of_week = { term = 1, week = 3 } }
closes = { end_of_week = { term = 1, week = 6 } }
enough_responses = 10
remind_days = [3]

[[pathway]]
key = "other"
name = "Other"
description = "Another."
partner_kind = "school"
"#;

fn faults_of(campaign: &str) -> Vec<(String, String)> {
    let survey = r#"
[[pathway.commitment]]
key = "surveys"
kind = "perception_survey"
title = "Run the surveys"
term = { number = 1 }
due = { end_of_week = 6 }

[[hub_commitment]]"#;
    let good = include_str!("good_set_up.toml").replace("[[hub_commitment]]", survey);
    let set_up: SetUp = toml::from_str(&format!("{good}\n{campaign}")).unwrap();
    set_up.faults().into_iter().map(|fault| (fault.place, fault.problem)).collect()
}

#[test]
fn what_is_wrong_with_a_campaign_of_a_set_up_is_named() {
    assert_eq!(faults_of(CAMPAIGN), []);
    for (good, bad, place, word) in [
        (r#"key = "baseline""#, r#"key = "Baseline""#, "campaign.Baseline.key", "no key"),
        ("autumn-2026", "spring-2026", "campaign.baseline.cohort", "no cohort"),
        (
            r#"pathway = "regional""#,
            r#"pathway = "mat""#,
            "campaign.baseline.pathway",
            "no pathway",
        ),
        (r#"pathway = "regional""#, "", "campaign.baseline.commitment", "needs a pathway"),
        (
            r#"commitment = "surveys""#,
            r#"commitment = "x""#,
            "campaign.baseline.commitment",
            "has no",
        ),
        (r#""surveys""#, r#""cpd""#, "campaign.baseline.commitment", "does not meet"),
        ("term = 1, week = 3", "term = 4, week = 3", "campaign.baseline.opens", "no such term"),
        ("term = 1, week = 3", "term = 1, week = 9", "campaign.baseline.closes", "later close"),
        (
            "enough_responses = 10",
            "enough_responses = 0",
            "campaign.baseline.enough_responses",
            "1 to",
        ),
        (
            "remind_days = [3]",
            "remind_days = [0]",
            "campaign.baseline.remind_days",
            "Remind at most",
        ),
        (
            r#"group = [{ who = "staff", questionnaire = "staff-perceptions" }]"#,
            "group = []",
            "campaign.baseline.group",
            "at least one",
        ),
        (r#"wave = "baseline""#, r#"wave = "event_feedback""#, "campaign.baseline.wave", "event"),
    ] {
        assert!(CAMPAIGN.contains(good), "{good}");
        let found = faults_of(&CAMPAIGN.replacen(good, bad, 1));
        let named = found.iter().any(|(at, problem)| at == place && problem.contains(word));
        assert!(named, "{bad}: {found:?}");
    }
}
