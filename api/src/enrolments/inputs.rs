//! What the mutations of enrolments and obligations take.

use async_graphql::{ID, InputObject};

use crate::act::Date;

/// Who joins what, where and when.
#[derive(InputObject)]
pub struct EnrolmentCreateInput {
    /// The hub that will support the partner.
    pub(super) hub_id: ID,
    /// The cohort joined.
    pub(super) cohort_id: ID,
    /// The pathway taken.
    pub(super) pathway_id: ID,
    /// The partner, if you see it already. Give this, or `schoolId` or `trustId` for one that is new
    /// to you.
    pub(super) partner_setting_id: Option<ID>,
    /// The partner school, by its place in the register.
    pub(super) school_id: Option<ID>,
    /// The partner trust, by its place in the register.
    pub(super) trust_id: Option<ID>,
    /// First day.
    pub(super) enrolled_on: Date,
    /// Schools of a partner trust that take part; none for a partner school.
    #[graphql(default)]
    pub(super) academy_ids: Vec<ID>,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which enrolment ends, when and why.
#[derive(InputObject)]
pub struct EnrolmentWithdrawInput {
    /// The enrolment.
    pub(super) enrolment_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// Last day.
    pub(super) ended_on: Date,
    /// Why, for its history.
    pub(super) reason: String,
}

/// Which enrolment goes to which hub, and why.
#[derive(InputObject)]
pub struct EnrolmentTransferInput {
    /// The enrolment.
    pub(super) enrolment_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// The hub that will support it.
    pub(super) to_hub_id: ID,
    /// Why, for its history.
    pub(super) reason: String,
}

/// Which obligation was met, when, and how one can tell.
#[derive(InputObject)]
pub struct ObligationRecordMetInput {
    /// The obligation.
    pub(super) obligation_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done. Needed to correct
    /// the day or the note of what was reported by hand already.
    pub(super) expected_version: Option<i32>,
    /// Day on which it was met, in London.
    pub(super) met_on: Date,
    /// Evidence, in a few words.
    #[graphql(default)]
    pub(super) note: String,
}

/// Which obligation need not be met, and why.
#[derive(InputObject)]
pub struct ObligationExcuseInput {
    /// The obligation.
    pub(super) obligation_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// Why.
    pub(super) reason: String,
}

/// Which obligation is owed again, and why.
#[derive(InputObject)]
pub struct ObligationReopenInput {
    /// The obligation.
    pub(super) obligation_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    pub(super) expected_version: Option<i32>,
    /// Why; it becomes the obligation's note.
    pub(super) reason: String,
}
