//! GraphiQL as the api serves it: only where the settings want it, under a strict policy, and in a
//! real browser, which runs a query and a subscription. Screenshots lie in `target/graphiql`.

use std::path::Path;
use std::process::{Command, Stdio};

use entity::people::grants::Grant;
use serde_json::Value;
use tests::postgres::ABSENT;
use tests::programs::{bare, finish, root, serve, serve_with};
use tests::rise::Rise;
use tests::tokens::token_for;
use tests::{World, both};

/// Says, by `absent`, that there is no browser on this machine.
const VARIABLE: &str = "HUBS_TEST_BROWSER";
const MORNING: &str = "2026-10-05T09:00:00";

#[tokio::test]
async fn graphiql_is_served_only_where_the_settings_want_it() {
    both(async |world| {
        let (_off, address) = serve(&world, MORNING);
        let answer = reqwest::get(format!("{address}/graphiql")).await.expect("an answer");
        assert_eq!(answer.status(), 404);
        let (_on, address) = serve_with(&world, MORNING, &[("HUBS__HTTP__GRAPHIQL", "true")]);
        let answer = reqwest::get(format!("{address}/graphiql/no.js")).await.expect("an answer");
        assert_eq!(answer.status(), 404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_runs_a_query_and_a_subscription_in_a_browser() {
    if std::env::var(VARIABLE).is_ok_and(|value| value == ABSENT) {
        return;
    }
    npm("tests/browser", "node_modules/playwright-core", &["ci", "--ignore-scripts"]);
    // As `cargo up` has it built.
    let built = bare("xtask", &["graphiql"]).status().expect("xtask can be run");
    assert!(built.success(), "GraphiQL cannot be built");
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let (_api, address) = serve_with(&world, MORNING, &[("HUBS__HTTP__GRAPHIQL", "true")]);
        let answer = reqwest::get(format!("{address}/graphiql")).await.expect("an answer");
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        let seen = look(&world, &address, &token).await;
        assert_eq!(seen["faults"], serde_json::json!([]), "{seen:#}");
        assert_eq!(seen["foreign"], serde_json::json!([]), "all of it comes from us");
        assert_eq!(seen["viewer"], "Somebody Invented");
        assert_eq!(seen["event"]["alertChanged"]["alert"], Value::Null);
        assert_eq!(seen["address"], format!("{address}/graphiql"), "the token is out of sight");
        assert_eq!(seen["kept"], false, "and is kept nowhere");
    })
    .await;
}

/// Runs the script over a running api and returns what it saw.
async fn look(world: &World, address: &str, token: &str) -> Value {
    let folder = root().join("target/graphiql").join(world.name);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut script = Command::new("node");
    script
        .current_dir(root().join("tests/browser"))
        .args(["graphiql.mjs", &browser(), address, token])
        .arg(&folder)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || finish(script)).await.expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    serde_json::from_str(&told).unwrap_or_else(|_| panic!("no answer: {told}\n{errors}"))
}

/// Has npm make what is missing.
fn npm(folder: &str, made: &str, arguments: &[&str]) {
    let folder = root().join(folder);
    if Path::new(&folder).join(made).exists() {
        return;
    }
    let mut npm = Command::new("npm");
    npm.args(["--no-audit", "--no-fund", "--loglevel=error"]).args(arguments);
    let status = npm.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.expect("npm can be run").success(), "npm {arguments:?} in {}", folder.display());
}

fn browser() -> String {
    let names = "command -v chromium || command -v chromium-browser || command -v google-chrome";
    let found = Command::new("bash").args(["-c", names]).output().expect("bash can be run");
    let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    assert!(!found.is_empty(), "there is no Chromium: install it, or set {VARIABLE}={ABSENT}");
    found
}
