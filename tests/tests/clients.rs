//! Other people's clients against the running api: each asks, pages, is refused, changes something,
//! follows the changes, and misses none when its api stops and it comes back to another.

use entity::people::grants::Grant;
use serde_json::Value;
use tests::programs::{program, run, serve_with};
use tests::rise::{Rise, at};
use tests::tokens::token_for;
use tests::{both, node};

/// Shortly before the first jobs of the day.
const MORNING: &str = "2026-10-05T07:59:00";

/// Lets the client of a script live through the story: see `tests/clients/story.mjs`.
async fn lives_through_the_story(script: &str) {
    if node::is_absent() {
        return;
    }
    both(async |world| {
        // In July nothing is overdue yet; on the morning in October the jobs find what is.
        world.clock.set(at("2026-07-06T08:00:00Z"));
        Rise::seed(&world, &["Demo Ash School"]).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let jobs = program(&world, "worker", &["run", "--once", "--now", "2026-10-05T08:00"]);
        let _report = run(jobs);
        // No signal reaches another process without Redis: they look by themselves.
        let variables = [("HUBS__LIVE__LOOK_SECONDS", "1")];
        let (one, api) = serve_with(&world, MORNING, &variables);
        let (_two, next) = serve_with(&world, MORNING, &variables);
        let pid = one.id().to_string();
        let variables = [("API", &*api), ("NEXT", &*next), ("PID", &*pid), ("TOKEN", &*token)];
        let told: Value =
            serde_json::from_str(&node::run(script, &variables).await).expect("an end");
        assert!(told["rows"].as_u64() > Some(5), "{}: {told}", world.name);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_ws_works_over_one_socket() {
    lives_through_the_story("ws.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn graphql_sse_works_with_a_stream_for_everything() {
    lives_through_the_story("sse.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn urql_works_with_its_cache() {
    lives_through_the_story("urql.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apollo_client_works_with_its_normalised_cache() {
    lives_through_the_story("apollo.mjs").await;
}
