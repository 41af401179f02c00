//! Who may change enrolments and obligations. What a caller may see is `scope`'s business; these
//! are the narrower rules for changing it.

use crate::hubs::hub;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Admins, the hub's own lead, and the regional lead of its region run a hub.
pub(crate) fn runs_hub(scope: &Scope, hub: &hub::Model) -> bool {
    match scope {
        Scope::System => true,
        Scope::Viewer(viewer) => {
            viewer.admin || viewer.hubs.contains(&hub.id) || oversees_hub(scope, hub)
        }
    }
}

/// Admins and the regional lead of its region oversee a hub: they may move partners between hubs.
pub(crate) fn oversees_hub(scope: &Scope, hub: &hub::Model) -> bool {
    match scope {
        Scope::System => true,
        Scope::Viewer(viewer) => {
            viewer.admin || hub.region_id.is_some_and(|region| viewer.regions.contains(&region))
        }
    }
}

/// Turns a missing right into a refusal about what `field` names.
pub(crate) fn require(allowed: bool, field: &'static str, message: &str) -> Result<(), StoreError> {
    if allowed {
        return Ok(());
    }
    Err(StoreError::refused(RefusalCode::Forbidden, Some(field), message))
}
