//! What operators are told: which part is down, and that a worker waits for its database.

use reqwest::StatusCode;
use serde_json::Value;
use tests::programs::{Running, at, program, serve};
use tests::redis::Redis;
use tests::{both, redis, until};

async fn ready(address: &str) -> (StatusCode, Value) {
    let answer = reqwest::get(format!("{address}/readyz")).await.expect("an answer");
    (answer.status(), answer.json().await.expect("JSON"))
}

#[tokio::test]
async fn readiness_tells_of_the_workers_and_of_mail_that_waits() {
    both(async |world| {
        let (_api, address) = serve(&world, "2026-10-05T08:00:00");
        let (status, parts) = ready(&address).await;
        assert_eq!(status, 200, "no worker is no reason not to serve");
        assert_eq!(parts["worker"]["state"], "none seen", "{parts:#}");

        let mut worker =
            Running::start(at(program(&world, "worker", &["run"]), "2026-10-05T08:00:00"));
        worker.wait_for("the worker is running");
        let parts = until("the worker is seen", async || {
            let (_, parts) = ready(&address).await;
            (parts["worker"]["state"] == "up").then_some(parts)
        })
        .await;
        assert_eq!(parts["worker"]["alive"], 1, "{parts:#}");
        assert_eq!(parts["status"], "ready", "{parts:#}");

        assert!(worker.stop().success(), "{}", worker.output());
        let (status, parts) = ready(&address).await;
        assert_eq!(status, 200);
        assert_eq!(parts["worker"]["state"], "none seen", "it said goodbye: {parts:#}");
    })
    .await;
}

#[tokio::test]
async fn a_redis_that_is_down_is_told_and_is_no_reason_not_to_serve() {
    if redis::is_left_out() {
        return;
    }
    both(async |mut world| {
        let mut own = Redis::start().expect("Redis starts");
        world.config.redis.url = own.url();
        let (_api, address) = serve(&world, "2026-10-05T08:00:00");
        assert_eq!(ready(&address).await.1["redis"], "up");
        own.kill();
        let (status, parts) = ready(&address).await;
        assert_eq!((status.as_u16(), &parts["redis"]), (200, &Value::from("down")));
        assert_eq!(parts["status"], "degraded");
        assert_eq!(parts["database"], "up");
        own.start_again().expect("Redis starts again");
        assert_eq!(ready(&address).await.1["redis"], "up");
    })
    .await;
}

#[tokio::test]
async fn a_worker_waits_for_its_database_to_be_prepared_and_may_be_stopped_meanwhile() {
    both(async |mut world| {
        world.config.database.url = match world.name {
            "SQLite" => format!("sqlite://{}", world.folder.path().join("empty.db").display()),
            _ => tests::world::new_postgres_database().await,
        };
        let mut worker = Running::start(program(&world, "worker", &["run"]));
        worker.wait_for("not prepared yet");
        assert!(worker.stop().success(), "{}", worker.output());

        let mut worker = Running::start(program(&world, "worker", &["run"]));
        worker.wait_for("not prepared yet");
        let (_api, _) = serve(&world, "2026-10-05T08:00:00");
        worker.wait_for("the worker is running");
        assert!(worker.stop().success(), "{}", worker.output());
    })
    .await;
}
