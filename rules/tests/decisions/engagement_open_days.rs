//! The rules about open days, around their thresholds.

use rules::commitments::{CommitmentKind, ObligationState};
use rules::engagement::{Decision, EngagementFacts, ObligationEvidence, OpenDayFacts, RuleName};
use rules::events::{AttendanceMode, BookingState};

use crate::engagement::{decide, is_fair, owed, partner, reasons, short};
use crate::support::{day, id};

fn open_day(number: u128, on: &str) -> OpenDayFacts {
    OpenDayFacts {
        id: id(number),
        cohort_id: None,
        title: "Open day of Demo Lead School".to_owned(),
        on: day(on),
        booking: None,
        attendance: None,
    }
}

fn missed_in_autumn() -> EngagementFacts {
    let one = owed(1, CommitmentKind::AttendOpenDay, "2026-12-18");
    EngagementFacts {
        open_days: vec![open_day(30, "2026-11-12")],
        ..partner(vec![ObligationEvidence { state: ObligationState::Missed, ..one }])
    }
}

#[test]
fn a_missed_open_day_is_flagged_until_the_next_is_attended_or_another_term_is_over() {
    let missed =
        |facts: &EngagementFacts, now| decide(RuleName::OpenDayMissed, "term-1", facts, now);
    let facts = missed_in_autumn();
    for (now, expected) in [
        // Missed with the end of the term, told when the school is back.
        ("2026-12-18T23:59", "raise"),
        ("2026-12-19T00:05", "keep"),
        ("2027-01-04T06:00", "raise"),
        ("2027-03-25T12:00", "raise"),
        ("2027-03-26T12:00", "clear"),
    ] {
        assert_eq!(short(&missed(&facts, now)), expected, "{now}");
    }
    let spring = decide(RuleName::OpenDayMissed, "term-2", &facts, "2027-01-05T12:00");
    assert_eq!(spring, Decision::Clear, "another term is another period");
    for state in [ObligationState::Met, ObligationState::Excused] {
        let mut facts = facts.clone();
        facts.obligations[0].state = state;
        assert_eq!(missed(&facts, "2027-01-05T12:00"), Decision::Clear, "{state:?}");
        let next = owed(2, CommitmentKind::AttendOpenDay, "2027-03-25");
        let mut facts = missed_in_autumn();
        facts.obligations.push(ObligationEvidence { state, term_id: Some(id(2)), ..next });
        let expected = if state == ObligationState::Met { "clear" } else { "raise" };
        assert_eq!(short(&missed(&facts, "2027-02-01T12:00")), expected, "the next is {state:?}");
    }
    is_fair(RuleName::OpenDayMissed, "term-1", &facts, "2027-02-01T12:00");
}

#[test]
fn an_open_day_still_ahead_is_not_missed() {
    let facts = partner(vec![owed(1, CommitmentKind::AttendOpenDay, "2026-12-18")]);
    for now in ["2026-10-05T12:00", "2026-12-18T12:00"] {
        assert_eq!(
            decide(RuleName::OpenDayMissed, "term-1", &facts, now),
            Decision::Clear,
            "{now}"
        );
    }
}

#[test]
fn a_missed_open_day_says_what_became_of_the_offers() {
    let story = |booking, attendance| {
        let mut facts = missed_in_autumn();
        facts.open_days = vec![
            open_day(31, "2027-02-11"),
            OpenDayFacts { booking, attendance, ..open_day(30, "2026-11-12") },
        ];
        let found = reasons(decide(RuleName::OpenDayMissed, "term-1", &facts, "2027-01-05T12:00"));
        assert_eq!(found.len(), 2, "that of the spring is not about it");
        assert_eq!(found[0].fact, "“Do what is number 1” closed as missed on 18 December 2026");
        assert_eq!((found[0].obligation_id, found[1].event_id), (Some(id(1)), Some(id(30))));
        found[1].fact.clone()
    };
    let was = "Open day of Demo Lead School was on 12 November 2026";
    let booked = Some(BookingState::Booked);
    assert_eq!(story(None, None), format!("{was}: not booked"));
    assert_eq!(story(booked, Some(AttendanceMode::Absent)), format!("{was}: did not come"));
    let cancelled = story(Some(BookingState::Cancelled), None);
    assert_eq!(cancelled, format!("{was}: booked and cancelled"));
}
