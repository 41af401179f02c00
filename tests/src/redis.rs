//! A Redis server of our own, on a socket in a temporary folder.
//!
//! As with PostgreSQL, `cargo verify` starts one for all and names it in [`VARIABLE`]; a test
//! program run by hand starts its own. It ends when the process that started it ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::postgres::ABSENT;

/// Names a running server by its address.
pub const VARIABLE: &str = "HUBS_TEST_REDIS";

/// Starts the server and prints the folder of its socket.
const START: &str = include_str!("../redis.sh");

/// A server to kill and start again at the same address.
#[derive(Debug)]
pub struct Redis {
    folder: TempDir,
    keeper: Option<Child>,
}

impl Redis {
    /// Starts a server.
    ///
    /// # Errors
    /// Redis is not installed or does not start; its own words are on standard error.
    pub fn start() -> std::io::Result<Self> {
        let mut redis = Self { folder: tempfile::tempdir()?, keeper: None };
        redis.start_again()?;
        Ok(redis)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis+unix://{}/redis.sock", self.folder.path().display())
    }

    /// Kills the server at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut keeper) = self.keeper.take() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }

    /// Starts the server at its old address.
    ///
    /// # Errors
    /// As [`Redis::start`].
    pub fn start_again(&mut self) -> std::io::Result<()> {
        self.kill();
        let mut keeper = Command::new("bash")
            .args(["-c", START, "redis"])
            .arg(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut folder = String::new();
        if let Some(output) = keeper.stdout.take() {
            BufReader::new(output).read_line(&mut folder)?;
        }
        self.keeper = Some(keeper);
        if folder.trim().is_empty() {
            return Err(std::io::Error::other(
                "Redis did not start; `cargo verify` installs it on Debian",
            ));
        }
        Ok(())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Whether `cargo verify` said that there is no Redis on this machine.
#[must_use]
pub fn is_left_out() -> bool {
    std::env::var(VARIABLE).is_ok_and(|value| value == ABSENT)
}

/// Address of the shared server.
///
/// # Panics
/// No server can be started: without one a test of Redis cannot say anything.
#[must_use]
#[expect(clippy::panic, reason = "a test that cannot run must fail, not pass")]
pub fn address() -> String {
    static OWN: OnceLock<Redis> = OnceLock::new();
    std::env::var(VARIABLE).unwrap_or_else(|_| {
        OWN.get_or_init(|| Redis::start().unwrap_or_else(|error| panic!("{error}"))).url()
    })
}
