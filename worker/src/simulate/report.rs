//! What a simulation saw: the mails that would go out and the alerts that would rise and clear, day
//! by day, gathered from what the jobs wrote down.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use entity::engagement::{alert_event, engagement_alert};
use entity::enrolments::{enrolment, obligation};
use entity::hubs::hub;
use entity::messages::{message, message_event, reminder};
use entity::people::{contact, person, setting};
use rules::calendar::local;
use rules::engagement::AlertState;
use rules::messages::{MessageKind, MessageState};
use rules::reminders::ReminderState;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};
use serde::Serialize;
use strum::EnumMessage as _;
use uuid::Uuid;

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

/// What was there before the simulation began, and is not its doing.
#[derive(Debug, Default)]
pub struct Before {
    messages: HashSet<Uuid>,
    alerts: HashMap<Uuid, bool>,
    alert_events: HashSet<Uuid>,
}

impl Before {
    /// Notes what is there.
    ///
    /// # Errors
    /// The database fails.
    pub async fn note(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let messages = message_event::Entity::find().all(db).await?;
        let alerts = engagement_alert::Entity::find().all(db).await?;
        let alert_events = alert_event::Entity::find().all(db).await?;
        let over = |alert: &engagement_alert::Model| alert.resolved_at.is_some();
        Ok(Self {
            messages: messages.into_iter().map(|row| row.id).collect(),
            alerts: alerts.iter().map(|row| (row.id, over(row))).collect(),
            alert_events: alert_events.into_iter().map(|row| row.id).collect(),
        })
    }
}

/// Gathers what happened on the days `from` to `to` and was not there `before`.
///
/// # Errors
/// The database fails.
pub async fn gather(
    db: &impl ConnectionTrait,
    before: &Before,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Report, DbErr> {
    let names = Names::load(db).await?;
    let mut days = Days { from, to, days: BTreeMap::new() };
    gather_messages(db, before, &names, &mut days).await?;
    gather_alerts(db, before, &names, &mut days).await?;
    let mut days: Vec<Day> = days.days.into_values().collect();
    for day in &mut days {
        day.mails.sort_by(|a, b| (&a.at, &a.to.name, a.to.id).cmp(&(&b.at, &b.to.name, b.to.id)));
        day.not_sent.sort_by(|a, b| (&a.at, &a.to.name).cmp(&(&b.at, &b.to.name)));
        let key = |one: &Alert| {
            (one.at.clone(), one.subject.name.clone(), one.rule.clone(), one.change.clone())
        };
        day.alerts.sort_by_key(key);
    }
    Ok(Report { version: VERSION, from, to, days })
}

/// The days so far.
struct Days {
    from: NaiveDate,
    to: NaiveDate,
    days: BTreeMap<NaiveDate, Day>,
}

impl Days {
    /// The day of a moment and its time of day, unless it lies outside.
    fn on(&mut self, moment: DateTime<Utc>) -> Option<(&mut Day, String)> {
        let at = local(moment);
        let day = at.date();
        if day < self.from || self.to < day {
            return None;
        }
        let empty = || Day { day, mails: Vec::new(), not_sent: Vec::new(), alerts: Vec::new() };
        Some((self.days.entry(day).or_insert_with(empty), at.format("%H:%M").to_string()))
    }
}

/// Names by id.
struct Names {
    people: HashMap<Uuid, String>,
    /// Of hubs, of enrolments (their partner's), of contacts (the person's).
    subjects: HashMap<Uuid, String>,
}

impl Names {
    async fn load(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
        let people = person::Entity::find().all(db).await?;
        let people: HashMap<_, _> = people.into_iter().map(|row| (row.id, row.name)).collect();
        let settings = setting::Entity::find().all(db).await?;
        let settings: HashMap<_, _> = settings.into_iter().map(|row| (row.id, row.name)).collect();
        let mut subjects = HashMap::new();
        for row in enrolment::Entity::find().all(db).await? {
            let name = settings.get(&row.partner_setting_id).cloned().unwrap_or_default();
            subjects.insert(row.id, name);
        }
        for row in hub::Entity::find().all(db).await? {
            subjects.insert(row.id, row.name);
        }
        for row in contact::Entity::find().all(db).await? {
            subjects.insert(row.id, people.get(&row.person_id).cloned().unwrap_or_default());
        }
        Ok(Self { people, subjects })
    }

    fn person(&self, id: Uuid) -> Named {
        Named { id, name: self.people.get(&id).cloned().unwrap_or_default() }
    }

    fn subject(&self, id: Uuid) -> Named {
        Named { id, name: self.subjects.get(&id).cloned().unwrap_or_default() }
    }
}

async fn gather_messages(
    db: &impl ConnectionTrait,
    before: &Before,
    names: &Names,
    days: &mut Days,
) -> Result<(), DbErr> {
    let obligations = obligation::Entity::find().all(db).await?;
    let obligations: HashMap<_, _> = obligations.into_iter().map(|row| (row.id, row)).collect();
    let mut reasons: HashMap<Uuid, Vec<Because>> = HashMap::new();
    let sent = reminder::Entity::find()
        .filter(reminder::Column::State.eq(<&str>::from(ReminderState::Sent)))
        .all(db)
        .await?;
    for row in sent {
        if let Some(message) = row.message_id {
            let owed = obligations.get(&row.obligation_id);
            reasons.entry(message).or_default().push(Because {
                whose: owed.map(|owed| names.subject(owed.subject_id).name),
                what: owed.map(|owed| owed.title.clone()),
                obligation_id: Some(row.obligation_id),
                step: Some(row.step),
                reason: row.reason,
            });
        }
    }
    let messages = message::Entity::find().all(db).await?;
    let messages: HashMap<_, _> = messages.into_iter().map(|row| (row.id, row)).collect();
    for event in message_event::Entity::find().all(db).await? {
        let Some(message) = messages.get(&event.message_id) else { continue };
        let ended = event.state.parse().is_ok_and(MessageState::is_an_end);
        if before.messages.contains(&event.id) || !ended {
            continue;
        }
        let Some((day, at)) = days.on(event.happened_at) else { continue };
        let (kind, to) = (message.kind.clone(), names.person(message.person_id));
        if event.state == <&str>::from(MessageState::Accepted) {
            let mut because = reasons.remove(&message.id).unwrap_or_default();
            because.sort();
            if because.is_empty() {
                because.push(of_a_letter(&kind));
            }
            let subject = message.subject.clone().unwrap_or_default();
            day.mails.push(Mail { at, kind, to, subject, because });
        } else {
            let (state, reason) = (event.state, event.detail);
            day.not_sent.push(NotSent { at, kind, to, state, reason });
        }
    }
    Ok(())
}

/// A letter goes out for what its kind is for.
fn of_a_letter(kind: &str) -> Because {
    let purpose = kind.parse().ok().and_then(|kind: MessageKind| kind.get_documentation());
    let reason = purpose.unwrap_or(kind).to_owned();
    Because { whose: None, what: None, obligation_id: None, step: None, reason }
}

async fn gather_alerts(
    db: &impl ConnectionTrait,
    before: &Before,
    names: &Names,
    days: &mut Days,
) -> Result<(), DbErr> {
    let alerts = engagement_alert::Entity::find().all(db).await?;
    let mut changes = Vec::new();
    for alert in &alerts {
        let was_over = before.alerts.get(&alert.id).copied();
        if was_over.is_none() {
            changes.push((alert, "raised".to_owned(), alert.raised_at));
        }
        if let Some(at) = alert.resolved_at
            && alert.state == <&str>::from(AlertState::Resolved)
            && was_over != Some(true)
        {
            changes.push((alert, "cleared".to_owned(), at));
        }
    }
    let by_id: HashMap<Uuid, &engagement_alert::Model> =
        alerts.iter().map(|alert| (alert.id, alert)).collect();
    for event in alert_event::Entity::find().all(db).await? {
        // The first and the last step are told by the alert itself.
        let told = ["raised", "resolved", "evidence_changed"].contains(&event.what.as_str());
        if let Some(alert) = by_id.get(&event.alert_id)
            && !told
            && !before.alert_events.contains(&event.id)
        {
            changes.push((alert, event.what, event.happened_at));
        }
    }
    for (alert, change, moment) in changes {
        let Some((day, at)) = days.on(moment) else { continue };
        day.alerts.push(Alert {
            at,
            change,
            id: alert.id,
            rule: alert.rule.clone(),
            subject_kind: alert.subject_kind.clone(),
            subject: names.subject(alert.subject_id),
            summary: alert.summary.clone(),
        });
    }
    Ok(())
}
