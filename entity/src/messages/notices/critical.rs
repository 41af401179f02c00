//! Alerts that are told of at once: to who runs the hub concerned, and to programme admins.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Days, Utc};
use rules::calendar::{end_of_day, local};
use rules::messages::critical::{MOST_AT_ONCE, settled};
use rules::messages::{About, MessageKind};
use rules::people::Role;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use super::alerts::Names;
use super::{Notice, people};
use crate::engagement::{engagement_alert, evidence_of};
use crate::hubs::hub;
use crate::messages::letters::{LetterWish, queue_all};
use crate::messages::parcels::Content;
use crate::messages::{message, text};
use crate::outcome::{StoreError, word};
use crate::people::role_grant;

/// Days for which a letter that could not be sent is still worth reading: by then the day's mail about
/// alerts has told of it.
const KEEPS: Days = Days::new(1);

/// An alert that somebody is told of at once.
#[derive(Clone, Debug)]
pub struct CriticalAlert {
    /// Whom it is about, by name.
    pub subject: String,
    /// Name of the hub concerned, if it is about somebody else.
    pub hub: Option<String>,
    /// What is wrong, in a sentence.
    pub summary: String,
    /// The reasons, each in a sentence without its full stop.
    pub reasons: Vec<String>,
    /// Since when it is shown.
    pub raised_at: DateTime<Utc>,
    /// Whether the reader is told because they run the hub; if not, they look after the programme.
    pub runs_hub: bool,
}

/// Queues the letters about these alerts, one for each alert and person whatever else becomes of it, in
/// the transaction that raises them. Returns how many.
pub(crate) async fn tell(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    alerts: &[Uuid],
) -> Result<usize, StoreError> {
    if alerts.is_empty() {
        return Ok(0);
    }
    let mut rows = Vec::with_capacity(alerts.len());
    for ids in alerts.chunks(crate::messages::BATCH) {
        let some = engagement_alert::Entity::find()
            .filter(engagement_alert::Column::Id.is_in(ids.iter().copied()))
            .order_by_asc(engagement_alert::Column::Id);
        rows.extend(some.all(txn).await?);
    }
    let admins = admins(txn).await?;
    let hubs: BTreeSet<Uuid> = rows.iter().filter_map(|row| row.hub_id).collect();
    let mut leads: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
    for row in hub::Entity::find().filter(hub::Column::Id.is_in(hubs)).all(txn).await? {
        leads.insert(row.id, people::leads(txn, &row).await?);
    }
    let expires_at = local(now).date().checked_add_days(KEEPS).map_or(now, end_of_day);
    let mut told: HashMap<Uuid, usize> = HashMap::new();
    let mut wishes = Vec::new();
    for row in rows {
        let leads = row.hub_id.and_then(|hub| leads.get(&hub)).into_iter().flatten();
        for person in admins.iter().chain(leads).copied().collect::<BTreeSet<Uuid>>() {
            let told = told.entry(person).or_default();
            *told += 1;
            if *told > MOST_AT_ONCE {
                continue;
            }
            wishes.push(LetterWish {
                kind: MessageKind::CriticalAlert,
                person_id: person,
                about: About::Alert,
                about_id: row.id,
                dedupe_key: format!("critical_alert:{}:{person}", row.id),
                send_after: now,
                expires_at,
            });
        }
    }
    queue_all(txn, now, wishes).await
}

async fn admins(db: &impl ConnectionTrait) -> Result<BTreeSet<Uuid>, StoreError> {
    let rows = role_grant::Entity::find()
        .filter(role_grant::Column::Role.eq(text(Role::ProgrammeAdmin)))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.person_id).collect())
}

/// What a claimed letter about an alert is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let unwanted = |why: &str| Ok(Content::Unwanted(why.to_owned()));
    let about = row.about_id.unwrap_or_default();
    let Some(alert) = engagement_alert::Entity::find_by_id(about).one(db).await? else {
        return unwanted("The alert is gone.");
    };
    if let Some(reason) = settled(word("engagement_alert", alert.id, &alert.state)?) {
        return unwanted(reason);
    }
    let hub = match alert.hub_id {
        Some(id) => hub::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let runs_hub = match &hub {
        Some(hub) => people::leads(db, hub).await?.contains(&row.person_id),
        None => false,
    };
    if !runs_hub && !admins(db).await?.contains(&row.person_id) {
        return unwanted("This person is no longer the one to tell.");
    }
    let names = Names::of(db, std::iter::once(&alert)).await?;
    let subject = names.of_subject(&alert);
    let reasons = evidence_of(&alert).into_iter().map(|reason| reason.fact).collect();
    Ok(Content::Notice(Box::new(Notice::Critical(CriticalAlert {
        hub: hub.map(|hub| hub.name).filter(|hub| *hub != subject),
        subject,
        summary: alert.summary,
        reasons,
        raised_at: alert.raised_at,
        runs_hub,
    }))))
}
