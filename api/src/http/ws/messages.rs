//! What is said over a socket, in either direction, and why one is closed.

use std::borrow::Cow;

use apollo_compiler::response::{JsonMap, JsonValue};

use crate::read::Request;
use crate::read::watch::Ended;

/// What is to be sent.
#[derive(Debug)]
pub(super) enum Out {
    Text(String),
    Ping,
    Close(Close),
}

/// Why a socket is closed: code and reason.
#[derive(Debug)]
pub(super) struct Close(pub(super) u16, pub(super) Cow<'static, str>);

impl Close {
    pub(super) const GOING_AWAY: Self =
        Self(1001, Cow::Borrowed("The server stops; connect again"));
    pub(super) const FAULT: Self = Self(1011, Cow::Borrowed("The service cannot answer just now"));
    pub(super) const TOO_BIG: Self =
        Self(1009, Cow::Borrowed("A message has at most 100000 bytes"));
    pub(super) const FLOOD: Self = Self(1008, Cow::Borrowed("Too many messages in a short time"));
    pub(super) const ENOUGH: Self = Self(1013, Cow::Borrowed("You have too many live connections"));
    pub(super) const UNAUTHORIZED: Self = Self(4401, Cow::Borrowed("Unauthorized"));
    pub(super) const FORBIDDEN: Self =
        Self(4403, Cow::Borrowed("Forbidden: no token in force in \"Authorization\", no session"));
    pub(super) const NO_PROTOCOL: Self = Self(4406, Cow::Borrowed("Subprotocol not acceptable"));
    pub(super) const NO_INIT: Self = Self(4408, Cow::Borrowed("Connection initialisation timeout"));
    pub(super) const TWO_INITS: Self =
        Self(4429, Cow::Borrowed("Too many initialisation requests"));

    pub(super) fn bad(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(4400, reason.into())
    }

    pub(super) fn ended(ended: &Ended) -> Self {
        let mut reason = ended.error().message;
        // What fits into a frame that closes.
        reason.truncate(reason.floor_char_boundary(120));
        Self(4403, reason.into())
    }
}

/// What a client says.
#[derive(Debug, serde::Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Heard {
    ConnectionInit {
        #[serde(default)]
        payload: Option<JsonMap>,
    },
    Ping {
        #[serde(default)]
        payload: Option<JsonValue>,
    },
    Pong {},
    Subscribe {
        id: String,
        payload: Request,
    },
    Complete {
        id: String,
    },
}
