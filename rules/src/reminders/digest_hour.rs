//! The one hour of a day at which somebody gets their digest.

use chrono::{NaiveTime, TimeDelta, Timelike as _};

use super::is_quiet;
use crate::programme::Policy;

/// The minute of the London day at which somebody gets their digest who has a part in programmes of
/// these policies and chose that minute, or none. Nothing means the hour of the programme: all of
/// them have the same.
///
/// Programmes of different hours would take the day's one digest from each other, so that all goes at
/// one hour: the chosen one, or else the latest of the programmes'. An hour at which one of them is
/// quiet is none; if each is, the first after it at which all of them may write.
#[must_use]
pub fn digest_minute(policies: &[&Policy], chosen: Option<u32>) -> Option<u32> {
    let hours = |policy: &Policy| (policy.digest_at, policy.quiet_from, policy.quiet_until);
    if policies.windows(2).all(|two| hours(two[0]) == hours(two[1])) {
        return chosen;
    }
    let quiet = |at: NaiveTime| policies.iter().find(|policy| is_quiet(policy, at));
    let chosen =
        chosen.map(|minute| NaiveTime::MIN + TimeDelta::minutes(i64::from(minute % (24 * 60))));
    let of_programmes = || policies.iter().map(|policy| policy.digest_at);
    let wanted = chosen
        .or_else(|| of_programmes().filter(|at| quiet(*at).is_none()).max())
        .or_else(|| of_programmes().max())?;
    let mut at = wanted;
    for _ in policies {
        let Some(policy) = quiet(at) else { break };
        at = policy.quiet_until;
    }
    // With no hour at which all may write, each keeps to its own quiet hours.
    let at = if quiet(at).is_none() { at } else { wanted };
    Some(at.num_seconds_from_midnight().div_ceil(60) % (24 * 60))
}
