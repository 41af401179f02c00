//! The register of schools: what its codes mean and how schools follow one another.

use serde::{Deserialize, Serialize};

/// GIAS establishment status.
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
pub enum SchoolStatus {
    /// Open (code 1).
    Open,
    /// Closed (code 2).
    Closed,
    /// Open, but proposed to close (code 3).
    ProposedToClose,
    /// Proposed to open (code 4).
    ProposedToOpen,
}

/// GIAS phase of education.
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
pub enum Phase {
    /// Not applicable (code 0), as for special schools and alternative provision.
    NotApplicable,
    /// Nursery (code 1).
    Nursery,
    /// Primary (code 2).
    Primary,
    /// Middle deemed primary (code 3).
    MiddleDeemedPrimary,
    /// Secondary (code 4).
    Secondary,
    /// Middle deemed secondary (code 5).
    MiddleDeemedSecondary,
    /// 16 plus (code 6).
    SixteenPlus,
    /// All-through (code 7).
    AllThrough,
}

/// What kind of trust the register's trust flag makes of a school's trust.
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
pub enum TrustKind {
    /// Multi-academy trust (flag 3).
    MultiAcademy,
    /// Single-academy trust (flag 5).
    SingleAcademy,
    /// Supports maintained schools (flag 1).
    Supporting,
}
