//! Why somebody was or was not reminded of an obligation, and when they would be next. It asks the
//! planner's own windows and reasons, so that what it tells is what happens.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::passed::{PassedReason, Past};
use super::plan::{Window, midnight, never, pointless, windows};
use super::{ObligationFacts, PlannedReminder, ReminderState, Step, next_send_time, unwanted};
use crate::calendar::{end_of_day, in_words, local};
use crate::messages::MessageKind;
use crate::messages::suppression::SuppressionReason;
use crate::programme::Policy;
use crate::standstill::{Stage, Standstill, on_the_way, over, say_all};
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
        /// It would go, but what it goes through is paused, for all of its time or until somebody
        /// resumes it.
        Paused,
        /// Nobody knows whether its mail arrived: a person has to decide.
        Held,
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
    /// The mail that it went in, or is to go in.
    pub message_id: Option<Uuid>,
    /// When that came back, if it did.
    pub came_back_at: Option<DateTime<Utc>>,
    /// Whether that is held for a person, since nobody knows whether it arrived.
    pub held: bool,
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

/// What a reminder depends on besides its obligation and its reader.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The programme's policy.
    pub policy: &'a Policy,
    /// What stands still at present.
    pub standstills: &'a [Standstill],
    /// What is written down of the time behind.
    pub past: &'a Past,
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
    /// When it went, or goes as things stand; of one that is kept back or paused, when it would go.
    pub at: Option<DateTime<Utc>>,
    /// Why, in a sentence or two without personal data, save what whoever paused something wrote.
    pub why: String,
    /// What stands still and makes it late, or keeps it from going at all.
    pub waits_for: Vec<Standstill>,
    /// Why its time passed without it, if it did.
    pub passed: Option<PassedReason>,
    /// The mail that it went in, or is to go in.
    pub message_id: Option<Uuid>,
}

/// Tells of every reminder of one obligation to one person, in the order of their days: those it has
/// now, then those written down about an earlier due day. `written` holds that person's reminders of
/// the obligation.
#[must_use]
pub fn why(
    facts: &ObligationFacts,
    around: Around<'_>,
    reader: &Reader,
    written: &[Written],
    now: DateTime<Utc>,
) -> Vec<Account> {
    let mut accounts = Vec::new();
    for window in windows(facts, around.policy) {
        let row = written
            .iter()
            .find(|row| row.planned.step == window.step && row.planned.revision == facts.revision);
        let addressed = window.kind.audience.people(facts).contains(&reader.id);
        if addressed || row.is_some() {
            accounts.push(Teller { facts, around, reader, now }.tell(&window, row, addressed));
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
    around: Around<'a>,
    reader: &'a Reader,
    now: DateTime<Utc>,
}

/// A verdict, its moment, and why.
struct Told {
    verdict: Verdict,
    at: Option<DateTime<Utc>>,
    why: String,
    waits_for: Vec<Standstill>,
    passed: Option<PassedReason>,
}

impl Told {
    fn of(verdict: Verdict, at: Option<DateTime<Utc>>, why: impl Into<String>) -> Self {
        Self { verdict, at, why: why.into(), waits_for: Vec::new(), passed: None }
    }

    fn passed(reason: PassedReason, why: String) -> Self {
        Self { passed: Some(reason), ..Self::of(Verdict::Passed, None, why) }
    }
}

impl Teller<'_> {
    fn tell(&self, window: &Window, row: Option<&Written>, addressed: bool) -> Account {
        let told = match row {
            Some(row) => self.of_row(window, row, addressed),
            None => self.of_window(window, addressed),
        };
        Account {
            step: window.step,
            revision: self.facts.revision,
            day: window.opens_on,
            verdict: told.verdict,
            at: told.at,
            why: told.why,
            waits_for: told.waits_for,
            passed: told.passed,
            message_id: row.and_then(|row| row.message_id),
        }
    }

    /// What is to be said of a reminder that is written down.
    fn of_row(&self, window: &Window, row: &Written, addressed: bool) -> Told {
        match row.state {
            ReminderState::Sent => Told::of(Verdict::Sent, Some(row.changed_at), row.reason()),
            ReminderState::Expired => not_sent(row),
            ReminderState::Bundled if row.held => Told::of(Verdict::Held, None, HELD),
            ReminderState::Planned | ReminderState::Bundled => {
                if let Some(reason) = unwanted(self.facts, &row.planned, self.now) {
                    return Told::of(Verdict::CalledOff, None, reason);
                }
                let from = midnight(row.planned.send_on);
                // One that is in a digest already waits for no other.
                let in_digest = row.state == ReminderState::Bundled;
                let stage = if in_digest { Stage::Written } else { Stage::Planned };
                let at = self.sent_at(from, in_digest);
                let until = row.planned.expires_at;
                if until <= at {
                    let why = "It is planned, and the next mail that can carry it goes too late.";
                    return Told::passed(PassedReason::NotSent, why.to_owned());
                }
                self.goes(Verdict::OnItsWay, stage, (at, until), row.planned.reason.clone())
            }
            ReminderState::Cancelled => {
                let told = self.of_window(window, addressed);
                let before = &row.planned.reason;
                match told.verdict {
                    Verdict::Due | Verdict::Ahead | Verdict::KeptBack | Verdict::Paused => {
                        let why = format!("It was called off before: {before} {}", told.why);
                        Told { why, ..told }
                    }
                    _ => Told::of(Verdict::CalledOff, None, before.clone()),
                }
            }
        }
    }

    /// What is to be said of a reminder that is not written down.
    fn of_window(&self, window: &Window, addressed: bool) -> Told {
        if !addressed {
            return Told::of(Verdict::Never, None, "This person is no longer the one to tell.");
        }
        if let Some(reason) = never(self.facts, window.step).or_else(|| pointless(self.facts)) {
            return Told::of(Verdict::Never, None, reason);
        }
        let today = local(self.now).date();
        let opens_on = window.opens_on.max(self.facts.opens_on.unwrap_or(window.opens_on));
        let day = opens_on.max(today);
        let send_on = self.facts.days(self.reader.id).next(day);
        let at = self.sent_at(midnight(send_on.unwrap_or(day)), false);
        if window.closes_at <= at || send_on.is_none() {
            let (reason, why) = {
                let (past, reader) = (self.around.past, self.reader.id);
                window.passed(self.facts, past, reader, |at| self.next_hour(at))
            };
            return Told::passed(reason, why);
        }
        let why = (window.kind.reason)(window.distance, self.facts.due_on);
        let verdict = if opens_on <= today { Verdict::Due } else { Verdict::Ahead };
        self.goes(verdict, Stage::Ahead, (at, window.closes_at), why)
    }

    /// When a digest with it goes, not before `from`, if nothing stands still.
    fn sent_at(&self, from: DateTime<Utc>, in_digest: bool) -> DateTime<Utc> {
        let mut from = from.max(self.now);
        if self.reader.had_digest && !in_digest {
            from = from.max(end_of_day(local(self.now).date()));
        }
        self.next_hour(from)
    }

    /// The next moment at which its reader may have it.
    fn next_hour(&self, from: DateTime<Utc>) -> DateTime<Utc> {
        let (policy, minute) = (self.around.policy, self.reader.digest_minute);
        next_send_time(policy, self.facts.days(self.reader.id), minute, from)
    }

    /// What is to be said of one that goes at a moment, and not from another on, unless its reader's
    /// address or something on its way keeps it back.
    fn goes(
        &self,
        verdict: Verdict,
        stage: Stage,
        (at, closes_at): (DateTime<Utc>, DateTime<Utc>),
        why: String,
    ) -> Told {
        let kept_back = self.reader.suppressed;
        if let Some(reason) = kept_back.filter(|reason| reason.withholds(MessageKind::Digest)) {
            return Told::of(Verdict::KeptBack, Some(at), reason.kept_back());
        }
        let mut on_the_way = on_the_way(self.around.standstills, MessageKind::Digest, stage);
        on_the_way.retain(|one| one.until.is_none_or(|until| at < until));
        if on_the_way.is_empty() {
            return Told::of(verdict, Some(at), why);
        }
        let waits = say_all(&on_the_way);
        let waits_for = on_the_way.iter().map(|one| (*one).clone()).collect();
        let later = over(&on_the_way, at).map(|from| self.next_hour(from));
        let told = match later {
            Some(later) if later < closes_at => {
                Told::of(verdict, Some(later), format!("{why} {waits}"))
            }
            Some(_) => {
                let why = format!("{waits} By then its time has passed.");
                Told::of(Verdict::Paused, Some(at), why)
            }
            None => Told::of(Verdict::Paused, Some(at), waits),
        };
        Told { waits_for, ..told }
    }
}

/// What is to be said of one whose mail is held.
const HELD: &str = "Its mail was cut off twice while it was handed over, so that nobody knows whether \
                    it arrived: a person has to decide.";

/// What is to be said of one that was planned and did not go in its time.
fn not_sent(row: &Written) -> Told {
    let why = format!("It was planned, and no mail is known to have brought it. {}", row.reason());
    Told::passed(PassedReason::NotSent, why)
}

/// What is to be said of a reminder that the obligation no longer has.
fn earlier(row: &Written, revision: i32) -> Account {
    let mut told = match row.state {
        ReminderState::Sent => Told::of(Verdict::Sent, Some(row.changed_at), row.reason()),
        ReminderState::Expired => not_sent(row),
        ReminderState::Bundled if row.held => Told::of(Verdict::Held, None, HELD),
        _ => Told::of(Verdict::CalledOff, None, row.reason()),
    };
    told.why.push_str(if row.planned.revision == revision {
        " The programme has no such reminder any more."
    } else {
        " About an earlier due day."
    });
    Account {
        step: row.planned.step,
        revision: row.planned.revision,
        day: row.planned.send_on,
        verdict: told.verdict,
        at: told.at,
        why: told.why,
        waits_for: told.waits_for,
        passed: told.passed,
        message_id: row.message_id,
    }
}
