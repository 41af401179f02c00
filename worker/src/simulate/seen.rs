//! Gathering a report from what the jobs wrote down.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use entity::engagement::{alert_event, engagement_alert};
use entity::enrolments::{enrolment, obligation};
use entity::hubs::hub;
use entity::messages::{message, message_event, reminder};
use entity::people::{contact, person, setting};
use rules::calendar::local;
use rules::messages::{MessageKind, MessageState};
use rules::reminders::ReminderState;
use rules::words::in_one_line;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};
use strum::{EnumMessage as _, VariantArray as _};
use uuid::Uuid;

use super::report::{Alert, Because, Day, Mail, Named, NotSent, Report, VERSION};

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

    /// The report of the days `from` to `to`; nothing is known here of what was paused.
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
        Report { version: VERSION, from, to, paused: Vec::new(), days }
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

/// The states in which messages stay.
fn ends() -> impl Iterator<Item = &'static str> {
    let ends = MessageState::VARIANTS.iter().filter(|state| state.is_an_end());
    ends.map(<&str>::from)
}

async fn add_messages(
    db: &impl ConnectionTrait,
    names: &Names,
    now: DateTime<Utc>,
    messages: Vec<message::Model>,
    day: &mut Day,
) -> Result<(), DbErr> {
    let at = local(now).format("%H:%M").to_string();
    let mut reasons = reasons(db, names, now).await?;
    for row in messages {
        let (at, kind, to) = (at.clone(), row.kind, names.person(row.person_id));
        if row.state == <&str>::from(MessageState::Accepted) {
            let mut because = reasons.remove(&row.id).unwrap_or_default();
            because.sort();
            if because.is_empty() {
                because.push(of_a_letter(&kind));
            }
            let subject = row.subject.unwrap_or_default();
            day.mails.push(Mail { at, kind, to, subject, because });
        } else {
            let story = message_event::Entity::find()
                .filter(message_event::Column::MessageId.eq(row.id))
                .filter(message_event::Column::State.eq(&row.state))
                .one(db)
                .await?;
            let reason = story.map(|event| event.detail).unwrap_or_default();
            day.not_sent.push(NotSent { at, kind, to, state: row.state, reason });
        }
    }
    Ok(())
}

/// The reminders that were sent at `now`, by message.
async fn reasons(
    db: &impl ConnectionTrait,
    names: &Names,
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Vec<Because>>, DbErr> {
    let sent = reminder::Entity::find()
        .filter(reminder::Column::State.eq(<&str>::from(ReminderState::Sent)))
        .filter(reminder::Column::ChangedAt.eq(now))
        .all(db)
        .await?;
    let owed = Query::select()
        .column(reminder::Column::ObligationId)
        .from(reminder::Entity)
        .and_where(reminder::Column::ChangedAt.eq(now))
        .to_owned();
    let owed =
        obligation::Entity::find().filter(obligation::Column::Id.in_subquery(owed)).all(db).await?;
    let owed: HashMap<_, _> = owed.into_iter().map(|row| (row.id, row)).collect();
    let mut reasons: HashMap<Uuid, Vec<Because>> = HashMap::new();
    for row in sent {
        let Some(message) = row.message_id else { continue };
        let owed = owed.get(&row.obligation_id);
        reasons.entry(message).or_default().push(Because {
            whose: owed.map(|owed| names.subject(owed.subject_id).name),
            what: owed.map(|owed| owed.title.clone()),
            obligation_id: Some(row.obligation_id),
            step: Some(row.step),
            reason: row.reason,
        });
    }
    Ok(reasons)
}

/// Why a letter that carries no reminders goes out.
fn of_a_letter(kind: &str) -> Because {
    let reason = match kind.parse::<MessageKind>() {
        Ok(MessageKind::HubWeek) => "A new week, and its reader wants the hub's week.".to_owned(),
        Ok(MessageKind::AlertDigest) => {
            "Alerts are new, came back or were resolved since the last such mail, and its reader \
             wants to know."
                .to_owned()
        }
        Ok(kind) => in_one_line(kind.get_documentation().unwrap_or_default()),
        Err(_) => kind.to_owned(),
    };
    Because { whose: None, what: None, obligation_id: None, step: None, reason }
}

async fn changes(
    db: &impl ConnectionTrait,
    names: &Names,
    now: DateTime<Utc>,
    alerts: &[engagement_alert::Model],
) -> Result<Vec<Alert>, DbErr> {
    let mut all = Vec::new();
    let at = local(now).format("%H:%M").to_string();
    let ids = alerts.iter().map(|alert| alert.id);
    let steps = alert_event::Entity::find()
        .filter(alert_event::Column::AlertId.is_in(ids))
        .filter(alert_event::Column::HappenedAt.between(now, now + TimeDelta::milliseconds(1)))
        .all(db)
        .await?;
    for alert in alerts {
        let mut changes: BTreeSet<String> = steps
            .iter()
            .filter(|step| step.alert_id == alert.id)
            .map(|step| step.what.clone())
            // That a rule sees more of the same is no news.
            .filter(|what| what != "evidence_changed")
            .collect();
        if alert.raised_at == now {
            changes.insert("raised".to_owned());
        }
        if alert.resolved_at == Some(now) {
            changes.insert("resolved".to_owned());
        }
        all.extend(changes.into_iter().map(|change| Alert {
            at: at.clone(),
            change: if change == "resolved" { "cleared".to_owned() } else { change },
            id: alert.id,
            rule: alert.rule.clone(),
            subject_kind: alert.subject_kind.clone(),
            subject: names.subject(alert.subject_id),
            summary: alert.summary.clone(),
        }));
    }
    Ok(all)
}
