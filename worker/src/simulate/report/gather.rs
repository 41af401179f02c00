//! What happened at one moment of a simulation, out of the rows.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::engagement::{alert_event, engagement_alert};
use entity::enrolments::{enrolment, obligation};
use entity::hubs::hub;
use entity::messages::{message, message_event, reminder};
use entity::people::{contact, person, setting};
use rules::calendar::local;
use rules::messages::{MessageKind, MessageState};
use rules::reminders::ReminderState;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _};
use strum::{EnumMessage as _, VariantArray as _};
use uuid::Uuid;

use super::{Alert, Because, Day, Mail, Named, NotSent};

/// Names by id.
pub(super) struct Names {
    people: HashMap<Uuid, String>,
    /// Of hubs, of enrolments (their partner's), of contacts (the person's).
    subjects: HashMap<Uuid, String>,
}

impl Names {
    pub(super) async fn load(db: &impl ConnectionTrait) -> Result<Self, DbErr> {
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

    pub(super) fn person(&self, id: Uuid) -> Named {
        Named { id, name: self.people.get(&id).cloned().unwrap_or_default() }
    }

    pub(super) fn subject(&self, id: Uuid) -> Named {
        Named { id, name: self.subjects.get(&id).cloned().unwrap_or_default() }
    }
}

/// The states in which messages stay.
pub(super) fn ends() -> impl Iterator<Item = &'static str> {
    let ends = MessageState::VARIANTS.iter().filter(|state| state.is_an_end());
    ends.map(<&str>::from)
}

/// Adds what became of messages at `now` to their day.
pub(super) async fn add_messages(
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

/// A letter goes out for what its kind is for.
fn of_a_letter(kind: &str) -> Because {
    let purpose = kind.parse().ok().and_then(|kind: MessageKind| kind.get_documentation());
    let reason = purpose.unwrap_or(kind).to_owned();
    Because { whose: None, what: None, obligation_id: None, step: None, reason }
}

/// What became of alerts at `now`.
pub(super) async fn changes(
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
