//! The one hour of the day for whoever has a part in several programmes.

use chrono::NaiveTime;
use proptest::prelude::*;
use rules::programme::Policy;
use rules::reminders::{digest_minute, is_quiet, next_send_time};

use crate::support::{at, calendar, policy};

fn hours(digest_at: &str, quiet_from: &str, quiet_until: &str) -> Policy {
    let time = |text: &str| text.parse().unwrap();
    Policy {
        digest_at: time(digest_at),
        quiet_from: time(quiet_from),
        quiet_until: time(quiet_until),
        ..policy()
    }
}

fn minute(policies: &[Policy], chosen: Option<u32>) -> Option<u32> {
    digest_minute(&policies.iter().collect::<Vec<_>>(), chosen)
}

#[test]
fn all_goes_at_the_chosen_hour_or_else_at_the_latest_of_the_programmes() {
    let eight = hours("08:00:00", "18:00:00", "07:30:00");
    let nine = hours("09:00:00", "18:00:00", "07:30:00");
    let short = hours("08:00:00", "16:00:00", "07:00:00");
    let evening = hours("17:00:00", "20:00:00", "10:00:00");
    for (policies, chosen, expected) in [
        // One programme, or several of one hour, need no other.
        (vec![], None, None),
        (vec![eight.clone()], Some(600), Some(600)),
        (vec![eight.clone(), eight.clone()], None, None),
        (vec![eight.clone(), nine.clone()], None, Some(9 * 60)),
        (vec![nine.clone(), eight.clone()], None, Some(9 * 60)),
        (vec![nine.clone(), eight.clone()], Some(500), Some(500)),
        // The latest at which nobody is quiet.
        (vec![short.clone(), evening.clone(), nine.clone()], None, Some(10 * 60)),
        (vec![short.clone(), evening], Some(6 * 60), Some(10 * 60)),
        (vec![short, hours("17:00:00", "20:00:00", "07:00:00")], None, Some(8 * 60)),
        // Nothing suits both.
        (
            vec![
                hours("08:00:00", "12:00:00", "07:00:00"),
                hours("13:00:00", "07:00:00", "12:00:00"),
            ],
            None,
            Some(13 * 60),
        ),
    ] {
        assert_eq!(minute(&policies, chosen), expected, "{policies:#?} {chosen:?}");
    }
}

/// Whatever the hours, all of these may write from ten to three.
fn any_policy() -> impl Strategy<Value = Policy> {
    (15 * 60..22 * 60_u32, 4 * 60..=10 * 60_u32, 0..1440_u32).prop_filter_map(
        "its hour is not in its quiet hours",
        |(from, until, digest)| {
            let time = |minute: u32| NaiveTime::from_hms_opt(minute / 60, minute % 60, 0);
            let policy = Policy {
                digest_at: time(digest)?,
                quiet_from: time(from)?,
                quiet_until: time(until)?,
                ..policy()
            };
            (!is_quiet(&policy, policy.digest_at)).then_some(policy)
        },
    )
}

proptest! {
    #[test]
    fn what_is_due_of_whatever_programmes_goes_at_one_moment_of_the_day(
        policies in prop::collection::vec(any_policy(), 1..5),
        chosen in prop::option::of(0..1440_u32),
    ) {
        let minute = minute(&policies, chosen);
        let (midnight, calendar) = (at("2026-10-05T00:00"), calendar());
        let sent = |policy| next_send_time(policy, &calendar, minute, midnight);
        let all: Vec<_> = policies.iter().map(sent).collect();
        prop_assert!(all.iter().all(|one| *one == all[0]), "{:?}", all);
        prop_assert!(all[0] < at("2026-10-06T00:00"));
    }
}
