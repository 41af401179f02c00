//! Reminders that wait for what is paused, or whose time passed without them.

use std::collections::BTreeMap;

use rules::reminders::{
    Account, Around, Audience, ObligationFacts, PassedReason, Past, ReminderState, Step, Verdict,
    next, why,
};
use rules::standstill::{Standstill, StandstillKind};
use rules::timetable::Outcome;

use crate::reminders::obligation;
use crate::support::{at, day, id, policy};
use crate::why::{OWNER, reader, row};

fn paused(kind: StandstillKind, name: &str, until: Option<&str>) -> Standstill {
    let until = until.map(at);
    Standstill { kind, name: name.to_owned(), until, why: "The letters are put right".to_owned() }
}

fn lane(until: Option<&str>) -> Standstill {
    paused(StandstillKind::MailLane, "routine", until)
}

/// What is told of the first reminder, ten working days before.
fn first(standstills: &[Standstill], state: Option<ReminderState>, now: &str) -> Account {
    let around = Around { policy: &policy(), standstills, past: &Past::default() };
    let written: Vec<_> = state.map(|state| row(state, "Why.")).into_iter().collect();
    why(&obligation(), around, &reader(OWNER), &written, at(now)).remove(0)
}

#[test]
fn a_paused_lane_makes_a_reminder_late_or_keeps_it_from_going_and_says_so() {
    let now = "2026-10-01T09:00";
    let on_time = Some(at("2026-10-05T08:00"));
    for (until, verdict, goes_at, says) in [
        // It is over before.
        (Some("2026-10-05T08:00"), Verdict::Ahead, on_time, ""),
        (
            Some("2026-10-06T10:30"),
            Verdict::Ahead,
            Some(at("2026-10-06T10:30")),
            "Waits: routine mail is paused until 6 October 2026 at 10:30: The letters are put right.",
        ),
        // In quiet hours nothing goes.
        (
            Some("2026-10-06T19:00"),
            Verdict::Ahead,
            Some(at("2026-10-07T08:00")),
            "until 6 October 2026 at 19:00",
        ),
        // From the day of the next reminder on it would be nonsense.
        (Some("2026-10-14T10:00"), Verdict::Paused, on_time, "By then its time has passed."),
        (None, Verdict::Paused, on_time, "paused until somebody resumes it: The letters"),
    ] {
        let told = first(&[lane(until)], None, now);
        assert_eq!((told.verdict, told.at), (verdict, goes_at), "{until:?}");
        assert!(told.why.contains(says), "{}", told.why);
        assert_eq!(told.waits_for.is_empty(), says.is_empty(), "{until:?}");
        assert_eq!(next(&[told]).is_none(), verdict == Verdict::Paused);
    }
}

#[test]
fn only_what_a_reminder_still_goes_through_holds_it_up() {
    use ReminderState::{Bundled, Planned};
    let job = |name| paused(StandstillKind::Job, name, None);
    for (standstill, of_ahead, of_planned, of_bundled) in [
        (job("plan_reminders"), true, false, false),
        (job("bundle_digests"), true, true, false),
        (job("deliver"), true, true, true),
        (lane(None), true, true, true),
        (job("hub_weeks"), false, false, false),
        (paused(StandstillKind::MailLane, "survey", None), false, false, false),
    ] {
        let all = [standstill];
        let waits = |state| {
            let told = first(&all, state, "2026-10-05T09:00");
            assert_eq!(told.verdict == Verdict::Paused, !told.waits_for.is_empty());
            !told.waits_for.is_empty()
        };
        let found = [None, Some(Planned), Some(Bundled)].map(waits);
        assert_eq!(found, [of_ahead, of_planned, of_bundled], "{all:?}");
    }
}

#[test]
fn a_reminder_whose_mail_is_held_waits_for_a_person() {
    let mut held = row(ReminderState::Bundled, "Why.");
    held.held = true;
    let around = Around { policy: &policy(), standstills: &[], past: &Past::default() };
    let told = why(&obligation(), around, &reader(OWNER), &[held], at("2026-10-05T09:00"));
    assert_eq!((told[0].verdict, told[0].at), (Verdict::Held, None));
    assert!(told[0].why.contains("a person has to decide"), "{}", told[0].why);
}

#[test]
fn what_is_planned_and_finds_no_mail_in_its_time_is_not_said_to_go() {
    // Today's digest has gone, and tomorrow is the day of the next reminder.
    let mut had = reader(OWNER);
    had.had_digest = true;
    let written = [row(ReminderState::Planned, "Why.")];
    let around = Around { policy: &policy(), standstills: &[], past: &Past::default() };
    let told = why(&obligation(), around, &had, &written, at("2026-10-13T10:00"));
    let told = (told[0].verdict, told[0].at, told[0].passed);
    assert_eq!(told, (Verdict::Passed, None, Some(PassedReason::NotSent)));
}

/// Why the first reminder, whose time is from 5 to 13 October, did not go, told on the 20th.
fn passed(facts: &ObligationFacts, past: &Past) -> (PassedReason, String) {
    let around = Around { policy: &policy(), standstills: &[], past };
    let told = why(facts, around, &reader(OWNER), &[], at("2026-10-20T09:00"));
    let told = told.into_iter().find(|one| one.step == Step::Before(10)).unwrap();
    assert_eq!(told.verdict, Verdict::Passed);
    (told.passed.unwrap(), told.why)
}

fn told_since(moment: &str) -> Past {
    let told_since = BTreeMap::from([((Audience::Owners, id(OWNER)), at(moment))]);
    Past { told_since, ..Past::default() }
}

fn looks(all: &[(&str, Outcome)]) -> Past {
    let planning = all.iter().map(|(moment, outcome)| (at(moment), *outcome)).collect();
    Past { planning: Some(planning), ..Past::default() }
}

#[test]
fn why_a_time_passed_is_told_from_what_is_written_down() {
    use Outcome::{Fired, Missed};
    let looked = looks(&[("2026-10-05T06:15", Fired)]);
    for (past, reason, says) in [
        (
            Past { owed_since: Some(at("2026-10-14T11:00")), ..looked.clone() },
            PassedReason::NotOwedYet,
            "since 14 October 2026.",
        ),
        // On the last evening nothing goes any more.
        (
            Past { owed_since: Some(at("2026-10-13T18:30")), ..looked.clone() },
            PassedReason::NotOwedYet,
            "since 13 October 2026.",
        ),
        (told_since("2026-10-19T09:00"), PassedReason::NobodyToTell, "since 19 October 2026."),
        (looks(&[]), PassedReason::NoWorker, "No worker looked in it."),
        (
            looks(&[
                ("2026-10-04T17:00", Fired),
                ("2026-10-05T06:15", Missed),
                ("2026-10-14T06:00", Fired),
            ]),
            PassedReason::NoWorker,
            "No worker looked in it.",
        ),
        (
            looks(&[("2026-10-05T06:15", Missed), ("2026-10-06T06:15", Outcome::Paused)]),
            PassedReason::Paused,
            "was paused then.",
        ),
        // The looks before it was owed say nothing.
        (
            Past { owed_since: Some(at("2026-10-12T09:00")), ..looked.clone() },
            PassedReason::NoWorker,
            "No worker looked in it.",
        ),
        (
            Past { policy_since: Some(at("2026-10-16T09:00")), ..looked.clone() },
            PassedReason::PolicyChanged,
            "as it is since 16 October 2026",
        ),
        (
            Past { policy_since: Some(at("2026-09-16T09:00")), ..looked },
            PassedReason::NotKnown,
            "is not known",
        ),
        (Past::default(), PassedReason::NotKnown, "is not known"),
    ] {
        let told = passed(&obligation(), &past);
        assert_eq!(told.0, reason, "{past:?}");
        let time = "Its time is from 5 October 2026 to 13 October 2026";
        assert!(told.1.starts_with(time) && told.1.contains(says), "{}", told.1);
    }
}

#[test]
fn a_time_in_which_nothing_could_go_is_told_as_such() {
    let later = ObligationFacts { opens_on: Some(day("2026-10-15")), ..obligation() };
    let (reason, told) = passed(&later, &looks(&[]));
    assert_eq!(reason, PassedReason::NotYetPossible);
    assert!(told.contains("before 15 October 2026"), "{told}");
}
