use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;
use rules::calendar::{Calendar, Span, SpanKind};
use rules::commitments::{CommitmentKind, ObligationState, OwedBy};
use rules::reminders::{KINDS, ObligationFacts, PlannedReminder, Step, StepKind, plan, unwanted};
use strum::VariantArray as _;

use crate::support::{at, calendar, day, holidays, id, policy};

const OWNER: u128 = 1;
const LEAD: u128 = 2;
const ADMIN: u128 = 3;

/// Open, due on Monday 19 October 2026: its days are 5 and 14 October before, 22 October after,
/// and, half-term being in between, 9 and 23 November for the escalations.
pub fn obligation() -> ObligationFacts {
    ObligationFacts {
        id: id(900),
        kind: CommitmentKind::SelfAssessment,
        owed_by: OwedBy::Partner,
        state: ObligationState::Open,
        revision: 1,
        opens_on: None,
        due_on: day("2026-10-19"),
        nothing_left_to_attend: false,
        reminded_by_survey: false,
        live: true,
        calendar: calendar(),
        owners: vec![id(OWNER)],
        hub_leads: vec![id(LEAD)],
        programme_admins: vec![id(ADMIN)],
        own_calendars: Arc::default(),
        ledger: BTreeSet::new(),
    }
}

fn planned(facts: &ObligationFacts, now: &str) -> Vec<(String, u128, NaiveDate)> {
    plan(facts, &policy(), at(now))
        .into_iter()
        .map(|reminder| (reminder.step.to_string(), reminder.person_id.as_u128(), reminder.send_on))
        .collect()
}

fn one(facts: &ObligationFacts, now: &str) -> PlannedReminder {
    let [reminder] = &plan(facts, &policy(), at(now))[..] else {
        panic!("one reminder is planned at {now}")
    };
    reminder.clone()
}

#[test]
fn every_kind_of_reminder_is_in_the_list_once() {
    for kind in StepKind::VARIANTS {
        let lines = KINDS.iter().filter(|line| line.kind == *kind).count();
        assert_eq!(lines, 1, "{kind:?}");
    }
    for line in KINDS {
        for (step, _) in (line.steps)(&policy().reminders(CommitmentKind::Audit)) {
            assert_eq!(StepKind::from(step), line.kind);
        }
    }
}

#[test]
fn steps_are_written_and_read_as_text() {
    for (step, text) in [
        (Step::Before(10), "before_10"),
        (Step::After(3), "after_3"),
        (Step::EscalateToHub, "escalate_hub"),
        (Step::EscalateToProgramme, "escalate_programme"),
    ] {
        assert_eq!(step.to_string(), text);
        assert_eq!(text.parse(), Ok(step));
    }
    for text in ["", "before", "before_", "before_-1", "before_+3", "before_03", "after_x", "late"]
    {
        let error = text.parse::<Step>().unwrap_err();
        assert!(error.to_string().contains(&format!("`{text}`")));
    }
}

#[test]
fn each_step_is_planned_on_its_day_for_its_audience() {
    let facts = obligation();
    for (now, step, person) in [
        ("2026-10-05T00:00", "before_10", OWNER),
        ("2026-10-13T23:00", "before_10", OWNER),
        ("2026-10-14T00:00", "before_3", OWNER),
        ("2026-10-19T23:59", "before_3", OWNER),
        ("2026-10-22T06:00", "after_3", OWNER),
    ] {
        let today = at(now).date_naive().max(day(&now[..10]));
        assert_eq!(planned(&facts, now), [(step.to_owned(), person, today)], "{now}");
    }
    assert_eq!(planned(&facts, "2026-10-04T23:59"), [], "before the first step's day");
    assert_eq!(planned(&facts, "2026-10-20T08:00"), [], "just overdue");
    assert_eq!(planned(&facts, "2026-10-21T08:00"), [], "just overdue");
}

#[test]
fn long_overdue_work_reaches_the_hub_lead_and_then_the_programme() {
    let mut facts = obligation();
    facts.ledger.insert((Step::After(3), id(OWNER)));
    assert_eq!(planned(&facts, "2026-11-06T08:00"), []);
    let hub = ("escalate_hub".to_owned(), LEAD, day("2026-11-09"));
    assert_eq!(planned(&facts, "2026-11-09T08:00"), [hub]);
    facts.ledger.insert((Step::EscalateToHub, id(LEAD)));
    assert_eq!(planned(&facts, "2026-11-22T08:00"), []);
    let programme = ("escalate_programme".to_owned(), ADMIN, day("2026-11-23"));
    assert_eq!(planned(&facts, "2026-11-23T08:00"), [programme]);
}

#[test]
fn what_depends_on_an_offer_is_reminded_of_beforehand_and_never_reported_late() {
    for kind in CommitmentKind::VARIANTS {
        let facts = ObligationFacts { kind: *kind, ..obligation() };
        assert_eq!(planned(&facts, "2026-10-14T08:00")[0].0, "before_3", "{kind:?}");
        let offered = [CommitmentKind::SupportDays, CommitmentKind::AttendOpenDay].contains(kind);
        for late in ["2026-10-22T08:00", "2026-11-09T08:00", "2026-11-23T08:00"] {
            assert_eq!(planned(&facts, late).is_empty(), offered, "{kind:?} at {late}");
        }
    }
}

#[test]
fn a_hubs_own_duty_goes_to_its_leads_and_escalates_past_them() {
    let mut facts = obligation();
    facts.owed_by = OwedBy::Hub;
    facts.owners = vec![id(LEAD)];
    facts.ledger.insert((Step::After(3), id(LEAD)));
    assert_eq!(planned(&facts, "2026-11-09T08:00"), []);
    assert_eq!(planned(&facts, "2026-11-23T08:00")[0].0, "escalate_programme");
}

#[test]
fn what_is_not_open_not_live_or_not_possible_yet_is_never_reminded_about() {
    let now = "2026-10-14T08:00";
    for state in ObligationState::VARIANTS {
        let facts = ObligationFacts { state: *state, ..obligation() };
        let expected = usize::from(*state == ObligationState::Open);
        assert_eq!(planned(&facts, now).len(), expected, "{state:?}");
    }
    let facts = ObligationFacts { live: false, ..obligation() };
    assert_eq!(planned(&facts, now), [], "a paused enrolment");
    let mut facts = ObligationFacts { opens_on: Some(day("2026-10-15")), ..obligation() };
    assert_eq!(planned(&facts, now), [], "not open yet");
    facts.opens_on = Some(day("2026-10-14"));
    assert_eq!(planned(&facts, now).len(), 1, "open from today");
}

#[test]
fn a_latecomer_gets_the_latest_step_alone() {
    let facts = obligation();
    assert_eq!(planned(&facts, "2026-10-16T08:00").len(), 1);
    let mut sent = obligation();
    sent.ledger.insert((Step::Before(3), id(OWNER)));
    assert_eq!(planned(&sent, "2026-10-16T08:00"), [], "the ten-day one is not made up for");
}

#[test]
fn a_worker_that_was_down_for_three_days_still_sends_once() {
    let mut facts = obligation();
    let late = planned(&facts, "2026-10-17T09:00");
    // Saturday: it goes out on Monday, the due day, and not in the weekend.
    let monday = ("before_3".to_owned(), OWNER, day("2026-10-19"));
    assert_eq!(late, [monday]);
    facts.ledger.insert((Step::Before(3), id(OWNER)));
    assert_eq!(planned(&facts, "2026-10-19T09:00"), []);
    assert_eq!(planned(&facts, "2026-10-27T09:00")[0].2, day("2026-11-02"), "after half-term");
}

#[test]
fn a_moved_due_day_starts_afresh_and_makes_the_old_reminder_unwanted() {
    let mut facts = obligation();
    let old = one(&facts, "2026-10-05T08:00");
    facts.due_on = day("2026-11-27");
    facts.revision = 2;
    let now = at("2026-10-05T08:00");
    assert_eq!(unwanted(&facts, &old, now), Some("Its due day has moved."));
    assert_eq!(planned(&facts, "2026-10-05T08:00"), [], "extended: nothing before its new days");
    let new = one(&facts, "2026-11-13T08:00");
    assert_eq!((new.step, new.revision), (Step::Before(10), 2));
    assert!(new.reason.contains("27 November 2026"), "{}", new.reason);
}

#[test]
fn a_reminder_is_checked_again_before_it_goes() {
    let reminder = one(&obligation(), "2026-10-14T08:00");
    let now = "2026-10-14T08:00";
    let state = |state| ObligationFacts { state, ..obligation() };
    for (facts, now, expected) in [
        (obligation(), now, None),
        (state(ObligationState::Met), now, Some("It is done.")),
        (state(ObligationState::Excused), now, Some("It was excused.")),
        (state(ObligationState::Missed), now, Some("Its day has passed and cannot come back.")),
        (state(ObligationState::Cancelled), now, Some("It is no longer owed.")),
        (
            ObligationFacts { live: false, ..obligation() },
            now,
            Some("Who owes it is paused, closed or no longer taking part."),
        ),
        (
            ObligationFacts { opens_on: Some(day("2026-10-15")), ..obligation() },
            now,
            Some("It cannot be done yet."),
        ),
        (
            ObligationFacts { owners: vec![id(77)], ..obligation() },
            now,
            Some("This person is no longer the one to tell."),
        ),
        (obligation(), "2026-10-19T23:59", None),
        (obligation(), "2026-10-20T00:00", Some("Its moment has passed.")),
    ] {
        assert_eq!(unwanted(&facts, &reminder, at(now)), expected);
    }
}

#[test]
fn a_reminder_expires_with_its_due_moment_or_the_next_step() {
    let facts = obligation();
    assert_eq!(one(&facts, "2026-10-05T08:00").expires_at, at("2026-10-14T00:00"));
    assert_eq!(one(&facts, "2026-10-14T08:00").expires_at, at("2026-10-20T00:00"));
    let mut winter = obligation();
    // Due on the first Monday after the clocks went back.
    winter.due_on = day("2026-11-02");
    let reminder = one(&winter, "2026-10-23T08:00");
    assert_eq!(reminder.expires_at.to_rfc3339(), "2026-11-03T00:00:00+00:00");
    let mut summer = obligation();
    summer.due_on = day("2027-04-13");
    let reminder = one(&summer, "2027-04-12T08:00");
    assert_eq!(reminder.expires_at.to_rfc3339(), "2027-04-13T23:00:00+00:00");
}

#[test]
fn nobody_is_reminded_in_half_term_or_over_christmas() {
    for (due_on, holiday, back) in [
        ("2026-11-06", "2026-10-28T09:00", "2026-11-02"),
        ("2027-01-08", "2026-12-23T09:00", "2027-01-04"),
    ] {
        let facts = ObligationFacts { due_on: day(due_on), ..obligation() };
        assert_eq!(one(&facts, holiday).send_on, day(back), "{holiday}");
    }
}

#[test]
fn a_step_that_would_go_out_after_its_window_is_not_planned() {
    // On the Sunday before the three-day step the ten-day one could go out only with it.
    let facts = ObligationFacts { due_on: day("2026-10-15"), ..obligation() };
    assert_eq!(planned(&facts, "2026-10-11T09:00"), []);
    assert_eq!(planned(&facts, "2026-10-12T09:00")[0].0, "before_3");
}

#[test]
fn somebody_named_twice_is_reminded_once() {
    let facts = ObligationFacts { owners: vec![id(OWNER), id(OWNER)], ..obligation() };
    assert_eq!(planned(&facts, "2026-10-05T08:00").len(), 1);
}

#[test]
fn what_a_survey_reminds_of_by_itself_is_reminded_of_here_only_once_it_is_late() {
    let facts = ObligationFacts { reminded_by_survey: true, ..obligation() };
    let planned = one(&obligation(), "2026-10-05T08:00");
    assert_eq!(plan(&facts, &policy(), at("2026-10-05T08:00")), []);
    assert!(unwanted(&facts, &planned, at("2026-10-05T08:00")).is_some());
    let late = plan(&facts, &policy(), at("2026-10-22T09:00"));
    assert!(late.iter().any(|reminder| reminder.step == Step::After(3)), "{late:?}");
}

#[test]
fn an_open_day_that_is_over_is_not_reminded_about_though_its_term_goes_on() {
    let facts = ObligationFacts { nothing_left_to_attend: true, ..obligation() };
    let now = at("2026-10-05T08:00");
    let planned = plan(&obligation(), &policy(), now);
    assert!(!planned.is_empty(), "with one to come it is");
    assert_eq!(plan(&facts, &policy(), now), []);
    assert!(unwanted(&facts, &planned[0], now).is_some());
}

#[test]
fn who_oversees_is_told_of_another_school_on_their_own_working_days() {
    let span = |kind, first, last| Span { kind, starts_on: day(first), ends_on: day(last) };
    let spans = vec![
        span(SpanKind::Term, "2026-09-01", "2026-12-18"),
        span(SpanKind::HalfTerm, "2026-11-09", "2026-11-13"),
    ];
    let own = Calendar::new(spans, holidays());
    let own_calendars = Arc::new(HashMap::from([(id(LEAD), vec![own])]));
    let facts = ObligationFacts { own_calendars, ..obligation() };
    let to = |facts: &ObligationFacts, person| {
        let all = planned(facts, "2026-11-09T07:00").into_iter();
        all.filter(|(_, to, _)| *to == person).map(|(step, _, on)| (step, on)).collect::<Vec<_>>()
    };
    let escalated = |on| vec![("escalate_hub".to_owned(), day(on))];
    assert_eq!(to(&facts, LEAD), escalated("2026-11-16"));
    assert_eq!(to(&obligation(), LEAD), escalated("2026-11-09"));
    // Whoever owes it is not held up by the lead's holiday.
    assert_eq!(to(&facts, OWNER), to(&obligation(), OWNER));
}
