//! Programs from Python packages, pinned in `tests/python/requirements.txt`, in an environment of
//! their own below `target`.
//!
//! A test that needs them begins with `if python::is_absent() { return; }`.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use crate::postgres::ABSENT;
use crate::programs::root;

/// Says, by `absent`, that this machine cannot make environments of Python.
pub const VARIABLE: &str = "HUBS_TEST_PYTHON_PACKAGES";

/// Whether this machine was said to have no Python, or none that makes environments.
#[must_use]
pub fn is_absent() -> bool {
    std::env::var(VARIABLE).is_ok_and(|value| value == ABSENT)
}

/// A program of the environment, such as `schemathesis`, with nothing to read. The first call makes
/// the environment, with exactly the packages that are pinned.
///
/// # Panics
/// It cannot be made.
#[must_use]
pub fn program(name: &str) -> Command {
    let mut command = Command::new(environment().join("bin").join(name));
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn environment() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let folder = root().join("target/python");
    let pins = root().join("tests/python/requirements.txt");
    let wanted = std::fs::read_to_string(&pins).expect("the pins can be read");
    let note = folder.join("made-of.txt");
    if std::fs::read_to_string(&note).is_ok_and(|made| made == wanted) {
        return folder;
    }
    let succeed = |command: &mut Command| {
        let status = command.stdin(Stdio::null()).status().expect("python3 can be run");
        assert!(status.success(), "{command:?} failed");
    };
    succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
    succeed(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--no-input", "--no-deps", "--disable-pip-version-check"])
            .arg("--requirement")
            .arg(&pins),
    );
    std::fs::write(note, wanted).expect("a note can be left");
    folder
}
