//! The life of an enrolment.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;
use crate::programme::Policy;

/// Where an enrolment stands.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EnrolmentStatus {
    /// Taking part: obligations fall due, reminders go out.
    Active,
    /// On hold for a while: nothing is reminded about or flagged.
    Paused,
    /// Left before the end.
    Withdrawn,
    /// Reached the end of its programme terms.
    Completed,
}

/// Last day of an enrolment that stays to the end, when its cohort's last term ends on
/// `last_term_ends_on`: the working day of its school after which no reminder of anything due by
/// then goes out any more.
#[must_use]
pub fn completes_on(
    last_term_ends_on: NaiveDate,
    calendar: &Calendar,
    policy: &Policy,
) -> NaiveDate {
    let last = policy.all_reminders().map(|own| own.escalate_to_programme_after).max();
    let days = last.unwrap_or(0).saturating_add(1);
    calendar.add_working_days(last_term_ends_on, i32::try_from(days).unwrap_or(i32::MAX))
}
