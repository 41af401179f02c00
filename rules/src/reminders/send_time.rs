//! When a routine mail may go out.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::calendar::{Calendar, local, moment};
use crate::programme::Policy;

/// How many days ahead a moment is looked for.
const FARTHEST: usize = 400;

/// The moment a routine mail to somebody may go out at or after `now`: their digest time on a
/// working day of the school, outside quiet hours, never on the last Friday afternoon of a term.
/// `digest_minute` is minutes after local midnight; a digest time in quiet hours means their end.
///
/// When today's digest time has passed and it is not quiet yet, the answer is `now`: a worker that
/// was down at eight sends at ten rather than a day late. Who sends one digest a day asks again
/// with the end of today once today's has gone.
#[must_use]
pub fn next_send_time(
    policy: &Policy,
    calendar: &Calendar,
    digest_minute: Option<u32>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let now_local = local(now);
    let digest_at = match digest_minute {
        Some(minute) => NaiveTime::MIN + TimeDelta::minutes(i64::from(minute % (24 * 60))),
        None => policy.digest_at,
    };
    let digest_at = out_of_quiet(policy, digest_at);
    now_local
        .date()
        .iter_days()
        .take(FARTHEST)
        .filter(|day| calendar.is_working_day(*day))
        .find_map(|day| {
            let at =
                if day == now_local.date() { digest_at.max(now_local.time()) } else { digest_at };
            let allowed =
                !is_quiet(policy, at) && !calendar.is_last_friday_afternoon(day.and_time(at));
            allowed.then(|| moment(day.and_time(at)).max(now))
        })
        // No working day in sight: far off, where somebody will have mended the calendar.
        .unwrap_or(now + TimeDelta::days(400))
}

/// Whether routine mail rests at this time of day, London time.
#[must_use]
pub fn is_quiet(policy: &Policy, at: NaiveTime) -> bool {
    let (from, until) = (policy.quiet_from, policy.quiet_until);
    if from <= until { from <= at && at < until } else { from <= at || at < until }
}

fn out_of_quiet(policy: &Policy, at: NaiveTime) -> NaiveTime {
    if is_quiet(policy, at) { policy.quiet_until } else { at }
}
