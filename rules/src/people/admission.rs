//! Whom a sign-in service's word lets in, and as whom. The service says who somebody is; what they
//! may do is what their roles in Hubs say, and for people of schools what their organisation says
//! of them there, for that organisation alone.

use uuid::Uuid;

use super::Role;

/// Somebody Hubs knows already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The person.
    pub id: Uuid,
    /// What their roles come to.
    pub reach: Reach,
}

/// How far somebody's roles reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// No role.
    Nowhere,
    /// A school user and nothing else.
    School,
    /// A hub's lead, who works at a school.
    Hub,
    /// A role across hubs, or a look at results.
    Beyond,
}

/// How far these roles reach.
#[must_use]
pub fn reach(roles: &[Role]) -> Reach {
    let one = |role: &Role| match role {
        Role::SchoolUser => Reach::School,
        Role::HubLead => Reach::Hub,
        Role::RegionalLead | Role::ProgrammeAdmin | Role::ExternalEvaluator => Reach::Beyond,
    };
    roles.iter().map(one).max().unwrap_or(Reach::Nowhere)
}

/// What is known when somebody of a school comes from DfE Sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FromSchool {
    /// The setting of the organisation they chose, if it has a part in a programme.
    pub setting: Option<Uuid>,
    /// What the organisation says they are in Hubs.
    pub said: Said,
    /// The person this account signed in before.
    pub linked: Option<Known>,
    /// The person with the address that the service has verified.
    pub by_address: Option<Known>,
    /// Whether that person is a contact of the setting today.
    pub is_contact: bool,
    /// Whether the service has verified an address.
    pub has_address: bool,
}

/// What an organisation says somebody is in Hubs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// A school user.
    SchoolUser,
    /// Nothing.
    Nothing,
    /// There is nobody to ask.
    Unasked,
}

/// What becomes of somebody who comes from a sign-in service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// They are let in.
    Admitted {
        /// As this person, or as a new one.
        person: Option<Uuid>,
        /// Whether they are a school user of the setting from now on.
        grants: bool,
    },
    /// They are not.
    Refused(Reason),
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Reason {
    /// Their organisation has no part in a programme, or they chose none.
    NotInProgramme,
    /// Their organisation does not say that they may use Hubs, and Hubs does not know them there.
    NoRole,
    /// Hubs needs an address for a new person, and the service has verified none.
    NoAddress,
    /// Their role in Hubs is one that another service vouches for.
    OtherService,
}

/// Decides about somebody of a school.
///
/// Whoever has been here with the same account is the same person, whatever their address is today.
/// Somebody new is known by their verified address: a contact of that setting, or anybody whose roles
/// are a school's, since the address says who they are; their roles they have from elsewhere. Roles
/// across hubs are never opened by a school's account: it is the school that gives those out.
#[must_use]
pub fn of_school(facts: &FromSchool) -> Admission {
    if facts.setting.is_none() {
        return Admission::Refused(Reason::NotInProgramme);
    }
    let known = facts.linked.or(facts.by_address);
    if known.is_some_and(|known| known.reach == Reach::Beyond) {
        return Admission::Refused(Reason::OtherService);
    }
    match (facts.said, known) {
        (Said::Nothing, _) | (Said::Unasked, None) => Admission::Refused(Reason::NoRole),
        (Said::Unasked, Some(known)) => {
            let is_known_here = facts.linked.is_some() || facts.is_contact;
            if is_known_here && known.reach != Reach::Nowhere {
                Admission::Admitted { person: Some(known.id), grants: false }
            } else {
                Admission::Refused(Reason::NoRole)
            }
        }
        (Said::SchoolUser, Some(known)) => {
            Admission::Admitted { person: Some(known.id), grants: true }
        }
        (Said::SchoolUser, None) if facts.has_address => {
            Admission::Admitted { person: None, grants: true }
        }
        (Said::SchoolUser, None) => Admission::Refused(Reason::NoAddress),
    }
}

/// Decides about somebody of the staff: they have a role already that reaches beyond a school, and
/// come with the account they had before or with its address, verified.
#[must_use]
pub fn of_staff(linked: Option<Known>, by_address: Option<Known>) -> Admission {
    match linked.or(by_address) {
        Some(known) if known.reach >= Reach::Hub => {
            Admission::Admitted { person: Some(known.id), grants: false }
        }
        Some(known) if known.reach == Reach::School => Admission::Refused(Reason::OtherService),
        _ => Admission::Refused(Reason::NoRole),
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
