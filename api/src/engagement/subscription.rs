//! Alerts as they change.

use entity::engagement::engagement_alert::Column as C;
use entity::scope::Scope;
use sea_orm::IdenStatic as _;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use uuid::Uuid;

use crate::read::feed::{Feed, Gone};
use crate::read::map::{Test, filter};

/// The feeds of this area.
#[must_use]
pub fn feeds() -> Vec<Feed> {
    vec![Feed {
        name: "alertChanged",
        about: "An alert you may see was raised, taken on, resolved or changed otherwise. One that \
                goes with its partner to another hub is told by an event without a row.",
        change: "AlertChange",
        node: "alert",
        of: "EngagementAlert",
        changed_at: C::ChangedAt.as_str(),
        ahead: false,
        mark: C::Version.as_str(),
        by: &["hub", "enrolment"],
        gone: Some(Gone {
            scope: Scope::alerts_gone,
            by: filter("hub", Test::Concerns("Hub", left), "That left this hub."),
        }),
    }]
}

/// Alerts whose last change was to leave this hub.
fn left(hub: Uuid) -> SimpleExpr {
    let column = |column: C| Expr::col(("engagement_alert", column.as_str()));
    column(C::LeftHubId).eq(hub).and(column(C::LeftAt).eq(column(C::ChangedAt)))
}
