use rules::commitments::{Action, Change, CommitmentKind, ObligationState, derive, is_overdue};
use rules::programme::{DueRule, EventKind, TermChoice};

use crate::support::{
    at, cpd_sessions, day, derivation, event, final_survey, id, networking, open, open_days,
    reviews, rule, self_assessment, settle, support_days,
};

const JOINED: &str = "2026-07-01";
const BEFORE_TERM: &str = "2026-09-01T09:00";

#[test]
fn due_days_follow_the_rule_within_the_term() {
    for (term, due, opens_on, due_on) in [
        (1, DueRule::StartOfTerm, None, "2026-09-04"),
        (1, DueRule::EndOfWeek(1), None, "2026-09-04"),
        (1, DueRule::EndOfWeek(4), None, "2026-09-25"),
        (1, DueRule::EndOfWeek(9), None, "2026-10-23"),
        (1, DueRule::EndOfWeek(99), None, "2026-12-18"),
        (1, DueRule::HalfTerm, None, "2026-10-23"),
        (1, DueRule::MidTerm, None, "2026-10-23"),
        (1, DueRule::EndOfTerm, None, "2026-12-18"),
        (2, DueRule::EndOfTerm, None, "2027-03-25"),
        (3, DueRule::EndOfWeek(4), None, "2027-05-07"),
        (3, DueRule::LastWeeks(4), Some("2027-06-24"), "2027-07-21"),
        (3, DueRule::LastWeeks(400), Some("2027-04-12"), "2027-07-21"),
    ] {
        let mut commitment = self_assessment();
        commitment.rule = rule(TermChoice::Number(term), due);
        let mut facts = derivation(BEFORE_TERM, JOINED, vec![commitment], vec![]);
        facts.grace_working_days = 0;
        settle(&mut facts);
        let [wanted] = open(&facts)[..] else {
            panic!("{due:?} of term {term} gives one obligation")
        };
        assert_eq!(wanted.due_on, day(due_on), "{due:?} of term {term}");
        assert_eq!(wanted.opens_on, opens_on.map(day), "{due:?} of term {term}");
        assert_eq!(wanted.occurrence, format!("term-{term}"));
    }
}

#[test]
fn a_term_without_half_term_has_its_middle_there() {
    let mut commitment = self_assessment();
    commitment.rule = rule(TermChoice::Number(2), DueRule::HalfTerm);
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![commitment], vec![]);
    facts.terms[1].half_term = None;
    settle(&mut facts);
    // The 27th of its 54 working days, half-term in the school's own calendar left out.
    assert_eq!(open(&facts)[0].due_on, day("2027-02-09"));
}

#[test]
fn terms_are_chosen_by_number_each_or_last() {
    let commitments = vec![self_assessment(), reviews(), final_survey()];
    let mut facts = derivation(BEFORE_TERM, JOINED, commitments, vec![]);
    settle(&mut facts);
    let occurrences: Vec<_> =
        open(&facts).iter().map(|wanted| (wanted.kind, wanted.occurrence.as_str())).collect();
    assert_eq!(
        occurrences,
        [
            (CommitmentKind::SelfAssessment, "term-1"),
            (CommitmentKind::ProgressReview, "term-1"),
            (CommitmentKind::ProgressReview, "term-2"),
            (CommitmentKind::ProgressReview, "term-3"),
            (CommitmentKind::EvaluationSurvey, "term-3"),
        ]
    );
}

#[test]
fn a_term_the_cohort_does_not_have_owes_nothing() {
    let mut commitment = self_assessment();
    commitment.rule.term = TermChoice::Number(4);
    let facts = derivation(BEFORE_TERM, JOINED, vec![commitment], vec![]);
    assert_eq!(derive(&facts), []);
}

#[test]
fn support_days_are_counted_in_halves() {
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![support_days()], vec![]);
    settle(&mut facts);
    assert_eq!(open(&facts)[0].required_half_days, Some(5));
}

#[test]
fn an_open_day_is_owed_only_where_one_is_published_in_that_term() {
    let published = event(201, EventKind::OpenDay, "2026-11-11T09:00");
    let mut unpublished = event(202, EventKind::OpenDay, "2027-02-03T09:00");
    unpublished.published_at = Some(at("2027-01-10T09:00"));
    let mut cancelled = event(203, EventKind::OpenDay, "2027-05-12T09:00");
    cancelled.cancelled = true;
    let events = vec![published, unpublished, cancelled];
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![open_days()], events);
    settle(&mut facts);
    let due: Vec<_> = open(&facts).iter().map(|wanted| wanted.due_on).collect();
    assert_eq!(due, [day("2026-12-18")], "the end of the term, not the day of the event");

    facts.now = at("2027-01-10T09:00");
    let changes = settle(&mut facts);
    assert!(matches!(changes[0], Change::Miss { .. }), "{changes:?}");
    assert!(matches!(&changes[1], Change::Add(wanted) if wanted.occurrence == "term-2"));
}

#[test]
fn what_closes_as_missed_closes_at_the_end_of_its_day_and_not_before() {
    let events = vec![event(201, EventKind::OpenDay, "2026-12-18T09:00")];
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![open_days()], events);
    settle(&mut facts);
    facts.now = at("2026-12-18T23:59");
    assert_eq!(derive(&facts), []);
    facts.now = at("2026-12-19T00:00");
    let obligation = facts.existing[0].id;
    assert_eq!(settle(&mut facts), [Change::Miss { id: obligation }]);

    facts.terms[0].ends_on = day("2026-12-22");
    assert_eq!(derive(&facts), [], "a missed one stays missed");
    facts.now = at("2026-12-18T12:00");
    let changes = settle(&mut facts);
    assert!(matches!(changes[..], [Change::Amend { .. }]), "its day lies ahead: {changes:?}");
}

#[test]
fn a_recording_published_later_is_watched_within_its_days_from_then() {
    for (published_at, due_on) in [
        ("2026-09-01T09:00", "2026-10-19"),
        ("2026-10-05T09:00", "2026-10-19"),
        ("2026-11-09T23:30", "2026-11-23"),
    ] {
        let mut session = event(201, EventKind::CpdSession, "2026-10-05T15:30");
        session.published_at = Some(at(published_at));
        let mut facts = derivation("2026-11-10T09:00", JOINED, vec![cpd_sessions()], vec![session]);
        settle(&mut facts);
        let wanted = open(&facts)[0];
        assert_eq!(
            (wanted.action, wanted.due_on),
            (Action::WatchRecording, day(due_on)),
            "published at {published_at}"
        );
    }
}

#[test]
fn a_cpd_session_is_attended_and_once_over_its_recording_is_watched() {
    let events = vec![event(201, EventKind::CpdSession, "2026-10-05T15:30")];
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![cpd_sessions()], events);
    settle(&mut facts);
    let wanted = open(&facts)[0].clone();
    assert_eq!(wanted.occurrence, "event-201");
    assert_eq!(wanted.event_id, Some(id(201)));
    assert_eq!((wanted.action, wanted.due_on), (Action::Attend, day("2026-10-05")));
    assert_eq!(wanted.title, "Attend the CPD session: Leadership and vision");

    facts.now = at("2026-10-05T17:29");
    assert_eq!(derive(&facts), []);
    facts.now = at("2026-10-05T17:30");
    settle(&mut facts);
    let wanted = open(&facts)[0].clone();
    assert_eq!((wanted.action, wanted.due_on), (Action::WatchRecording, day("2026-10-19")));
    assert_eq!(wanted.opens_on, Some(day("2026-10-05")));
    assert_eq!(wanted.title, "Watch the recording: Leadership and vision");

    facts.events[0].starts_at = at("2026-11-12T15:30");
    facts.events[0].ends_at = at("2026-11-12T17:30");
    settle(&mut facts);
    let wanted = open(&facts)[0];
    assert_eq!((wanted.action, wanted.due_on), (Action::Attend, day("2026-11-12")));
}

#[test]
fn an_event_without_recording_closes_as_missed() {
    let events = vec![event(201, EventKind::HubNetworking, "2026-10-05T15:30")];
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![networking()], events);
    settle(&mut facts);
    facts.now = at("2026-10-06T00:00");
    settle(&mut facts);
    assert_eq!(facts.existing[0].state, ObligationState::Missed);
}

#[test]
fn a_cancelled_or_withdrawn_event_cancels_and_brings_back_its_obligation() {
    let events = vec![event(201, EventKind::CpdSession, "2026-10-05T15:30")];
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![cpd_sessions()], events);
    settle(&mut facts);
    let reason = |change: &Change| match change {
        Change::Cancel { reason, .. } => *reason,
        other => panic!("{other:?} is no cancellation"),
    };

    facts.events[0].cancelled = true;
    assert_eq!(reason(&settle(&mut facts)[0]), "The event was cancelled.");
    facts.events[0].cancelled = false;
    assert!(matches!(settle(&mut facts)[..], [Change::Amend { .. }]));
    facts.events[0].published_at = None;
    assert_eq!(reason(&settle(&mut facts)[0]), "The event is no longer published.");
    facts.events[0].published_at = Some(facts.now);
    settle(&mut facts);
    facts.events.clear();
    assert_eq!(reason(&settle(&mut facts)[0]), "The event is no longer on offer to the school.");
}

#[test]
fn what_was_cancelled_does_not_come_back_only_to_be_missed() {
    let events = vec![event(201, EventKind::HubNetworking, "2026-10-05T15:30")];
    let mut facts = derivation(BEFORE_TERM, JOINED, vec![networking()], events);
    settle(&mut facts);
    facts.events[0].cancelled = true;
    settle(&mut facts);
    facts.events[0].cancelled = false;
    facts.now = at("2026-10-06T00:00");
    assert_eq!(settle(&mut facts), []);
}

#[test]
fn a_moved_term_moves_what_is_open_and_leaves_what_is_settled() {
    for (state, moves) in [
        (ObligationState::Open, true),
        (ObligationState::Met, false),
        (ObligationState::Excused, false),
    ] {
        let mut facts = derivation(BEFORE_TERM, JOINED, vec![self_assessment()], vec![]);
        settle(&mut facts);
        facts.existing[0].state = state;
        facts.terms[0].starts_on = day("2026-09-14");
        settle(&mut facts);
        let due_on = facts.existing[0].wanted.due_on;
        let expected = if moves { "2026-10-09" } else { "2026-09-25" };
        assert_eq!(due_on, day(expected), "{state:?}");
        assert_eq!(facts.existing[0].state, state);
    }
}

#[test]
fn who_left_owes_nothing_and_keeps_what_was_achieved() {
    let commitments = vec![self_assessment(), reviews()];
    let mut facts = derivation(BEFORE_TERM, JOINED, commitments, vec![]);
    settle(&mut facts);
    facts.existing[0].state = ObligationState::Met;
    facts.existing[1].state = ObligationState::Missed;
    facts.ended_on = Some(day("2026-11-02"));
    facts.now = at("2026-11-01T12:00");
    assert_eq!(derive(&facts), [], "not before the last day");
    facts.now = at("2026-11-02T12:00");
    settle(&mut facts);
    let states: Vec<_> = facts.existing.iter().map(|each| each.state).collect();
    assert_eq!(
        states,
        [
            ObligationState::Met,
            ObligationState::Missed,
            ObligationState::Cancelled,
            ObligationState::Cancelled
        ]
    );
    facts.ended_on = None;
    settle(&mut facts);
    let open: Vec<_> = open(&facts).iter().map(|each| each.occurrence.as_str()).collect();
    assert_eq!(open, ["term-2", "term-3"], "who comes back owes what lies ahead");
}

#[test]
fn overdue_is_open_and_past_its_moment() {
    let due_at = at("2026-09-26T00:00");
    for (state, now, overdue) in [
        (ObligationState::Open, "2026-09-25T23:59", false),
        (ObligationState::Open, "2026-09-26T00:00", true),
        (ObligationState::Met, "2026-09-27T00:00", false),
        (ObligationState::Missed, "2026-09-27T00:00", false),
    ] {
        assert_eq!(is_overdue(state, due_at, at(now)), overdue, "{state:?} {now}");
    }
}
