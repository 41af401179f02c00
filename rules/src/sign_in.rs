//! Signing in: who may do so how, for how long, and how often somebody may ask for a link.

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

/// Where somebody goes once signed in, if they say so: a path of ours, and no other site's.
#[must_use]
pub fn return_path(wanted: &str) -> Option<&str> {
    // Browsers read "\" as "/", and "//" begins the name of another site.
    let ours = wanted.starts_with('/')
        && !wanted.starts_with("//")
        && wanted.len() <= 500
        && wanted.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    ours.then_some(wanted)
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
    fn only_a_path_of_ours_is_gone_back_to() {
        for (wanted, ours) in [
            ("/", true),
            ("/hubs?first=2#top", true),
            ("", false),
            ("hubs", false),
            ("//other.example", false),
            ("/\\other.example", false),
            ("https://other.example/", false),
            ("/hubs\r\nSet-Cookie: a=b", false),
            ("/a b", false),
        ] {
            assert_eq!(return_path(wanted).is_some(), ours, "{wanted:?}");
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
