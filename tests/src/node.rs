//! Scripts for Node: other people's clients and checkers, from lockfiles.
//!
//! A test that needs Node begins with `if node::is_absent() { return; }`.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Mutex;

use crate::postgres::ABSENT;
use crate::programs::{finish, root};

/// Says, by `absent`, that there is no Node on this machine.
pub const VARIABLE: &str = "HUBS_TEST_NODE";
/// Where the clients and checkers lie.
pub const CLIENTS: &str = "tests/clients";

/// Whether this machine was said to have no Node.
#[must_use]
pub fn is_absent() -> bool {
    std::env::var(VARIABLE).is_ok_and(|value| value == ABSENT)
}

/// Runs a script of `tests/clients`, such as `ws.mjs`, with these variables in its environment, and
/// returns what it wrote. It fails by ending with an error.
///
/// # Panics
/// It fails, with all it wrote, or takes longer than a minute; or there is no Node.
pub async fn run(script: &str, variables: &[(&str, &str)]) -> String {
    let (status, told, errors) = ended(script, variables).await;
    assert!(status.success(), "{script}: {status}\n{told}\n{errors}");
    told
}

/// Runs a script that must fail, and returns what it wrote, standard output first.
///
/// # Panics
/// It succeeds, or takes longer than a minute; or there is no Node.
pub async fn refused(script: &str, variables: &[(&str, &str)]) -> String {
    let (status, told, errors) = ended(script, variables).await;
    assert!(!status.success(), "{script} succeeds: {told}\n{errors}");
    format!("{told}\n{errors}")
}

async fn ended(script: &str, variables: &[(&str, &str)]) -> (ExitStatus, String, String) {
    let mut node = command(CLIENTS, "node");
    node.arg(script).envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || {
        install(CLIENTS);
        finish(node)
    });
    let output = output.await.expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status, text(&output.stdout), text(&output.stderr))
}

/// `program` in a folder of the repository, with nothing to read.
#[must_use]
pub fn command(folder: &str, program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root().join(folder)).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Fetches exactly what the lockfile of `folder` names, unless it lies there.
///
/// # Panics
/// It cannot be fetched.
pub fn install(folder: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let read = |file: &Path| std::fs::read_to_string(file).ok();
    let wanted = read(&root().join(folder).join("package-lock.json"));
    let note = root().join(folder).join("node_modules/.fetched-by");
    if wanted.is_some() && read(&note) == wanted {
        return;
    }
    let status = command(folder, "npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .status()
        .expect("npm can be run");
    assert!(status.success(), "npm ci failed in {folder}");
    std::fs::write(note, wanted.unwrap_or_default()).expect("a note can be left");
}
