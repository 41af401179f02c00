//! Invented facts that the tests share: the school year 2026/27 and a small programme in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{Calendar, Span, SpanKind, moment};
use rules::commitments::{
    Change, CommitmentFacts, CommitmentKind, DerivationFacts, EventFacts, ExistingObligation,
    ObligationState, TermFacts, Wanted, derive,
};
use rules::engagement::AlertPolicy;
use rules::people::ContactRole;
use rules::programme::{CommitmentRule, DueRule, EventKind, Policy, TermChoice};
use uuid::Uuid;

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A moment given in London time, such as `2026-10-05T08:00`.
pub fn at(text: &str) -> DateTime<Utc> {
    moment(format!("{text}:00").parse().unwrap())
}

pub fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub fn spans() -> Vec<Span> {
    [
        (SpanKind::Term, "2026-09-03", "2026-12-18"),
        (SpanKind::HalfTerm, "2026-10-26", "2026-10-30"),
        (SpanKind::Inset, "2026-09-03", "2026-09-03"),
        (SpanKind::Term, "2027-01-04", "2027-03-25"),
        (SpanKind::HalfTerm, "2027-02-15", "2027-02-19"),
        (SpanKind::Term, "2027-04-12", "2027-07-21"),
        (SpanKind::HalfTerm, "2027-05-31", "2027-06-04"),
    ]
    .map(|(kind, starts_on, ends_on)| Span {
        kind,
        starts_on: day(starts_on),
        ends_on: day(ends_on),
    })
    .to_vec()
}

pub fn holidays() -> Arc<BTreeSet<NaiveDate>> {
    let days = [
        "2026-12-25",
        "2026-12-28",
        "2027-01-01",
        "2027-03-26",
        "2027-03-29",
        "2027-05-03",
        "2027-05-31",
        "2027-08-30",
    ];
    Arc::new(days.into_iter().map(day).collect())
}

pub fn calendar() -> Calendar {
    Calendar::new(spans(), holidays())
}

pub fn policy() -> Policy {
    Policy {
        grace_working_days: 15,
        remind_before: vec![10, 3],
        remind_after: vec![3],
        escalate_to_hub_after: 10,
        escalate_to_programme_after: 20,
        recipients: vec![ContactRole::Headteacher],
        stop_after: None,
        digest_at: "08:00:00".parse().unwrap(),
        quiet_from: "18:00:00".parse().unwrap(),
        quiet_until: "07:30:00".parse().unwrap(),
        alert_when_overdue_by: 5,
        alerts: AlertPolicy::default(),
        kinds: BTreeMap::new(),
    }
}

pub fn terms() -> Vec<TermFacts> {
    [
        ("2026-09-03", "2026-12-18", "2026-10-26", "2026-10-30"),
        ("2027-01-04", "2027-03-25", "2027-02-15", "2027-02-19"),
        ("2027-04-12", "2027-07-21", "2027-05-31", "2027-06-04"),
    ]
    .into_iter()
    .zip(1..)
    .map(|((starts_on, ends_on, first, last), ordinal)| TermFacts {
        id: id(u128::from(ordinal)),
        ordinal,
        starts_on: day(starts_on),
        ends_on: day(ends_on),
        half_term: Some((day(first), day(last))),
    })
    .collect()
}

pub fn rule(term: TermChoice, due: DueRule) -> CommitmentRule {
    CommitmentRule {
        term,
        due,
        event: None,
        recording_within: None,
        closes_as_missed: false,
        days: None,
        senior_leader: false,
    }
}

fn commitment(number: u128, kind: CommitmentKind, rule: CommitmentRule) -> CommitmentFacts {
    let title = match kind {
        CommitmentKind::SelfAssessment => "Complete the self-assessment",
        CommitmentKind::AttendCpdSession => "Attend the CPD session",
        CommitmentKind::AttendOpenDay => "Attend an open day",
        CommitmentKind::SupportDays => "Use the support days",
        _ => "Do the work",
    };
    CommitmentFacts { template_id: id(number), kind, title: title.to_owned(), rule }
}

pub fn self_assessment() -> CommitmentFacts {
    let rule = rule(TermChoice::Number(1), DueRule::EndOfWeek(4));
    commitment(101, CommitmentKind::SelfAssessment, rule)
}

pub fn open_days() -> CommitmentFacts {
    let rule = CommitmentRule {
        event: Some(EventKind::OpenDay),
        closes_as_missed: true,
        ..rule(TermChoice::Each, DueRule::EndOfTerm)
    };
    commitment(102, CommitmentKind::AttendOpenDay, rule)
}

pub fn cpd_sessions() -> CommitmentFacts {
    let rule = CommitmentRule {
        event: Some(EventKind::CpdSession),
        recording_within: Some(10),
        ..rule(TermChoice::Each, DueRule::Event)
    };
    commitment(103, CommitmentKind::AttendCpdSession, rule)
}

pub fn networking() -> CommitmentFacts {
    let rule = CommitmentRule {
        event: Some(EventKind::HubNetworking),
        closes_as_missed: true,
        ..rule(TermChoice::Each, DueRule::Event)
    };
    commitment(104, CommitmentKind::AttendNetworking, rule)
}

pub fn support_days() -> CommitmentFacts {
    let rule =
        CommitmentRule { days: Some(2.5), ..rule(TermChoice::Number(1), DueRule::EndOfTerm) };
    commitment(105, CommitmentKind::SupportDays, rule)
}

pub fn reviews() -> CommitmentFacts {
    let rule = rule(TermChoice::Each, DueRule::MidTerm);
    commitment(106, CommitmentKind::ProgressReview, rule)
}

pub fn final_survey() -> CommitmentFacts {
    let rule = rule(TermChoice::Last, DueRule::LastWeeks(4));
    commitment(107, CommitmentKind::EvaluationSurvey, rule)
}

pub fn event(number: u128, kind: EventKind, starts_at: &str) -> EventFacts {
    let starts_at = at(starts_at);
    EventFacts {
        id: id(number),
        key: format!("event-{number}"),
        kind,
        title: "Leadership and vision".to_owned(),
        starts_at,
        ends_at: starts_at + chrono::TimeDelta::hours(2),
        published_at: Some(at("2026-07-01T09:00")),
        cancelled: false,
    }
}

pub fn derivation(
    now: &str,
    joined_on: &str,
    commitments: Vec<CommitmentFacts>,
    events: Vec<EventFacts>,
) -> DerivationFacts {
    DerivationFacts {
        now: at(now),
        grace_working_days: 15,
        joined_on: day(joined_on),
        ended_on: None,
        terms: terms(),
        commitments,
        events,
        calendar: calendar(),
        existing: Vec::new(),
    }
}

/// What storing the changes makes of the obligations.
pub fn apply(existing: &[ExistingObligation], changes: &[Change]) -> Vec<ExistingObligation> {
    let mut all = existing.to_vec();
    for change in changes {
        match change {
            Change::Add(wanted) => all.push(ExistingObligation {
                id: id(1_000 + all.len() as u128),
                state: ObligationState::Open,
                wanted: wanted.clone(),
            }),
            Change::Amend { id, wanted } => {
                let obligation = find(&mut all, *id);
                obligation.wanted = wanted.clone();
                obligation.state = ObligationState::Open;
            }
            Change::Miss { id } => find(&mut all, *id).state = ObligationState::Missed,
            Change::Cancel { id, .. } => find(&mut all, *id).state = ObligationState::Cancelled,
        }
    }
    all
}

fn find(all: &mut [ExistingObligation], id: Uuid) -> &mut ExistingObligation {
    all.iter_mut().find(|each| each.id == id).unwrap()
}

/// Derives, stores, and sees that there is nothing left to do.
pub fn settle(facts: &mut DerivationFacts) -> Vec<Change> {
    let changes = derive(facts);
    facts.existing = apply(&facts.existing, &changes);
    assert_eq!(derive(facts), Vec::new(), "deriving again changes nothing");
    changes
}

/// Occurrence, what to do and due day of all that is open.
pub fn open(facts: &DerivationFacts) -> Vec<&Wanted> {
    let open = facts.existing.iter();
    open.filter(|each| each.state == ObligationState::Open).map(|each| &each.wanted).collect()
}
