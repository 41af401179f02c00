//! What there is to say of one hub's week.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{end_of_day, local};
use rules::commitments::ObligationState;
use rules::engagement::AlertState;
use rules::events::BookingState;
use rules::messages::summaries::WEEK_LOOKS_AHEAD;
use rules::surveys::CampaignState;
use rules::visits::{VisitKind, VisitState};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use super::{Ahead, Booked, OpenSurvey, Week, What};
use crate::engagement::engagement_alert;
use crate::enrolments::{enrolment, obligation};
use crate::events::booking;
use crate::hubs::hub;
use crate::messages::text;
use crate::outcome::{StoreError, word};
use crate::people::setting;
use crate::programme::event;
use crate::surveys::{survey_campaign, survey_invitation};
use crate::visits::visit;

/// What there is to say of a hub; `booked`: from when to when places were booked that are told.
pub(super) async fn week(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    hub: &hub::Model,
    booked: Range<DateTime<Utc>>,
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
    let bookings = bookings(db, now, booked, &names).await?;
    let behind = behind(db, hub, &names).await?;
    let surveys = surveys(db, &names).await?;
    Ok(Week { hub: hub.clone(), ahead, bookings, behind, surveys })
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

/// What the hub's partners booked or gave up of late at events to come. What waits is told with what
/// was booked: it may need the hub's help.
async fn bookings(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    booked: Range<DateTime<Utc>>,
    names: &HashMap<Uuid, String>,
) -> Result<Vec<Booked>, StoreError> {
    let rows = booking::Entity::find()
        .filter(booking::Column::EnrolmentId.is_in(names.keys().copied()))
        .filter(booking::Column::ChangedAt.gt(booked.start))
        .filter(booking::Column::ChangedAt.lte(booked.end))
        .all(db)
        .await?;
    let events = event::Entity::find()
        .filter(event::Column::Id.is_in(rows.iter().map(|row| row.event_id)))
        .filter(event::Column::StartsAt.gt(now))
        .filter(event::Column::CancelledAt.is_null())
        .all(db)
        .await?;
    let events: HashMap<Uuid, event::Model> =
        events.into_iter().map(|event| (event.id, event)).collect();
    let mut all: BTreeMap<(DateTime<Utc>, &str, Uuid), Vec<_>> = BTreeMap::new();
    for row in &rows {
        let found = events.get(&row.event_id).zip(names.get(&row.enrolment_id));
        let Some((event, name)) = found else { continue };
        let state: BookingState = word("booking", row.id, &row.state)?;
        let of_event = all.entry((event.starts_at, &event.title, event.id)).or_default();
        of_event.push((name.clone(), state, row.places));
    }
    let booked = all.into_iter().map(|((starts_at, event, _), mut partners)| {
        partners.sort_by(|one, other| one.0.cmp(&other.0));
        Booked { event: event.to_owned(), starts_at, partners }
    });
    Ok(booked.collect())
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
