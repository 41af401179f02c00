//! Alerts as they change.

use entity::engagement::engagement_alert::Column as C;
use sea_orm::IdenStatic as _;

use crate::read::feed::Feed;

/// The feeds of this area.
#[must_use]
pub fn feeds() -> Vec<Feed> {
    vec![Feed {
        name: "alertChanged",
        about: "An alert you may see was raised, taken on, resolved or changed otherwise.",
        change: "AlertChange",
        node: "alert",
        of: "EngagementAlert",
        changed_at: C::ChangedAt.as_str(),
        mark: C::Version.as_str(),
        by: &["hub", "enrolment"],
    }]
}
