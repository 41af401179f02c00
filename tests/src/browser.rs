//! A real browser, the machine's own Chromium, driven by the scripts of `tests/browser`.
//!
//! A test that needs it begins with `if browser::is_absent() { return; }`.

use std::process::Command;

use serde_json::Value;

use crate::World;
use crate::node;
use crate::postgres::ABSENT;
use crate::programs::{finish, root};

/// Says, by `absent`, that there is no browser on this machine.
pub const VARIABLE: &str = "HUBS_TEST_BROWSER";
/// Where the scripts lie.
const SCRIPTS: &str = "tests/browser";

/// Whether this machine was said to have no browser.
#[must_use]
pub fn is_absent() -> bool {
    std::env::var(VARIABLE).is_ok_and(|value| value == ABSENT)
}

/// Runs a script, such as `answer.mjs`, with these arguments and returns what it saw. Its
/// screenshots lie in `target/<folder>/<world>` afterwards.
///
/// # Panics
/// The script tells nothing or takes longer than a minute, or there is no Node or no browser.
pub async fn seen(script: &str, world: &World, folder: &str, arguments: &[&str]) -> Value {
    let folder = root().join("target").join(folder).join(world.name);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut node = node::command(SCRIPTS, "node");
    node.args([script, &chromium()]).arg(&folder).args(arguments);
    let output = tokio::task::spawn_blocking(move || {
        node::install(SCRIPTS);
        finish(node)
    });
    let output = output.await.expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&told).unwrap_or_else(|_| panic!("no answer: {told}\n{errors}"))
}

fn chromium() -> String {
    let names = "command -v chromium || command -v chromium-browser || command -v google-chrome";
    let found = Command::new("bash").args(["-c", names]).output().expect("bash can be run");
    let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    assert!(!found.is_empty(), "there is no Chromium: install it, or set {VARIABLE}={ABSENT}");
    found
}
