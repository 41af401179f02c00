//! Pathways, and what partners and hubs promise.

use super::{Faults, MOST_WORKING_DAYS};
use crate::commitments::CommitmentKind;
use crate::programme::{CommitmentRule, CommitmentSetUp, DueRule, EventKind, SetUp, TermChoice};

/// Most support days one commitment can stand for.
const MOST_DAYS: f64 = 200.0;

/// What the cohorts allow a rule to name.
struct Limits {
    terms: u32,
    weeks: u32,
}

pub(super) fn check(set_up: &SetUp, faults: &mut Faults) {
    let terms = || set_up.cohorts.iter().flat_map(|cohort| &cohort.terms);
    let longest = terms().map(|term| (term.ends_on - term.starts_on).num_weeks());
    let most = set_up.cohorts.iter().map(|cohort| cohort.terms.len()).max();
    let limits = Limits {
        terms: u32::try_from(most.unwrap_or(0)).unwrap_or(u32::MAX),
        // A term of whole weeks that starts in mid-week reaches into two more.
        weeks: u32::try_from(longest.max().unwrap_or(0)).unwrap_or(0) + 2,
    };
    faults.expect(!set_up.pathways.is_empty(), "pathway", "at least one is needed.");
    faults.keys("pathway", set_up.pathways.iter().map(|pathway| pathway.key.as_str()));
    for pathway in &set_up.pathways {
        let place = format!("pathway.{}", pathway.key);
        faults.text(format!("{place}.name"), &pathway.name);
        faults.expect(
            pathway.key != "hub",
            format!("{place}.key"),
            "`hub` is kept for what hubs promise.",
        );
        faults.expect(
            pathway.leadership_days.is_none_or(|(least, most)| least <= most),
            format!("{place}.leadership_days"),
            "the least must come before the most.",
        );
        list(&format!("{place}.commitment"), &pathway.commitments, &limits, faults);
    }
    list("hub_commitment", &set_up.hub_commitments, &limits, faults);
}

fn list(place: &str, commitments: &[CommitmentSetUp], limits: &Limits, faults: &mut Faults) {
    faults.keys(place, commitments.iter().map(|commitment| commitment.key.as_str()));
    for commitment in commitments {
        let place = format!("{place}.{}", commitment.key);
        faults.text(format!("{place}.title"), &commitment.title);
        check_dates(&commitment.rule, &place, limits, faults);
        check_event(commitment.kind, &commitment.rule, &place, faults);
        if let Some(days) = commitment.rule.days {
            let halves = days * 2.0;
            let good = days > 0.0 && days <= MOST_DAYS && halves.fract().abs() < f64::EPSILON;
            faults.expect(
                good,
                format!("{place}.days"),
                format!("must be whole or half days, more than 0 and at most {MOST_DAYS}."),
            );
        }
    }
}

fn check_dates(rule: &CommitmentRule, place: &str, limits: &Limits, faults: &mut Faults) {
    if let TermChoice::Number(term) = rule.term {
        faults.expect(
            (1..=limits.terms).contains(&term),
            format!("{place}.term"),
            format!("there is no term {term}: no cohort has more than {}.", limits.terms),
        );
    }
    if let DueRule::EndOfWeek(weeks) | DueRule::LastWeeks(weeks) = rule.due {
        faults.expect(
            (1..=limits.weeks).contains(&weeks),
            format!("{place}.due"),
            format!("no term has a week {weeks}."),
        );
    }
}

fn check_event(kind: CommitmentKind, rule: &CommitmentRule, place: &str, faults: &mut Faults) {
    let of_events = rule.due == DueRule::Event;
    faults.expect(
        !of_events || rule.event.is_some(),
        format!("{place}.event"),
        "must be given, as it is due with each event of that kind.",
    );
    if let Some(days) = rule.recording_within {
        faults.expect(
            of_events,
            format!("{place}.recording_within"),
            "makes sense only with `due = \"event\"`.",
        );
        faults.expect(
            (1..=MOST_WORKING_DAYS).contains(&days),
            format!("{place}.recording_within"),
            format!("must be 1 to {MOST_WORKING_DAYS} working days."),
        );
    }
    let fitting = match kind {
        CommitmentKind::AttendOpenDay => Some(EventKind::OpenDay),
        CommitmentKind::AttendCpdSession => Some(EventKind::CpdSession),
        CommitmentKind::TrainingModule => Some(EventKind::TrainingModule),
        CommitmentKind::AttendNetworking => Some(EventKind::HubNetworking),
        _ => None,
    };
    if let (Some(fitting), Some(event)) = (fitting, rule.event) {
        let (kind, event): (&str, &str) = (kind.into(), event.into());
        faults.expect(
            event == <&str>::from(fitting),
            format!("{place}.event"),
            format!("a commitment of kind `{kind}` is not about events of kind `{event}`."),
        );
    }
}
