//! Which mail server gets the next message, and when: a bucket of tokens for each, which fills more
//! slowly after the server asked for patience, and a rest after it failed.
//!
//! A server that refuses everybody means us. It gets a rest, so that what waits is still there when
//! somebody has mended that.
//!
//! Moments are given as the time since some fixed start, the same for all calls.

use std::collections::BTreeSet;
use std::time::Duration;

/// Part of the set pace that comes back with every message taken.
const RAISE: f64 = 0.01;
/// The slowest pace, in messages a second, however often a server asks for patience.
const SLOWEST: f64 = 0.1;
/// First rest after a server asked for patience; it doubles with every further time in a row.
const PATIENCE: Duration = Duration::from_secs(1);
/// First rest after a server could not be used at all.
const AWAY: Duration = Duration::from_secs(5);
/// Longest rest.
const LONGEST_REST: Duration = Duration::from_mins(2);
/// Conversations that break in a row before a server counts as away.
const BREAKS: u32 = 3;
/// Refusals of different recipients, with none taken in between, that mean us.
const REFUSALS: usize = 10;
/// How long a server is believed to know our recipients after it took a message.
const VOUCHES: Duration = Duration::from_hours(1);
/// Refusals of different recipients, with none taken in between, up to which each of them is believed to
/// be about that recipient.
const FEW: usize = 3;
/// Rest of a server that refuses us.
const REFUSED: Duration = Duration::from_mins(15);
/// How soon to ask again while somebody else tries out a server.
const WHILE_TRIED: Duration = Duration::from_millis(10);

/// How fast a mail server may be given messages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Messages a second, in the long run.
    pub per_second: f64,
    /// Messages at once after a pause; at least 1.
    pub burst: f64,
}

/// What is known of one mail server.
#[derive(Clone, Debug)]
pub struct Host {
    pace: Pace,
    /// Tokens a second at present.
    rate: f64,
    tokens: f64,
    filled_at: Duration,
    /// Whether it took or judged a message since it last failed.
    proved: bool,
    /// Whether somebody tries it out.
    tried: bool,
    /// Failures in a row.
    failures: u32,
    /// Conversations broken in a row.
    breaks: u32,
    /// The recipients it refused since it last took a message, up to [`REFUSALS`].
    refused: BTreeSet<String>,
    /// When it last took a message.
    took_at: Option<Duration>,
    rests_until: Duration,
}

/// Who gets a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one, now: whoever is told so says afterwards how it went.
    Give(usize),
    /// Nobody now; ask again after this time.
    Wait(Duration),
    /// None can be used for this time.
    Rest(Duration),
}

impl Host {
    /// One of which nothing is known, with a full bucket.
    #[must_use]
    pub fn new(pace: Pace) -> Self {
        Self {
            pace,
            rate: pace.per_second,
            tokens: pace.burst,
            filled_at: Duration::ZERO,
            proved: false,
            tried: false,
            failures: 0,
            breaks: 0,
            refused: BTreeSet::new(),
            took_at: None,
            rests_until: Duration::ZERO,
        }
    }

    /// Messages a second it is given at present.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// Whether it took or judged a message since it last failed.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.proved
    }

    /// How many messages it may be given from `at` on for so long.
    #[must_use]
    pub fn takes_within(&self, at: Duration, time: Duration) -> f64 {
        let passed = at.saturating_sub(self.filled_at).as_secs_f64();
        (self.tokens + passed * self.rate).min(self.pace.burst) + self.rate * time.as_secs_f64()
    }

    /// It took a message: the pace comes back a little.
    pub fn took(&mut self, at: Duration) {
        self.answered();
        self.refused.clear();
        self.took_at = Some(at);
        self.rate = (self.rate + self.pace.per_second * RAISE).min(self.pace.per_second);
    }

    /// It answered as a mail server does, if only that it does not want this message.
    pub fn answered(&mut self) {
        (self.proved, self.tried, self.failures, self.breaks) = (true, false, 0, 0);
    }

    /// It took nothing for this recipient, for good or by a policy of its own. Says whether it rests
    /// from now on, since it refuses everybody.
    pub fn refused(&mut self, at: Duration, recipient: &str) -> bool {
        self.answered();
        if self.refused.len() < REFUSALS {
            self.refused.insert(recipient.to_owned());
        }
        if self.refused.len() < REFUSALS {
            return false;
        }
        // After the rest it is tried out with one message, and that decides.
        self.proved = false;
        self.rests_until = self.rests_until.max(at + REFUSED);
        true
    }

    /// Whether it is believed when it says of a recipient that there is no such address. A server that
    /// does not know our recipients at all says it of each of them: so it must have taken a message of
    /// late, and have refused few since.
    #[must_use]
    pub fn knows_recipients(&self, at: Duration) -> bool {
        self.refused.len() <= FEW
            && self.took_at.is_some_and(|took| at.saturating_sub(took) <= VOUCHES)
    }

    /// It was not asked after all.
    pub fn not_asked(&mut self) {
        self.tried = false;
        self.tokens = (self.tokens + 1.0).min(self.pace.burst);
    }

    /// It asked for patience (421 or 4.7.x): half as fast from now on, after a short rest.
    pub fn asked_for_patience(&mut self, at: Duration) {
        // What others hear at the same time says the same once more.
        if at >= self.rests_until {
            self.rate = (self.rate / 2.0).max(SLOWEST.min(self.pace.per_second));
        }
        self.rest(at, PATIENCE);
    }

    /// It could not be reached or does not want us at all.
    pub fn failed(&mut self, at: Duration) {
        self.rest(at, AWAY);
    }

    /// It broke off, or fell silent, in the middle of a conversation. Once is chance; several times
    /// in a row it counts as away.
    pub fn broke(&mut self, at: Duration) {
        self.tried = false;
        self.breaks += 1;
        if self.breaks >= BREAKS {
            self.failed(at);
        }
    }

    fn rest(&mut self, at: Duration, first: Duration) {
        (self.proved, self.tried, self.breaks) = (false, false, 0);
        if at < self.rests_until {
            return;
        }
        let rest = first.saturating_mul(1 << self.failures.min(10)).min(LONGEST_REST);
        self.failures = self.failures.saturating_add(1);
        self.rests_until = at + rest;
    }

    /// Whether it waits for the outcome of the one message it was given.
    fn is_tried_out(&self) -> bool {
        !self.proved && self.tried
    }

    /// Takes a token, or says how long until there is one.
    fn take(&mut self, at: Duration) -> Result<(), Duration> {
        let passed = at.saturating_sub(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.pace.burst);
        self.filled_at = self.filled_at.max(at);
        if self.tokens < 1.0 {
            let missing = Duration::from_secs_f64((1.0 - self.tokens) / self.rate);
            return Err(missing.max(Duration::from_millis(1)));
        }
        self.tokens -= 1.0;
        self.tried = true;
        Ok(())
    }
}

/// Chooses who gets the next message: the `preferred` one, or, where that rests or is being tried
/// out, the next. One that is new, or has rested, is tried out with one message before it gets more.
pub fn choose(hosts: &mut [Host], preferred: usize, at: Duration) -> Choice {
    let count = hosts.len().max(1);
    let in_turn = (0..hosts.len()).map(|step| (preferred + step) % count);
    let mut awake = in_turn.clone().filter(|place| hosts[*place].rests_until <= at).peekable();
    if awake.peek().is_some() {
        let Some(place) = awake.find(|place| !hosts[*place].is_tried_out()) else {
            return Choice::Wait(WHILE_TRIED);
        };
        return match hosts[place].take(at) {
            Ok(()) => Choice::Give(place),
            Err(wait) => Choice::Wait(wait),
        };
    }
    let rests = in_turn.map(|place| hosts[place].rests_until.saturating_sub(at));
    Choice::Rest(rests.min().unwrap_or(LONGEST_REST))
}
