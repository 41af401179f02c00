//! The register of schools: what its codes mean and how schools follow one another.

pub mod columns;
pub mod establishment;
mod fingerprint;
pub mod lineage;
mod row;
mod types;

pub use columns::{Column, Columns, ForeignFile};
pub use establishment::{Establishment, Fault};
pub use lineage::{Lineage, LinkKind, Successor};

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

impl SchoolStatus {
    /// The status of a GIAS code.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            1 => Self::Open,
            2 => Self::Closed,
            3 => Self::ProposedToClose,
            4 => Self::ProposedToOpen,
            _ => return None,
        })
    }

    /// The status of a name in the register, for downloads without the code.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "open" => Self::Open,
            "closed" => Self::Closed,
            "open, but proposed to close" => Self::ProposedToClose,
            "proposed to open" => Self::ProposedToOpen,
            _ => return None,
        })
    }
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

impl Phase {
    /// The phase of a GIAS code.
    #[must_use]
    pub fn from_code(code: i32) -> Option<Self> {
        Some(match code {
            0 => Self::NotApplicable,
            1 => Self::Nursery,
            2 => Self::Primary,
            3 => Self::MiddleDeemedPrimary,
            4 => Self::Secondary,
            5 => Self::MiddleDeemedSecondary,
            6 => Self::SixteenPlus,
            7 => Self::AllThrough,
            _ => return None,
        })
    }

    /// The phase of a name in the register, for downloads without the code.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "not applicable" => Self::NotApplicable,
            "nursery" => Self::Nursery,
            "primary" => Self::Primary,
            "middle deemed primary" => Self::MiddleDeemedPrimary,
            "secondary" => Self::Secondary,
            "middle deemed secondary" => Self::MiddleDeemedSecondary,
            "16 plus" => Self::SixteenPlus,
            "all-through" | "all through" => Self::AllThrough,
            _ => return None,
        })
    }
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

impl TrustKind {
    /// The kind a trust flag speaks of; none for "not supported by ..." and unknown flags.
    #[must_use]
    pub fn from_flag(flag: i32) -> Option<Self> {
        Some(match flag {
            1 => Self::Supporting,
            3 => Self::MultiAcademy,
            5 => Self::SingleAcademy,
            _ => return None,
        })
    }
}
