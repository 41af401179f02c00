//! Alerts and their lives as rows.

use chrono::{DateTime, Utc};
use rules::engagement::life::Life;
use rules::engagement::{AlertStep, AlertSubject, Evidence, Rule};
use sea_orm::ActiveValue::Set;
use serde_json::Value;
use uuid::Uuid;

use super::view::Subject;
use super::{alert_event, engagement_alert};
use crate::id::new_id;
use crate::outcome::{StoreError, word};

/// What a rule found, to be written with the alert.
pub(super) struct Found {
    pub summary: String,
    pub threshold: String,
    pub evidence: Vec<Evidence>,
}

/// The life an alert has had.
pub(super) fn life_of(alert: &engagement_alert::Model) -> Result<Life, StoreError> {
    Ok(Life {
        state: word("engagement_alert", alert.id, &alert.state)?,
        raised_at: alert.raised_at,
        acknowledged_at: alert.acknowledged_at,
        snoozed_until: alert.snoozed_until,
        clearing_since: alert.clearing_since,
        resolved_at: alert.resolved_at,
        reopened: alert.reopened,
    })
}

/// Writes a life into its row, which is then one version further.
pub(super) fn apply(alert: &mut engagement_alert::Model, life: &Life, now: DateTime<Utc>) {
    let Life { state, raised_at, acknowledged_at, snoozed_until, .. } = *life;
    <&str>::from(state).clone_into(&mut alert.state);
    alert.raised_at = raised_at;
    alert.acknowledged_at = acknowledged_at;
    if acknowledged_at.is_none() {
        alert.acknowledged_by = None;
        alert.acknowledgement_note = None;
    }
    alert.snoozed_until = snoozed_until;
    if snoozed_until.is_none() {
        alert.snoozed_by = None;
        alert.snooze_reason = None;
    }
    alert.clearing_since = life.clearing_since;
    alert.resolved_at = life.resolved_at;
    alert.reopened = life.reopened;
    alert.changed_at = now;
    alert.version += 1;
}

/// A new alert's row.
pub(super) fn new_row(
    subject: &Subject,
    rule: Rule,
    period: &str,
    life: &Life,
    found: Found,
    now: DateTime<Utc>,
) -> engagement_alert::Model {
    let kind = subject.facts.subject;
    let mut row = engagement_alert::Model {
        id: new_id(now),
        rule: <&str>::from(rule.name).to_owned(),
        rule_version: rule.version,
        subject_kind: <&str>::from(kind).to_owned(),
        subject_id: subject.id,
        enrolment_id: (kind == AlertSubject::Enrolment).then_some(subject.id),
        hub_id: Some(subject.hub_id),
        contact_id: None,
        period: period.to_owned(),
        state: String::new(),
        summary: found.summary,
        threshold: found.threshold,
        evidence: stored(&found.evidence),
        raised_at: now,
        changed_at: now,
        acknowledged_at: None,
        acknowledged_by: None,
        acknowledgement_note: None,
        resolved_at: None,
        version: 0,
        snoozed_until: None,
        snoozed_by: None,
        snooze_reason: None,
        clearing_since: None,
        left_hub_id: None,
        left_at: None,
        reopened: 0,
    };
    apply(&mut row, life, now);
    row
}

/// What became of an alert's reasons.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Amended {
    /// They are the same.
    Nothing,
    /// They read otherwise, as when one more answer came in.
    Wording,
    /// They are about other rows than before.
    Reasons,
}

/// Writes what a rule found into the row of an alert.
pub(super) fn amend(
    alert: &mut engagement_alert::Model,
    found: Found,
    rule: Rule,
    hub_id: Uuid,
    now: DateTime<Utc>,
) -> Amended {
    let before = evidence_of(alert);
    let same_rows = before.len() == found.evidence.len()
        && before.iter().zip(&found.evidence).all(|(old, new)| old.is_about_the_same_as(new));
    let old = alert.clone();
    // Rows of before the other kinds of evidence read alike and are left as they are.
    if before != found.evidence {
        alert.evidence = stored(&found.evidence);
    }
    alert.summary = found.summary;
    alert.threshold = found.threshold;
    alert.rule_version = rule.version;
    if alert.hub_id != Some(hub_id) {
        alert.left_hub_id = alert.hub_id.replace(hub_id);
        alert.left_at = Some(now);
    }
    match (same_rows, *alert == old) {
        (_, true) => Amended::Nothing,
        (true, false) => Amended::Wording,
        (false, false) => Amended::Reasons,
    }
}

/// The reasons stored with an alert; none, if they cannot be read, so that they are written anew.
pub(crate) fn evidence_of(alert: &engagement_alert::Model) -> Vec<Evidence> {
    serde_json::from_value(alert.evidence.clone()).unwrap_or_default()
}

fn stored(evidence: &[Evidence]) -> Value {
    // Texts and ids always make JSON.
    serde_json::to_value(evidence).unwrap_or_default()
}

/// A step in the story of an alert.
pub(super) fn event(
    alert_id: Uuid,
    step: AlertStep,
    by: Option<Uuid>,
    detail: &str,
    now: DateTime<Utc>,
) -> alert_event::ActiveModel {
    alert_event::ActiveModel {
        id: Set(new_id(now)),
        alert_id: Set(alert_id),
        what: Set(<&str>::from(step).to_owned()),
        by_person: Set(by),
        detail: Set(detail.to_owned()),
        happened_at: Set(now),
    }
}
