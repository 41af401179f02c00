//! Settings, roles and contact roles.

pub mod admission;
pub mod organisation;

use serde::{Deserialize, Serialize};

/// A taker of part in a programme is a school or a trust.
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
pub enum SettingKind {
    /// A school, whatever its URN is today.
    School,
    /// A trust, which names the academies that take part.
    Trust,
}

/// What somebody is at a setting.
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
pub enum ContactRole {
    /// Headteacher or principal.
    Headteacher,
    /// Senior leader taking part in the programme.
    SeniorLeader,
    /// Leads on behaviour or attendance.
    BehaviourLead,
    /// Senior leader at a lead setting who runs its hub.
    HubLead,
    /// Leads the programme for a trust.
    TrustLead,
}

/// What a signed-in person may see and do.
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
pub enum Role {
    /// DfE or delivery partner: everything, and alone changes programme set-up.
    ProgrammeAdmin,
    /// Regional lead or RISE adviser: hubs and schools of their regions.
    RegionalLead,
    /// Senior leader at the lead setting: own hub and its partners.
    HubLead,
    /// Headteacher, senior leader or behaviour lead: own school, or all schools of the trust.
    SchoolUser,
    /// Reads survey results and anonymised engagement data.
    ExternalEvaluator,
}
