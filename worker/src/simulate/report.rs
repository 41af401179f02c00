//! What a simulation saw: the mails that would go out and the alerts that would rise and clear, day
//! by day, gathered from what the jobs wrote down.

mod gather;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::engagement::engagement_alert;
use entity::messages::message;
use rules::calendar::local;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};
use serde::Serialize;
use uuid::Uuid;

use self::gather::{Names, add_messages, changes, ends};

/// Rises when the shape of the report changes in a way that breaks its readers.
pub const VERSION: u32 = 1;

/// What would happen. As JSON it is the report's file; all times are London's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Version of this shape.
    pub version: u32,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// The days on which something would happen, in order.
    pub days: Vec<Day>,
}

/// What would happen on one day, each list in the order of its times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// Mails that would go out.
    pub mails: Vec<Mail>,
    /// Mails that would be written and then not go out.
    pub not_sent: Vec<NotSent>,
    /// Alerts that would change.
    pub alerts: Vec<Alert>,
}

/// Somebody or something, by id and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Named {
    /// Row id.
    pub id: Uuid,
    /// Name.
    pub name: String,
}

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mail {
    /// When, as `08:00`.
    pub at: String,
    /// Kind of message: a word of `rules::messages::MessageKind`.
    pub kind: String,
    /// To whom.
    pub to: Named,
    /// Its subject.
    pub subject: String,
    /// What it says and why, in a fixed order. A letter that carries no reminders gives its one
    /// reason.
    pub because: Vec<Because>,
}

/// One reason of a mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Because {
    /// The school or hub that owes it; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whose: Option<String>,
    /// What is to be done; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// The obligation it is about; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obligation_id: Option<Uuid>,
    /// The step of the reminder, as `before_10`; none in a letter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Why it goes out now, in a sentence.
    pub reason: String,
}

/// A message that ended otherwise than sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotSent {
    /// When.
    pub at: String,
    /// Kind of message.
    pub kind: String,
    /// For whom it was.
    pub to: Named,
    /// Where it ended: a word of `rules::messages::MessageState`.
    pub state: String,
    /// Why.
    pub reason: String,
}

/// A change of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    /// When.
    pub at: String,
    /// `raised`, `cleared`, or another step of `rules::engagement::AlertStep`.
    pub change: String,
    /// The alert.
    pub id: Uuid,
    /// Rule that decided it.
    pub rule: String,
    /// `enrolment`, `hub` or `contact`.
    pub subject_kind: String,
    /// Whom it is about: the enrolment, hub or contact by id, the school, hub or person by name.
    pub subject: Named,
    /// What is wrong, as last said.
    pub summary: String,
}

/// What a walk has seen so far. It looks right after things happened, when what they were about is
/// still called as it was then.
#[derive(Debug, Default)]
pub struct Seen {
    days: BTreeMap<NaiveDate, Day>,
    /// Ids of messages and alerts with what was told of them at the last moment looked at: looking
    /// there again, after somebody did something then, tells only that.
    told: BTreeSet<(Uuid, String)>,
    looked_at: Option<DateTime<Utc>>,
}

impl Seen {
    /// Adds what was written down at `now`.
    ///
    /// # Errors
    /// The database fails.
    pub async fn look(
        &mut self,
        db: &impl ConnectionTrait,
        now: DateTime<Utc>,
    ) -> Result<(), DbErr> {
        if self.looked_at.replace(now) != Some(now) {
            self.told.clear();
        }
        let mut messages = message::Entity::find()
            .filter(message::Column::ChangedAt.eq(now))
            .filter(message::Column::State.is_in(ends()))
            .all(db)
            .await?;
        messages.retain(|row| self.told.insert((row.id, row.state.clone())));
        let alerts = engagement_alert::Entity::find()
            .filter(engagement_alert::Column::ChangedAt.eq(now))
            .all(db)
            .await?;
        if messages.is_empty() && alerts.is_empty() {
            return Ok(());
        }
        let at = local(now);
        let day = self.days.entry(at.date()).or_insert_with(|| Day {
            day: at.date(),
            mails: Vec::new(),
            not_sent: Vec::new(),
            alerts: Vec::new(),
        });
        let names = Names::load(db).await?;
        add_messages(db, &names, now, messages, day).await?;
        let mut changes = changes(db, &names, now, &alerts).await?;
        changes.retain(|change| self.told.insert((change.id, change.change.clone())));
        day.alerts.extend(changes);
        Ok(())
    }

    /// The report of the days `from` to `to`.
    #[must_use]
    pub fn report(&self, from: NaiveDate, to: NaiveDate) -> Report {
        let mut days: Vec<Day> = self.days.range(from..=to).map(|(_, day)| day.clone()).collect();
        days.retain(|day| {
            !day.mails.is_empty() || !day.not_sent.is_empty() || !day.alerts.is_empty()
        });
        for day in &mut days {
            let key = |mail: &Mail| (mail.at.clone(), mail.to.name.clone(), mail.kind.clone());
            day.mails.sort_by_key(key);
            day.not_sent.sort_by_key(|one| (one.at.clone(), one.to.name.clone()));
            day.alerts.sort_by_key(|one| {
                (one.at.clone(), one.subject.name.clone(), one.rule.clone(), one.change.clone())
            });
        }
        Report { version: VERSION, from, to, days }
    }
}
