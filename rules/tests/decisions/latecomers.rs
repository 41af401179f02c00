//! The fairness rules for who joins late. A grace of 15 working days after Monday 1 February 2027
//! ends on Monday 1 March, half-term being in between.

use rules::commitments::{Action, CommitmentFacts, CommitmentKind};
use rules::programme::{CommitmentRule, EventKind, TermChoice};

use crate::support::{
    at, cpd_sessions, day, derivation, event, networking, open, open_days, reviews,
    self_assessment, settle, support_days,
};

const JOINED: &str = "2027-02-01";
const NOW: &str = "2027-02-01T12:00";
const GRACE: &str = "2027-03-01";

fn with(mut commitment: CommitmentFacts, change: fn(&mut CommitmentRule)) -> CommitmentFacts {
    change(&mut commitment.rule);
    commitment
}

fn with_kind(mut commitment: CommitmentFacts, kind: CommitmentKind) -> CommitmentFacts {
    commitment.kind = kind;
    commitment
}

#[test]
fn a_latecomer_owes_by_term_what_can_still_be_done() {
    let missed = |rule: &mut CommitmentRule| rule.closes_as_missed = true;
    let second = |rule: &mut CommitmentRule| rule.term = TermChoice::Number(2);
    for (why, commitment, expected) in [
        ("one-off work", self_assessment(), vec![("term-1", GRACE)]),
        (
            "deeds of each term, the past one left out",
            reviews(),
            vec![("term-2", GRACE), ("term-3", "2027-05-28")],
        ),
        ("support days of a past term", support_days(), vec![]),
        (
            "a deep-dive visit, though it stands for a day",
            with_kind(support_days(), CommitmentKind::DeepDiveVisit),
            vec![("term-1", GRACE)],
        ),
        ("support days of this term", with(support_days(), second), vec![("term-2", "2027-03-25")]),
        ("what could only be missed", with(self_assessment(), missed), vec![]),
    ] {
        let mut facts = derivation(NOW, JOINED, vec![commitment], vec![]);
        settle(&mut facts);
        let open = open(&facts);
        let owed: Vec<_> =
            open.iter().map(|wanted| (wanted.occurrence.as_str(), wanted.due_on)).collect();
        let expected: Vec<_> = expected.into_iter().map(|(term, due)| (term, day(due))).collect();
        assert_eq!(owed, expected, "{why}");
    }
}

#[test]
fn a_latecomer_owes_an_open_day_only_after_the_grace() {
    for (starts_at, owed) in [
        ("2026-11-11T09:00", false),
        ("2027-01-20T09:00", false),
        ("2027-02-01T09:00", false),
        ("2027-02-26T09:00", false),
        ("2027-03-01T09:00", true),
        ("2027-03-10T09:00", true),
    ] {
        let events = vec![event(201, EventKind::OpenDay, starts_at)];
        let mut facts = derivation(NOW, JOINED, vec![open_days()], events);
        settle(&mut facts);
        assert_eq!(!open(&facts).is_empty(), owed, "open day at {starts_at}");
    }
}

#[test]
fn an_open_day_whose_term_ends_within_the_grace_is_not_owed() {
    let events = vec![event(201, EventKind::OpenDay, "2027-03-24T09:00")];
    let facts = derivation("2027-03-08T12:00", "2027-03-08", vec![open_days()], events);
    assert_eq!(rules::commitments::derive(&facts), []);
}

#[test]
fn a_latecomer_watches_recordings_of_what_took_place_before() {
    for (starts_at, action, due_on) in [
        ("2026-09-24T15:30", Action::WatchRecording, GRACE),
        ("2027-02-05T15:30", Action::WatchRecording, GRACE),
        ("2027-02-24T15:30", Action::WatchRecording, "2027-03-10"),
        ("2027-03-01T15:30", Action::Attend, "2027-03-01"),
        ("2027-03-09T15:30", Action::Attend, "2027-03-09"),
    ] {
        let events = vec![event(201, EventKind::CpdSession, starts_at)];
        let mut facts = derivation(NOW, JOINED, vec![cpd_sessions()], events);
        settle(&mut facts);
        let wanted = open(&facts)[0];
        assert_eq!((wanted.action, wanted.due_on), (action, day(due_on)), "{starts_at}");
    }
}

#[test]
fn a_latecomer_does_not_owe_an_event_that_left_no_recording() {
    let events = vec![
        event(201, EventKind::HubNetworking, "2026-11-11T09:00"),
        event(202, EventKind::HubNetworking, "2027-02-24T09:00"),
        event(203, EventKind::HubNetworking, "2027-03-10T09:00"),
    ];
    let mut facts = derivation(NOW, JOINED, vec![networking()], events);
    settle(&mut facts);
    let open = open(&facts);
    let owed: Vec<_> = open.iter().map(|wanted| wanted.occurrence.as_str()).collect();
    assert_eq!(owed, ["event-203"]);
}

#[test]
fn what_was_over_before_it_was_first_written_down_is_not_written_down_as_missed() {
    let events = vec![event(201, EventKind::OpenDay, "2026-11-11T09:00")];
    let mut facts = derivation("2027-01-11T12:00", "2026-07-01", vec![open_days()], events);
    assert_eq!(settle(&mut facts), []);
    facts.now = at("2026-11-11T12:00");
    assert_eq!(settle(&mut facts).len(), 1);
}

#[test]
fn a_grace_of_nothing_still_gives_a_working_day() {
    let mut facts = derivation("2026-10-31T12:00", "2026-10-31", vec![self_assessment()], vec![]);
    facts.grace_working_days = 0;
    settle(&mut facts);
    assert_eq!(open(&facts)[0].due_on, day("2026-11-02"));
}
