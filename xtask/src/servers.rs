//! PostgreSQL and Redis for the tests, started once for all of them.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Starts PostgreSQL and prints the folder of its socket.
pub const POSTGRES: &str = include_str!("../../tests/postgres.sh");
/// Starts Redis and prints the folder of its socket.
pub const REDIS: &str = include_str!("../../tests/redis.sh");

/// A server and the shell that holds it, which ends it when this process ends, however it ends.
pub struct Server {
    /// Where its socket lies.
    pub folder: String,
    keeper: Child,
}

impl Server {
    /// Runs one of the scripts above.
    ///
    /// # Errors
    /// The server does not start; its own words are on standard error.
    pub fn start(script: &str, name: &str) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{name} did not start: {error}");
        let mut keeper = Command::new("bash")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let mut folder = String::new();
        if let Some(output) = keeper.stdout.take() {
            BufReader::new(output).read_line(&mut folder).map_err(failed)?;
        }
        let folder = folder.trim().to_owned();
        if folder.is_empty() {
            return Err(format!("{name} did not start"));
        }
        Ok(Self { folder, keeper })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
