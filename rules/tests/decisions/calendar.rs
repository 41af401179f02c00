use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime, Utc};
use proptest::prelude::*;
use rules::calendar::{Calendar, Span, SpanKind, bank_holidays, end_of_day, local, moment};

use crate::support::{calendar, day, holidays, spans};

fn time(text: &str) -> NaiveDateTime {
    text.parse().unwrap()
}

fn utc(text: &str) -> chrono::DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn a_school_works_on_weekdays_of_its_terms_only() {
    let calendar = calendar();
    for (text, works, why) in [
        ("2026-10-05", true, "a Monday in term"),
        ("2026-10-04", false, "a Sunday"),
        ("2026-10-26", false, "half-term"),
        ("2026-09-03", false, "an INSET day"),
        ("2026-12-21", false, "the Christmas holiday"),
        ("2027-05-03", false, "a bank holiday in term"),
        ("2026-08-26", true, "a Wednesday before all terms known"),
        ("2027-08-30", false, "a bank holiday after all terms known"),
        ("2028-02-29", true, "a leap day after all terms known"),
    ] {
        assert_eq!(calendar.is_working_day(day(text)), works, "{text} is {why}");
    }
}

#[test]
fn working_days_are_counted_over_holidays_in_both_directions() {
    let calendar = calendar();
    for (from, count, to) in [
        ("2026-10-05", 0, "2026-10-05"),
        ("2026-10-04", 0, "2026-10-04"),
        ("2026-10-05", 1, "2026-10-06"),
        ("2026-10-09", 1, "2026-10-12"),
        ("2026-10-23", 1, "2026-11-02"),
        ("2026-11-02", -1, "2026-10-23"),
        ("2026-12-18", 1, "2027-01-04"),
        ("2027-01-04", -1, "2026-12-18"),
        ("2027-03-25", 3, "2027-04-14"),
        ("2026-10-25", -1, "2026-10-23"),
        ("2026-09-04", -1, "2026-09-02"),
    ] {
        let (from, to) = (day(from), day(to));
        assert_eq!(calendar.add_working_days(from, count), to, "{from} {count}");
        assert_eq!(calendar.working_days_between(from, to), count, "{from} to {to}");
    }
    assert_eq!(calendar.next_working_day(day("2026-10-24")), day("2026-11-02"));
    assert_eq!(calendar.previous_working_day(day("2026-11-01")), day("2026-10-23"));
    let half_term = (day("2026-10-26"), day("2026-10-30"));
    assert_eq!(calendar.last_working_day_within(half_term.0, half_term.1), None);
}

#[test]
fn leap_days_are_days() {
    let calendar = Calendar::default();
    assert_eq!(calendar.add_working_days(day("2028-02-28"), 1), day("2028-02-29"));
    assert_eq!(calendar.add_working_days(day("2028-02-29"), 1), day("2028-03-01"));
    assert_eq!(end_of_day(day("2028-02-28")), utc("2028-02-29T00:00:00Z"));
}

#[test]
fn a_calendar_that_is_all_holiday_ends_every_search() {
    let always = |kind| Span { kind, starts_on: NaiveDate::MIN, ends_on: NaiveDate::MAX };
    let spans = vec![always(SpanKind::Term), always(SpanKind::HalfTerm)];
    let calendar = Calendar::new(spans, Arc::new(BTreeSet::new()));
    let today = day("2026-10-05");
    assert_eq!(calendar.add_working_days(today, i32::MAX), today);
    assert_eq!(calendar.add_working_days(today, i32::MIN), today);
    assert_eq!(calendar.next_working_day(today), today);
    assert_eq!(calendar.working_days_between(NaiveDate::MIN, NaiveDate::MAX), 0);
    assert_eq!(calendar.add_working_days(NaiveDate::MAX, 1), NaiveDate::MAX);
}

#[test]
fn only_the_last_friday_of_a_term_ends_at_noon() {
    let calendar = calendar();
    for (text, last) in [
        ("2026-12-18T11:59:59", false),
        ("2026-12-18T12:00:00", true),
        ("2026-12-11T15:00:00", false),
        ("2026-10-23T15:00:00", false),
        ("2027-03-19T15:00:00", true),
        ("2027-07-16T15:00:00", true),
        ("2027-07-21T15:00:00", false),
        ("2027-08-06T15:00:00", false),
    ] {
        assert_eq!(calendar.is_last_friday_afternoon(time(text)), last, "{text}");
    }
    let last = calendar.last_day_of_term_containing(day("2026-10-27"));
    assert_eq!(last, Some(day("2026-12-18")));
    assert_eq!(calendar.last_day_of_term_containing(day("2026-12-19")), None);
}

#[test]
fn local_time_is_right_over_both_clock_changes() {
    // Autumn: 01:30 happens twice and means the first. Spring: 01:30 does not happen.
    for (london, expected) in [
        ("2026-10-24T08:00:00", "2026-10-24T07:00:00Z"),
        ("2026-10-25T01:30:00", "2026-10-25T00:30:00Z"),
        ("2026-10-25T08:00:00", "2026-10-25T08:00:00Z"),
        ("2027-03-27T08:00:00", "2027-03-27T08:00:00Z"),
        ("2027-03-28T01:30:00", "2027-03-28T01:00:00Z"),
        ("2027-03-28T08:00:00", "2027-03-28T07:00:00Z"),
    ] {
        assert_eq!(moment(time(london)), utc(expected), "{london}");
    }
    assert_eq!(local(utc("2026-10-25T01:30:00Z")), time("2026-10-25T01:30:00"));
    assert_eq!(local(utc("2027-03-28T01:30:00Z")), time("2027-03-28T02:30:00"));
}

#[test]
fn a_day_ends_at_london_midnight_whatever_the_season() {
    for (text, expected) in [
        ("2026-10-24", "2026-10-24T23:00:00Z"),
        ("2026-10-25", "2026-10-26T00:00:00Z"),
        ("2027-03-27", "2027-03-28T00:00:00Z"),
        ("2027-03-28", "2027-03-28T23:00:00Z"),
    ] {
        assert_eq!(end_of_day(day(text)), utc(expected), "{text}");
    }
}

const FEED: &str = r#"{
    "england-and-wales": {"division": "england-and-wales", "events": [
        {"title": "Boxing Day", "date": "2026-12-28", "notes": "Substitute day", "bunting": true},
        {"title": "Christmas Day", "date": "2026-12-25", "notes": "", "bunting": true}
    ]},
    "scotland": {"division": "scotland", "events": [
        {"title": "2nd January", "date": "2026-01-02", "notes": "", "bunting": true}
    ]}
}"#;

#[test]
fn bank_holidays_are_those_of_england_and_wales_in_order() {
    let days = bank_holidays(FEED).unwrap();
    let christmas = (day("2026-12-25"), "Christmas Day".to_owned());
    let boxing_day = (day("2026-12-28"), "Boxing Day".to_owned());
    assert_eq!(days, [christmas, boxing_day]);
}

#[test]
fn another_file_is_refused_as_a_feed_of_bank_holidays() {
    for (json, word) in [
        ("", "not the gov.uk feed"),
        ("[]", "not the gov.uk feed"),
        ("{}", "no division"),
        (r#"{"england-and-wales": {"events": []}}"#, "names no day"),
        (r#"{"england-and-wales": {"events": [{"title": "x", "date": "25/12/2026"}]}}"#, "not the"),
        (&FEED.replace("2026-12-28", "2026-12-25"), "2026-12-25 twice"),
    ] {
        let problem = bank_holidays(json).unwrap_err().to_string();
        assert!(problem.contains(word), "{json}: {problem}");
    }
}

proptest! {
    #[test]
    fn counting_undoes_adding(offset in 0..700_i64, count in -150..150_i32) {
        let calendar = Calendar::new(spans(), holidays());
        let from = day("2026-06-01") + chrono::TimeDelta::days(offset);
        let to = calendar.add_working_days(from, count);
        prop_assert_eq!(calendar.working_days_between(from, to), count);
        prop_assert!(count == 0 || calendar.is_working_day(to));
    }
}
