//! Why a reminder's time passed without it, as far as what is written down tells.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::ObligationFacts;
use super::kinds::Audience;
use super::plan::{Window, midnight};
use crate::calendar::{in_words, local};
use crate::timetable::Outcome;
use crate::words::words;

words! {
    /// Why the time of a reminder passed without it.
    PassedReason {
        /// The next reminder came on the same day, or the obligation was due first: it never had a day.
        NoDay,
        /// In all of its time the obligation could not be done yet.
        NotYetPossible,
        /// In all of its time the school had no working day.
        Holiday,
        /// The obligation, or its present due day, was written down only later.
        NotOwedYet,
        /// This person became the one to tell only later.
        NobodyToTell,
        /// The job that plans reminders was paused in all of its time.
        Paused,
        /// No worker looked in its time.
        NoWorker,
        /// The programme's policy was changed since: what it asked for then is not kept.
        PolicyChanged,
        /// It was planned, and no mail is known to have brought it in its time.
        NotSent,
        /// What is written down does not tell.
        NotKnown,
    }
}

/// What is written down of the time behind. What is not known is left out.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// Since when the obligation has been owed by its present due day.
    pub owed_since: Option<DateTime<Utc>>,
    /// Since when the policy has been as it is.
    pub policy_since: Option<DateTime<Utc>>,
    /// Since when people have been among those to tell.
    pub told_since: BTreeMap<(Audience, Uuid), DateTime<Utc>>,
    /// What became of the moments of the job that plans reminders; none if nobody asked.
    pub planning: Option<Vec<(DateTime<Utc>, Outcome)>>,
}

impl Window {
    /// Why this one's time passed without a reminder to `person` being written down. `goes_at` says when
    /// a mail to them goes that is decided at some moment.
    pub(super) fn passed(
        &self,
        facts: &ObligationFacts,
        past: &Past,
        person: Uuid,
        goes_at: impl Fn(DateTime<Utc>) -> DateTime<Utc>,
    ) -> (PassedReason, String) {
        let last = local(self.closes_at - TimeDelta::seconds(1)).date();
        if last < self.opens_on {
            return (PassedReason::NoDay, "It has no day before the next one's.".to_owned());
        }
        let (reason, why) = self.reason(facts, past, person, goes_at);
        let (first, last) = (in_words(self.opens_on), in_words(last));
        let time = format!("Its time is from {first} to {last}, and it cannot go in it any more.");
        (reason, format!("{time} {why}"))
    }

    fn reason(
        &self,
        facts: &ObligationFacts,
        past: &Past,
        person: Uuid,
        goes_at: impl Fn(DateTime<Utc>) -> DateTime<Utc>,
    ) -> (PassedReason, String) {
        let on = |at: DateTime<Utc>| in_words(local(at).date());
        let later =
            |since: Option<DateTime<Utc>>| since.filter(|at| goes_at(*at) >= self.closes_at);
        let mut from = midnight(self.opens_on);
        if let Some(opens_on) = facts.opens_on {
            if midnight(opens_on) >= self.closes_at {
                let why = format!("It could not be done before {}.", in_words(opens_on));
                return (PassedReason::NotYetPossible, why);
            }
            from = from.max(midnight(opens_on));
        }
        if midnight(facts.calendar.next_working_day(local(from).date())) >= self.closes_at {
            let why = "The school had no working day in it.".to_owned();
            return (PassedReason::Holiday, why);
        }
        if let Some(since) = later(past.owed_since) {
            let why = format!("It has been owed by its present due day since {}.", on(since));
            return (PassedReason::NotOwedYet, why);
        }
        let told_since = past.told_since.get(&(self.kind.audience, person)).copied();
        if let Some(since) = later(told_since) {
            let why = format!("This person has been one to tell since {}.", on(since));
            return (PassedReason::NobodyToTell, why);
        }
        let from = past.owed_since.into_iter().chain(told_since).fold(from, Ord::max);
        let in_time = |at: &DateTime<Utc>| from <= *at && *at < self.closes_at;
        if let Some(planning) = &past.planning {
            let looks = || planning.iter().filter(|(at, _)| in_time(at)).map(|(_, came)| *came);
            if !looks().any(|came| came == Outcome::Fired) {
                return if looks().any(|came| came == Outcome::Paused) {
                    let why = "The job that plans reminders was paused then.";
                    (PassedReason::Paused, why.to_owned())
                } else {
                    (PassedReason::NoWorker, "No worker looked in it.".to_owned())
                };
            }
        }
        if let Some(since) = later(past.policy_since) {
            let why = format!(
                "The programme's policy is as it is since {}, and whether the one before asked for \
                 it is not kept.",
                on(since)
            );
            return (PassedReason::PolicyChanged, why);
        }
        let why = "Why it was not planned then is not known: it may have been done, excused or \
                   paused at the time, or for others to hear of.";
        (PassedReason::NotKnown, why.to_owned())
    }
}
