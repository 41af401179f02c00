//! Conversations with mail servers: one connection, one task, one message at a time.
//!
//! The library's own pool is not used: it was seen to hand on a connection in mid-conversation, and
//! then to take the answer to one message for that to the next. Here every step has its own
//! timeout, a connection that broke a step is dropped and never used again, and replies count by
//! their exact codes.

mod host;
mod line;
mod offer;
mod wire;
mod words;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rules::messages::hosts::{self, Choice, Pace};
use runtime::config::MailConfig;
use runtime::mail_server::MailServer;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::host::Host;
pub use self::line::Line;

/// The mail servers, and what is known of each.
pub struct Smtp {
    hosts: Vec<Host>,
    known: Mutex<Vec<hosts::Host>>,
    /// Why each could not be used at the last try, in a sentence; none of those that answered.
    away: Mutex<Vec<Option<String>>>,
    /// What moments in `known` are counted from.
    since: Instant,
    /// How long messages took lately, in microseconds; 0 before the first.
    lately: AtomicU32,
    /// Longest time for each step.
    patience: Duration,
}

impl Smtp {
    /// As the settings say; `domain` is ours, the one mail comes from.
    ///
    /// # Errors
    /// A certificate that cannot be read.
    pub(super) fn of(
        servers: Vec<MailServer>,
        config: &MailConfig,
        domain: &str,
    ) -> anyhow::Result<Self> {
        let pace = Pace { per_second: config.per_second, burst: config.burst.into() };
        let known = vec![hosts::Host::new(pace); servers.len()];
        let away = vec![None; servers.len()];
        let hosts = servers.into_iter().map(|server| Host::of(server, config, domain));
        Ok(Self {
            hosts: hosts.collect::<anyhow::Result<_>>()?,
            known: Mutex::new(known),
            away: Mutex::new(away),
            since: Instant::now(),
            lately: AtomicU32::new(0),
            patience: Duration::from_secs(config.smtp_timeout_seconds),
        })
    }

    /// Whether one of the servers is known to take messages.
    pub(super) fn any_proved(&self) -> bool {
        self.known().iter().any(hosts::Host::is_proved)
    }

    /// How many messages go within this time, by the pace that the servers are given and by how long
    /// the last ones took on so many connections.
    pub(super) fn takes_within(&self, time: Duration, connections: usize) -> f64 {
        let at = self.since.elapsed();
        let by_pace: f64 = self.known().iter().map(|host| host.takes_within(at, time)).sum();
        let lately = f64::from(self.lately.load(Ordering::Relaxed)) / 1e6;
        let one_by_one = time.as_secs_f64() / lately.max(1e-6);
        by_pace.min(one_by_one * f64::from(u32::try_from(connections).unwrap_or(u32::MAX)))
    }

    /// Remembers how long a message took, and the ones before it less and less.
    pub(super) fn took(&self, time: Duration) {
        let time = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let before = self.lately.load(Ordering::Relaxed);
        let lately = if before == 0 { time } else { before - before / 4 + time / 4 };
        // Of two that are remembered at once one is lost, which changes little.
        self.lately.store(lately, Ordering::Relaxed);
    }

    /// Whether all of them rest.
    pub(super) fn all_rest(&self) -> bool {
        let choice = hosts::choose(&mut self.known().clone(), 0, self.since.elapsed());
        matches!(choice, Choice::Rest(_))
    }

    /// Why none of them takes mail, as the last tries showed; none as soon as one answers as it
    /// should.
    pub(super) fn away(&self) -> Option<String> {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let all = away.iter().map(Option::as_deref).collect::<Option<Vec<_>>>()?;
        all.first().map(|why| (*why).to_owned())
    }

    /// Remembers whether a server can be used.
    fn found(&self, place: usize, away: Option<&str>) {
        let mut all = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = all.get_mut(place)
            && one.as_deref() != away
        {
            *one = away.map(str::to_owned);
        }
    }

    /// A line to them, not open yet, that prefers one of them by its number. When `cut` ends, the
    /// step it is in is broken off.
    pub(super) fn line(self: &Arc<Self>, number: usize, cut: CancellationToken) -> Line {
        Line::new(Arc::clone(self), number % self.hosts.len().max(1), cut)
    }

    fn known(&self) -> MutexGuard<'_, Vec<hosts::Host>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a step failed.
enum Fault {
    /// The server said no.
    Reply(u16, Option<(u16, u16, u16)>),
    /// It said nothing, something that is no SMTP, or could not be reached; in words without
    /// personal data.
    Broken(String),
    /// It was not asked, since it does not offer what the message needs; in a sentence.
    Unable(&'static str),
}
