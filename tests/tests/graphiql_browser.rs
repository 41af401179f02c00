//! GraphiQL as the api serves it: only where the settings want it, under a strict policy, and in a
//! real browser, which runs a query and a subscription. Screenshots lie in `target/graphiql`.

use entity::people::grants::Grant;
use serde_json::Value;
use tests::both;
use tests::browser;
use tests::programs::{bare, serve, serve_with};
use tests::rise::Rise;
use tests::tokens::token_for;

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
    if browser::is_absent() {
        return;
    }
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
        let arguments = [&*address, &token];
        let seen = browser::seen("graphiql.mjs", &world, "graphiql", &arguments).await;
        assert_eq!(seen["faults"], serde_json::json!([]), "{seen:#}");
        assert_eq!(seen["foreign"], serde_json::json!([]), "all of it comes from us");
        assert_eq!(seen["viewer"], "Somebody Invented");
        assert_eq!(seen["event"]["alertChanged"]["alert"], Value::Null);
        assert_eq!(seen["address"], format!("{address}/graphiql"), "the token is out of sight");
        assert_eq!(seen["kept"], false, "and is kept nowhere");
    })
    .await;
}
