//! Settings of how the api is reached, by whom, and how much of it each may have.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::issuers::IssuerConfig;

/// See `[http]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpConfig {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// What links start with, without a final slash.
    pub public_url: String,
    /// Where those work who run hubs and programmes, empty for nowhere but our own pages.
    pub front_end_url: String,
    /// Longest time for one request, in seconds.
    pub timeout_seconds: u64,
    /// Longest wait for the head of a connection's next request, in seconds.
    pub head_seconds: u64,
    /// Longest wait for a client to take what is sent, in seconds.
    pub write_seconds: u64,
    /// Longest time for what is under way once asked to stop, in seconds.
    pub stop_seconds: u64,
    /// Most connections of this process.
    pub connections: u32,
    /// Reverse proxies of our own in front, each of which adds to `X-Forwarded-For`.
    pub proxies: usize,
    /// Whether GraphiQL is served.
    pub graphiql: bool,
}

impl HttpConfig {
    /// Whether the address of the front end, if there is one, can stand in a mail.
    pub(super) fn has_usable_front_end(&self) -> bool {
        let address = &self.front_end_url;
        let is_web = ["https://", "http://"].iter().any(|start| address.starts_with(start));
        let is_plain = address.chars().all(|c| c.is_ascii_graphic() && !"<>\"'".contains(c));
        address.is_empty() || (is_web && is_plain)
    }

    /// The scheme, host and port that links start with, as browsers name them.
    #[must_use]
    pub fn origin(&self) -> String {
        self.public_url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
    }
}

/// See `[sign_in]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInConfig {
    /// Minutes without a request after which a session ends.
    pub idle_minutes: u32,
    /// Hours after which a session ends in any case.
    pub longest_hours: u32,
    /// The sign-in services that vouch for people, by key.
    pub issuers: BTreeMap<String, IssuerConfig>,
}

/// See `[documents]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentsConfig {
    /// Manifest of trusted documents, empty for none.
    pub manifest: PathBuf,
    /// Whether others are answered as well.
    pub mode: DocumentsMode,
}

/// Which documents are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum DocumentsMode {
    /// Any document of the schema.
    Any,
    /// Those of the manifest, and nothing else.
    TrustedOnly,
}

// The library does not say which setting has a word that it does not know.
impl TryFrom<String> for DocumentsMode {
    type Error = String;

    fn try_from(word: String) -> Result<Self, String> {
        match word.as_str() {
            "any" => Ok(Self::Any),
            "trusted-only" => Ok(Self::TrustedOnly),
            _ => Err(format!("documents.mode is \"any\" or \"trusted-only\", not \"{word}\"")),
        }
    }
}

/// See `[limits]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Points a caller can have; 0 if they are not counted.
    pub points: u32,
    /// Points that come back each second.
    pub points_per_second: u32,
}

/// See `[live]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LiveConfig {
    /// Most sockets and streams of this process.
    pub connections: u32,
    /// Most sockets and streams of one person.
    pub connections_per_person: u32,
    /// Most operations under way on one socket.
    pub operations_per_connection: usize,
    /// Messages a client may send over a socket each second.
    pub messages_per_second: u32,
    /// Seconds until a new socket must have said who it is.
    pub init_seconds: u64,
    /// Seconds of silence after which a socket is closed.
    pub idle_seconds: u64,
    /// Seconds between looks without a signal.
    pub look_seconds: u64,
    /// Seconds from a change's moment to its commit, at most.
    pub overlap_seconds: u32,
    /// Web addresses whose pages may ask and open sockets, separated by blanks.
    pub origins: String,
}

impl LiveConfig {
    /// The web addresses besides our own whose pages may ask, as browsers name them.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.origins.split_whitespace()
    }
}

/// Whether a browser may name an address so: a scheme and a host in small letters, a port if need
/// be, and nothing after it.
pub(super) fn is_origin(address: &str) -> bool {
    let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_:[]".contains(c);
    host.is_some_and(|host| !host.is_empty() && host.chars().all(plain))
}
