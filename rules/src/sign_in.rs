//! Signing in: who may do so how, for how long, and how often somebody may ask for a link.

pub mod heading;

use chrono::{DateTime, TimeDelta, Utc};

use crate::people::Role;
use crate::words::words;

/// How long a link by mail opens a session.
pub const LINK_LASTS: TimeDelta = TimeDelta::minutes(10);
/// Time in which requests for links add up.
pub const LINK_WINDOW: TimeDelta = TimeDelta::hours(1);
/// Links for one address in that time.
pub const LINKS_PER_ADDRESS: u64 = 5;
/// Links asked for from one network in that time, for whatever addresses: a school is one network.
pub const LINKS_PER_NETWORK: u64 = 30;
/// A request that comes with a session or a token is noted when the last one noted is so long ago.
pub const NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Longest name of a browser that is kept, in characters.
const LONGEST_AGENT: usize = 200;

words! {
    /// How somebody signed in.
    SignInMethod {
        /// By a link in a mail.
        MagicLink,
        /// At a sign-in service.
        Oidc,
        /// By a button of the demonstration.
        Demo,
    }

    /// Whose hands an access token is in.
    TokenKind {
        /// A person's own.
        Person,
        /// A program's.
        Machine,
        /// Printed by the demonstration.
        Demo,
    }

    /// What an access token may do.
    TokenScope {
        /// Read and subscribe.
        Read,
        /// Change things as well.
        Write,
    }
}

/// Whether somebody with these roles may sign in by a link in a mail: school users and nobody else.
/// Whoever leads a hub or more is worth a stolen mailbox, and has an account at a sign-in service.
#[must_use]
pub fn may_use_links(roles: &[Role]) -> bool {
    !roles.is_empty() && roles.iter().all(|role| *role == Role::SchoolUser)
}

/// Whether one more link may be asked for after so many in the last [`LINK_WINDOW`], by address and
/// by network.
#[must_use]
pub fn may_ask_for_link(for_address: u64, from_network: u64) -> bool {
    for_address < LINKS_PER_ADDRESS && from_network < LINKS_PER_NETWORK
}

/// Until when a session lasts that is used at `now`, if no later request comes: never beyond its
/// end.
#[must_use]
pub fn idle_until(now: DateTime<Utc>, idle: TimeDelta, expires_at: DateTime<Utc>) -> DateTime<Utc> {
    expires_at.min(now + idle)
}

/// Whether a request is to be noted, the last one noted being of `last`.
#[must_use]
pub fn is_worth_noting(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| now - last >= NOTED_EVERY)
}

/// What people call the browser that calls itself so, as in "Firefox on Windows".
#[must_use]
pub fn browser_name(agent: &str) -> String {
    // Each calls itself by the names of those before it as well: the most particular comes first.
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("CrOS", "a Chromebook"),
        ("Mac OS X", "a Mac"),
        ("Linux", "Linux"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(word, _)| agent.contains(word)).map(|(_, name)| *name)
    };
    let browser = named(&browsers).unwrap_or("A browser");
    named(&systems).map_or_else(|| browser.to_owned(), |system| format!("{browser} on {system}"))
}

/// What a browser calls itself, on one line and cut short.
#[must_use]
pub fn user_agent(given: &str) -> String {
    let plain = given.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_AGENT).collect::<String>().trim().to_owned()
}

/// What a stored list of scopes allows; a word this version does not know allows nothing.
#[must_use]
pub fn scopes(stored: &str) -> Vec<TokenScope> {
    stored.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

/// A list of scopes as stored. Who may write may read.
#[must_use]
pub fn stored_scopes(scopes: &[TokenScope]) -> &'static str {
    if scopes.contains(&TokenScope::Write) { "read write" } else { "read" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_for_those_who_are_school_users_and_nothing_else() {
        use Role::{ExternalEvaluator, HubLead, ProgrammeAdmin, RegionalLead, SchoolUser};
        for (roles, allowed) in [
            (&[][..], false),
            (&[SchoolUser], true),
            (&[SchoolUser, SchoolUser], true),
            (&[SchoolUser, HubLead], false),
            (&[ProgrammeAdmin, SchoolUser], false),
            (&[HubLead], false),
            (&[RegionalLead], false),
            (&[ProgrammeAdmin], false),
            (&[ExternalEvaluator], false),
        ] {
            assert_eq!(may_use_links(roles), allowed, "{roles:?}");
        }
    }

    #[test]
    fn so_many_links_may_be_asked_for_and_no_more() {
        for (address, network, allowed) in [
            (0, 0, true),
            (LINKS_PER_ADDRESS - 1, LINKS_PER_NETWORK - 1, true),
            (LINKS_PER_ADDRESS, 0, false),
            (0, LINKS_PER_NETWORK, false),
        ] {
            assert_eq!(may_ask_for_link(address, network), allowed, "{address} {network}");
        }
    }

    #[test]
    fn a_browser_is_called_as_people_call_it() {
        let (mozilla, gecko) = ("Mozilla/5.0", "AppleWebKit/537.36 (KHTML, like Gecko)");
        for (agent, name) in [
            (
                format!(
                    "{mozilla} (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
                ),
                "Firefox on Windows",
            ),
            (
                format!(
                    "{mozilla} (Windows NT 10.0) {gecko} Chrome/140.0.0.0 Safari/537.36 Edg/140.0"
                ),
                "Edge on Windows",
            ),
            (
                format!("{mozilla} (X11; CrOS x86_64 1.2) {gecko} Chrome/140.0.0.0 Safari/537.36"),
                "Chrome on a Chromebook",
            ),
            (
                format!("{mozilla} (Linux; Android 15) {gecko} Chrome/140.0 Mobile Safari/537.36"),
                "Chrome on Android",
            ),
            (
                format!(
                    "{mozilla} (iPhone; CPU iPhone OS 18_0 like Mac OS X) {gecko} Version/18.0 Mobile/15E148 Safari/604.1"
                ),
                "Safari on an iPhone",
            ),
            (
                format!(
                    "{mozilla} (Macintosh; Intel Mac OS X 10_15_7) {gecko} Version/18.0 Safari/605.1.15"
                ),
                "Safari on a Mac",
            ),
            ("curl/8.0".to_owned(), "A browser"),
            (String::new(), "A browser"),
        ] {
            assert_eq!(browser_name(&agent), name, "{agent}");
        }
    }

    #[test]
    fn a_session_ends_idle_or_at_its_end_whichever_comes_first() {
        let now = DateTime::UNIX_EPOCH;
        let (idle, hour) = (TimeDelta::hours(12), TimeDelta::hours(1));
        assert_eq!(idle_until(now, idle, now + TimeDelta::days(7)), now + idle);
        assert_eq!(idle_until(now, idle, now + hour), now + hour);
    }

    #[test]
    fn a_browser_says_what_it_is_on_one_short_line() {
        assert_eq!(user_agent("Mozilla/5.0\r\nX: y"), "Mozilla/5.0  X: y");
        assert_eq!(user_agent(&"x".repeat(900)).len(), LONGEST_AGENT);
    }

    #[test]
    fn scopes_come_back_as_stored_and_unknown_ones_allow_nothing() {
        use TokenScope::{Read, Write};
        assert_eq!(scopes(stored_scopes(&[Read])), [Read]);
        assert_eq!(scopes(stored_scopes(&[Write])), [Read, Write]);
        assert_eq!(scopes("read everything"), [Read]);
        assert_eq!(scopes(""), []);
    }
}
