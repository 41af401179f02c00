//! That a rule found a partner, a hub or a contact in need of attention, and why.

use sea_orm::entity::prelude::*;

/// That a rule found a partner, a hub or a contact in need of attention, and why.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "engagement_alert")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `rules::engagement::RuleName` as text.
    pub rule: String,
    /// Version of the rule that decided.
    pub rule_version: i32,
    /// `enrolment`, `hub` or `contact`.
    pub subject_kind: String,
    /// Which enrolment, hub or contact.
    pub subject_id: Uuid,
    /// The enrolment, if that is the subject.
    pub enrolment_id: Option<Uuid>,
    /// The hub concerned.
    pub hub_id: Option<Uuid>,
    /// The contact, if that is the subject.
    pub contact_id: Option<Uuid>,
    /// Period the alert is about; one open alert per subject, rule and period.
    pub period: String,
    /// `rules::engagement::AlertState` as text.
    pub state: String,
    /// What is wrong, in a sentence.
    pub summary: String,
    /// The threshold that was passed, in words.
    pub threshold: String,
    /// `rules::engagement::Evidence` rows.
    #[sea_orm(column_type = "JsonBinary")]
    pub evidence: Json,
    /// When raised.
    pub raised_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
    /// When acknowledged.
    pub acknowledged_at: Option<DateTimeUtc>,
    /// By whom.
    pub acknowledged_by: Option<Uuid>,
    /// Their note.
    pub acknowledgement_note: Option<String>,
    /// When resolved.
    pub resolved_at: Option<DateTimeUtc>,
    /// Rises with every change.
    pub version: i32,
    /// London day on which a snooze ends.
    pub snoozed_until: Option<Date>,
    /// Who snoozed it.
    pub snoozed_by: Option<Uuid>,
    /// Why.
    pub snooze_reason: Option<String>,
    /// Since when it is no longer true.
    pub clearing_since: Option<DateTimeUtc>,
    /// The hub it concerned before, if its partner has moved to another.
    pub left_hub_id: Option<Uuid>,
    /// When it left that hub.
    pub left_at: Option<DateTimeUtc>,
    /// How often it came back while clearing or soon after.
    pub reopened: i32,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
