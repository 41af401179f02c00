use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rules::calendar::{end_of_day, local, moment};
use rules::commitments::{CommitmentKind, ObligationState};
use rules::messages::suppression::SuppressionReason;
use rules::reminders::{
    Account, Around, ObligationFacts, Past, PlannedReminder, Reader, ReminderState, Step, Verdict,
    Written, next, next_send_time, plan, why,
};

use crate::reminders::obligation;
use crate::support::{at, day, id, policy};

pub const OWNER: u128 = 1;

/// What is told where nothing is paused and nothing is known of the time behind.
fn accounts(
    facts: &ObligationFacts,
    reader: &Reader,
    written: &[Written],
    now: DateTime<Utc>,
) -> Vec<Account> {
    let around = Around { policy: &policy(), standstills: &[], past: &Past::default() };
    why(facts, around, reader, written, now)
}

pub fn reader(person: u128) -> Reader {
    Reader { id: id(person), digest_minute: None, suppressed: None, had_digest: false }
}

fn told(facts: &ObligationFacts, written: &[Written], now: &str) -> Vec<(String, Verdict, String)> {
    let accounts = accounts(facts, &reader(OWNER), written, at(now));
    let words = |one: Account| {
        let at = one.at.map(|at| local(at).format(" %Y-%m-%dT%H:%M").to_string());
        (format!("{}{}", one.step, at.unwrap_or_default()), one.verdict, one.why)
    };
    accounts.into_iter().map(words).collect()
}

fn brief(facts: &ObligationFacts, written: &[Written], now: &str) -> Vec<(String, Verdict)> {
    let told = told(facts, written, now).into_iter();
    told.map(|(step, verdict, _)| (step, verdict)).collect()
}

pub fn row(state: ReminderState, reason: &str) -> Written {
    Written {
        planned: PlannedReminder {
            obligation_id: id(900),
            step: Step::Before(10),
            person_id: id(OWNER),
            revision: 1,
            send_on: day("2026-10-05"),
            expires_at: at("2026-10-14T00:00"),
            reason: reason.to_owned(),
        },
        state,
        changed_at: at("2026-10-05T08:00"),
        message_id: None,
        came_back_at: None,
        held: false,
    }
}

fn is(step: &str, verdict: Verdict) -> (String, Verdict) {
    (step.to_owned(), verdict)
}

#[test]
fn before_its_first_day_every_reminder_lies_ahead_with_its_moment() {
    assert_eq!(
        brief(&obligation(), &[], "2026-10-01T09:00"),
        [
            is("before_10 2026-10-05T08:00", Verdict::Ahead),
            is("before_3 2026-10-14T08:00", Verdict::Ahead),
            is("after_3 2026-10-22T08:00", Verdict::Ahead),
        ]
    );
}

#[test]
fn a_reminder_whose_day_has_come_is_due_at_the_next_hour_of_the_digest() {
    for (now, first) in [
        ("2026-10-05T06:00", "before_10 2026-10-05T08:00"),
        ("2026-10-05T10:00", "before_10 2026-10-05T10:00"),
        ("2026-10-05T20:00", "before_10 2026-10-06T08:00"),
    ] {
        assert_eq!(brief(&obligation(), &[], now)[0], is(first, Verdict::Due), "{now}");
    }
}

#[test]
fn who_had_a_digest_today_waits_for_tomorrows() {
    let had = Reader { had_digest: true, ..reader(OWNER) };
    let accounts = accounts(&obligation(), &had, &[], at("2026-10-05T10:00"));
    assert_eq!(next(&accounts), Some(at("2026-10-06T08:00")));
}

#[test]
fn a_reminder_that_was_slept_through_has_passed() {
    let told = told(&obligation(), &[], "2026-10-15T09:00");
    assert_eq!((told[0].0.as_str(), told[0].1), ("before_10", Verdict::Passed));
    let why =
        "Its time is from 5 October 2026 to 13 October 2026, and it cannot go in it any more. ";
    assert!(told[0].2.starts_with(why), "{}", told[0].2);
}

#[test]
fn what_is_written_down_is_told_as_it_stands() {
    let now = "2026-10-06T09:00";
    for (state, verdict) in [
        (ReminderState::Sent, is("before_10 2026-10-05T08:00", Verdict::Sent)),
        (ReminderState::Bundled, is("before_10 2026-10-06T09:00", Verdict::OnItsWay)),
        (ReminderState::Expired, is("before_10", Verdict::Passed)),
        // It is wanted again.
        (ReminderState::Cancelled, is("before_10 2026-10-06T09:00", Verdict::Due)),
    ] {
        assert_eq!(brief(&obligation(), &[row(state, "Why.")], now)[0], verdict, "{state:?}");
    }
    let again = &told(&obligation(), &[row(ReminderState::Cancelled, "It was excused.")], now)[0].2;
    assert!(again.starts_with("It was called off before: It was excused."), "{again}");
}

#[test]
fn a_reminder_whose_mail_came_back_says_so_and_when() {
    let back = Some(at("2026-10-05T09:12"));
    let row = Written { came_back_at: back, ..row(ReminderState::Sent, "Why.") };
    let told = told(&obligation(), &[row], "2026-10-06T09:00");
    let why = "Why. Its mail came back on 5 October 2026 at 09:12: it was not received.";
    assert_eq!((told[0].1, told[0].2.as_str()), (Verdict::Sent, why));
}

#[test]
fn what_keeps_a_reminder_from_going_is_named() {
    let open = obligation();
    for (facts, why) in [
        (ObligationFacts { state: ObligationState::Met, ..open.clone() }, "It is done."),
        (
            ObligationFacts { live: false, ..open.clone() },
            "Who owes it is paused, closed or no longer taking part.",
        ),
        (
            ObligationFacts { nothing_left_to_attend: true, ..open.clone() },
            "The last event it could be met at is over.",
        ),
        (
            ObligationFacts { reminded_by_survey: true, ..open.clone() },
            "The survey reminds of it by letters of its own.",
        ),
    ] {
        let told = told(&facts, &[], "2026-10-01T09:00");
        assert_eq!((told[0].1, told[0].2.as_str()), (Verdict::Never, why));
    }
    let offered = ObligationFacts { kind: CommitmentKind::SupportDays, ..open };
    let told = brief(&offered, &[], "2026-10-01T09:00");
    assert_eq!(told[2], is("after_3", Verdict::Never));
    assert_eq!(told[0].1, Verdict::Ahead);
}

#[test]
fn what_is_planned_and_not_wanted_any_more_is_called_off() {
    let met = ObligationFacts { state: ObligationState::Met, ..obligation() };
    let told = told(&met, &[row(ReminderState::Planned, "Why.")], "2026-10-05T07:00");
    assert_eq!((told[0].1, told[0].2.as_str()), (Verdict::CalledOff, "It is done."));
}

#[test]
fn an_address_that_takes_no_mail_keeps_what_would_go_back() {
    for (reason, verdict) in [
        (SuppressionReason::HardBounce, Verdict::KeptBack),
        (SuppressionReason::ByHand, Verdict::KeptBack),
        // Reminders are duties.
        (SuppressionReason::Complaint, Verdict::Ahead),
    ] {
        let reader = Reader { suppressed: Some(reason), ..reader(OWNER) };
        let accounts = accounts(&obligation(), &reader, &[], at("2026-10-01T09:00"));
        assert!(accounts.iter().all(|one| one.verdict == verdict), "{accounts:#?}");
        assert_eq!(next(&accounts).is_none(), verdict == Verdict::KeptBack);
    }
}

#[test]
fn a_moved_due_day_begins_anew_and_the_old_story_stays() {
    let moved = ObligationFacts { revision: 2, due_on: day("2026-11-19"), ..obligation() };
    let told = told(&moved, &[row(ReminderState::Sent, "Why.")], "2026-10-06T09:00");
    assert_eq!(told.len(), 4);
    assert_eq!(told[0].1, Verdict::Ahead);
    assert_eq!((told[3].1, told[3].2.as_str()), (Verdict::Sent, "Why. About an earlier due day."));
}

#[test]
fn somebody_who_has_no_part_in_it_is_told_nothing() {
    assert_eq!(accounts(&obligation(), &reader(77), &[], at("2026-10-06T09:00")), []);
}

/// The moment at which each step really goes, walking the planner's days from `now`.
fn walked(facts: &ObligationFacts, now: DateTime<Utc>) -> BTreeMap<Step, DateTime<Utc>> {
    let mut facts = facts.clone();
    let mut goes = BTreeMap::new();
    let mut at = now;
    for _ in 0..500 {
        for planned in plan(&facts, &policy(), at) {
            if planned.person_id == id(OWNER) {
                let from = moment(planned.send_on.and_time(chrono::NaiveTime::MIN)).max(at);
                let sent = next_send_time(&policy(), &facts.calendar, None, from);
                if sent < planned.expires_at {
                    goes.insert(planned.step, sent);
                }
            }
            facts.ledger.insert((planned.step, planned.person_id));
        }
        at = end_of_day(local(at).date());
    }
    goes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_told_of_days_ahead_is_what_the_planner_does(
        due in 0..300_i64,
        opens in prop::option::of(0..60_i64),
        hours in 0..(24 * 330_i64),
        live in prop::bool::weighted(0.9),
        by_survey in prop::bool::weighted(0.2),
        offered in prop::bool::weighted(0.2),
    ) {
        let due_on = day("2026-09-01") + TimeDelta::days(due);
        let facts = ObligationFacts {
            due_on,
            opens_on: opens.map(|days| due_on - TimeDelta::days(days)),
            live,
            reminded_by_survey: by_survey,
            kind: if offered { CommitmentKind::SupportDays } else { CommitmentKind::SelfAssessment },
            ..obligation()
        };
        let now = at("2026-08-20T00:00") + TimeDelta::hours(hours);
        let accounts = accounts(&facts, &reader(OWNER), &[], now);
        let told: BTreeMap<_, _> =
            accounts.iter().filter_map(|one| Some((one.step, one.at?))).collect();
        prop_assert_eq!(told, walked(&facts, now));
    }
}
