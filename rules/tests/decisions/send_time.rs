use chrono::TimeDelta;
use proptest::prelude::*;
use rules::calendar::{Calendar, Span, SpanKind, local};
use rules::reminders::{Days, is_quiet, may_go, next_send_time};

use crate::support::{at, calendar, day, holidays, policy};

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

/// A school whose autumn ends earlier and whose half-term is a week before everybody else's.
fn elsewhere() -> Calendar {
    let span = |kind, first, last| Span { kind, starts_on: day(first), ends_on: day(last) };
    let spans = vec![
        span(SpanKind::Term, "2026-09-01", "2026-12-11"),
        span(SpanKind::HalfTerm, "2026-10-19", "2026-10-23"),
        span(SpanKind::Term, "2027-01-04", "2027-03-25"),
    ];
    Calendar::new(spans, holidays())
}

#[test]
fn mail_about_another_school_goes_on_the_readers_own_working_days() {
    let (about, elsewhere) = (calendar(), [elsewhere()]);
    let both = [elsewhere[0].clone(), calendar()];
    for (now, own, expected) in [
        ("2026-10-15T09:00", &elsewhere[..], "2026-10-15T09:00"),
        // Their own half-term, and then that of the school it is about.
        ("2026-10-19T07:00", &elsewhere, "2026-11-02T08:00"),
        ("2026-10-19T07:00", &[], "2026-10-19T08:00"),
        // Of two schools of their own one is enough.
        ("2026-10-19T07:00", &both, "2026-10-19T08:00"),
        // The last Friday of their own term.
        ("2026-12-11T11:00", &elsewhere, "2026-12-11T11:00"),
        ("2026-12-11T12:00", &elsewhere, "2027-01-04T08:00"),
        ("2026-12-11T12:00", &both, "2026-12-11T12:00"),
    ] {
        let days = Days::new(&about, own);
        let sent = next_send_time(&policy(), days, None, at(now));
        assert_eq!(sent, at(expected), "{now} with {} schools", own.len());
        assert_eq!(may_go(&policy(), days, at(now)), sent == at(now), "{now}");
    }
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
