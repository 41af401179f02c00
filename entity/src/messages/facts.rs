//! Obligations as the reminder rules and the mails see them: one reading, a few statements,
//! whatever the number of obligations.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{Calendar, local};
use rules::commitments::{Action, CommitmentKind, ObligationState, OwedBy};
use rules::people::{ContactRole, Role};
use rules::programme::{EventKind, Policy};
use rules::reminders::{ObligationFacts, ReminderState, Step};
use rules::surveys::CampaignState;
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::{BATCH, reminder, text};
use crate::engagement::closed_settings;
use crate::enrolments::{enrolment, obligation};
use crate::hubs::hub;
use crate::outcome::{StoreError, word};
use crate::people::{contact, role_grant, setting};
use crate::programme::calendars::Calendars;
use crate::programme::{event, programme, programme_term};
use crate::surveys::survey_campaign;

/// What one run reads once: every programme's policy, and all school calendars.
#[derive(Debug)]
pub struct Book {
    /// Name and policy of each programme.
    pub programmes: HashMap<Uuid, (String, Policy)>,
    calendars: Calendars,
    /// Published events that were not cancelled.
    events: Vec<event::Model>,
    /// Open survey campaigns that meet a commitment and remind by letters of their own.
    campaigns: Vec<survey_campaign::Model>,
    /// First and last day of each programme term.
    terms: HashMap<Uuid, (NaiveDate, NaiveDate)>,
}

impl Book {
    /// Reads it.
    ///
    /// # Errors
    /// A policy this version cannot read, or a database fault.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, StoreError> {
        let mut programmes = HashMap::new();
        for row in programme::Entity::find().all(db).await? {
            let policy =
                serde_json::from_value(row.policy).map_err(|error| StoreError::Unreadable {
                    table: "programme",
                    id: row.id,
                    problem: error.to_string(),
                })?;
            programmes.insert(row.id, (row.name, policy));
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
        Ok(Self { programmes, calendars, events, campaigns, terms: terms.collect() })
    }

    fn start_of(&self, event_id: Uuid) -> Option<DateTime<Utc>> {
        self.events.iter().find(|event| event.id == event_id).map(|event| event.starts_at)
    }

    fn reminded_by_survey(&self, row: &obligation::Model) -> bool {
        self.campaigns.iter().any(|campaign| {
            campaign.template_id == Some(row.template_id)
                && campaign.cohort_id.is_none_or(|cohort| cohort == row.cohort_id)
        })
    }

    /// Whether every event of its term that an obligation could be met at is over.
    fn nothing_left_to_attend(
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
    pub(super) fn calendars(&self) -> Vec<Calendar> {
        self.calendars.all()
    }

    /// The policy of a programme.
    ///
    /// # Errors
    /// The programme came after the book was read.
    pub fn policy(&self, programme_id: Uuid) -> Result<&Policy, StoreError> {
        let found = self.programmes.get(&programme_id);
        found.map(|(_, policy)| policy).ok_or_else(|| StoreError::Unreadable {
            table: "programme",
            id: programme_id,
            problem: "it is new; look again".to_owned(),
        })
    }
}

/// One obligation, with whom it concerns.
#[derive(Clone, Debug)]
pub struct Fact {
    /// As the rules see it.
    pub rules: ObligationFacts,
    /// The row.
    pub row: obligation::Model,
    /// What it takes to meet it now.
    pub action: Action,
    /// When the event it is about starts.
    pub starts_at: Option<DateTime<Utc>>,
    /// The setting that owes it: the partner, or the hub's lead setting.
    pub setting_id: Uuid,
    /// Its name.
    pub setting_name: String,
    /// Name of the hub.
    pub hub_name: String,
}

impl Fact {
    /// Whether `person` has a part in it: owes it, supports it or oversees it.
    #[must_use]
    pub fn concerns(&self, person: Uuid) -> bool {
        let all = [&self.rules.owners, &self.rules.hub_leads, &self.rules.programme_admins];
        all.iter().any(|people| people.contains(&person))
    }
}

/// Reads the facts of the obligations that `which` (a condition on `obligation`) selects, by id.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn load(
    db: &impl ConnectionTrait,
    book: &Book,
    now: DateTime<Utc>,
    which: Condition,
) -> Result<HashMap<Uuid, Fact>, StoreError> {
    let rows = obligation::Entity::find().filter(which.clone()).all(db).await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let around = Around::load(db, &which).await?;
    let today = local(now).date();
    let mut calendars: HashMap<Uuid, Calendar> = HashMap::new();
    let mut facts = HashMap::with_capacity(rows.len());
    for row in rows {
        // Somebody settled it between two of our statements: the next pass sees all or nothing.
        let Some((hub, setting_id, taking_part)) = around.place(&row, today) else { continue };
        let calendar = calendars
            .entry(setting_id)
            .or_insert_with(|| book.calendars.of_setting(setting_id))
            .clone();
        let owed_by: OwedBy = word("obligation", row.id, &row.owed_by)?;
        let state: ObligationState = word("obligation", row.id, &row.state)?;
        let kind: CommitmentKind = word("obligation", row.id, &row.kind)?;
        let hub_leads = around.hub_leads(hub);
        let owners = match owed_by {
            OwedBy::Partner => {
                around.contacts(setting_id, &book.policy(row.programme_id)?.recipients)
            }
            OwedBy::Hub => hub_leads.clone(),
        };
        let fact = Fact {
            rules: ObligationFacts {
                id: row.id,
                kind,
                owed_by,
                state,
                revision: row.revision,
                opens_on: row.opens_on,
                due_on: row.due_on,
                nothing_left_to_attend: book.nothing_left_to_attend(&row, kind, now),
                reminded_by_survey: book.reminded_by_survey(&row),
                live: taking_part && !around.closed.contains(&setting_id),
                calendar,
                owners,
                hub_leads,
                programme_admins: around.admins.clone(),
                ledger: around.ledger(row.id, row.revision),
            },
            action: word("obligation", row.id, &row.action)?,
            starts_at: row.event_id.and_then(|id| book.start_of(id)),
            setting_id,
            setting_name: around.names.get(&setting_id).cloned().unwrap_or_default(),
            hub_name: hub.name.clone(),
            row,
        };
        facts.insert(fact.row.id, fact);
    }
    Ok(facts)
}

/// Everything around the chosen obligations.
struct Around {
    hubs: HashMap<Uuid, hub::Model>,
    /// Partner setting and whether it takes part, by enrolment.
    enrolments: HashMap<Uuid, (Uuid, bool)>,
    names: HashMap<Uuid, String>,
    closed: HashSet<Uuid>,
    contacts: HashMap<Uuid, Vec<(ContactRole, Uuid)>>,
    granted_leads: HashMap<Uuid, Vec<Uuid>>,
    admins: Vec<Uuid>,
    ledger: HashMap<(Uuid, i32), BTreeSet<(Step, Uuid)>>,
}

/// One column of the chosen obligations.
fn chosen(column: obligation::Column, which: &Condition) -> SelectStatement {
    Query::select()
        .column((obligation::Entity, column))
        .from(obligation::Entity)
        .cond_where(which.clone())
        .to_owned()
}

impl Around {
    async fn load(db: &impl ConnectionTrait, which: &Condition) -> Result<Self, StoreError> {
        let hubs = hub::Entity::find()
            .filter(hub::Column::Id.in_subquery(chosen(obligation::Column::HubId, which)))
            .all(db)
            .await?;
        let enrolments: Vec<(Uuid, Uuid, String)> = enrolment::Entity::find()
            .select_only()
            .columns([
                enrolment::Column::Id,
                enrolment::Column::PartnerSettingId,
                enrolment::Column::Status,
            ])
            .filter(
                enrolment::Column::Id.in_subquery(chosen(obligation::Column::EnrolmentId, which)),
            )
            .into_tuple()
            .all(db)
            .await?;
        let partners = enrolments.iter().map(|(_, partner, _)| *partner);
        let settings = distinct(partners.chain(hubs.iter().map(|hub| hub.lead_setting_id)));
        let mut names = HashMap::with_capacity(settings.len());
        let mut contacts: HashMap<Uuid, Vec<(ContactRole, Uuid)>> = HashMap::new();
        // By their ids: asked for by how they were chosen, all settings were read each time.
        for some in settings.chunks(BATCH) {
            let found: Vec<(Uuid, String)> = setting::Entity::find()
                .select_only()
                .columns([setting::Column::Id, setting::Column::Name])
                .filter(setting::Column::Id.is_in(some.iter().copied()))
                .into_tuple()
                .all(db)
                .await?;
            names.extend(found);
            let people = contact::Entity::find()
                .filter(contact::Column::EndedAt.is_null())
                .filter(contact::Column::SettingId.is_in(some.iter().copied()))
                .all(db)
                .await?;
            for row in people {
                let role = word("contact", row.id, &row.role)?;
                contacts.entry(row.setting_id).or_default().push((role, row.person_id));
            }
        }
        let (granted_leads, admins) = grants(db).await?;
        Ok(Self {
            hubs: hubs.into_iter().map(|hub| (hub.id, hub)).collect(),
            enrolments: enrolments
                .into_iter()
                .map(|(id, partner, status)| (id, (partner, status == "active")))
                .collect(),
            names,
            closed: closed_settings(db).await?,
            contacts,
            granted_leads,
            admins,
            ledger: ledger(db, which).await?,
        })
    }

    /// The hub of an obligation, the setting that owes it, and whether that takes part today.
    fn place(
        &self,
        row: &obligation::Model,
        today: NaiveDate,
    ) -> Option<(&hub::Model, Uuid, bool)> {
        let hub = self.hubs.get(&row.hub_id)?;
        let open = hub.opened_on <= today && hub.closed_on.is_none_or(|day| today <= day);
        match row.enrolment_id {
            None => Some((hub, hub.lead_setting_id, open)),
            Some(enrolment) => {
                let (partner, active) = self.enrolments.get(&enrolment)?;
                Some((hub, *partner, *active))
            }
        }
    }

    fn contacts(&self, setting: Uuid, roles: &[ContactRole]) -> Vec<Uuid> {
        let all = self.contacts.get(&setting).map_or(&[][..], Vec::as_slice);
        let wanted = all.iter().filter(|(role, _)| roles.contains(role));
        distinct(wanted.map(|(_, person)| *person))
    }

    /// Those granted the hub, and the hub leads among its lead setting's contacts.
    fn hub_leads(&self, hub: &hub::Model) -> Vec<Uuid> {
        let granted = self.granted_leads.get(&hub.id).into_iter().flatten();
        let named = self.contacts(hub.lead_setting_id, &[ContactRole::HubLead]);
        distinct(granted.copied().chain(named))
    }

    fn ledger(&self, obligation: Uuid, revision: i32) -> BTreeSet<(Step, Uuid)> {
        let found = self.ledger.get(&(obligation, revision));
        found.cloned().unwrap_or_default()
    }
}

fn distinct(people: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    people.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Hub leads by hub, and programme admins.
async fn grants(
    db: &impl ConnectionTrait,
) -> Result<(HashMap<Uuid, Vec<Uuid>>, Vec<Uuid>), StoreError> {
    let admin = <&str>::from(Role::ProgrammeAdmin);
    let rows = role_grant::Entity::find()
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(role_grant::Column::Role.is_in([admin, <&str>::from(Role::HubLead)]))
        .all(db)
        .await?;
    let mut leads: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let mut admins = Vec::new();
    for row in rows {
        match row.hub_id {
            _ if row.role == admin => admins.push(row.person_id),
            Some(hub) => leads.entry(hub).or_default().push(row.person_id),
            None => {}
        }
    }
    Ok((leads, distinct(admins.into_iter())))
}

/// The steps written down about the chosen obligations and not cancelled, by obligation and
/// revision.
async fn ledger(
    db: &impl ConnectionTrait,
    which: &Condition,
) -> Result<HashMap<(Uuid, i32), BTreeSet<(Step, Uuid)>>, StoreError> {
    let rows: Vec<(Uuid, Uuid, i32, String, Uuid)> = reminder::Entity::find()
        .select_only()
        .columns([
            reminder::Column::Id,
            reminder::Column::ObligationId,
            reminder::Column::Revision,
            reminder::Column::Step,
            reminder::Column::PersonId,
        ])
        .filter(reminder::Column::ObligationId.in_subquery(chosen(obligation::Column::Id, which)))
        .filter(reminder::Column::State.ne(text(ReminderState::Cancelled)))
        .into_tuple()
        .all(db)
        .await?;
    let mut ledger: HashMap<(Uuid, i32), BTreeSet<(Step, Uuid)>> = HashMap::new();
    for (id, obligation, revision, step, person) in rows {
        let step = word("reminder", id, &step)?;
        let of_revision = ledger.entry((obligation, revision)).or_default();
        of_revision.insert((step, person));
    }
    Ok(ledger)
}
