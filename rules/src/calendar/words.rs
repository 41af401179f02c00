//! Days and times in plain English, always London's.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Timelike as _, Utc};

use super::{Calendar, local};

/// A day in plain English, such as `25 September 2026`.
#[must_use]
pub fn in_words(day: NaiveDate) -> String {
    format!("{} {}", day.day(), day.format("%B %Y"))
}

/// A day with its weekday, such as `Friday 9 October 2026`.
#[must_use]
pub fn day_in_words(day: NaiveDate) -> String {
    day.format("%A %-d %B %Y").to_string()
}

/// `9 October`, with the year when it is not that of `today`.
#[must_use]
pub fn short_day(day: NaiveDate, today: NaiveDate) -> String {
    let form = if day.year() == today.year() { "%-d %B" } else { "%-d %B %Y" };
    day.format(form).to_string()
}

/// A time of day: `9am`, `4:30pm`, `midday`, `midnight`.
#[must_use]
pub fn time_in_words(time: NaiveTime) -> String {
    let (is_afternoon, hour) = time.hour12();
    let half = if is_afternoon { "pm" } else { "am" };
    match (time.hour(), time.minute()) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "midday".to_owned(),
        (_, 0) => format!("{hour}{half}"),
        (_, minute) => format!("{hour}:{minute:02}{half}"),
    }
}

/// From when to when: `Monday 19 October 2026, 9am to midday`.
#[must_use]
pub fn when(starts_at: DateTime<Utc>, ends_at: DateTime<Utc>) -> String {
    let (start, end) = (local(starts_at), local(ends_at));
    let whole = |at: chrono::NaiveDateTime| {
        format!("{}, {}", day_in_words(at.date()), time_in_words(at.time()))
    };
    if start.date() == end.date() {
        format!("{} to {}", whole(start), time_in_words(end.time()))
    } else {
        format!("{} to {}", whole(start), whole(end))
    }
}

/// So many working days in plain English, such as `1 working day`.
#[must_use]
pub fn working_days_in_words(count: u32) -> String {
    if count == 1 { "1 working day".to_owned() } else { format!("{count} working days") }
}

/// How long ago something was due, in the days that its school works: `3 school days ago`. Where the
/// school's terms are not known, weekdays that are no bank holidays are counted, and called so.
#[must_use]
pub fn ago_in_words(count: u32, calendar: &Calendar) -> String {
    match (calendar.knows_terms(), count) {
        (true, 1) => "1 school day ago".to_owned(),
        (true, count) => format!("{count} school days ago"),
        (false, count) => format!("{} ago", working_days_in_words(count)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        for (hour, minute, words) in [
            (0, 0, "midnight"),
            (0, 30, "12:30am"),
            (7, 5, "7:05am"),
            (9, 0, "9am"),
            (12, 0, "midday"),
            (12, 15, "12:15pm"),
            (16, 0, "4pm"),
            (23, 59, "11:59pm"),
        ] {
            let time = NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
            assert_eq!(time_in_words(time), words);
        }
    }

    #[test]
    fn a_time_names_its_last_day_only_when_that_is_another() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap_or_default();
        let start = at("2026-12-15T16:00:00Z");
        assert_eq!(
            when(start, at("2026-12-15T17:30:00Z")),
            "Tuesday 15 December 2026, 4pm to 5:30pm"
        );
        assert_eq!(
            when(start, at("2026-12-16T12:00:00Z")),
            "Tuesday 15 December 2026, 4pm to Wednesday 16 December 2026, midday"
        );
        // British Summer Time.
        assert_eq!(
            when(at("2026-10-05T08:00:00Z"), at("2026-10-05T11:00:00Z")),
            "Monday 5 October 2026, 9am to midday"
        );
    }

    #[test]
    fn a_day_names_its_year_only_when_that_is_another() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap_or_default();
        assert_eq!(short_day(day("2026-10-09"), day("2026-01-01")), "9 October");
        assert_eq!(short_day(day("2027-10-09"), day("2026-12-31")), "9 October 2027");
    }
}
