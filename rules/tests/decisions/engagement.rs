use std::collections::BTreeSet;

use rules::calendar::{Calendar, Span, SpanKind, local};
use rules::commitments::{CommitmentKind, ObligationState};
use rules::engagement::{
    AlertSubject, Decision, EngagementFacts, Evidence, ObligationEvidence, RULES, RuleName,
    SubjectTerm, assess, rule_of,
};
use strum::VariantArray as _;

use crate::support::{at, calendar, day, id, policy, terms};

/// A self-assessment due on Friday 25 September 2026.
pub fn obligation() -> ObligationEvidence {
    ObligationEvidence {
        id: id(900),
        kind: CommitmentKind::SelfAssessment,
        template_id: id(101),
        term_id: Some(id(1)),
        title: "Complete the self-assessment".to_owned(),
        state: ObligationState::Open,
        by_hand: false,
        due_on: day("2026-09-25"),
        half_days: 1,
    }
}

pub fn owed(number: u128, kind: CommitmentKind, due_on: &str) -> ObligationEvidence {
    let title = format!("Do what is number {number}");
    ObligationEvidence { id: id(number), kind, title, due_on: day(due_on), ..obligation() }
}

/// A partner, or a hub, since July, with the three terms of 2026/27.
pub fn subject(subject: AlertSubject, obligations: Vec<ObligationEvidence>) -> EngagementFacts {
    let names = ["Autumn 2026", "Spring 2027", "Summer 2027"];
    let terms = terms().into_iter().zip(names).map(|(term, name)| SubjectTerm {
        period: format!("term-{}", term.ordinal),
        name: name.to_owned(),
        cohort_id: id(50),
        joined_on: day("2026-07-01"),
        term,
    });
    EngagementFacts {
        terms: terms.collect(),
        obligations,
        ..EngagementFacts::new(subject, day("2026-07-01"), calendar())
    }
}

pub fn partner(obligations: Vec<ObligationEvidence>) -> EngagementFacts {
    subject(AlertSubject::Enrolment, obligations)
}

/// What a rule decides about a period, with an alert open that has this evidence.
pub fn decide_after(
    rule: RuleName,
    period: &str,
    facts: &EngagementFacts,
    now: &str,
    before: &[Evidence],
) -> Decision {
    let verdicts = assess(facts, &policy(), at(now), |_, _| before);
    let verdict = verdicts.into_iter().find(|one| one.rule == rule && one.period == period);
    verdict.map_or(Decision::Clear, |verdict| verdict.decision)
}

pub fn decide(rule: RuleName, period: &str, facts: &EngagementFacts, now: &str) -> Decision {
    decide_after(rule, period, facts, now, &[])
}

/// `raise`, `keep`, `no data` or `clear`.
pub fn short(decision: &Decision) -> &'static str {
    match decision {
        Decision::Raise { .. } => "raise",
        Decision::Keep => "keep",
        Decision::NoData => "no data",
        Decision::Clear => "clear",
    }
}

pub fn reasons(decision: Decision) -> Vec<Evidence> {
    let Decision::Raise { evidence, .. } = decision else { panic!("it is raised: {decision:?}") };
    evidence
}

/// Sees that something that is raised on `now` is left as it is at a paused, closed or new school
/// and in the holidays.
pub fn is_fair(rule: RuleName, period: &str, facts: &EngagementFacts, now: &str) {
    let decision = decide(rule, period, facts, now);
    assert_eq!(short(&decision), "raise", "{rule:?}");
    if let (Some(term), Decision::Raise { summary, .. }) =
        (facts.terms.iter().find(|term| term.period == period), &decision)
    {
        assert!(summary.contains(&term.name), "{rule:?} says which term it is about: {summary}");
    }
    let paused = EngagementFacts { live: false, ..facts.clone() };
    assert_eq!(decide(rule, period, &paused, now), Decision::Keep, "{rule:?}, paused or closed");
    let today = local(at(now)).date();
    for (days_ago, expected) in [(14, "keep"), (15, "raise")] {
        let joined_on = calendar().add_working_days(today, -days_ago);
        let mut new = EngagementFacts { joined_on, ..facts.clone() };
        for term in &mut new.terms {
            term.joined_on = joined_on;
        }
        let decision = decide(rule, period, &new, now);
        assert_eq!(short(&decision), expected, "{rule:?}, {days_ago} working days after joining");
    }
    let mut spans = crate::support::spans();
    spans.push(Span { kind: SpanKind::HalfTerm, starts_on: today, ends_on: today });
    let away = EngagementFacts {
        calendar: Calendar::new(spans, crate::support::holidays()),
        ..facts.clone()
    };
    assert_eq!(decide(rule, period, &away, now), Decision::Keep, "{rule:?}, in the holidays");
}

#[test]
fn every_rule_is_in_the_list_once_and_has_its_file() {
    let mut files = BTreeSet::new();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/engagement");
    for file in std::fs::read_dir(folder).unwrap() {
        let name = file.unwrap().file_name().to_string_lossy().into_owned();
        files.insert(name.trim_end_matches(".rs").to_owned());
    }
    for name in RuleName::VARIANTS {
        assert_eq!(RULES.iter().filter(|rule| rule.name == *name).count(), 1, "{name:?}");
        assert!(files.remove(<&str>::from(*name)), "{name:?} has a file of its own");
    }
    for shared in ["mod", "facts", "late", "life", "policy", "support", "words"] {
        assert!(files.remove(shared), "{shared}");
    }
    assert!(files.is_empty(), "neither a rule nor shared by rules: {files:?}");
    assert!(RULES.iter().all(|rule| rule.version >= 1 && !rule.about.is_empty()));
}

/// The table tests of the rules are where one looks for them: a rule without any is found here.
#[test]
fn every_rule_has_its_table_test() {
    let tests = [
        include_str!("engagement.rs"),
        include_str!("engagement_open_days.rs"),
        include_str!("engagement_partners.rs"),
        include_str!("engagement_surveys.rs"),
        include_str!("engagement_hubs.rs"),
    ];
    for name in RuleName::VARIANTS {
        let call = format!("is_fair(RuleName::{name:?}");
        assert!(tests.iter().any(|test| test.contains(&call)), "{name:?}");
    }
}

#[test]
fn what_is_overdue_by_five_working_days_is_raised_with_its_evidence() {
    let facts = partner(vec![owed(900, CommitmentKind::InitialActions, "2026-09-25")]);
    let overdue = |now| decide(RuleName::OverdueObligation, "whole", &facts, now);
    for (now, expected) in [
        ("2026-09-25T12:00", "clear"),
        ("2026-10-01T23:59", "clear"),
        ("2026-10-02T00:00", "raise"),
        ("2026-10-05T07:58", "raise"),
    ] {
        assert_eq!(short(&overdue(now)), expected, "{now}");
    }
    let Decision::Raise { summary, threshold, evidence } = overdue("2026-10-05T07:58") else {
        panic!("it is raised")
    };
    assert_eq!(summary, "1 obligation is overdue by 5 working days or more.");
    assert_eq!(threshold, "Overdue by 5 working days or more");
    assert_eq!(evidence.len(), 1);
    assert_eq!(evidence[0].obligation_id, Some(id(900)));
    assert_eq!(evidence[0].fact, "“Do what is number 900” was due on 25 September 2026");
    // The same fact reads the same on another day, so that nothing is written for the passing of one.
    assert_eq!(overdue("2026-10-09T07:58"), overdue("2026-10-05T07:58"));
    is_fair(RuleName::OverdueObligation, "whole", &facts, "2026-10-05T12:00");
    let hub = subject(AlertSubject::Hub, vec![owed(1, CommitmentKind::KeepInTouch, "2026-09-25")]);
    is_fair(RuleName::OverdueObligation, "whole", &hub, "2026-10-05T12:00");
}

#[test]
fn holidays_do_not_count_towards_being_overdue() {
    let facts = partner(vec![owed(900, CommitmentKind::Launch, "2026-10-22")]);
    let overdue = |now| decide(RuleName::OverdueObligation, "whole", &facts, now);
    assert_eq!(overdue("2026-11-04T12:00"), Decision::Clear);
    assert_eq!(short(&overdue("2026-11-05T12:00")), "raise");
}

#[test]
fn what_is_done_excused_missed_or_cancelled_clears() {
    for state in ObligationState::VARIANTS {
        let one = owed(900, CommitmentKind::InitialActions, "2026-09-25");
        let facts = partner(vec![ObligationEvidence { state: *state, ..one }]);
        let decision = decide(RuleName::OverdueObligation, "whole", &facts, "2026-10-05T12:00");
        let expected = if *state == ObligationState::Open { "raise" } else { "clear" };
        assert_eq!(short(&decision), expected, "{state:?}");
        // At a paused school too.
        let paused = EngagementFacts { live: false, ..facts };
        let decision = decide(RuleName::OverdueObligation, "whole", &paused, "2026-10-05T12:00");
        let expected = if *state == ObligationState::Open { "keep" } else { "clear" };
        assert_eq!(short(&decision), expected, "{state:?}, paused");
    }
}

#[test]
fn each_obligation_is_flagged_by_one_rule_only() {
    for kind in CommitmentKind::VARIANTS {
        let about = match rule_of(&partner(vec![]), &owed(1, *kind, "2026-09-25")) {
            RuleName::NoOpenDayOffered | RuleName::SupportDaysNotDelivered => AlertSubject::Hub,
            _ => AlertSubject::Enrolment,
        };
        // Two of each, since one CPD session is not enough.
        let facts =
            subject(about, vec![owed(1, *kind, "2026-09-11"), owed(2, *kind, "2026-09-18")]);
        let raised: Vec<RuleName> = assess(&facts, &policy(), at("2026-12-01T12:00"), |_, _| &[])
            .into_iter()
            .filter(|verdict| match &verdict.decision {
                Decision::Raise { evidence, .. } => {
                    evidence.iter().any(|one| one.obligation_id == Some(id(1)))
                }
                _ => false,
            })
            .map(|verdict| verdict.rule)
            .collect();
        let expected = match kind {
            // Nothing was offered, or nobody had to be offered anything.
            CommitmentKind::SupportDays | CommitmentKind::DeliverSupportDays => vec![],
            _ => vec![rule_of(&facts, &facts.obligations[0])],
        };
        assert_eq!(raised, expected, "{kind:?}");
    }
}

#[test]
fn evidence_of_before_the_other_kinds_of_rows_is_still_read() {
    let stored = format!(r#"[{{ "obligation_id": "{}", "fact": "Due on 1 October" }}]"#, id(7));
    let read: Vec<Evidence> = serde_json::from_str(&stored).unwrap();
    assert_eq!(read[0].obligation_id, Some(id(7)));
    assert_eq!(read[0].event_id, None);
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(written, serde_json::from_str::<serde_json::Value>(&stored).unwrap());
}
