//! A hub lead's week: what is ahead in two weeks, partners falling behind, surveys open.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::{end_of_day, local};
use rules::commitments::ObligationState;
use rules::engagement::AlertState;
use rules::messages::summaries::{WEEK_LOOKS_AHEAD, begins_week, week_of};
use rules::messages::{About, MessageKind};
use rules::reminders::next_send_time;
use rules::surveys::CampaignState;
use rules::visits::{VisitKind, VisitState};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{Notice, people};
use crate::engagement::engagement_alert;
use crate::enrolments::{enrolment, obligation};
use crate::hubs::hub;
use crate::messages::facts::Book;
use crate::messages::letters::{LetterWish, queue};
use crate::messages::parcels::Content;
use crate::messages::{choices, message, text};
use crate::outcome::StoreError;
use crate::people::{person, setting};
use crate::programme::event;
use crate::surveys::{survey_campaign, survey_invitation};
use crate::visits::visit;

/// Days for which a summary that could not be sent is still worth reading.
const KEEPS: Days = Days::new(2);

/// The week of somebody's hubs.
#[derive(Clone, Debug, Default)]
pub struct HubWeek {
    /// Their hubs, by name.
    pub hubs: Vec<Week>,
}

/// The week of one hub.
#[derive(Clone, Debug)]
pub struct Week {
    /// The hub.
    pub hub: hub::Model,
    /// What is ahead, in its order.
    pub ahead: Vec<Ahead>,
    /// What is flagged: whose, and what is wrong in a sentence.
    pub behind: Vec<(String, String)>,
    /// Surveys that its partners are asked in.
    pub surveys: Vec<OpenSurvey>,
}

/// Something ahead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ahead {
    /// London day of it.
    pub day: NaiveDate,
    /// Start; none for what is due by the end of the day.
    pub starts_at: Option<DateTime<Utc>>,
    /// What it is.
    pub what: What,
}

/// What is ahead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A visit.
    Visit {
        /// Name of the partner.
        school: String,
        /// Whether it is a deep-dive visit.
        deep_dive: bool,
        /// Whether both sides have agreed.
        agreed: bool,
    },
    /// An event, by its title.
    Event(String),
    /// Something due, by its title.
    Due {
        /// What is to be done.
        title: String,
        /// The partners who owe it, by name; empty for a duty of the hub.
        partners: Vec<String>,
    },
}

/// A survey that partners are asked in.
#[derive(Clone, Debug)]
pub struct OpenSurvey {
    /// Title.
    pub title: String,
    /// Last day for answers.
    pub closes_on: NaiveDate,
    /// Partners asked.
    pub asked: usize,
    /// Those with a group of which too few have answered, by name.
    pub short: Vec<String>,
}

impl Week {
    fn is_empty(&self) -> bool {
        self.ahead.is_empty() && self.behind.is_empty() && self.surveys.is_empty()
    }
}

/// Queues the summaries of the week, on its first working day, to hub leads who want them; of a week
/// without anything to say none is made. Returns how many were queued.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn queue_due(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    book: &Book,
) -> Result<usize, StoreError> {
    let today = local(now).date();
    let mut readers: BTreeMap<Uuid, &hub::Model> = BTreeMap::new();
    let hubs = open_hubs(txn, today).await?;
    for hub in &hubs {
        if begins_week(&book.calendar(hub.lead_setting_id), today)
            && !week(txn, now, hub).await?.is_empty()
        {
            for lead in people::leads(txn, hub).await? {
                readers.entry(lead).or_insert(hub);
            }
        }
    }
    let all: Vec<Uuid> = readers.keys().copied().collect();
    let unwilling = choices::unwilling(txn, MessageKind::HubWeek, &all).await?;
    let rows = person::Entity::find().filter(person::Column::Id.is_in(all)).all(txn).await?;
    let mut queued = 0;
    for row in rows.into_iter().filter(|row| !unwilling.contains_key(&row.id)) {
        let Some(hub) = readers.get(&row.id) else { continue };
        let minute = row.digest_minute.and_then(|minute| u32::try_from(minute).ok());
        let calendar = book.calendar(hub.lead_setting_id);
        let send_after = next_send_time(book.policy(hub.programme_id)?, &calendar, minute, now);
        let wish = LetterWish {
            kind: MessageKind::HubWeek,
            person_id: row.id,
            about: About::Reader,
            about_id: row.id,
            dedupe_key: format!("hub_week:{}:{}", row.id, week_of(today)),
            send_after,
            expires_at: end_of_day(today.checked_add_days(KEEPS).unwrap_or(today)),
        };
        queued += usize::from(queue(txn, now, wish).await?);
    }
    Ok(queued)
}

/// What a claimed summary is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let mut found = HubWeek::default();
    for hub in open_hubs(db, local(now).date()).await? {
        if people::leads(db, &hub).await?.contains(&row.person_id) {
            let week = week(db, now, &hub).await?;
            found.hubs.extend((!week.is_empty()).then_some(week));
        }
    }
    if found.hubs.is_empty() {
        return Ok(Content::Unwanted("There is nothing to say of the week any more.".to_owned()));
    }
    Ok(Content::Notice(Box::new(Notice::HubWeek(found))))
}

async fn open_hubs(
    db: &impl ConnectionTrait,
    today: NaiveDate,
) -> Result<Vec<hub::Model>, StoreError> {
    let closed_on = hub::Column::ClosedOn;
    let stays = Condition::any().add(closed_on.is_null()).add(closed_on.gte(today));
    Ok(hub::Entity::find()
        .filter(hub::Column::OpenedOn.lte(today))
        .filter(stays)
        .order_by_asc(hub::Column::Name)
        .order_by_asc(hub::Column::Id)
        .all(db)
        .await?)
}

async fn week(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    hub: &hub::Model,
) -> Result<Week, StoreError> {
    let partners = enrolment::Entity::find()
        .filter(enrolment::Column::HubId.eq(hub.id))
        .filter(enrolment::Column::Status.eq("active"))
        .all(db)
        .await?;
    let settings = partners.iter().map(|row| row.partner_setting_id);
    let settings =
        setting::Entity::find().filter(setting::Column::Id.is_in(settings)).all(db).await?;
    let settings: HashMap<Uuid, String> =
        settings.into_iter().map(|row| (row.id, row.name)).collect();
    let name =
        |row: &enrolment::Model| settings.get(&row.partner_setting_id).cloned().unwrap_or_default();
    let names: HashMap<Uuid, String> = partners.iter().map(|row| (row.id, name(row))).collect();
    let mut ahead = visits(db, now, hub, &names).await?;
    ahead.extend(events(db, now, hub, &partners).await?);
    ahead.extend(due(db, now, hub, &names).await?);
    ahead.sort();
    let behind = behind(db, hub, &names).await?;
    let surveys = surveys(db, &names).await?;
    Ok(Week { hub: hub.clone(), ahead, behind, surveys })
}

/// The day after the last that is looked at.
fn horizon(now: DateTime<Utc>) -> NaiveDate {
    let today = local(now).date();
    today.checked_add_days(WEEK_LOOKS_AHEAD).unwrap_or(today)
}

/// The moment at which that day begins.
fn until(now: DateTime<Utc>) -> DateTime<Utc> {
    let last = horizon(now).pred_opt().unwrap_or_else(|| horizon(now));
    end_of_day(last)
}

async fn visits(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    hub: &hub::Model,
    names: &HashMap<Uuid, String>,
) -> Result<Vec<Ahead>, StoreError> {
    let states = [VisitState::Proposed, VisitState::Agreed].map(text);
    let rows = visit::Entity::find()
        .filter(visit::Column::HubId.eq(hub.id))
        .filter(visit::Column::State.is_in(states))
        .filter(visit::Column::StartsAt.gt(now))
        .filter(visit::Column::StartsAt.lt(until(now)))
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Ahead {
            day: local(row.starts_at).date(),
            starts_at: Some(row.starts_at),
            what: What::Visit {
                school: names.get(&row.enrolment_id).cloned().unwrap_or_default(),
                deep_dive: row.kind == text(VisitKind::DeepDiveVisit),
                agreed: row.state == text(VisitState::Agreed),
            },
        })
        .collect())
}

/// Published events that the hub hosts, and those of the whole programme that its partners can go to.
async fn events(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    hub: &hub::Model,
    partners: &[enrolment::Model],
) -> Result<Vec<Ahead>, StoreError> {
    let cohorts: BTreeSet<Uuid> = partners.iter().map(|row| row.cohort_id).collect();
    let own =
        Condition::any().add(event::Column::HubId.eq(hub.id)).add(event::Column::HubId.is_null());
    let rows = event::Entity::find()
        .filter(event::Column::ProgrammeId.eq(hub.programme_id))
        .filter(own)
        .filter(event::Column::PublishedAt.lte(now))
        .filter(event::Column::CancelledAt.is_null())
        .filter(event::Column::StartsAt.gt(now))
        .filter(event::Column::StartsAt.lt(until(now)))
        .all(db)
        .await?;
    let concerns = |row: &event::Model| {
        row.hub_id.is_some() || row.cohort_id.is_none_or(|cohort| cohorts.contains(&cohort))
    };
    Ok(rows
        .into_iter()
        .filter(concerns)
        .map(|row| Ahead {
            day: local(row.starts_at).date(),
            starts_at: Some(row.starts_at),
            what: What::Event(row.title),
        })
        .collect())
}

/// What the hub and its partners owe within the time looked at; who is late is behind, not ahead.
/// What is an event is told as one.
async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    hub: &hub::Model,
    names: &HashMap<Uuid, String>,
) -> Result<Vec<Ahead>, StoreError> {
    let rows = obligation::Entity::find()
        .filter(obligation::Column::HubId.eq(hub.id))
        .filter(obligation::Column::State.eq(text(ObligationState::Open)))
        .filter(obligation::Column::EventId.is_null())
        .filter(obligation::Column::DueOn.gte(local(now).date()))
        .filter(obligation::Column::DueOn.lt(horizon(now)))
        .all(db)
        .await?;
    let mut all: BTreeMap<(NaiveDate, String, bool), Vec<String>> = BTreeMap::new();
    for row in rows {
        let partner = row.enrolment_id.map(|id| names.get(&id));
        // Who has left, or is paused, is not waited for.
        if partner == Some(None) {
            continue;
        }
        let who = all.entry((row.due_on, row.title, partner.is_some())).or_default();
        who.extend(partner.flatten().cloned());
    }
    let ahead = all.into_iter().map(|((day, title, _), mut partners)| {
        partners.sort();
        Ahead { day, starts_at: None, what: What::Due { title, partners } }
    });
    Ok(ahead.collect())
}

/// What is flagged about the hub's partners, by name, and not set aside.
async fn behind(
    db: &impl ConnectionTrait,
    hub: &hub::Model,
    names: &HashMap<Uuid, String>,
) -> Result<Vec<(String, String)>, StoreError> {
    let states = [AlertState::Firing, AlertState::Acknowledged].map(text);
    let rows = engagement_alert::Entity::find()
        .filter(engagement_alert::Column::HubId.eq(hub.id))
        .filter(engagement_alert::Column::State.is_in(states))
        .all(db)
        .await?;
    let mut behind: Vec<_> = rows
        .into_iter()
        .filter_map(|row| Some((names.get(&row.enrolment_id?)?.clone(), row.summary)))
        .collect();
    behind.sort();
    Ok(behind)
}

/// Open surveys in which the hub's partners are asked.
async fn surveys(
    db: &impl ConnectionTrait,
    names: &HashMap<Uuid, String>,
) -> Result<Vec<OpenSurvey>, StoreError> {
    let open = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::State.eq(text(CampaignState::Open)))
        .order_by_asc(survey_campaign::Column::ClosesOn)
        .order_by_asc(survey_campaign::Column::Id)
        .all(db)
        .await?;
    let mut surveys = Vec::new();
    for campaign in open {
        let asked = survey_invitation::Entity::find()
            .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
            .filter(survey_invitation::Column::EnrolmentId.is_in(names.keys().copied()))
            .all(db)
            .await?;
        let schools: BTreeSet<Uuid> = asked.iter().map(|row| row.enrolment_id).collect();
        let short = asked.iter().filter(|row| row.enough_on.is_none());
        let short: BTreeSet<&String> =
            short.filter_map(|row| names.get(&row.enrolment_id)).collect();
        if !schools.is_empty() {
            surveys.push(OpenSurvey {
                title: campaign.title,
                closes_on: campaign.closes_on,
                asked: schools.len(),
                short: short.into_iter().cloned().collect(),
            });
        }
    }
    Ok(surveys)
}
