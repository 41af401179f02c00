//! What becomes of alerts, gathered over all subjects and written in the end.

use std::collections::HashMap;

use chrono::{DateTime, Days, Utc};
use rules::engagement::life::{Ground, Happening, Life, Outcome, next};
use rules::engagement::{AlertState, AlertStep, Decision, Evidence, RULES, Rule, RuleName, assess};
use rules::messages::critical::is_told_at_once;
use rules::programme::Policy;
use sea_orm::sea_query::{OnConflict, Query};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, TryInsertResult,
};
use uuid::Uuid;

use super::assess::Assessed;
use super::facts::Whose;
use super::rows::{Amended, Found, amend, apply, event, evidence_of, life_of, new_row};
use super::view::Subject;
use super::{alert_event, engagement_alert};
use crate::hubs::hub;
use crate::messages::notices::critical;
use crate::outcome::StoreError;

/// Rows written in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

/// Alerts of one subject by rule and period.
type Alerts = HashMap<(String, String), engagement_alert::Model>;

/// The alerts there are, and what is to be written.
pub(super) struct Ledger {
    now: DateTime<Utc>,
    /// By subject: the open ones, and those resolved not long ago that may come back.
    alerts: HashMap<Uuid, Alerts>,
    assessed: Assessed,
    /// New ones, with the first step of their story.
    added: Vec<(engagement_alert::Model, AlertStep)>,
    changed: Vec<engagement_alert::Model>,
    forgotten: Vec<Uuid>,
    events: Vec<alert_event::ActiveModel>,
    /// Those that people are told of at once.
    critical: Vec<Uuid>,
}

impl Ledger {
    /// Reads and locks the alerts about what is looked at, enrolments before hubs as everybody does.
    pub async fn load(
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        whose: Whose,
        policy: &Policy,
    ) -> Result<Self, StoreError> {
        use engagement_alert::Column as C;
        let about = match whose {
            Whose::Enrolment(id) | Whose::Hub(id) => C::SubjectId.eq(id),
            Whose::Programme(id) => C::HubId.in_subquery(
                Query::select()
                    .column(hub::Column::Id)
                    .from(hub::Entity)
                    .and_where(hub::Column::ProgrammeId.eq(id))
                    .to_owned(),
            ),
        };
        // The window counts working days: so many days hold them, the longest holiday included. A
        // snooze lasts no longer than that either.
        let window = u64::from(policy.alerts.reopen_within_working_days) * 2 + 100;
        let since = now.checked_sub_days(Days::new(window)).unwrap_or(now);
        let rows = engagement_alert::Entity::find()
            .filter(about)
            .filter(Condition::any().add(C::State.ne("resolved")).add(C::ResolvedAt.gte(since)))
            .order_by_asc(C::SubjectKind)
            .order_by_asc(C::SubjectId)
            .order_by_asc(C::Id)
            .lock_exclusive()
            .all(txn)
            .await?;
        let mut alerts: HashMap<Uuid, Alerts> = HashMap::new();
        for row in rows {
            // The open one, else the one resolved last.
            let rank = |row: &engagement_alert::Model| {
                (row.resolved_at.is_none(), row.resolved_at, row.id)
            };
            let of_subject = alerts.entry(row.subject_id).or_default();
            let key = (row.rule.clone(), row.period.clone());
            if of_subject.get(&key).is_none_or(|other| rank(other) < rank(&row)) {
                of_subject.insert(key, row);
            }
        }
        Ok(Self {
            now,
            alerts,
            assessed: Assessed::default(),
            added: Vec::new(),
            changed: Vec::new(),
            forgotten: Vec::new(),
            events: Vec::new(),
            critical: Vec::new(),
        })
    }

    /// Asks the rules about a subject and notes what becomes of its alerts.
    pub fn judge(&mut self, subject: &Subject, policy: &Policy) {
        let mut alerts = self.alerts.remove(&subject.id).unwrap_or_default();
        if !subject.ended {
            let before = open_evidence(&alerts);
            let verdicts = assess(&subject.facts, policy, self.now, |rule, period| {
                before.get(&(rule, period.to_owned())).map_or(&[][..], Vec::as_slice)
            });
            for verdict in verdicts {
                let Some(rule) = RULES.iter().find(|one| one.name == verdict.rule) else {
                    continue;
                };
                let key = (<&str>::from(rule.name).to_owned(), verdict.period);
                let (happening, found) = match verdict.decision {
                    Decision::Raise { summary, threshold, evidence } => {
                        (Happening::So, Some(Found { summary, threshold, evidence }))
                    }
                    Decision::Keep | Decision::NoData => (Happening::Untold, None),
                    Decision::Clear => (Happening::NotSo, None),
                };
                let old = alerts.remove(&key);
                self.take(subject, *rule, &key.1, old, happening, found, policy);
            }
        }
        // What no rule was asked about: the subject's time is over, or the term is gone. An alert by a
        // rule that this version does not know is another version's business.
        let happening = if subject.ended { Happening::Ended } else { Happening::NotSo };
        for ((name, period), alert) in alerts {
            if let Some(rule) = RULES.iter().find(|one| <&str>::from(one.name) == name) {
                self.take(subject, *rule, &period, Some(alert), happening, None, policy);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the alert, what happened and to whom")]
    fn take(
        &mut self,
        subject: &Subject,
        rule: Rule,
        period: &str,
        old: Option<engagement_alert::Model>,
        happening: Happening,
        found: Option<Found>,
        policy: &Policy,
    ) {
        let ground = Ground {
            policy: &policy.alerts,
            calendar: &subject.facts.calendar,
            settles: rule.settles,
            now: self.now,
        };
        // A state that cannot be read is another version's business.
        let Ok(life) = old.as_ref().map(life_of).transpose() else { return };
        match (next(life.as_ref(), happening, &ground), old, found) {
            (Outcome::Open(life, step), _, Some(found)) => {
                let row = new_row(subject, rule, period, &life, found, self.now);
                if is_told_at_once(&policy.alerts, rule.name, step) {
                    self.critical.push(row.id);
                }
                self.added.push((row, step));
            }
            (Outcome::Become(life, step), Some(mut row), found) => {
                if let Some(found) = found {
                    amend(&mut row, found, rule, subject.hub_id, self.now);
                }
                if is_told_at_once(&policy.alerts, rule.name, step) {
                    self.critical.push(row.id);
                }
                self.step(row, &life, step, happening);
            }
            (Outcome::Forget, Some(row), _) => self.forgotten.push(row.id),
            (Outcome::Stay, Some(mut row), Some(found)) => {
                let amended = amend(&mut row, found, rule, subject.hub_id, self.now);
                if amended == Amended::Nothing {
                    return;
                }
                let shown = row.state != <&str>::from(AlertState::Pending);
                if amended == Amended::Reasons && shown {
                    let what = AlertStep::EvidenceChanged;
                    self.events.push(event(row.id, what, None, &row.summary, self.now));
                }
                self.assessed.updated += usize::from(shown);
                row.changed_at = self.now;
                row.version += 1;
                self.changed.push(row);
            }
            _ => {}
        }
    }

    fn step(
        &mut self,
        mut row: engagement_alert::Model,
        life: &Life,
        step: AlertStep,
        happening: Happening,
    ) {
        let count = match step {
            AlertStep::Raised => Some(&mut self.assessed.raised),
            AlertStep::Reopened => Some(&mut self.assessed.reopened),
            AlertStep::Woken => Some(&mut self.assessed.woken),
            AlertStep::Clearing => Some(&mut self.assessed.clearing),
            AlertStep::Resolved => Some(&mut self.assessed.resolved),
            _ => None,
        };
        if let Some(count) = count {
            *count += 1;
        }
        apply(&mut row, life, self.now);
        let detail = match (step, happening) {
            (AlertStep::Resolved, Happening::Ended) => "Taking part has ended.",
            (AlertStep::Resolved | AlertStep::Clearing, _) => "It is no longer so.",
            (AlertStep::Woken, _) => "The day has come.",
            _ => &row.summary,
        };
        self.events.push(event(row.id, step, None, detail, self.now));
        self.changed.push(row);
    }

    /// Writes everything down. Of two assessments at once one opens an alert; the other's finds it
    /// there and leaves it.
    pub async fn write(mut self, txn: &DatabaseTransaction) -> Result<Assessed, StoreError> {
        for row in self.changed {
            row.into_active_model().reset_all().update_without_returning(txn).await?;
        }
        for (row, step) in self.added {
            let first = event(row.id, step, None, &row.summary, self.now);
            let written = engagement_alert::Entity::insert(row.into_active_model())
                // Whatever the key: the one that forbids a second open alert is no primary key.
                .on_conflict(OnConflict::new().do_nothing().to_owned())
                .try_insert()
                .exec_without_returning(txn)
                .await?;
            if matches!(written, TryInsertResult::Inserted(1..)) {
                self.assessed.raised += usize::from(step == AlertStep::Raised);
                self.events.push(first);
            }
        }
        for batch in self.forgotten.chunks(BATCH) {
            alert_event::Entity::delete_many()
                .filter(alert_event::Column::AlertId.is_in(batch.iter().copied()))
                .exec(txn)
                .await?;
            engagement_alert::Entity::delete_many()
                .filter(engagement_alert::Column::Id.is_in(batch.iter().copied()))
                .exec(txn)
                .await?;
        }
        while !self.events.is_empty() {
            let rest = self.events.split_off(self.events.len().min(BATCH));
            let batch = std::mem::replace(&mut self.events, rest);
            alert_event::Entity::insert_many(batch).exec_without_returning(txn).await?;
        }
        // Of one that another assessment opened first there is no such row: that one tells of it.
        critical::tell(txn, self.now, &self.critical).await?;
        Ok(self.assessed)
    }
}

/// The reasons of the alerts that are open.
fn open_evidence(alerts: &Alerts) -> HashMap<(RuleName, String), Vec<Evidence>> {
    alerts
        .values()
        .filter(|alert| alert.resolved_at.is_none())
        .filter_map(|alert| {
            Some(((alert.rule.parse().ok()?, alert.period.clone()), evidence_of(alert)))
        })
        .collect()
}
