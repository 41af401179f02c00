//! From facts in the tables to alerts: gathers what [`RULES`] look at and writes down what they
//! decide.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{Calendar, local};
use rules::engagement::{
    AlertState, AlertSubject, Decision, EngagementFacts, Evidence, ObligationEvidence, RULES, Rule,
};
use rules::enrolments::EnrolmentStatus;
use rules::programme::Policy;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::engagement_alert;
use crate::enrolments::{enrolment, obligation};
use crate::hubs::hub;
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::people::setting;
use crate::programme::calendars::Calendars;
use crate::programme::policy;
use crate::schools::school;

/// The rules of today look at an enrolment or a hub as a whole, so that is the period of their
/// alerts; a rule about one term will name the term.
const PERIOD: &str = "whole";

/// What an assessment changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Assessed {
    /// Alerts opened.
    pub raised: usize,
    /// Open alerts whose evidence changed.
    pub updated: usize,
    /// Alerts that ended.
    pub resolved: usize,
}

/// Assesses one enrolment by every rule.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn assess_enrolment(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    enrolment_id: Uuid,
) -> Result<(), StoreError> {
    let Some(row) = enrolment::Entity::find_by_id(enrolment_id).one(txn).await? else {
        return Ok(());
    };
    let policy = policy(txn, row.programme_id).await?;
    let view = View::load(txn, now, Some(enrolment_id)).await?;
    let mut ledger = Ledger::new(now, view.alerts(txn, row.programme_id).await?);
    ledger.judge(&view.enrolment(&row), &policy);
    ledger.write(txn).await.map(|_| ())
}

/// Assesses one hub by every rule, on its own duties.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn assess_hub(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    hub_id: Uuid,
) -> Result<(), StoreError> {
    let Some(row) = hub::Entity::find_by_id(hub_id).one(txn).await? else {
        return Ok(());
    };
    let policy = policy(txn, row.programme_id).await?;
    let view = View::load(txn, now, Some(hub_id)).await?;
    let mut ledger = Ledger::new(now, view.alerts(txn, row.programme_id).await?);
    ledger.judge(&view.hub(&row), &policy);
    ledger.write(txn).await.map(|_| ())
}

/// Assesses every enrolment and hub of a programme by every rule, in a few statements.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn assess_programme(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
) -> Result<Assessed, StoreError> {
    let policy = policy(txn, programme_id).await?;
    let view = View::load(txn, now, None).await?;
    let mut ledger = Ledger::new(now, view.alerts(txn, programme_id).await?);
    let enrolments = enrolment::Entity::find()
        .filter(enrolment::Column::ProgrammeId.eq(programme_id))
        .all(txn)
        .await?;
    for row in &enrolments {
        ledger.judge(&view.enrolment(row), &policy);
    }
    let hubs =
        hub::Entity::find().filter(hub::Column::ProgrammeId.eq(programme_id)).all(txn).await?;
    for row in &hubs {
        ledger.judge(&view.hub(row), &policy);
    }
    ledger.write(txn).await
}

/// Settings whose school is not open: closed, or not opened yet.
pub(crate) async fn closed_settings(
    db: &impl ConnectionTrait,
) -> Result<HashSet<Uuid>, StoreError> {
    let not_open = Query::select()
        .column(school::Column::Id)
        .from(school::Entity)
        .and_where(school::Column::Status.is_not_in(["open", "proposed_to_close"]))
        .to_owned();
    let ids: Vec<Uuid> = setting::Entity::find()
        .select_only()
        .column(setting::Column::Id)
        .filter(setting::Column::SchoolId.in_subquery(not_open))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().collect())
}

/// What all assessments of one run share.
struct View {
    today: NaiveDate,
    only: Option<Uuid>,
    calendars: Calendars,
    closed: HashSet<Uuid>,
    /// Open obligations whose day has passed, by the enrolment or hub that owes them.
    late: HashMap<Uuid, Vec<ObligationEvidence>>,
}

/// One enrolment or hub, ready to be judged.
struct Subject {
    kind: AlertSubject,
    id: Uuid,
    hub_id: Uuid,
    /// Its time in the programme is over, and so are its alerts.
    ended: bool,
    facts: EngagementFacts,
}

impl View {
    async fn load(
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        only: Option<Uuid>,
    ) -> Result<Self, StoreError> {
        let today = local(now).date();
        let mut wanted = Condition::all()
            .add(obligation::Column::State.eq("open"))
            .add(obligation::Column::DueOn.lt(today));
        if let Some(subject) = only {
            wanted = wanted.add(obligation::Column::SubjectId.eq(subject));
        }
        let rows = obligation::Entity::find().filter(wanted).all(txn).await?;
        let mut late: HashMap<Uuid, Vec<ObligationEvidence>> = HashMap::new();
        for row in rows {
            late.entry(row.subject_id).or_default().push(evidence(row)?);
        }
        // The order of the rows is the database's; an alert's evidence must not depend on it.
        for obligations in late.values_mut() {
            obligations.sort_by_key(|one| (one.due_on, one.id));
        }
        Ok(Self {
            today,
            only,
            calendars: Calendars::load(txn).await?,
            closed: closed_settings(txn).await?,
            late,
        })
    }

    /// The alerts that are open about what is looked at.
    async fn alerts(
        &self,
        txn: &DatabaseTransaction,
        programme_id: Uuid,
    ) -> Result<Vec<engagement_alert::Model>, StoreError> {
        let hubs = Query::select()
            .column(hub::Column::Id)
            .from(hub::Entity)
            .and_where(hub::Column::ProgrammeId.eq(programme_id))
            .to_owned();
        let about = match self.only {
            Some(subject) => engagement_alert::Column::SubjectId.eq(subject),
            None => engagement_alert::Column::HubId.in_subquery(hubs),
        };
        Ok(engagement_alert::Entity::find()
            .filter(about)
            .filter(engagement_alert::Column::State.ne("resolved"))
            .lock_exclusive()
            .all(txn)
            .await?)
    }

    fn enrolment(&self, row: &enrolment::Model) -> Subject {
        let active = row.status == <&str>::from(EnrolmentStatus::Active);
        let paused = row.status == <&str>::from(EnrolmentStatus::Paused);
        let calendar = self.calendars.of_setting(row.partner_setting_id);
        let open = !self.closed.contains(&row.partner_setting_id);
        Subject {
            kind: AlertSubject::Enrolment,
            id: row.id,
            hub_id: row.hub_id,
            ended: !active && !paused,
            facts: self.facts(row.id, active && open, row.enrolled_on, calendar),
        }
    }

    fn hub(&self, row: &hub::Model) -> Subject {
        let ended = row.closed_on.is_some_and(|day| day < self.today);
        let open = row.opened_on <= self.today && !self.closed.contains(&row.lead_setting_id);
        let calendar = self.calendars.of_setting(row.lead_setting_id);
        Subject {
            kind: AlertSubject::Hub,
            id: row.id,
            hub_id: row.id,
            ended,
            facts: self.facts(row.id, open && !ended, row.opened_on, calendar),
        }
    }

    fn facts(
        &self,
        id: Uuid,
        live: bool,
        joined_on: NaiveDate,
        calendar: Calendar,
    ) -> EngagementFacts {
        EngagementFacts {
            live,
            joined_on,
            calendar,
            obligations: self.late.get(&id).cloned().unwrap_or_default(),
        }
    }
}

/// What is to be written, and the alerts that are open now.
struct Ledger {
    now: DateTime<Utc>,
    open: HashMap<(Uuid, String), engagement_alert::Model>,
    assessed: Assessed,
    added: Vec<engagement_alert::ActiveModel>,
    changed: Vec<engagement_alert::ActiveModel>,
}

impl Ledger {
    fn new(now: DateTime<Utc>, open: Vec<engagement_alert::Model>) -> Self {
        let open =
            open.into_iter().map(|alert| ((alert.subject_id, alert.rule.clone()), alert)).collect();
        Self { now, open, assessed: Assessed::default(), added: Vec::new(), changed: Vec::new() }
    }

    fn judge(&mut self, subject: &Subject, policy: &Policy) {
        for rule in RULES {
            let name = <&str>::from(rule.name).to_owned();
            let open = self.open.remove(&(subject.id, name));
            let decision = if subject.ended {
                Decision::Clear
            } else {
                (rule.decide)(&subject.facts, policy, self.now)
            };
            match (decision, open) {
                (Decision::Raise { summary, threshold, evidence }, open) => {
                    let evidence = evidence_json(&evidence);
                    self.raise(subject, *rule, summary, threshold, evidence, open);
                }
                (Decision::Clear, Some(alert)) => self.resolve(alert),
                (Decision::Clear, None) | (Decision::Keep, _) => {}
            }
        }
    }

    fn raise(
        &mut self,
        subject: &Subject,
        rule: Rule,
        summary: String,
        threshold: String,
        evidence: serde_json::Value,
        open: Option<engagement_alert::Model>,
    ) {
        let now = self.now;
        let Some(alert) = open else {
            self.assessed.raised += 1;
            self.added.push(engagement_alert::ActiveModel {
                id: Set(new_id(now)),
                rule: Set(<&str>::from(rule.name).to_owned()),
                rule_version: Set(rule.version),
                subject_kind: Set(<&str>::from(subject.kind).to_owned()),
                subject_id: Set(subject.id),
                enrolment_id: Set((subject.kind == AlertSubject::Enrolment).then_some(subject.id)),
                hub_id: Set(Some(subject.hub_id)),
                contact_id: Set(None),
                period: Set(PERIOD.to_owned()),
                state: Set(<&str>::from(AlertState::Firing).to_owned()),
                summary: Set(summary),
                threshold: Set(threshold),
                evidence: Set(evidence),
                raised_at: Set(now),
                changed_at: Set(now),
                acknowledged_at: Set(None),
                acknowledged_by: Set(None),
                acknowledgement_note: Set(None),
                resolved_at: Set(None),
                snoozed_until: Set(None),
                snoozed_by: Set(None),
                snooze_reason: Set(None),
                clearing_since: Set(None),
                reopened: Set(0),
                version: Set(1),
            });
            return;
        };
        let same = alert.evidence == evidence
            && alert.summary == summary
            && alert.threshold == threshold
            && alert.rule_version == rule.version
            && alert.hub_id == Some(subject.hub_id);
        if same {
            return;
        }
        self.assessed.updated += 1;
        let version = alert.version + 1;
        let mut row = alert.into_active_model();
        row.evidence = Set(evidence);
        row.summary = Set(summary);
        row.threshold = Set(threshold);
        row.rule_version = Set(rule.version);
        row.hub_id = Set(Some(subject.hub_id));
        row.changed_at = Set(now);
        row.version = Set(version);
        self.changed.push(row);
    }

    fn resolve(&mut self, alert: engagement_alert::Model) {
        self.assessed.resolved += 1;
        let version = alert.version + 1;
        let mut row = alert.into_active_model();
        row.state = Set(<&str>::from(AlertState::Resolved).to_owned());
        row.resolved_at = Set(Some(self.now));
        row.changed_at = Set(self.now);
        row.version = Set(version);
        self.changed.push(row);
    }

    /// Of two assessments at once one opens the alert; the other's finds it there.
    async fn write(self, txn: &DatabaseTransaction) -> Result<Assessed, StoreError> {
        for row in self.added {
            engagement_alert::Entity::insert(row)
                .on_conflict_do_nothing()
                .exec_without_returning(txn)
                .await?;
        }
        for row in self.changed {
            row.update(txn).await?;
        }
        Ok(self.assessed)
    }
}

fn evidence_json(evidence: &[Evidence]) -> serde_json::Value {
    evidence
        .iter()
        .map(|one| serde_json::json!({ "obligation_id": one.obligation_id, "fact": one.fact }))
        .collect()
}

fn evidence(row: obligation::Model) -> Result<ObligationEvidence, StoreError> {
    Ok(ObligationEvidence {
        id: row.id,
        kind: word(row.id, "kind", &row.kind)?,
        title: row.title,
        state: word(row.id, "state", &row.state)?,
        due_on: row.due_on,
        // Offers arrive with visits; until then nobody can have turned one down.
        offer_turned_down: false,
    })
}

fn word<T: FromStr<Err: Display>>(id: Uuid, column: &str, value: &str) -> Result<T, StoreError> {
    value.parse().map_err(|_| StoreError::Unreadable {
        table: "obligation",
        id,
        problem: format!("{column} holds the unknown word \"{value}\""),
    })
}
