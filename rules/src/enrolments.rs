//! The life of an enrolment.

use serde::{Deserialize, Serialize};

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
