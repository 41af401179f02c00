//! Redis loses all it holds, and every connection to it, while mails are on their way and callers
//! spend their points.

use std::sync::Arc;

use tokio::sync::Barrier;

use super::*;

/// What is left of the caller's points after asking for something.
async fn left(client: &Client, address: &str, token: &str) -> i64 {
    let body = json!({ "query": "{ hubs(first: 100) { nodes { name } } }" });
    let answer = client.post(format!("{address}/graphql")).bearer_auth(token).json(&body).send();
    let answer: Value = answer.await.expect("an answer").json().await.expect("JSON");
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["extensions"]["cost"]["remaining"].as_i64().expect("a number")
}

/// Empties Redis: what it keeps, the scripts it knows, and the connections to it.
async fn flush(redis: &Redis) {
    let client = ::redis::Client::open(redis.url()).expect("an address");
    let mut connection = client.get_multiplexed_async_connection().await.expect("it answers");
    for command in [
        &["FLUSHALL"][..],
        &["SCRIPT", "FLUSH"],
        &["CLIENT", "KILL", "TYPE", "pubsub"],
        &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"],
    ] {
        let mut asked = ::redis::cmd(command[0]);
        asked.arg(&command[1..]);
        asked.exec_async(&mut connection).await.expect("done");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_redis_that_forgets_everything_in_the_middle_costs_no_mail_and_no_answer() {
    if redis::is_left_out() {
        return;
    }
    on_postgres(async |mut world| {
        let (server, redis, token) = seeded(&mut world).await;
        world.config.mail.smtp_timeout_seconds = 30;
        let client = Client::new();

        // Two mails are not answered before everything is forgotten.
        let forgotten = Arc::new(Barrier::new(3));
        for head in [7, 19] {
            let head = format!("head.of.demo.school.{head}@example.org");
            server.plan(Step::Body, Some(&head), Fault::Meet(Arc::clone(&forgotten)), 1);
        }
        let anchor = Clock::machine().now().timestamp_millis();
        // So many points that none come back between two answers would be no test of them.
        let settings =
            [("HUBS__LIMITS__POINTS", "1000000"), ("HUBS__LIMITS__POINTS_PER_SECOND", "1")];
        let (mut api, address) = api(&world, anchor, &settings);
        let mut workers = [worker(&world, anchor), worker(&world, anchor)];

        let first = left(&client, &address, &token).await;
        let mut spent = first;
        for _ in 0..20 {
            spent = left(&client, &address, &token).await;
        }
        assert!(spent < first, "{spent} of {first}");
        let stuck = || {
            let heard = server.commands();
            let of = |what: &str| heard.iter().any(|(_, line)| line.contains(what));
            of("school.7@") && of("school.19@")
        };
        until("two hand-overs under way", async || stuck().then_some(())).await;
        flush(&redis).await;
        forgotten.wait().await;
        assert_eq!(left(&client, &address, &token).await, first, "the purse is full again");

        // Changes go on to be noticed, and every mail arrives once.
        let (_signal, mut listener) = listening(&redis).await;
        excuse_one(&client, &address, &token).await;
        heard_by(&mut listener).await;
        delivered(&world).await;
        let parts = ready(&address).await;
        assert_eq!(
            (&parts["redis"], &parts["status"]),
            (&json!("up"), &json!("ready")),
            "{parts:#}"
        );
        for (worker, _) in &mut workers {
            assert!(worker.stop().success(), "{}", worker.output());
        }
        assert!(api.stop().success(), "{}", api.output());
        exactly_once(&world, &server).await;
    })
    .await;
}
