use chrono::TimeDelta;
use proptest::prelude::*;
use rules::calendar::local;
use rules::reminders::{is_quiet, next_send_time};

use crate::support::{at, calendar, policy};

#[test]
fn routine_mail_goes_at_the_digest_time_of_a_working_day() {
    for (now, digest_minute, expected) in [
        ("2026-10-05T07:58", None, "2026-10-05T08:00"),
        ("2026-10-05T08:00", None, "2026-10-05T08:00"),
        // A worker that was down at eight does not wait for tomorrow.
        ("2026-10-05T10:20", None, "2026-10-05T10:20"),
        ("2026-10-05T18:00", None, "2026-10-06T08:00"),
        ("2026-10-05T23:30", None, "2026-10-06T08:00"),
        ("2026-10-05T00:10", None, "2026-10-05T08:00"),
        ("2026-10-02T19:00", None, "2026-10-05T08:00"),
        ("2026-10-05T08:30", Some(16 * 60), "2026-10-05T16:00"),
        // A time within the quiet hours means their end.
        ("2026-10-05T05:00", Some(6 * 60), "2026-10-05T07:30"),
        ("2026-10-05T20:00", Some(21 * 60), "2026-10-06T07:30"),
        // Half-term, over the end of summer time.
        ("2026-10-23T18:30", None, "2026-11-02T08:00"),
        // Easter, over its beginning.
        ("2027-03-25T20:00", None, "2027-04-12T08:00"),
        ("2026-12-24T09:00", None, "2027-01-04T08:00"),
        // The last Friday of a term: in the morning, or not before the next.
        ("2026-12-18T07:00", None, "2026-12-18T08:00"),
        ("2026-12-18T11:59", None, "2026-12-18T11:59"),
        ("2026-12-18T12:00", None, "2027-01-04T08:00"),
        ("2026-12-18T09:00", Some(14 * 60), "2027-01-04T14:00"),
        ("2026-12-11T09:00", Some(14 * 60), "2026-12-11T14:00"),
        // A minute beyond the day is taken into it.
        ("2026-10-05T07:00", Some(24 * 60 + 9 * 60), "2026-10-05T09:00"),
    ] {
        let sent = next_send_time(&policy(), &calendar(), digest_minute, at(now));
        assert_eq!(sent, at(expected), "{now} with {digest_minute:?}");
    }
}

#[test]
fn quiet_hours_may_lie_within_a_day() {
    let mut policy = policy();
    policy.quiet_from = "12:00:00".parse().unwrap();
    policy.quiet_until = "13:30:00".parse().unwrap();
    policy.digest_at = "12:30:00".parse().unwrap();
    let sent = next_send_time(&policy, &calendar(), None, at("2026-10-05T09:00"));
    assert_eq!(sent, at("2026-10-05T13:30"));
}

proptest! {
    #[test]
    fn no_routine_mail_goes_at_a_bad_moment(
        minutes in 0..(60 * 24 * 400_i64),
        digest in prop::option::of(0..1440_u32),
    ) {
        let now = at("2026-08-20T00:00") + TimeDelta::minutes(minutes);
        let sent = next_send_time(&policy(), &calendar(), digest, now);
        let local = local(sent);
        prop_assert!(sent >= now);
        prop_assert!(calendar().is_working_day(local.date()));
        prop_assert!(!is_quiet(&policy(), local.time()));
        prop_assert!(!calendar().is_last_friday_afternoon(local));
        prop_assert_eq!(next_send_time(&policy(), &calendar(), digest, sent), sent);
    }
}
