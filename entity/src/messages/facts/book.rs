//! What one run reads once.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{Calendar, local};
use rules::commitments::CommitmentKind;
use rules::programme::{EventKind, Policy};
use rules::surveys::CampaignState;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::enrolments::obligation;
use crate::messages::text;
use crate::outcome::StoreError;
use crate::programme::calendars::Calendars;
use crate::programme::{event, programme, programme_term};
use crate::surveys::survey_campaign;

/// What one run reads once: every programme's policy, and all school calendars.
#[derive(Debug)]
pub struct Book {
    /// Name and policy of each programme whose policy can be read.
    pub programmes: HashMap<Uuid, (String, Policy)>,
    /// What is wrong with the others.
    unreadable: HashMap<Uuid, String>,
    pub(super) calendars: Calendars,
    /// Published events that were not cancelled.
    events: Vec<event::Model>,
    /// Open survey campaigns that meet a commitment and remind by letters of their own.
    campaigns: Vec<survey_campaign::Model>,
    /// First and last day of each programme term.
    terms: HashMap<Uuid, (NaiveDate, NaiveDate)>,
}

impl Book {
    /// Reads it. A programme whose policy cannot be read keeps back nothing of the others.
    ///
    /// # Errors
    /// A calendar this version cannot read, or a database fault.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, StoreError> {
        let (mut programmes, mut unreadable) = (HashMap::new(), HashMap::new());
        for row in programme::Entity::find().all(db).await? {
            match serde_json::from_value(row.policy) {
                Ok(policy) => drop(programmes.insert(row.id, (row.name, policy))),
                Err(error) => drop(unreadable.insert(row.id, error.to_string())),
            }
        }
        let events = event::Entity::find()
            .filter(event::Column::PublishedAt.is_not_null())
            .filter(event::Column::CancelledAt.is_null())
            .all(db)
            .await?;
        let terms = programme_term::Entity::find().all(db).await?;
        let terms = terms.into_iter().map(|term| (term.id, (term.starts_on, term.ends_on)));
        let calendars = Calendars::load(db).await?;
        let mut campaigns = survey_campaign::Entity::find()
            .filter(survey_campaign::Column::State.eq(text(CampaignState::Open)))
            .filter(survey_campaign::Column::TemplateId.is_not_null())
            .all(db)
            .await?;
        campaigns.retain(|row| row.remind_days.as_array().is_some_and(|days| !days.is_empty()));
        let terms = terms.collect();
        Ok(Self { programmes, unreadable, calendars, events, campaigns, terms })
    }

    pub(super) fn start_of(&self, event_id: Uuid) -> Option<DateTime<Utc>> {
        self.events.iter().find(|event| event.id == event_id).map(|event| event.starts_at)
    }

    pub(super) fn reminded_by_survey(&self, row: &obligation::Model) -> bool {
        self.campaigns.iter().any(|campaign| {
            campaign.template_id == Some(row.template_id)
                && campaign.cohort_id.is_none_or(|cohort| cohort == row.cohort_id)
        })
    }

    /// Whether every event of its term that an obligation could be met at is over.
    pub(super) fn nothing_left_to_attend(
        &self,
        row: &obligation::Model,
        kind: CommitmentKind,
        now: DateTime<Utc>,
    ) -> bool {
        let kind = match kind {
            CommitmentKind::AttendOpenDay => EventKind::OpenDay,
            CommitmentKind::AttendNetworking => EventKind::HubNetworking,
            _ => return false,
        };
        let Some((first, last)) = row.term_id.and_then(|term| self.terms.get(&term)) else {
            return false;
        };
        let mut events = self.events.iter().filter(|event| {
            let day = local(event.starts_at).date();
            event.kind == <&str>::from(kind)
                && event.programme_id == row.programme_id
                && event.hub_id.is_none_or(|hub| hub == row.hub_id)
                && event.cohort_id.is_none_or(|cohort| cohort == row.cohort_id)
                && (*first..=*last).contains(&day)
        });
        events.all(|event| event.ends_at <= now)
    }

    /// The working days of a setting's school.
    #[must_use]
    pub fn calendar(&self, setting_id: Uuid) -> Calendar {
        self.calendars.of_setting(setting_id)
    }

    /// Every calendar that can count, each once.
    pub(in crate::messages) fn calendars(&self) -> Vec<Calendar> {
        self.calendars.all()
    }

    /// The policy of a programme.
    ///
    /// # Errors
    /// It cannot be read, or the programme came after the book was read.
    pub fn policy(&self, programme_id: Uuid) -> Result<&Policy, StoreError> {
        let found = self.programmes.get(&programme_id);
        found.map(|(_, policy)| policy).ok_or_else(|| StoreError::Unreadable {
            table: "programme",
            id: programme_id,
            problem: match self.unreadable.get(&programme_id) {
                Some(problem) => format!("its policy cannot be read: {problem}"),
                None => "it is new; look again".to_owned(),
            },
        })
    }

    /// The policies that cannot be read, each with its row.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let faults = self.unreadable.keys().filter_map(|id| self.policy(*id).err());
        faults.map(|fault| fault.to_string()).collect()
    }
}
