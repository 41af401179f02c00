//! Allowances: how much somebody may ask for within a time. Each has a purse of points that fills
//! again steadily. The purses lie in Redis, where all processes share them; without Redis, or while
//! it is away, each process keeps its own, which errs on the generous side and never stops anybody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use tokio::time::Instant;

/// Longest wait for Redis before a request is counted here.
const PATIENCE: Duration = Duration::from_millis(200);
/// Pause before a Redis that failed is asked again.
const RETRY: Duration = Duration::from_secs(2);
/// Most purses kept in a process.
const MOST: usize = 20_000;

/// The size of a purse and how fast it fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Points in a full one.
    pub size: u32,
    /// Points that come back each second.
    pub per_second: u32,
}

/// What came of wanting to spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Whether it could be afforded; if not, nothing was taken.
    pub granted: bool,
    /// Whole points left.
    pub left: u32,
    /// Seconds until it can be afforded, rounded up; 0 if it could.
    pub wait_seconds: u32,
}

/// One purse.
#[derive(Clone, Copy, Debug)]
pub struct Purse {
    left: f64,
    at: DateTime<Utc>,
}

impl Purse {
    /// A full one.
    #[must_use]
    pub fn full(terms: Terms, now: DateTime<Utc>) -> Self {
        Self { left: f64::from(terms.size), at: now }
    }

    /// Takes `cost` out of it if there is so much in it at `now`.
    pub fn spend(&mut self, terms: Terms, cost: u32, now: DateTime<Utc>) -> Spent {
        self.fill(terms, now);
        let granted = f64::from(cost) <= self.left;
        if granted {
            self.left -= f64::from(cost);
        }
        spent(granted, self.left, terms, cost)
    }

    fn fill(&mut self, terms: Terms, now: DateTime<Utc>) {
        // A clock that was put back takes nothing away.
        let passed = (now - self.at).max(TimeDelta::zero()).as_seconds_f64();
        let size = f64::from(terms.size);
        self.left = (self.left + passed * f64::from(terms.per_second)).min(size);
        self.at = self.at.max(now);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both are whole, not below zero, and cut off at the ends"
)]
fn spent(granted: bool, left: f64, terms: Terms, cost: u32) -> Spent {
    let missing = if granted { 0.0 } else { f64::from(cost) - left };
    let wait = (missing / f64::from(terms.per_second.max(1))).ceil();
    Spent { granted, left: left.floor().max(0.0) as u32, wait_seconds: wait as u32 }
}

/// Everybody's purses.
#[derive(Clone, Debug)]
pub struct Allowances(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    redis: Option<redis::Client>,
    connection: Mutex<Connection>,
    purses: Mutex<HashMap<String, Purse>>,
}

/// The connection to Redis.
#[derive(Clone)]
enum Connection {
    /// Nobody has asked yet.
    None,
    Open(MultiplexedConnection),
    /// Not to be asked again before.
    AwayUntil(Instant),
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Open(_) => "Open",
            Self::AwayUntil(_) => "Away",
        })
    }
}

/// Fills a purse and takes what is wanted, all at once: whatever else asks comes before or after. The
/// moment is the caller's, in milliseconds, so that all count by the programme's clock.
const SPEND: &str = "
local size, rate, cost, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local held = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(held[1]) or size, tonumber(held[2]) or now
left = math.min(size, left + math.max(0, now - at) * rate / 1000)
local granted = 0
if cost <= left then
  left = left - cost
  granted = 1
end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', string.format('%.0f', math.max(at, now)))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / math.max(rate, 1) * 1000) + 60000)
return {granted, tostring(left)}
";

impl Allowances {
    /// In Redis when `redis_url` is not empty. It is asked when first needed.
    ///
    /// # Errors
    /// An address that is none.
    pub fn open(redis_url: &str) -> Result<Self, redis::RedisError> {
        let redis = match redis_url {
            "" => None,
            url => Some(redis::Client::open(url)?),
        };
        Ok(Self(Arc::new(Shared {
            redis,
            connection: Mutex::new(Connection::None),
            purses: Mutex::default(),
        })))
    }

    /// Takes `cost` from the purse of `whose`, which names the kind of allowance as well, as in
    /// `points:<id>`.
    pub async fn spend(&self, whose: &str, terms: Terms, cost: u32, now: DateTime<Utc>) -> Spent {
        if let Some(spent) = self.spend_in_redis(whose, terms, cost, now).await {
            return spent;
        }
        let mut purses = self.0.purses.lock().unwrap_or_else(PoisonError::into_inner);
        if purses.len() >= MOST && !purses.contains_key(whose) {
            // A full purse is as good as none. If too many are not, all are forgiven.
            purses.retain(|_, purse| {
                purse.fill(terms, now);
                purse.left < f64::from(terms.size)
            });
            if purses.len() >= MOST {
                purses.clear();
            }
        }
        let purse = purses.entry(whose.to_owned()).or_insert_with(|| Purse::full(terms, now));
        purse.spend(terms, cost, now)
    }

    async fn spend_in_redis(
        &self,
        whose: &str,
        terms: Terms,
        cost: u32,
        now: DateTime<Utc>,
    ) -> Option<Spent> {
        let client = self.0.redis.as_ref()?;
        let held = self.connection(|connection| connection.clone());
        if matches!(held, Connection::AwayUntil(moment) if Instant::now() < moment) {
            return None;
        }
        let asking = async {
            let mut connection = match held {
                Connection::Open(connection) => connection,
                Connection::None | Connection::AwayUntil(_) => {
                    let config = AsyncConnectionConfig::new();
                    let opened =
                        client.get_multiplexed_async_connection_with_config(&config).await?;
                    self.connection(|connection| *connection = Connection::Open(opened.clone()));
                    opened
                }
            };
            redis::cmd("EVAL")
                .arg(SPEND)
                .arg(1)
                .arg(format!("hubs:allowance:{whose}"))
                .arg(terms.size)
                .arg(terms.per_second)
                .arg(cost)
                .arg(now.timestamp_millis())
                .query_async::<(bool, f64)>(&mut connection)
                .await
        };
        let failed = match tokio::time::timeout(PATIENCE, asking).await {
            Ok(Ok((granted, left))) => return Some(spent(granted, left, terms, cost)),
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer in time".to_owned(),
        };
        tracing::warn!(failed, "Redis keeps no allowances at present; this process does");
        self.connection(|connection| *connection = Connection::AwayUntil(Instant::now() + RETRY));
        None
    }

    fn connection<T>(&self, use_it: impl FnOnce(&mut Connection) -> T) -> T {
        use_it(&mut self.0.connection.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms = Terms { size: 100, per_second: 10 };

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_purse_gives_what_it_has_and_fills_with_time() {
        let mut purse = Purse::full(TERMS, at(0));
        for (seconds, cost, granted, left, wait_seconds) in [
            (0, 60, true, 40, 0),
            (0, 60, false, 40, 2),
            (1, 60, false, 50, 1),
            (2, 60, true, 0, 0),
            (2, 1, false, 0, 1),
            (3, 101, false, 10, 10),
            // Never more than full, and put back it takes nothing away.
            (900, 0, true, 100, 0),
            (0, 30, true, 70, 0),
            (900, 0, true, 70, 0),
        ] {
            let spent = purse.spend(TERMS, cost, at(seconds));
            assert_eq!(spent, Spent { granted, left, wait_seconds }, "{cost} at {seconds} s");
        }
    }

    #[tokio::test]
    async fn each_has_a_purse_and_their_number_is_bounded() -> Result<(), redis::RedisError> {
        let all = Allowances::open("")?;
        assert!(all.spend("points:a", TERMS, 100, at(0)).await.granted);
        assert!(!all.spend("points:a", TERMS, 1, at(0)).await.granted);
        assert!(all.spend("points:b", TERMS, 1, at(0)).await.granted);
        for number in 0..2 * MOST {
            all.spend(&format!("points:{number}"), TERMS, 1, at(0)).await;
        }
        assert!(all.0.purses.lock().unwrap_or_else(PoisonError::into_inner).len() <= MOST);
        Ok(())
    }
}
