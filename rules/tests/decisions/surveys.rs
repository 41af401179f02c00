use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rules::calendar::{Calendar, Span, SpanKind};
use rules::programme::{SetUp, TermSetUp};
use rules::surveys::campaign::{Step, check_step, enough, reminder_due, takes_answers, told_at};
use rules::surveys::tally::{Count, Published, SchoolCount, publish};
use rules::surveys::{
    AnswerOption, CampaignDay, CampaignState, Question, QuestionKind, ResultLevel, TermWeek,
};
use serde_json::json;
use uuid::Uuid;

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

fn question(key: &str, kind: QuestionKind) -> Question {
    let option = |key: &str| AnswerOption { key: key.to_owned(), label: key.to_owned() };
    Question {
        key: key.to_owned(),
        text: key.to_owned(),
        kind,
        options: match kind {
            QuestionKind::Choice => vec![option("yes"), option("no")],
            QuestionKind::Text => Vec::new(),
        },
        required: false,
    }
}

#[test]
fn answers_are_counted_by_option_and_what_answers_nothing_is_not() {
    let (calm, more) =
        (question("calm", QuestionKind::Choice), question("more", QuestionKind::Text));
    let questions = [&calm, &more];
    let mut count = Count::of(&questions);
    for answers in [
        json!({ "calm": "yes", "more": "Shorter assemblies" }),
        json!({ "calm": "no", "more": " " }),
        json!({ "calm": "perhaps", "other": "yes" }),
        json!({ "calm": 3 }),
        json!([]),
    ] {
        count.add(&questions, &answers);
    }
    assert_eq!(count, Count { respondents: 5, questions: vec![vec![1, 1], vec![1]] });
}

fn schools(sizes: &[(u128, u32)]) -> Vec<SchoolCount> {
    let numbered = sizes.iter().enumerate();
    numbered
        .map(|(at, (hub, size))| SchoolCount {
            hub: Uuid::from_u128(*hub),
            enrolment: Uuid::from_u128(1_000 + at as u128),
            count: Count { respondents: *size, questions: vec![vec![*size, 0]] },
        })
        .collect()
}

/// Sizes as published: the programme's, the hubs' in order, the schools' in order.
fn told(published: &[Published]) -> Vec<Option<u32>> {
    published.iter().map(|row| row.responses).collect()
}

#[test]
fn what_would_let_a_small_group_be_worked_out_is_left_out_too() {
    let calm = question("calm", QuestionKind::Choice);
    for (name, sizes, expected) in [
        (
            "nobody is small",
            &[(1, 20), (1, 30), (2, 10)][..],
            vec![Some(60), Some(50), Some(10), Some(20), Some(30), Some(10)],
        ),
        (
            "one small school takes the smallest other with it",
            &[(1, 20), (1, 30), (1, 4)],
            vec![Some(54), Some(54), None, Some(30), None],
        ),
        (
            "two small ones hide each other",
            &[(1, 20), (1, 6), (1, 4)],
            vec![Some(30), Some(30), Some(20), None, None],
        ),
        (
            "a school without answers hides nobody and needs no hiding",
            &[(1, 20), (1, 30), (1, 0)],
            vec![Some(50), Some(50), Some(20), Some(30), None],
        ),
        (
            "a small hub takes another's row with it, and a school of that",
            &[(1, 20), (1, 30), (2, 4)],
            vec![Some(54), None, None, None, Some(30), None],
        ),
        (
            "a hub with hidden schools goes first",
            &[(1, 20), (1, 30), (2, 4), (3, 60), (3, 6), (3, 6)],
            vec![Some(126), Some(50), None, None, Some(20), Some(30), None, Some(60), None, None],
        ),
        ("everybody is few", &[(1, 3), (2, 4)], vec![None; 5]),
    ] {
        assert_eq!(told(&publish(&[&calm], &schools(sizes))), expected, "{name}");
    }
}

#[test]
fn a_question_that_few_answered_is_left_out_where_the_rest_is_told() {
    let (calm, safe) =
        (question("calm", QuestionKind::Choice), question("safe", QuestionKind::Choice));
    let school = |number, safe: u32| SchoolCount {
        hub: Uuid::from_u128(1),
        enrolment: Uuid::from_u128(number),
        count: Count { respondents: 40, questions: vec![vec![30, 10], vec![safe, 0]] },
    };
    let published = publish(&[&calm, &safe], &[school(1, 40), school(2, 3), school(3, 35)]);
    let answered = |at: usize, question: usize| published[at].tallies[question].answered;
    assert_eq!([answered(2, 0), answered(3, 0), answered(4, 0)], [Some(40); 3]);
    // The second school's three could be found out from the hub's and the others'.
    assert_eq!([answered(2, 1), answered(3, 1), answered(4, 1)], [Some(40), None, None]);
    assert_eq!(answered(1, 1), Some(78));
    assert!(published[3].tallies[1].options.iter().all(|option| option.count.is_none()));
}

/// Every number that sums and differences of published rows can give, as the schools it is about:
/// found by elimination, without knowing how rows nest.
fn smallest_derivable(published: &[Published], schools: &[SchoolCount], at: Option<usize>) -> u32 {
    let size = |school: &SchoolCount| match at {
        None => school.count.respondents,
        Some(question) => school.count.questions[question].iter().sum(),
    };
    let rows: Vec<Vec<i32>> = published
        .iter()
        .filter(|row| match at {
            None => row.responses.is_some(),
            Some(question) => row.tallies[question].answered.is_some(),
        })
        .map(|row| {
            let within = |school: &&SchoolCount| match row.level {
                ResultLevel::Programme => true,
                ResultLevel::Hub => row.hub == Some(school.hub),
                ResultLevel::School => row.enrolment == Some(school.enrolment),
            };
            // Schools without answers are no secret: they count for nothing.
            schools
                .iter()
                .filter(|school| size(school) > 0)
                .map(|one| i32::from(within(&one)))
                .collect()
        })
        .collect();
    let sizes: Vec<u32> = schools.iter().map(size).filter(|size| *size > 0).collect();
    let mut smallest = u32::MAX;
    // Coefficients of -1, 0 and 1 for each published row.
    for mut number in 0..3_usize.pow(u32::try_from(rows.len()).unwrap()) {
        let mut sum = vec![0_i32; sizes.len()];
        for row in &rows {
            let factor = i32::try_from(number % 3).unwrap() - 1;
            number /= 3;
            for (cell, more) in sum.iter_mut().zip(row) {
                *cell += factor * more;
            }
        }
        if sum.iter().all(|cell| *cell == 0 || *cell == 1) && sum.contains(&1) {
            let size = sum.iter().zip(&sizes).map(|(cell, size)| cell.unsigned_abs() * size).sum();
            smallest = smallest.min(size);
        }
    }
    smallest
}

#[test]
fn of_a_group_asked_by_links_no_more_answers_are_needed_than_it_has_links() {
    for (asked, links, expected) in [
        (10, None, 10),
        (10, Some(3), 3),
        (10, Some(10), 10),
        (10, Some(25), 10),
        (1, Some(3), 1),
        (10, Some(0), 1),
        (0, None, 1),
    ] {
        assert_eq!(enough(asked, links), expected, "{asked} of {links:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn nothing_about_fewer_than_ten_can_be_worked_out(
        sizes in prop::collection::vec((0..3_u128, 0..16_u32, 0..16_u32), 1..6)
    ) {
        let (calm, safe) =
            (question("calm", QuestionKind::Choice), question("safe", QuestionKind::Choice));
        let schools: Vec<SchoolCount> = sizes
            .iter()
            .enumerate()
            .map(|(at, (hub, size, skipped))| SchoolCount {
                hub: Uuid::from_u128(*hub),
                enrolment: Uuid::from_u128(1_000 + at as u128),
                count: Count {
                    respondents: *size,
                    questions: vec![vec![*size, 0], vec![size.saturating_sub(*skipped), 0]],
                },
            })
            .collect();
        let published = publish(&[&calm, &safe], &schools);
        for at in [None, Some(0), Some(1)] {
            let smallest = smallest_derivable(&published, &schools, at);
            prop_assert!(smallest >= 10, "{smallest} of {sizes:?}: {:?}", told(&published));
        }
        // What is told is true, and told of a question only where the row itself is told.
        let mut hubs: BTreeMap<Uuid, u32> = BTreeMap::new();
        for school in &schools {
            *hubs.entry(school.hub).or_default() += school.count.respondents;
        }
        for row in &published {
            if let (ResultLevel::Hub, Some(hub), Some(told)) = (row.level, row.hub, row.responses) {
                prop_assert_eq!(Some(&told), hubs.get(&hub));
            }
            for tally in &row.tallies {
                prop_assert!(tally.answered.is_none() || row.responses.is_some());
                let sum: Option<u32> = tally.options.iter().map(|option| option.count).sum();
                prop_assert_eq!(sum, tally.answered);
            }
        }
    }

    #[test]
    fn large_schools_are_all_told(sizes in prop::collection::vec((0..3_u128, 10..90_u32), 1..8)) {
        let calm = question("calm", QuestionKind::Choice);
        let published = publish(&[&calm], &schools(&sizes));
        prop_assert!(told(&published).iter().all(Option::is_some));
    }
}
