//! A PostgreSQL server of our own, on a socket in a temporary folder.
//!
//! `cargo verify` starts one for all test programs and names it in [`VARIABLE`]; a test program
//! run by hand starts its own. Either way the server ends, and its folder goes, when the process
//! that started it ends, however it ends: a small shell holds it and waits for the end of its input.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Names a running server by its socket folder.
pub const VARIABLE: &str = "HUBS_TEST_POSTGRES";

/// What [`VARIABLE`] holds where PostgreSQL cannot be had: tests then run on SQLite alone, and
/// `cargo verify` says so.
pub const ABSENT: &str = "absent";

/// Starts the server and prints the folder of its socket.
const START: &str = include_str!("../postgres.sh");

/// Ends all its processes without a last word to anybody, and starts it at its old address.
const RESTART: &str = r#"
as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
PATH="$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)"
cd "$1"
as pg_ctl -D "$1/data" -l "$1/log" -m immediate -w restart </dev/null
"#;

/// A server and the shell that ends with us.
#[derive(Debug)]
pub struct Server {
    folder: String,
    _keeper: Child,
}

impl Server {
    /// Starts a server.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start; its own words are on standard error.
    pub fn start() -> std::io::Result<Self> {
        let mut keeper = Command::new("bash")
            .args(["-c", START])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut folder = String::new();
        if let Some(output) = keeper.stdout.take() {
            BufReader::new(output).read_line(&mut folder)?;
        }
        let folder = folder.trim().to_owned();
        if folder.is_empty() {
            return Err(std::io::Error::other(
                "PostgreSQL did not start; `cargo verify` installs it on Debian",
            ));
        }
        Ok(Self { folder, _keeper: keeper })
    }

    /// The folder of its socket.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Address of one of its databases.
    #[must_use]
    pub fn address(&self, name: &str) -> String {
        format!("postgres://postgres@localhost/{name}?host={}", self.folder)
    }

    /// Stops it at once, as a crash would, and starts it again.
    ///
    /// # Panics
    /// It does not start again.
    pub fn crash_and_restart(&self) {
        let done = Command::new("bash")
            .args(["-c", RESTART, "restart", &self.folder])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status();
        assert!(done.is_ok_and(|done| done.success()), "PostgreSQL starts again");
    }
}

/// Whether `cargo verify` said that there is no PostgreSQL on this machine.
#[must_use]
pub fn is_left_out() -> bool {
    std::env::var(VARIABLE).is_ok_and(|value| value == ABSENT)
}

/// Address of the database `name` on the shared server.
///
/// # Panics
/// No server can be started: without one a test on PostgreSQL cannot say anything.
#[must_use]
#[expect(clippy::panic, reason = "a test that cannot run must fail, not pass")]
pub fn address(name: &str) -> String {
    static OWN: OnceLock<Server> = OnceLock::new();
    let folder = std::env::var(VARIABLE).unwrap_or_else(|_| {
        OWN.get_or_init(|| Server::start().unwrap_or_else(|error| panic!("{error}"))).folder.clone()
    });
    format!("postgres://postgres@localhost/{name}?host={folder}")
}
