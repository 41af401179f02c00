//! Messages as they change.

use entity::messages::message::Column as C;
use sea_orm::IdenStatic as _;

use crate::read::feed::Feed;

/// The feeds of this area.
#[must_use]
pub fn feeds() -> Vec<Feed> {
    vec![Feed {
        name: "messageChanged",
        about: "A message you may see was decided on, sent, or went another step.",
        change: "MessageChange",
        node: "message",
        of: "Message",
        changed_at: C::ChangedAt.as_str(),
        ahead: false,
        mark: C::State.as_str(),
        by: &["person"],
        gone: None,
    }]
}
