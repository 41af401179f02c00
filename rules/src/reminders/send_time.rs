//! When a routine mail may go out.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use super::Days;
use crate::calendar::{local, moment};
use crate::programme::Policy;

/// The moment a routine mail to somebody may go out at or after `now`: their digest time on one of
/// their `days`, outside quiet hours, never on the last Friday afternoon of a term.
/// `digest_minute` is minutes after local midnight; a digest time in quiet hours means their end.
///
/// When today's digest time has passed and it is not quiet yet, the answer is `now`: a worker that
/// was down at eight sends at ten rather than a day late. Who sends one digest a day asks again
/// with the end of today once today's has gone.
#[must_use]
pub fn next_send_time<'a>(
    policy: &Policy,
    days: impl Into<Days<'a>>,
    digest_minute: Option<u32>,
    now: DateTime<Utc>,
) -> DateTime<Utc> {
    let now_local = local(now);
    let digest_at = digest_time(policy, digest_minute);
    let days = days.into();
    days.from(now_local.date())
        .find_map(|day| {
            let at =
                if day == now_local.date() { digest_at.max(now_local.time()) } else { digest_at };
            let allowed = !is_quiet(policy, at) && days.allow(day.and_time(at));
            allowed.then(|| moment(day.and_time(at)).max(now))
        })
        // No working day in sight: far off, where somebody will have mended the calendar.
        .unwrap_or(now + TimeDelta::days(400))
}

/// Whether it is past somebody's digest time at `now` and not quiet, be it a working day or not.
#[must_use]
pub fn has_hour_come(policy: &Policy, digest_minute: Option<u32>, now: DateTime<Utc>) -> bool {
    let at = local(now).time();
    digest_time(policy, digest_minute) <= at && !is_quiet(policy, at)
}

fn digest_time(policy: &Policy, digest_minute: Option<u32>) -> NaiveTime {
    let wanted = match digest_minute {
        Some(minute) => NaiveTime::MIN + TimeDelta::minutes(i64::from(minute % (24 * 60))),
        None => policy.digest_at,
    };
    out_of_quiet(policy, wanted)
}

/// Whether routine mail that was made at its hour may go to somebody at `now`.
#[must_use]
pub fn may_go<'a>(policy: &Policy, days: impl Into<Days<'a>>, now: DateTime<Utc>) -> bool {
    let at = local(now);
    !is_quiet(policy, at.time()) && days.into().allow(at)
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
