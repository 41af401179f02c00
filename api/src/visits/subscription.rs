//! Visits as they change.

use entity::visits::visit::Column as C;
use sea_orm::IdenStatic as _;

use crate::read::feed::Feed;

/// The feeds of this area.
#[must_use]
pub fn feeds() -> Vec<Feed> {
    vec![Feed {
        name: "visitChanged",
        about: "A visit you may see was proposed, agreed, moved, recorded or cancelled.",
        change: "VisitUpdate",
        node: "visit",
        of: "Visit",
        changed_at: C::ChangedAt.as_str(),
        ahead: false,
        mark: C::Version.as_str(),
        by: &["hub", "enrolment"],
        gone: None,
    }]
}
