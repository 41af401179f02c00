//! What asking costs: told in every answer, and refused when the caller's points are used up.

use api::app::App;
use chrono::TimeDelta;
use entity::people::grants::Grant;
use runtime::allowance::Allowances;
use serde_json::{Value, json};
use tests::World;
use tests::both;
use tests::redis::Redis;
use tests::server::{Server, app, code};
use tests::socket::Socket;
use tests::tokens::token_for;

/// A program whose callers have 100 points, of which 10 come back each second.
async fn counting(world: &World) -> App {
    let mut app = app(world).await;
    app.config.limits.points = 100;
    app.config.limits.points_per_second = 10;
    app
}

/// A statement and a hundred rows: 11 points.
const ELEVEN: &str = "{ hubs(first: 100) { nodes { name } } }";
/// A statement for each list, ten rows and ten times twenty: 23 points.
const NESTED: &str = "{ hubs(first: 10) { nodes { enrolments(first: 20) { nodes { id } } } } }";

#[tokio::test]
async fn each_answer_tells_what_it_cost_and_what_is_left() {
    both(async |world| {
        let server = Server::of(counting(&world).await).await;
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let mut left = 100;
        for (query, points) in [
            ("{ __typename }", 1),
            (ELEVEN, 11),
            (NESTED, 23),
            ("{ hubs { totalCount } }", 2),
            ("{ nonsense }", 1),
            ("mutation { __typename }", 1),
            ("{ __schema { queryType { name } } }", 2),
        ] {
            let response = server.post(&token, json!({ "query": query })).await;
            let response: Value = response.json().await.expect("JSON");
            left -= points;
            let expected = json!({
                "requested": points, "remaining": left, "limit": 100, "restoreRate": 10
            });
            assert_eq!(response["extensions"]["cost"], expected, "{query}: {response}");
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_used_up_their_points_is_told_when_to_come_again() {
    both(async |world| {
        let server = Server::of(counting(&world).await).await;
        let ada = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let ben = token_for(&world, "ben@hubs.example", Grant::ProgrammeAdmin).await;
        let query = json!({ "query": ELEVEN });
        for _ in 0..9 {
            assert_eq!(server.post(&ada, &query).await.status(), 200);
        }
        let refused = server.post(&ada, &query).await;
        assert_eq!(refused.status(), 429);
        assert_eq!(refused.headers()["retry-after"], "1");
        let refused: Value = refused.json().await.expect("JSON");
        assert_eq!(code(&refused), "RATE_LIMITED");
        assert_eq!(refused["errors"][0]["extensions"]["retryAfter"], 1);
        assert_eq!(refused["extensions"]["cost"]["remaining"], 1);
        assert_eq!(server.post(&ben, &query).await.status(), 200, "others have their own");

        let mut socket = Socket::ready(&server.address, &ada).await;
        socket.subscribe("1", ELEVEN, json!({})).await;
        let errors = socket.payload("error", "1").await;
        assert_eq!(errors[0]["extensions"]["code"], "RATE_LIMITED");

        world.clock.set(world.clock.now() + TimeDelta::seconds(1));
        assert_eq!(server.post(&ada, &query).await.status(), 200);
        assert_eq!(server.post(&ada, &query).await.status(), 429);
    })
    .await;
}

#[tokio::test]
async fn what_nobody_can_afford_is_too_complex() {
    both(async |world| {
        let server = Server::of(counting(&world).await).await;
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let wide = "{ hubs(first: 100) { nodes { enrolments { nodes { id } } } } }";
        let response = server.post(&token, json!({ "query": wide })).await;
        assert_eq!(response.status(), 400);
        let response: Value = response.json().await.expect("JSON");
        assert_eq!(code(&response), "TOO_COMPLEX");
        assert_eq!(response["extensions"]["cost"]["requested"], 212);
        assert_eq!(response["extensions"]["cost"]["remaining"], 99);
    })
    .await;
}

#[tokio::test]
async fn processes_count_together_through_redis_and_alone_without_it() {
    both(async |world| {
        let mut redis = Redis::start().expect("Redis starts");
        let shared = async || {
            let allowances = Allowances::open(&redis.url()).expect("an address");
            Server::of(App { allowances, ..counting(&world).await }).await
        };
        let (one, other) = (shared().await, shared().await);
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let left = async |server: &Server| -> i64 {
            let response = server.post(&token, json!({ "query": ELEVEN })).await;
            let response: Value = response.json().await.expect("JSON");
            response["extensions"]["cost"]["remaining"].as_i64().expect("a number")
        };
        assert_eq!(left(&one).await, 89);
        assert_eq!(left(&other).await, 78);
        world.clock.set(world.clock.now() + TimeDelta::seconds(1));
        assert_eq!(left(&one).await, 77);

        redis.kill();
        assert_eq!(left(&one).await, 89, "each counts for itself");
        assert_eq!(left(&other).await, 89);
        assert_eq!(left(&other).await, 78);
    })
    .await;
}
