//! Slows down whoever tries out survey codes: so many codes that do not exist in so much time from
//! one address, and no code is looked at for a while.
//!
//! Kept in memory, by each process for itself: a few times the number is as good a limit.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::http::request::Parts;
use chrono::{DateTime, TimeDelta, Utc};

/// Codes of nobody that one address may ask for in a [`window`]. A mistyped code hardly ever counts:
/// its check letter shows what it is, to whoever guesses too, so that nobody learns from asking.
const MOST_GUESSES: u32 = 20;
/// Most addresses kept in mind; beyond, the one whose time is over soonest is forgotten.
const MOST_ADDRESSES: usize = 10_000;

/// Time after the first wrong code in which guesses add up.
pub(super) fn window() -> TimeDelta {
    TimeDelta::minutes(10)
}

/// Wrong codes by address, and how many of them are too many.
#[derive(Debug)]
pub(crate) struct Guesses(Mutex<HashMap<IpAddr, Counted>>, u32);

impl Default for Guesses {
    fn default() -> Self {
        Self::with_most(MOST_GUESSES)
    }
}

#[derive(Clone, Copy, Debug)]
struct Counted {
    wrong: u32,
    until: DateTime<Utc>,
}

impl Guesses {
    /// None yet, and so many are too many.
    pub fn with_most(most: u32) -> Self {
        Self(Mutex::default(), most)
    }

    /// Whether this address has to wait.
    pub fn is_slowed(&self, address: IpAddr, now: DateTime<Utc>) -> bool {
        let counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted
            .get(&network(address))
            .is_some_and(|counted| counted.wrong >= self.1 && now < counted.until)
    }

    /// Notes a code that does not exist.
    pub fn note(&self, address: IpAddr, now: DateTime<Utc>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let address = network(address);
        if !all.contains_key(&address) && all.len() >= MOST_ADDRESSES {
            all.retain(|_, counted| now < counted.until);
            let soonest = all.iter().min_by_key(|(_, counted)| counted.until);
            if let Some(soonest) = soonest.map(|(address, _)| *address)
                && all.len() >= MOST_ADDRESSES
            {
                all.remove(&soonest);
            }
        }
        let fresh = Counted { wrong: 0, until: now + window() };
        let counted = all.entry(address).or_insert(fresh);
        if counted.until <= now {
            *counted = fresh;
        }
        counted.wrong += 1;
    }
}

/// One customer of a network holds at least a /64 of IPv6 addresses.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
            IpAddr::V4,
        ),
    }
}

/// Who asks: the address of the connection or, behind `proxies` of our own, what the outermost of
/// them wrote down. All others in that header are the client's to make up.
pub(crate) fn client(parts: &Parts, proxies: usize) -> IpAddr {
    let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let connected = connected.map_or(Ipv6Addr::UNSPECIFIED.into(), |it| it.0.ip());
    let Some(back) = proxies.checked_sub(1) else { return connected };
    let forwarded = parts.headers.get_all("x-forwarded-for").iter();
    let forwarded = forwarded.filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    let written = hops.len().checked_sub(back + 1).and_then(|place| hops.get(place)?.parse().ok());
    written.unwrap_or(connected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
    }

    #[test]
    fn who_guesses_too_often_waits_until_the_time_is_over_and_nobody_else_does() {
        let guesses = Guesses::default();
        let (one, other) = (address("192.0.2.1"), address("192.0.2.2"));
        let now = DateTime::UNIX_EPOCH;
        for _ in 0..MOST_GUESSES {
            assert!(!guesses.is_slowed(one, now));
            guesses.note(one, now);
        }
        let last = now + window() - TimeDelta::microseconds(1);
        assert!(
            guesses.is_slowed(one, last) && guesses.is_slowed(address("::ffff:192.0.2.1"), now)
        );
        assert!(!guesses.is_slowed(other, now));
        assert!(!guesses.is_slowed(one, now + window()));
        guesses.note(one, now + window());
        assert!(!guesses.is_slowed(one, now + window()), "it is counted anew");
    }

    #[test]
    fn a_whole_network_of_version_six_counts_as_one() {
        let guesses = Guesses::default();
        let now = DateTime::UNIX_EPOCH;
        for last in 0..MOST_GUESSES {
            guesses.note(address(&format!("2001:db8::{last:x}")), now);
        }
        assert!(guesses.is_slowed(address("2001:db8::ffff"), now));
        assert!(!guesses.is_slowed(address("2001:db8:0:1::1"), now));
    }

    #[test]
    fn no_more_addresses_are_kept_than_fit() {
        let guesses = Guesses::default();
        let now = DateTime::UNIX_EPOCH;
        for number in 0..12_000_u32 {
            guesses.note(IpAddr::V4(number.into()), now + TimeDelta::milliseconds(number.into()));
        }
        let kept = guesses.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(kept.len(), MOST_ADDRESSES);
        assert!(kept.contains_key(&IpAddr::V4(11_999.into())));
        assert!(!kept.contains_key(&IpAddr::V4(0.into())), "the oldest went");
    }

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        for (proxies, header, expected) in [
            (0, "203.0.113.9", "192.0.2.7"),
            (1, "203.0.113.9", "203.0.113.9"),
            (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
            (2, "10.0.0.1, 203.0.113.9, 192.0.2.8", "203.0.113.9"),
            (2, "203.0.113.9", "192.0.2.7"),
            (1, "made up", "192.0.2.7"),
        ] {
            let connected: SocketAddr = ([192, 0, 2, 7], 4711).into();
            let request = axum::http::Request::get("/survey").header("x-forwarded-for", header);
            let request = request.extension(ConnectInfo(connected)).body(());
            let found = request.map(|request| client(&request.into_parts().0, proxies));
            assert_eq!(found.ok(), Some(address(expected)), "{proxies} {header}");
        }
    }
}
