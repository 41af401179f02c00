//! A programme admin's day: alerts that are new, came back or were resolved since the last such
//! mail.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rules::calendar::{Calendar, end_of_day, local};
use rules::engagement::{AlertState, AlertStep};
use rules::messages::summaries::{AlertNews, FIRST_LOOK_BACK, alert_news};
use rules::messages::{About, MessageKind};
use rules::people::Role;
use rules::reminders::next_send_time;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{Notice, last_told};
use crate::engagement::{alert_event, engagement_alert};
use crate::enrolments::enrolment;
use crate::hubs::hub;
use crate::messages::facts::Book;
use crate::messages::letters::{LetterWish, queue};
use crate::messages::parcels::Content;
use crate::messages::{choices, message, text};
use crate::outcome::{StoreError, word};
use crate::people::{contact, person, role_grant, setting};
use crate::programme::bank_holiday;

/// What happened to alerts, each line once.
#[derive(Clone, Debug)]
pub struct AlertDigest {
    /// Since when.
    pub since: DateTime<Utc>,
    /// The lines, in the order in which they are told.
    pub lines: Vec<AlertLine>,
    /// Alerts open now, told of or not.
    pub open: usize,
    /// The days that offices work: weekdays that are no bank holidays.
    pub calendar: Calendar,
}

/// What happened to one alert.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertLine {
    /// What.
    pub news: AlertNews,
    /// Name of the hub concerned, if one is.
    pub hub: Option<String>,
    /// Whom it is about, by name.
    pub subject: String,
    /// What is, or was, wrong, in a sentence.
    pub summary: String,
}

/// Queues the day's mails about alerts to admins who want them; none where nothing happened since
/// their last. Returns how many were queued.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn queue_due(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    book: &Book,
) -> Result<usize, StoreError> {
    let today = local(now).date();
    let calendar = office_days(txn).await?;
    // Whoever looks after several programmes has the hours of the one that begins first.
    let policies = book.programmes.iter().min_by_key(|(id, _)| **id);
    let Some((_, (_, policy))) = policies else { return Ok(0) };
    if !calendar.is_working_day(today) {
        return Ok(0);
    }
    let admins = role_grant::Entity::find()
        .filter(role_grant::Column::Role.eq(text(Role::ProgrammeAdmin)))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(txn)
        .await?;
    let admins: BTreeSet<Uuid> = admins.into_iter().map(|row| row.person_id).collect();
    let admins: Vec<Uuid> = admins.into_iter().collect();
    let unwilling = choices::unwilling(txn, MessageKind::AlertDigest, &admins).await?;
    let rows = person::Entity::find().filter(person::Column::Id.is_in(admins)).all(txn).await?;
    let mut queued = 0;
    for row in rows.into_iter().filter(|row| !unwilling.contains_key(&row.id)) {
        let since = last_told(txn, MessageKind::AlertDigest, row.id, None)
            .await?
            .unwrap_or(now - FIRST_LOOK_BACK);
        if lines(txn, since, now).await?.is_empty() {
            continue;
        }
        let minute = row.digest_minute.and_then(|minute| u32::try_from(minute).ok());
        let wish = LetterWish {
            kind: MessageKind::AlertDigest,
            person_id: row.id,
            about: About::Reader,
            about_id: row.id,
            dedupe_key: format!("alert_digest:{}:{today}", row.id),
            send_after: next_send_time(policy, &calendar, minute, now),
            expires_at: end_of_day(today),
        };
        queued += usize::from(queue(txn, now, wish).await?);
    }
    Ok(queued)
}

/// What a claimed mail about alerts is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let grant = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(row.person_id))
        .filter(role_grant::Column::Role.eq(text(Role::ProgrammeAdmin)))
        .filter(role_grant::Column::RevokedAt.is_null())
        .one(db)
        .await?;
    if grant.is_none() {
        return Ok(Content::Unwanted("They do not look after a programme any more.".to_owned()));
    }
    let until = row.created_at;
    let since = last_told(db, MessageKind::AlertDigest, row.person_id, Some(row.id)).await?;
    let since = since.unwrap_or(until - FIRST_LOOK_BACK);
    let lines = lines(db, since, until).await?;
    if lines.is_empty() {
        return Ok(Content::Unwanted("Nothing of it is worth telling any more.".to_owned()));
    }
    let open = [AlertState::Firing, AlertState::Acknowledged, AlertState::Snoozed].map(text);
    let open = engagement_alert::Entity::find()
        .filter(engagement_alert::Column::State.is_in(open))
        .all(db)
        .await?
        .len();
    let digest = AlertDigest { since, lines, open, calendar: office_days(db).await? };
    Ok(Content::Notice(Box::new(Notice::Alerts(digest))))
}

/// What there is to say of what happened after `since` and by `until`.
async fn lines(
    db: &impl ConnectionTrait,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<AlertLine>, StoreError> {
    let steps = alert_event::Entity::find()
        .filter(alert_event::Column::HappenedAt.gt(since))
        .filter(alert_event::Column::HappenedAt.lte(until))
        .all(db)
        .await?;
    let mut by_alert: HashMap<Uuid, Vec<AlertStep>> = HashMap::new();
    for row in steps {
        by_alert.entry(row.alert_id).or_default().push(word("alert_event", row.id, &row.what)?);
    }
    let ids: Vec<Uuid> = by_alert.keys().copied().collect();
    let mut told = Vec::new();
    for ids in ids.chunks(crate::messages::BATCH) {
        let rows = engagement_alert::Entity::find()
            .filter(engagement_alert::Column::Id.is_in(ids.iter().copied()))
            .all(db)
            .await?;
        for row in rows {
            let state = word("engagement_alert", row.id, &row.state)?;
            let steps = by_alert.get(&row.id).map_or(&[][..], Vec::as_slice);
            told.extend(alert_news(steps, state).map(|news| (news, row)));
        }
    }
    let names = Names::of(db, told.iter().map(|(_, row)| row)).await?;
    let mut lines: Vec<AlertLine> = told
        .into_iter()
        .map(|(news, row)| AlertLine {
            news,
            hub: row.hub_id.and_then(|id| names.0.get(&id).cloned()),
            subject: names.of_subject(&row),
            summary: row.summary,
        })
        .collect();
    lines.sort();
    Ok(lines)
}

/// Names of hubs, of enrolments (their partner's) and of contacts (the person's), by id.
pub(super) struct Names(HashMap<Uuid, String>);

impl Names {
    /// Whom an alert is about, by name.
    pub(super) fn of_subject(&self, alert: &engagement_alert::Model) -> String {
        self.0.get(&alert.subject_id).cloned().unwrap_or_default()
    }

    pub(super) async fn of<'a>(
        db: &impl ConnectionTrait,
        alerts: impl Iterator<Item = &'a engagement_alert::Model> + Clone,
    ) -> Result<Self, StoreError> {
        let mut names = HashMap::new();
        let hubs: BTreeSet<Uuid> = alerts.clone().filter_map(|row| row.hub_id).collect();
        let hubs = hub::Entity::find().filter(hub::Column::Id.is_in(hubs)).all(db).await?;
        names.extend(hubs.into_iter().map(|row| (row.id, row.name)));
        let partners: BTreeSet<Uuid> = alerts.clone().filter_map(|row| row.enrolment_id).collect();
        let partners =
            enrolment::Entity::find().filter(enrolment::Column::Id.is_in(partners)).all(db).await?;
        let settings = partners.iter().map(|row| row.partner_setting_id);
        let settings =
            setting::Entity::find().filter(setting::Column::Id.is_in(settings)).all(db).await?;
        let settings: HashMap<Uuid, String> =
            settings.into_iter().map(|row| (row.id, row.name)).collect();
        let name = |row: &enrolment::Model| settings.get(&row.partner_setting_id).cloned();
        names.extend(partners.iter().filter_map(|row| Some((row.id, name(row)?))));
        let contacts: BTreeSet<Uuid> = alerts.filter_map(|row| row.contact_id).collect();
        let contacts =
            contact::Entity::find().filter(contact::Column::Id.is_in(contacts)).all(db).await?;
        let people = contacts.iter().map(|row| row.person_id);
        let people =
            person::Entity::find().filter(person::Column::Id.is_in(people)).all(db).await?;
        let people: HashMap<Uuid, String> =
            people.into_iter().map(|row| (row.id, row.name)).collect();
        names.extend(
            contacts.iter().filter_map(|row| Some((row.id, people.get(&row.person_id)?.clone()))),
        );
        Ok(Self(names))
    }
}

/// The days that offices work.
async fn office_days(db: &impl ConnectionTrait) -> Result<Calendar, StoreError> {
    let holidays = bank_holiday::Entity::find().all(db).await?;
    let holidays = holidays.into_iter().map(|day| day.falls_on).collect();
    Ok(Calendar::new(Vec::new(), Arc::new(holidays)))
}
