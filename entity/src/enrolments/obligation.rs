//! One dated instance of a commitment, owed by an enrolment or by a hub.

use sea_orm::entity::prelude::*;

/// One dated instance of a commitment, owed by an enrolment or by a hub.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "obligation")]
pub struct Model {
    /// UUIDv7, made when the row is.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The programme.
    pub programme_id: Uuid,
    /// The cohort.
    pub cohort_id: Uuid,
    /// The hub: the one that owes it, or the one that supports the partner.
    pub hub_id: Uuid,
    /// The enrolment that owes it; empty for a hub's own duty.
    pub enrolment_id: Option<Uuid>,
    /// The enrolment or the hub: whichever owes it.
    pub subject_id: Uuid,
    /// The commitment it comes from.
    pub template_id: Uuid,
    /// Which instance of the commitment: a term or an event.
    pub occurrence: String,
    /// `rules::commitments::OwedBy` as text.
    pub owed_by: String,
    /// `rules::commitments::CommitmentKind` as text.
    pub kind: String,
    /// `rules::commitments::Action` as text: what to do now.
    pub action: String,
    /// What is to be done.
    pub title: String,
    /// The programme term it belongs to.
    pub term_id: Option<Uuid>,
    /// The event it is about.
    pub event_id: Option<Uuid>,
    /// Support time it stands for, in half days.
    pub required_half_days: Option<i32>,
    /// First day on which it can be done.
    pub opens_on: Option<Date>,
    /// Local day by the end of which it is due.
    pub due_on: Date,
    /// Moment from which it is overdue.
    pub due_at: DateTimeUtc,
    /// `rules::commitments::ObligationState` as text; overdue is derived, never stored.
    pub state: String,
    /// Local day on which it was met.
    pub met_on: Option<Date>,
    /// Evidence of having met it, or the reason it was excused or opened again.
    pub note: Option<String>,
    /// Who recorded that.
    pub recorded_by: Option<Uuid>,
    /// When that was recorded.
    pub recorded_at: Option<DateTimeUtc>,
    /// Rises when the due date moves, so that reminders are planned anew.
    pub revision: i32,
    /// When it rose last; none if it never did, or did before that was written down.
    pub revised_at: Option<DateTimeUtc>,
    /// Rises with every change.
    pub version: i32,
    /// When first derived.
    pub created_at: DateTimeUtc,
    /// When last changed.
    pub changed_at: DateTimeUtc,
    /// `rules::commitments::DeedKind` as text: what was recorded that met it; none when recorded by hand.
    pub deed_kind: Option<String>,
    /// The row of that deed.
    pub deed_id: Option<Uuid>,
}

/// Joins are written where they are read; none is implied here.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
