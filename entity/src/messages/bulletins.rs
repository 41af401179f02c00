//! Messages to all of a hub's partners: who would get one, sending it, and what each letter says.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use rules::messages::bulletin::{self as rule, Audience, Candidate, audience, faults, settled};
use rules::messages::preview::{Sending, TokenFault};
use rules::messages::suppression::normalised;
use rules::messages::{About, MessageKind};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, TryInsertResult,
};
use uuid::Uuid;

use super::bulletin_hours::Hours;
use super::letters::{LetterWish, queue};
use super::parcels::Content;
use super::{bulletin, choices, suppressions};
use crate::enrolments::enrolment;
use crate::enrolments::permission::{require, runs_hub};
use crate::hubs::hub;
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::people::{contact, person};
use crate::programme::programme;
use crate::scope::Scope;

/// A bulletin as one reader gets it.
#[derive(Clone, Debug)]
pub struct BulletinLetter {
    /// The row.
    pub bulletin: bulletin::Model,
    /// The reader's partner, whose working hours it keeps to.
    pub setting_id: Uuid,
    /// The hub's programme.
    pub programme_id: Uuid,
    /// Name of the hub.
    pub hub: String,
    /// The shared address of the hub.
    pub hub_email: Option<String>,
    /// Name of the programme.
    pub programme: String,
    /// Name of who wrote it.
    pub author: String,
}

/// The hub a caller may write to the partners of.
///
/// # Errors
/// No such hub in scope, a hub they do not answer for, or a database fault.
pub async fn hub_to_write_to(
    db: &impl ConnectionTrait,
    scope: &Scope,
    hub_id: Uuid,
) -> Result<hub::Model, StoreError> {
    let found = hub::Entity::find_by_id(hub_id)
        .filter(Condition::all().add(scope.hubs()))
        .one(db)
        .await?
        .ok_or_else(|| {
            let message = "There is no such hub.";
            StoreError::refused(RefusalCode::NotFound, Some("hubId"), message)
        })?;
    require(runs_hub(scope, &found), "hubId", "Only who runs a hub writes to its partners.")?;
    Ok(found)
}

/// Whom a bulletin to a hub's partners goes to as things stand, and whom not.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn audience_of(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    hub: &hub::Model,
) -> Result<Audience, StoreError> {
    let hours = Hours::load(db, now, hub.programme_id).await?;
    let roles = &hours.policy.recipients;
    let partners: Vec<(Uuid, String)> = enrolment::Entity::find()
        .select_only()
        .columns([enrolment::Column::PartnerSettingId, enrolment::Column::Status])
        .filter(running_at(hub.id))
        .into_tuple()
        .all(db)
        .await?;
    let active = |setting: Uuid| {
        partners.iter().any(|(partner, status)| *partner == setting && status == "active")
    };
    let settings = Query::select()
        .column(enrolment::Column::PartnerSettingId)
        .from(enrolment::Entity)
        .cond_where(running_at(hub.id))
        .to_owned();
    let of_partners = Condition::all()
        .add(contact::Column::EndedAt.is_null())
        .add(contact::Column::SettingId.in_subquery(settings));
    let whose = Query::select()
        .column(contact::Column::PersonId)
        .from(contact::Entity)
        .cond_where(of_partners.clone())
        .to_owned();
    let people =
        person::Entity::find().filter(person::Column::Id.in_subquery(whose)).all(db).await?;
    let suppressed =
        suppressions::of_addresses(db, people.iter().map(|row| row.email.as_str())).await?;
    let all: Vec<Uuid> = people.iter().map(|row| row.id).collect();
    let unwilling = choices::unwilling(db, MessageKind::Bulletin, &all).await?;
    let contacts = contact::Entity::find().filter(of_partners).all(db).await?;
    let mut candidates = Vec::with_capacity(contacts.len());
    for row in contacts {
        let Some(person) = people.iter().find(|person| person.id == row.person_id) else {
            continue;
        };
        let reason = suppressed.get(&normalised(&person.email)).copied();
        candidates.push(Candidate {
            person_id: person.id,
            setting_id: row.setting_id,
            role: word("contact", row.id, &row.role)?,
            active: active(row.setting_id),
            unwilling: unwilling.get(&person.id).copied(),
            suppressed: reason.filter(|reason| reason.withholds(MessageKind::Bulletin)),
            goes_at: hours.goes_at(row.setting_id, person.digest_minute),
        });
    }
    let mut found = audience(&candidates, roles, now);
    let reached: HashSet<Uuid> = found.recipients.iter().map(|(person, _)| *person).collect();
    let reached: HashSet<Uuid> = candidates
        .iter()
        .filter(|one| reached.contains(&one.person_id))
        .map(|one| one.setting_id)
        .collect();
    let active = partners.iter().filter(|(_, status)| status == "active");
    let missed: BTreeSet<Uuid> =
        active.map(|(setting, _)| *setting).filter(|setting| !reached.contains(setting)).collect();
    found.unreached =
        missed.into_iter().map(|setting| (setting, "Nobody there gets it.".to_owned())).collect();
    Ok(found)
}

/// The partners of a hub that have not left it.
fn running_at(hub_id: Uuid) -> Condition {
    Condition::all()
        .add(enrolment::Column::HubId.eq(hub_id))
        .add(enrolment::Column::Status.is_in(["active", "paused"]))
}

/// Refuses a subject or a text that cannot be sent.
///
/// # Errors
/// The refusal.
pub fn check(subject: &str, text: &str) -> Result<(), StoreError> {
    match faults(subject, text) {
        Some((field, message)) => {
            Err(StoreError::refused(RefusalCode::Invalid, Some(field), message))
        }
        None => Ok(()),
    }
}

/// The refusal of a preview's token.
#[must_use]
pub fn not_as_shown(fault: TokenFault, sending: Sending) -> StoreError {
    let message = fault.told(sending);
    StoreError::refused(RefusalCode::Conflict, Some("previewToken"), message)
}

/// The bulletin a preview was sent by already, if what is asked for is that bulletin: whoever clicks
/// twice is answered twice, and their readers get one mail.
///
/// # Errors
/// A database fault.
pub async fn sent_by(
    db: &impl ConnectionTrait,
    by: Uuid,
    hub: &hub::Model,
    (subject, text): (&str, &str),
    preview: &str,
) -> Result<Option<bulletin::Model>, StoreError> {
    let [subject, text] = settled(subject, text);
    Ok(bulletin::Entity::find()
        .filter(bulletin::Column::Preview.eq(preview))
        .filter(bulletin::Column::SentBy.eq(by))
        .filter(bulletin::Column::HubId.eq(hub.id))
        .filter(bulletin::Column::Subject.eq(subject))
        .filter(bulletin::Column::Text.eq(text))
        .one(db)
        .await?)
}

/// Writes a bulletin down and queues a letter to everybody in the audience that was looked at. `preview`
/// is what is noted of its token; one that was used meanwhile is answered with what it sent.
///
/// # Errors
/// Nobody to send it to, or a database fault.
pub async fn send(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    by: Uuid,
    hub: &hub::Model,
    (subject, text): (&str, &str),
    audience: &Audience,
    preview: &str,
) -> Result<bulletin::Model, StoreError> {
    if audience.recipients.is_empty() {
        let message = "Nobody at the hub's partners would get it.";
        return Err(StoreError::refused(RefusalCode::Conflict, Some("hubId"), message));
    }
    let [subject, text] = settled(subject, text);
    let count = |many: usize| i32::try_from(many).unwrap_or(i32::MAX);
    let row = bulletin::Model {
        id: new_id(now),
        hub_id: hub.id,
        subject,
        text,
        sent_by: by,
        sent_at: now,
        recipients: count(audience.recipients.len()),
        excluded: count(audience.excluded.len()),
        preview: Some(preview.to_owned()),
    };
    let made = bulletin::Entity::insert(row.clone().into_active_model())
        .on_conflict_do_nothing_on([bulletin::Column::Preview])
        .exec_without_returning(txn)
        .await?;
    if !matches!(made, TryInsertResult::Inserted(1)) {
        let sent = sent_by(txn, by, hub, (&row.subject, &row.text), preview).await?;
        return sent.ok_or_else(|| not_as_shown(TokenFault::OtherWords, Sending::Bulletin(hub.id)));
    }
    let hours = Hours::load(txn, now, hub.programme_id).await?.of(txn, audience).await?;
    for ((person_id, _), goes_at) in audience.recipients.iter().zip(hours) {
        let wish = LetterWish {
            kind: MessageKind::Bulletin,
            person_id: *person_id,
            about: About::Bulletin,
            about_id: row.id,
            dedupe_key: format!("bulletin:{}:{person_id}", row.id),
            send_after: now,
            expires_at: rule::expires_at(goes_at),
        };
        queue(txn, now, wish).await?;
    }
    Ok(row)
}

/// What one letter of a bulletin is to say, or why it is not sent after all.
pub(super) async fn content(
    db: &impl ConnectionTrait,
    about: Uuid,
    person_id: Uuid,
) -> Result<Content, StoreError> {
    let unwanted = |why: &str| Ok(Content::Unwanted(why.to_owned()));
    let Some(row) = bulletin::Entity::find_by_id(about).one(db).await? else {
        return unwanted("What it was about is gone.");
    };
    let Some(hub) = hub::Entity::find_by_id(row.hub_id).one(db).await? else {
        return unwanted("The hub is gone.");
    };
    let partners = Query::select()
        .column(enrolment::Column::PartnerSettingId)
        .from(enrolment::Entity)
        .cond_where(running_at(hub.id).add(enrolment::Column::Status.eq("active")))
        .to_owned();
    let contact = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::EndedAt.is_null())
        .filter(contact::Column::SettingId.in_subquery(partners))
        .order_by_asc(contact::Column::Id)
        .one(db)
        .await?;
    let Some(contact) = contact else {
        return unwanted("They are no longer a contact of a partner that takes part.");
    };
    let author = person::Entity::find_by_id(row.sent_by).one(db).await?;
    let of = programme::Entity::find_by_id(hub.programme_id).one(db).await?;
    Ok(Content::Bulletin(Box::new(BulletinLetter {
        bulletin: row,
        setting_id: contact.setting_id,
        programme_id: hub.programme_id,
        hub: hub.name,
        hub_email: hub.email,
        programme: of.map(|row| row.name).unwrap_or_default(),
        author: author.map(|row| row.name).unwrap_or_default(),
    })))
}
