//! Days and moments written as text, digit by digit: answers hold thousands, and the formatting
//! machinery takes several times as long.

use chrono::{DateTime, Datelike as _, NaiveDate, SecondsFormat, Timelike as _, Utc};

/// Writes a day: `2026-10-05`.
pub fn day(out: &mut Vec<u8>, day: NaiveDate) {
    match u32::try_from(day.year()) {
        Ok(year @ 0..=9_999) => {
            two(out, year / 100);
            two(out, year % 100);
            for number in [day.month(), day.day()] {
                out.push(b'-');
                two(out, number);
            }
        }
        _ => out.extend_from_slice(day.to_string().as_bytes()),
    }
}

/// Writes a moment in UTC: `2026-10-05T07:00:00Z`, with parts of a second only if it has any.
pub fn moment(out: &mut Vec<u8>, moment: DateTime<Utc>) {
    if moment.timestamp_subsec_nanos() != 0 {
        let text = moment.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        out.extend_from_slice(text.as_bytes());
        return;
    }
    day(out, moment.date_naive());
    let second = moment.num_seconds_from_midnight();
    for (before, number) in [(b'T', second / 3_600), (b':', second / 60 % 60), (b':', second % 60)]
    {
        out.push(before);
        two(out, number);
    }
    out.push(b'Z');
}

/// Writes a number below 100 as two digits.
fn two(out: &mut Vec<u8>, number: u32) {
    for digit in [number / 10 % 10, number % 10] {
        out.push(b'0' + u8::try_from(digit).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_chrono_writes_it() -> Result<(), chrono::ParseError> {
        for text in [
            "2026-10-05T07:00:00Z",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2028-02-29T12:34:56.789Z",
            "2026-10-25T00:59:59.000001Z",
            "-0001-06-30T01:02:03Z",
            "+12345-01-01T00:00:00Z",
        ] {
            let given: DateTime<Utc> = text.parse()?;
            let (mut moment_out, mut day_out) = (Vec::new(), Vec::new());
            moment(&mut moment_out, given);
            day(&mut day_out, given.date_naive());
            assert_eq!(String::from_utf8(moment_out).as_deref(), Ok(text));
            assert_eq!(String::from_utf8(day_out), Ok(given.date_naive().to_string()));
        }
        Ok(())
    }
}
