//! The life of an alert: every state and everything that can happen, and what never does.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rules::calendar::local;
use rules::engagement::life::{Ground, Happening, Life, Outcome, next};
use rules::engagement::{AlertPolicy, AlertState, AlertStep};
use strum::VariantArray as _;

use crate::support::{at, calendar, day};

fn life(state: AlertState) -> Life {
    Life {
        state,
        raised_at: at("2026-09-28T09:00"),
        acknowledged_at: None,
        snoozed_until: None,
        clearing_since: None,
        resolved_at: None,
        reopened: 0,
    }
}

/// What becomes of it on a day, as a state and a step; or `stay`, `forget`, `refuse`.
fn fate(old: Option<&Life>, happening: Happening, settles: bool, now: &str) -> String {
    let (policy, calendar) = (AlertPolicy::default(), calendar());
    let ground = Ground { policy: &policy, calendar: &calendar, settles, now: at(now) };
    match next(old, happening, &ground) {
        Outcome::Stay => "stay".to_owned(),
        Outcome::Forget => "forget".to_owned(),
        Outcome::Refuse => "refuse".to_owned(),
        Outcome::Open(life, step) => {
            format!("new {} {}", <&str>::from(life.state), <&str>::from(step))
        }
        Outcome::Become(life, step) => {
            format!("{} {}", <&str>::from(life.state), <&str>::from(step))
        }
    }
}

#[test]
fn every_state_and_everything_that_can_happen_to_it() {
    let until = Happening::Snooze(day("2026-10-12"));
    let happenings = [
        Happening::So,
        Happening::NotSo,
        Happening::Untold,
        Happening::Ended,
        Happening::Acknowledge,
        until,
        Happening::Wake,
    ];
    let taken = "acknowledged acknowledged";
    let aside = "snoozed snoozed";
    let over = "resolved resolved";
    // On Monday 5 October: noticed a week ago, clearing since Friday, resolved on Friday, snoozed
    // until Tuesday. First what a rule about a dated deed does, then one about what comes and goes.
    let table: [(AlertState, [&str; 7], [&str; 2]); 6] = [
        (
            AlertState::Pending,
            ["firing raised", "forget", "stay", "forget", "refuse", "refuse", "refuse"],
            ["firing raised", "forget"],
        ),
        (
            AlertState::Firing,
            ["stay", over, "stay", over, taken, aside, "refuse"],
            ["stay", "clearing clearing"],
        ),
        (
            AlertState::Acknowledged,
            ["stay", over, "stay", over, taken, aside, "refuse"],
            ["stay", "clearing clearing"],
        ),
        (
            AlertState::Snoozed,
            ["stay", over, "stay", over, taken, aside, "firing woken"],
            ["stay", "clearing clearing"],
        ),
        (
            AlertState::Clearing,
            ["firing reopened", "stay", "stay", over, "clearing acknowledged", "refuse", "refuse"],
            ["firing reopened", "stay"],
        ),
        (
            AlertState::Resolved,
            ["firing reopened", "stay", "stay", "stay", "refuse", "refuse", "refuse"],
            ["firing reopened", "stay"],
        ),
    ];
    assert_eq!(table.len(), AlertState::VARIANTS.len());
    for (state, deed, settling) in table {
        let mut old = life(state);
        match state {
            AlertState::Snoozed => old.snoozed_until = Some(day("2026-10-06")),
            AlertState::Clearing => old.clearing_since = Some(at("2026-10-02T09:00")),
            AlertState::Resolved => old.resolved_at = Some(at("2026-10-02T09:00")),
            _ => {}
        }
        for (happening, expected) in happenings.into_iter().zip(deed) {
            let found = fate(Some(&old), happening, false, "2026-10-05T09:00");
            assert_eq!(found, expected, "{state:?}, {happening:?}");
        }
        for (happening, expected) in happenings.into_iter().zip(settling) {
            let found = fate(Some(&old), happening, true, "2026-10-05T09:00");
            assert_eq!(found, expected, "{state:?}, {happening:?}, settling");
        }
    }
    for happening in happenings {
        for (settles, opened) in [(false, "new firing raised"), (true, "new pending noticed")] {
            let expected = if happening == Happening::So { opened } else { "stay" };
            let found = fate(None, happening, settles, "2026-10-05T09:00");
            assert_eq!(found, expected, "none yet, {happening:?}");
        }
    }
}

#[test]
fn what_comes_and_goes_is_shown_after_two_working_days_and_ends_after_five() {
    let noticed = Life { raised_at: at("2026-10-02T09:00"), ..life(AlertState::Pending) };
    for (now, expected) in [("2026-10-05T23:59", "stay"), ("2026-10-06T00:00", "firing raised")] {
        assert_eq!(fate(Some(&noticed), Happening::So, true, now), expected, "{now}");
    }
    let clearing =
        Life { clearing_since: Some(at("2026-10-02T09:00")), ..life(AlertState::Clearing) };
    for (now, expected) in [("2026-10-08T23:59", "stay"), ("2026-10-09T00:00", "resolved resolved")]
    {
        assert_eq!(fate(Some(&clearing), Happening::NotSo, true, now), expected, "{now}");
    }
}

#[test]
fn what_is_so_again_within_twenty_working_days_opens_the_old_alert() {
    let over = Life { resolved_at: Some(at("2026-09-28T09:00")), ..life(AlertState::Resolved) };
    // The twentieth working day after is Monday 2 November: half-term does not count.
    for (now, expected) in [
        ("2026-10-23T12:00", "firing reopened"),
        ("2026-11-02T12:00", "firing reopened"),
        ("2026-11-03T12:00", "new firing raised"),
    ] {
        assert_eq!(fate(Some(&over), Happening::So, false, now), expected, "{now}");
    }
}

#[test]
fn a_snooze_survives_that_what_raised_it_goes_and_comes_back() {
    let until = Some(day("2026-12-01"));
    let mut snoozed = Life { snoozed_until: until, ..life(AlertState::Snoozed) };
    let (policy, calendar) = (AlertPolicy::default(), calendar());
    for settles in [false, true] {
        let mut at_day = |now: &str, happening| {
            let ground = Ground { policy: &policy, calendar: &calendar, settles, now: at(now) };
            if let Outcome::Become(life, _) = next(Some(&snoozed), happening, &ground) {
                snoozed = life;
            }
            snoozed
        };
        let gone = at_day("2026-10-01T09:00", Happening::NotSo);
        assert!(matches!(gone.state, AlertState::Resolved | AlertState::Clearing), "{settles}");
        // Long after the window: the snooze is what counts.
        let back = at_day("2026-11-30T23:59", Happening::So);
        assert_eq!((back.state, back.snoozed_until), (AlertState::Snoozed, until), "{settles}");
        let woken = at_day("2026-12-01T00:00", Happening::Untold);
        assert_eq!((woken.state, woken.snoozed_until), (AlertState::Firing, None), "{settles}");
        snoozed = Life { snoozed_until: until, ..life(AlertState::Snoozed) };
    }
}

#[test]
fn who_had_it_while_it_was_clearing_has_it_still_and_after_it_was_over_nobody_has() {
    let acknowledged_at = Some(at("2026-09-29T09:00"));
    let clearing = Life {
        acknowledged_at,
        clearing_since: Some(at("2026-10-02T09:00")),
        ..life(AlertState::Clearing)
    };
    let again = fate(Some(&clearing), Happening::So, true, "2026-10-05T09:00");
    assert_eq!(again, "acknowledged reopened");
    let over = Life {
        acknowledged_at,
        resolved_at: Some(at("2026-10-02T09:00")),
        ..life(AlertState::Resolved)
    };
    assert_eq!(fate(Some(&over), Happening::So, true, "2026-10-05T09:00"), "firing reopened");
}

fn happenings() -> impl Strategy<Value = Vec<(i64, u8)>> {
    prop::collection::vec((0..80_i64, 0..7_u8), 1..60)
}

proptest! {
    #[test]
    fn a_life_never_contradicts_itself(settles in any::<bool>(), story in happenings()) {
        let (policy, calendar) = (AlertPolicy::default(), calendar());
        let mut now: DateTime<Utc> = at("2026-09-07T09:00");
        let mut alert: Option<Life> = None;
        for (hours, what) in story {
            now += TimeDelta::hours(hours);
            let today = local(now).date();
            let happening = match what {
                0 | 1 => Happening::So,
                2 => Happening::NotSo,
                3 => Happening::Untold,
                4 => Happening::Acknowledge,
                5 => Happening::Snooze(today + TimeDelta::days(7)),
                _ => Happening::Wake,
            };
            let ground = Ground { policy: &policy, calendar: &calendar, settles, now };
            let before = alert;
            match next(before.as_ref(), happening, &ground) {
                Outcome::Stay | Outcome::Refuse => {}
                Outcome::Forget => {
                    prop_assert_eq!(before.map(|life| life.state), Some(AlertState::Pending));
                    alert = None;
                }
                Outcome::Open(life, step) => {
                    // Never two open at once.
                    prop_assert!(before.is_none_or(|old| old.state == AlertState::Resolved));
                    prop_assert_eq!(happening, Happening::So);
                    prop_assert_eq!(step == AlertStep::Noticed, life.state == AlertState::Pending);
                    alert = Some(life);
                }
                Outcome::Become(life, step) => {
                    let old = before.unwrap();
                    let back = matches!(old.state, AlertState::Resolved | AlertState::Clearing)
                        && !matches!(life.state, AlertState::Resolved | AlertState::Clearing);
                    prop_assert_eq!(back, step == AlertStep::Reopened);
                    prop_assert_eq!(life.reopened, old.reopened + i32::from(back));
                    alert = Some(life);
                }
            }
            let Some(life) = alert else { continue };
            prop_assert_eq!(life.state == AlertState::Resolved, life.resolved_at.is_some());
            prop_assert_eq!(life.state == AlertState::Clearing, life.clearing_since.is_some());
            prop_assert!(life.state != AlertState::Acknowledged || life.acknowledged_at.is_some());
            prop_assert!(life.state != AlertState::Snoozed || life.snoozed_until.is_some());
            prop_assert!(settles || !matches!(life.state, AlertState::Pending | AlertState::Clearing));
            // Once the rule has looked, nothing is quiet beyond its day and nothing that is so is over.
            if happening == Happening::So {
                prop_assert!(!matches!(life.state, AlertState::Resolved | AlertState::Clearing));
                let quiet = life.state == AlertState::Snoozed;
                prop_assert!(!quiet || life.snoozed_until.is_some_and(|until| today < until));
            }
        }
    }
}
