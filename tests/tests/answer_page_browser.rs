//! The answer page in a real browser: by keyboard alone, at the width of a phone and of a desk,
//! light and dark, looked at by an accessibility checker.
//!
//! The browser is the machine's own Chromium; what drives it comes from a lockfile. Screenshots lie
//! in `target/answer-page` afterwards.

use serde_json::Value;
use tests::browser;
use tests::programs::serve;
use tests::rise::Rise;
use tests::survey::Survey;
use tests::{World, both};

#[tokio::test]
async fn a_survey_is_answered_by_keyboard_alone_at_every_width() {
    if browser::is_absent() {
        return;
    }
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
    let start = format!("{address}/survey/{}", survey.code);
    let seen = browser::seen("answer.mjs", world, "answer-page", &[&start]).await;
    drop(api);
    seen
}
