//! Why somebody was or was not reminded of an obligation, and when they would be next. It asks the
//! planner's own windows and reasons, so that what it tells is what happens.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::plan::{Window, midnight, never, pointless, windows};
use super::{ObligationFacts, PlannedReminder, ReminderState, Step, next_send_time, unwanted};
use crate::calendar::{end_of_day, in_words, local};
use crate::messages::MessageKind;
use crate::messages::suppression::SuppressionReason;
use crate::programme::Policy;
use crate::words::words;

words! {
    /// What became, or will become, of one reminder.
    Verdict {
        /// It was sent.
        Sent,
        /// It is planned, and goes in a digest.
        OnItsWay,
        /// Its day has come, and the next look plans it.
        Due,
        /// Its day is still ahead.
        Ahead,
        /// It would go, but no mail goes to the address.
        KeptBack,
        /// It was planned and called off, or is about to be.
        CalledOff,
        /// Its time passed without it.
        Passed,
        /// It does not go as things stand, whenever it is.
        Never,
    }
}

/// Who is, or would be, reminded.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// The person.
    pub id: Uuid,
    /// The minute of the London day at which they get their digest, if they chose one or have a part
    /// in programmes of different hours; see [`super::digest_minute`].
    pub digest_minute: Option<u32>,
    /// Why no mail goes to their address, if none does.
    pub suppressed: Option<SuppressionReason>,
    /// Whether they had a digest on the present London day: there is one a day.
    pub had_digest: bool,
}

/// A reminder as it is written down.
#[derive(Clone, Debug)]
pub struct Written {
    /// What was planned.
    pub planned: PlannedReminder,
    /// Where it stands.
    pub state: ReminderState,
    /// When it last changed.
    pub changed_at: DateTime<Utc>,
    /// When the mail that it went in came back, if it did.
    pub came_back_at: Option<DateTime<Utc>>,
}

impl Written {
    /// Why it is, and that it came back.
    fn reason(&self) -> String {
        let reason = &self.planned.reason;
        match self.came_back_at.map(local) {
            Some(at) if self.state == ReminderState::Sent => {
                let (day, time) = (in_words(at.date()), at.format("%H:%M"));
                format!("{reason} Its mail came back on {day} at {time}: it was not received.")
            }
            _ => reason.clone(),
        }
    }
}

/// What is to be said of one reminder to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which reminder.
    pub step: Step,
    /// About which revision of the obligation.
    pub revision: i32,
    /// The London day from which on it makes sense.
    pub day: NaiveDate,
    /// What became of it.
    pub verdict: Verdict,
    /// When it went, or goes as things stand.
    pub at: Option<DateTime<Utc>>,
    /// Why, in a sentence or two without personal data.
    pub why: String,
}

/// Tells of every reminder of one obligation to one person, in the order of their days: those it has
/// now, then those written down about an earlier due day. `written` holds that person's reminders of
/// the obligation.
#[must_use]
pub fn why(
    facts: &ObligationFacts,
    policy: &Policy,
    reader: &Reader,
    written: &[Written],
    now: DateTime<Utc>,
) -> Vec<Account> {
    let mut accounts = Vec::new();
    for window in windows(facts, policy) {
        let row = written
            .iter()
            .find(|row| row.planned.step == window.step && row.planned.revision == facts.revision);
        let addressed = window.kind.audience.people(facts).contains(&reader.id);
        if addressed || row.is_some() {
            accounts.push(Teller { facts, policy, reader, now }.tell(&window, row, addressed));
        }
    }
    accounts.sort_by_key(|account| (account.day, account.step));
    let told: Vec<Step> = accounts.iter().map(|account| account.step).collect();
    let others = written
        .iter()
        .filter(|row| row.planned.revision != facts.revision || !told.contains(&row.planned.step));
    accounts.extend(others.map(|row| earlier(row, facts.revision)));
    accounts
}

/// When the next of these goes as things stand, if any does.
#[must_use]
pub fn next(accounts: &[Account]) -> Option<DateTime<Utc>> {
    let goes = |verdict| matches!(verdict, Verdict::OnItsWay | Verdict::Due | Verdict::Ahead);
    accounts.iter().filter(|account| goes(account.verdict)).filter_map(|account| account.at).min()
}

/// What is known while one window after the other is told of.
struct Teller<'a> {
    facts: &'a ObligationFacts,
    policy: &'a Policy,
    reader: &'a Reader,
    now: DateTime<Utc>,
}

impl Teller<'_> {
    fn tell(&self, window: &Window, row: Option<&Written>, addressed: bool) -> Account {
        let (verdict, at, why) = match row {
            Some(row) => self.of_row(window, row, addressed),
            None => self.of_window(window, addressed),
        };
        Account {
            step: window.step,
            revision: self.facts.revision,
            day: window.opens_on,
            verdict,
            at,
            why,
        }
    }

    /// What is to be said of a reminder that is written down.
    fn of_row(&self, window: &Window, row: &Written, addressed: bool) -> Told {
        match row.state {
            ReminderState::Sent => (Verdict::Sent, Some(row.changed_at), row.reason()),
            ReminderState::Expired => (Verdict::Passed, None, row.planned.reason.clone()),
            ReminderState::Planned | ReminderState::Bundled => {
                if let Some(reason) = unwanted(self.facts, &row.planned, self.now) {
                    return (Verdict::CalledOff, None, reason.to_owned());
                }
                let from = midnight(row.planned.send_on);
                // One that is in a digest already waits for no other.
                let at = self.sent_at(from, row.state == ReminderState::Bundled);
                self.goes(Verdict::OnItsWay, at, row.planned.reason.clone())
            }
            ReminderState::Cancelled => {
                let (verdict, at, why) = self.of_window(window, addressed);
                let before = &row.planned.reason;
                match verdict {
                    Verdict::Due | Verdict::Ahead | Verdict::KeptBack => {
                        (verdict, at, format!("It was called off before: {before} {why}"))
                    }
                    _ => (Verdict::CalledOff, None, before.clone()),
                }
            }
        }
    }

    /// What is to be said of a reminder that is not written down.
    fn of_window(&self, window: &Window, addressed: bool) -> Told {
        if !addressed {
            let why = "This person is no longer the one to tell.".to_owned();
            return (Verdict::Never, None, why);
        }
        if let Some(reason) = never(self.facts, window.step).or_else(|| pointless(self.facts)) {
            return (Verdict::Never, None, reason.to_owned());
        }
        let today = local(self.now).date();
        let opens_on = window.opens_on.max(self.facts.opens_on.unwrap_or(window.opens_on));
        let day = opens_on.max(today);
        let send_on = self.facts.days(self.reader.id).next(day);
        let at = self.sent_at(midnight(send_on.unwrap_or(day)), false);
        if window.closes_at <= at || send_on.is_none() {
            let last = local(window.closes_at - chrono::TimeDelta::seconds(1)).date();
            let why = if last < window.opens_on {
                "It has no day before the next one's.".to_owned()
            } else {
                let (first, last) = (in_words(window.opens_on), in_words(last));
                format!("Its time is from {first} to {last}, and it cannot go in it any more.")
            };
            return (Verdict::Passed, None, why);
        }
        let why = (window.kind.reason)(window.distance, self.facts.due_on);
        let verdict = if opens_on <= today { Verdict::Due } else { Verdict::Ahead };
        self.goes(verdict, at, why)
    }

    /// When a digest with it goes, not before `from`.
    fn sent_at(&self, from: DateTime<Utc>, in_digest: bool) -> DateTime<Utc> {
        let mut from = from.max(self.now);
        if self.reader.had_digest && !in_digest {
            from = from.max(end_of_day(local(self.now).date()));
        }
        let days = self.facts.days(self.reader.id);
        next_send_time(self.policy, days, self.reader.digest_minute, from)
    }

    fn goes(&self, verdict: Verdict, at: DateTime<Utc>, why: String) -> Told {
        let kept_back = self.reader.suppressed;
        match kept_back.filter(|reason| reason.withholds(MessageKind::Digest)) {
            Some(reason) => (Verdict::KeptBack, Some(at), reason.kept_back()),
            None => (verdict, Some(at), why),
        }
    }
}

/// A verdict, its moment, and why.
type Told = (Verdict, Option<DateTime<Utc>>, String);

/// What is to be said of a reminder that the obligation no longer has.
fn earlier(row: &Written, revision: i32) -> Account {
    let (verdict, at) = match row.state {
        ReminderState::Sent => (Verdict::Sent, Some(row.changed_at)),
        ReminderState::Expired => (Verdict::Passed, None),
        _ => (Verdict::CalledOff, None),
    };
    let about = if row.planned.revision == revision {
        "The programme has no such reminder any more."
    } else {
        "About an earlier due day."
    };
    Account {
        step: row.planned.step,
        revision: row.planned.revision,
        day: row.planned.send_on,
        verdict,
        at,
        why: format!("{} {about}", row.reason()),
    }
}
