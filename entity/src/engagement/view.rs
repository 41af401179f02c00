//! Subjects as the rules see them, put together from what was read.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use rules::commitments::{CommitmentKind, TermFacts};
use rules::engagement::{
    AlertSubject, EngagementFacts, ObligationEvidence, PartnerFacts, SubjectTerm,
};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::facts::{self, Faults, Sorted, Whose, closed_settings};
use super::open_days::OpenDays;
use super::reach;
use crate::enrolments::enrolment;
use crate::hubs::hub;
use crate::outcome::StoreError;
use crate::programme::calendars::Calendars;
use crate::programme::{cohort, programme_term};

/// One enrolment or hub, ready to be judged.
pub(super) struct Subject {
    /// Its id.
    pub id: Uuid,
    /// The hub concerned.
    pub hub_id: Uuid,
    /// Its time in the programme is over, and so are its alerts.
    pub ended: bool,
    /// What the rules look at.
    pub facts: EngagementFacts,
}

/// Everything an assessment looks at.
pub(super) struct View {
    subjects: Vec<Subject>,
    unreadable: Vec<(Uuid, String)>,
}

impl View {
    /// Reads all that an assessment looks at.
    pub async fn load(
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        programme_id: Uuid,
        whose: Whose,
    ) -> Result<Self, StoreError> {
        let enrolments = enrolment::Entity::find()
            .filter(whose.enrolments())
            .order_by_asc(enrolment::Column::Id)
            .all(txn)
            .await?;
        let hubs = match whose {
            Whose::Enrolment(_) => Vec::new(),
            Whose::Hub(id) => hub::Entity::find_by_id(id).all(txn).await?,
            Whose::Programme(id) => {
                let all = hub::Entity::find().filter(hub::Column::ProgrammeId.eq(id));
                all.order_by_asc(hub::Column::Id).all(txn).await?
            }
        };
        let today = local(now).date();
        let mut faults = Faults::default();
        let read = Read {
            today,
            calendars: Calendars::load(txn).await?,
            closed: closed_settings(txn).await?,
            names: facts::names(txn, whose).await?,
            obligations: facts::obligations(txn, whose, today, &mut faults).await?,
            visits: facts::visits(txn, whose, &mut faults).await?,
            open_days: OpenDays::load(txn, programme_id, whose, now, &mut faults).await?,
            surveys: facts::surveys(txn, programme_id, whose, &mut faults).await?,
            contacts: reach::contacts(txn, whose, &mut faults).await?,
            cohorts: cohorts(txn, programme_id).await?,
            faults,
        };
        let mut partners: HashMap<Uuid, Vec<&enrolment::Model>> = HashMap::new();
        for row in enrolments.iter().filter(|row| is_running(row)) {
            partners.entry(row.hub_id).or_default().push(row);
        }
        let judged = if matches!(whose, Whose::Hub(_)) { &[][..] } else { &enrolments[..] };
        let mut view = Self { subjects: Vec::new(), unreadable: Vec::new() };
        for row in judged {
            let faults = [row.id, row.partner_setting_id];
            view.add(&read, row.id, &faults, || read.enrolment(row));
        }
        for row in &hubs {
            let partners = partners.get(&row.id).map_or(&[][..], Vec::as_slice);
            view.add(&read, row.id, &[row.id], || read.hub(row, partners));
        }
        Ok(view)
    }

    fn add(&mut self, read: &Read, id: Uuid, owners: &[Uuid], subject: impl FnOnce() -> Subject) {
        match owners.iter().find_map(|owner| read.faults.0.get(owner)) {
            Some(fault) => self.unreadable.push((id, fault.clone())),
            None => self.subjects.push(subject()),
        }
    }

    /// Everybody to be judged, enrolments before hubs.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Whoever cannot be judged, with the row that cannot be read.
    pub fn unreadable(self) -> Vec<(Uuid, String)> {
        self.unreadable
    }
}

/// What was read, by whose it is.
struct Read {
    today: NaiveDate,
    calendars: Calendars,
    closed: HashSet<Uuid>,
    names: HashMap<Uuid, String>,
    obligations: Sorted<ObligationEvidence>,
    visits: Sorted<rules::engagement::VisitFacts>,
    open_days: OpenDays,
    surveys: Sorted<rules::engagement::SurveyFacts>,
    contacts: Sorted<rules::engagement::ContactFacts>,
    cohorts: Vec<Cohort>,
    faults: Faults,
}

/// A cohort with its terms, in order.
struct Cohort {
    id: Uuid,
    key: String,
    terms: Vec<programme_term::Model>,
}

fn is_running(row: &enrolment::Model) -> bool {
    row.status == "active" || row.status == "paused"
}

impl Read {
    /// Active, with its school open and, if it is a partner of a hub, running there.
    fn is_live(&self, row: &enrolment::Model) -> bool {
        row.status == "active" && !self.closed.contains(&row.partner_setting_id)
    }

    fn enrolment(&self, row: &enrolment::Model) -> Subject {
        let calendar = self.calendars.of_setting(row.partner_setting_id);
        let terms = self.cohorts.iter().filter(|cohort| cohort.id == row.cohort_id);
        Subject {
            id: row.id,
            hub_id: row.hub_id,
            ended: !is_running(row),
            facts: EngagementFacts {
                live: self.is_live(row),
                terms: terms.flat_map(|cohort| cohort.terms(None, row.enrolled_on)).collect(),
                obligations: self.obligations.of(row.id).to_vec(),
                visits: self.visits.of(row.id).to_vec(),
                open_days: self.open_days.of_enrolment(row),
                surveys: self.surveys.of(row.id).to_vec(),
                contacts: self.contacts.of(row.partner_setting_id).to_vec(),
                ..EngagementFacts::new(AlertSubject::Enrolment, row.enrolled_on, calendar)
            },
        }
    }

    fn hub(&self, row: &hub::Model, partners: &[&enrolment::Model]) -> Subject {
        let ended = row.closed_on.is_some_and(|day| day < self.today);
        let open = row.opened_on <= self.today && !self.closed.contains(&row.lead_setting_id);
        let calendar = self.calendars.of_setting(row.lead_setting_id);
        let terms = self.cohorts.iter().flat_map(|cohort| {
            // A hub has to do with a cohort from its first partner there on.
            let of_cohort = partners.iter().filter(|partner| partner.cohort_id == cohort.id);
            let first = of_cohort.map(|partner| partner.enrolled_on).min();
            let joined_on = first.map_or(row.opened_on, |day| day.max(row.opened_on));
            cohort.terms(Some(&cohort.key), joined_on)
        });
        let partners_of = |count: Option<i32>| count.and_then(|count| u32::try_from(count).ok());
        Subject {
            id: row.id,
            hub_id: row.id,
            ended,
            facts: EngagementFacts {
                live: open && !ended,
                terms: terms.collect(),
                obligations: self.obligations.of(row.id).to_vec(),
                open_days: self.open_days.of_hub(row.id),
                partners: partners.iter().map(|partner| self.partner(partner)).collect(),
                fewest_partners: partners_of(row.capacity_min),
                most_partners: partners_of(row.capacity_max),
                ..EngagementFacts::new(AlertSubject::Hub, row.opened_on, calendar)
            },
        }
    }

    fn partner(&self, row: &enrolment::Model) -> PartnerFacts {
        // Of one whose rows cannot be read it is known that it is there, and nothing else.
        let readable = !self.faults.0.contains_key(&row.id);
        let owed = self.obligations.of(row.id).iter();
        PartnerFacts {
            enrolment_id: row.id,
            name: self.names.get(&row.partner_setting_id).cloned().unwrap_or_default(),
            cohort_id: row.cohort_id,
            live: readable && self.is_live(row),
            joined_on: row.enrolled_on,
            calendar: self.calendars.of_setting(row.partner_setting_id),
            support_days: owed
                .filter(|one| one.kind == CommitmentKind::SupportDays)
                .cloned()
                .collect(),
            visits: self.visits.of(row.id).to_vec(),
        }
    }
}

impl Cohort {
    /// Its terms for somebody who joined it on a day; with its key in their names where several
    /// cohorts are looked at.
    fn terms(&self, key: Option<&str>, joined_on: NaiveDate) -> Vec<SubjectTerm> {
        let period = |ordinal: i32| match key {
            Some(key) => format!("{key}/term-{ordinal}"),
            None => format!("term-{ordinal}"),
        };
        self.terms
            .iter()
            .map(|row| SubjectTerm {
                period: period(row.ordinal),
                name: row.name.clone(),
                cohort_id: self.id,
                joined_on,
                term: TermFacts {
                    id: row.id,
                    ordinal: u32::try_from(row.ordinal).unwrap_or(0),
                    starts_on: row.starts_on,
                    ends_on: row.ends_on,
                    half_term: row.half_term_starts_on.zip(row.half_term_ends_on),
                },
            })
            .collect()
    }
}

async fn cohorts(txn: &DatabaseTransaction, programme_id: Uuid) -> Result<Vec<Cohort>, StoreError> {
    let of_programme = Query::select()
        .column((cohort::Entity, cohort::Column::Id))
        .from(cohort::Entity)
        .and_where(cohort::Column::ProgrammeId.eq(programme_id))
        .to_owned();
    let mut terms: HashMap<Uuid, Vec<programme_term::Model>> = HashMap::new();
    let rows = programme_term::Entity::find()
        .filter(programme_term::Column::CohortId.in_subquery(of_programme))
        .order_by_asc(programme_term::Column::Ordinal)
        .all(txn)
        .await?;
    for row in rows {
        terms.entry(row.cohort_id).or_default().push(row);
    }
    let rows = cohort::Entity::find()
        .filter(cohort::Column::ProgrammeId.eq(programme_id))
        .order_by_asc(cohort::Column::Key)
        .all(txn)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| Cohort {
            terms: terms.remove(&row.id).unwrap_or_default(),
            id: row.id,
            key: row.key,
        })
        .collect())
}
