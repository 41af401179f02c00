//! The answer page in a real browser: by keyboard alone, at the width of a phone and of a desk,
//! light and dark, looked at by an accessibility checker.
//!
//! The browser is the machine's own Chromium; what drives it comes from a lockfile. Screenshots lie
//! in `target/answer-page` afterwards.

use std::process::Command;

use serde_json::Value;
use tests::node;
use tests::postgres::ABSENT;
use tests::programs::{finish, root, serve};
use tests::rise::Rise;
use tests::survey::Survey;
use tests::{World, both};

/// Says, by `absent`, that there is no browser on this machine.
const VARIABLE: &str = "HUBS_TEST_BROWSER";
/// What drives it.
const SCRIPTS: &str = "tests/browser";

#[tokio::test]
async fn a_survey_is_answered_by_keyboard_alone_at_every_width() {
    if std::env::var(VARIABLE).is_ok_and(|value| value == ABSENT) {
        return;
    }
    node::install(SCRIPTS);
    both(async |world| {
        let rise =
            Rise::seed(&world, &["Demo Ash School of the Very Long Name by the River"]).await;
        let survey = Survey::seed(&world, &rise, 10).await;
        let seen = answer(&world, &survey).await;
        let faults = seen["faults"].as_array().expect("faults");
        assert!(faults.is_empty(), "{faults:#?}");
        let pages = seen["pages"].as_array().expect("pages");
        assert_eq!(pages.len(), 4 * 9, "every page was looked at in every way: {pages:#?}");
        let [pupils, _] = survey.invitations(&world).await;
        assert_eq!(pupils.responses, 4, "one for each look");
    })
    .await;
}

/// Runs the script over a running api and returns what it saw.
async fn answer(world: &World, survey: &Survey) -> Value {
    let (api, address) = serve(world, "2026-10-05T09:00:00");
    let folder = root().join("target/answer-page").join(world.name);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut script = node::command(SCRIPTS, "node");
    script
        .args(["answer.mjs", &browser(), &format!("{address}/survey/{}", survey.code)])
        .arg(&folder);
    let output = tokio::task::spawn_blocking(move || finish(script)).await.expect("it ends");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    drop(api);
    serde_json::from_str(&told).unwrap_or_else(|_| panic!("no answer: {told}\n{errors}"))
}

fn browser() -> String {
    let names = "command -v chromium || command -v chromium-browser || command -v google-chrome";
    let found = Command::new("bash").args(["-c", names]).output().expect("bash can be run");
    let found = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    assert!(!found.is_empty(), "there is no Chromium: install it, or set {VARIABLE}={ABSENT}");
    found
}
