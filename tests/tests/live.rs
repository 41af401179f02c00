//! Live updates across the real programs: what one process changes, clients of another are told.

use std::time::{Duration, Instant};

use entity::engagement::engagement_alert;
use entity::id::new_id;
use entity::people::grants::Grant;
use reqwest::Client;
use sea_orm::{EntityTrait as _, IntoActiveModel as _};
use serde_json::{Value, json};
use tests::programs::{program, run, serve_with};
use tests::redis::{self, Redis};
use tests::rise::{Rise, at};
use tests::socket::Socket;
use tests::tokens::token_for;
use tests::{World, both, postgres};

/// Shortly before the first jobs of the day.
const MORNING: &str = "2026-10-05T07:59:00";

const ALERTS: &str = "subscription Alerts($after: String) {
    alertChanged(after: $after) { cursor alert { id state version } }
}";

/// A client that follows alerts, and where it is.
struct Follower {
    socket: Socket,
    cursor: String,
}

impl Follower {
    /// Follows from `after`, or from now on; it is told nothing before it is up to date.
    async fn at(address: &str, token: &str, after: Option<&str>) -> Self {
        let mut socket = Socket::ready(address, token).await;
        socket.subscribe("a", ALERTS, json!({ "after": after })).await;
        let mut follower = Self { socket, cursor: String::new() };
        if after.is_none() {
            assert_eq!(follower.told().await, Value::Null);
        }
        follower
    }

    async fn told(&mut self) -> Value {
        let mut data = self.socket.data("a").await;
        let cursor = data["alertChanged"]["cursor"].as_str().expect("a cursor");
        cursor.clone_into(&mut self.cursor);
        data["alertChanged"]["alert"].take()
    }
}

/// The morning's jobs, by a process of their own: what became overdue raises an alert.
fn morning(world: &World) {
    let report = run(program(world, "worker", &["run", "--once", "--now", "2026-10-05T08:00"]));
    println!("{report}");
}

async fn acknowledge(address: &str, token: &str, alert: &Value, note: &str) {
    let query = "mutation($input: AlertAcknowledgeInput!) {
        alertAcknowledge(input: $input) { userErrors { message } } }";
    let variables = json!({ "input": { "alertId": alert, "note": note } });
    let answer = Client::new()
        .post(format!("{address}/graphql"))
        .bearer_auth(token)
        .json(&json!({ "query": query, "variables": variables }))
        .send()
        .await
        .expect("the api answers");
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer["data"]["alertAcknowledge"]["userErrors"], json!([]), "{answer:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_raised_by_a_worker_arrives_at_those_who_help_and_a_stop_is_said() {
    both(async |world| {
        // In July nothing is overdue yet.
        world.clock.set(at("2026-07-06T08:00:00Z"));
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let admin = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let lead = Grant::HubLead { hub_id: rise.hub.id };
        let lead = token_for(&world, "lea@lead.example", lead).await;
        let school = Grant::SchoolUser { setting_id: rise.partners[0].setting };
        let school = token_for(&world, "sam@school.example", school).await;
        // No signal reaches another process without Redis: they look by themselves.
        let (mut api, address) = serve_with(&world, MORNING, &[("HUBS__LIVE__LOOK_SECONDS", "1")]);
        let admin = Follower::at(&address, &admin, None).await;
        let start = admin.cursor.clone();
        let mut followers = [admin, Follower::at(&address, &lead, None).await];
        morning(&world);
        let mut alert = Value::Null;
        for follower in &mut followers {
            alert = follower.told().await;
            assert_eq!(alert["state"], "FIRING", "{}", world.name);
        }
        acknowledge(&address, &lead, &alert["id"], "Will call").await;
        for follower in &mut followers {
            // Other alerts of the morning may be told first.
            let mut changed = follower.told().await;
            while changed["state"] == "FIRING" {
                changed = follower.told().await;
            }
            assert_eq!(changed["state"], "ACKNOWLEDGED", "{}", world.name);
            assert_eq!(changed["id"], alert["id"], "{}", world.name);
        }
        let mut school = Follower::at(&address, &school, Some(&start)).await;
        assert_eq!(school.told().await, Value::Null, "schools do not see what is flagged");

        let stopping = Instant::now();
        assert!(api.stop().success(), "{}", api.output());
        for follower in &mut followers {
            assert_eq!(follower.socket.closed().await, 1001, "{}", world.name);
        }
        // Requests under way have http.stop_seconds; sockets do not hold it up.
        assert!(stopping.elapsed() < Duration::from_secs(9), "{:?}", stopping.elapsed());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_in_one_replica_is_told_by_another_and_later_so_without_redis() {
    if redis::is_left_out() || postgres::is_left_out() {
        return;
    }
    both(async |world| {
        if world.name == "SQLite" {
            return;
        }
        let mut redis = Redis::start().expect("Redis starts");
        let url = redis.url();
        // Long, so that what comes sooner came by the signal.
        let variables = [("REDIS_URL", url.as_str()), ("HUBS__LIVE__LOOK_SECONDS", "20")];
        Rise::seed(&world, &["Demo Ash School"]).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        morning(&world);
        let (_one, here) = serve_with(&world, MORNING, &variables);
        let (mut two, there) = serve_with(&world, MORNING, &variables);
        let alert = {
            let mut before = Follower::at(&there, &token, None).await;
            let query = "{ alerts { nodes { id } } }";
            before.socket.subscribe("q", query, json!({})).await;
            before.socket.data("q").await["alerts"]["nodes"][0]["id"].clone()
        };
        let mut follower = Follower::at(&there, &token, None).await;
        let asked = Instant::now();
        acknowledge(&here, &token, &alert, "Will call").await;
        assert_eq!(follower.told().await["state"], "ACKNOWLEDGED");
        assert!(asked.elapsed() < Duration::from_secs(15), "by the signal");

        redis.kill();
        acknowledge(&here, &token, &alert, "Called").await;
        assert_eq!(follower.told().await["id"], alert, "by the timer");

        // The replica dies; its client goes to the other, and missed nothing.
        two.kill();
        acknowledge(&here, &token, &alert, "Called again").await;
        let mut follower = Follower::at(&here, &token, Some(&follower.cursor)).await;
        let told = follower.told().await;
        assert_eq!(told["id"], alert);
        assert_eq!(follower.told().await, Value::Null, "once");
    })
    .await;
}

/// Readers that do not read, changes that each is to be told, and the size of one.
const SLOW: usize = 16;
const CHANGES: usize = 1_500;
const BYTES: usize = 8_000;

/// Memory that a process holds, in bytes, as Linux counts it.
fn held(process: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    kilobytes.map(|kilobytes: usize| kilobytes * 1_024).expect("a number")
}

/// Many alerts at once, as a bad night could raise them.
async fn flood(world: &World) {
    let txn = world.db.write().await.expect("a transaction");
    let found = engagement_alert::Entity::find().one(&txn).await;
    let mut row = found.expect("a read").expect("an alert");
    row.changed_at = at("2026-10-05T07:00:00Z");
    "firing".clone_into(&mut row.state);
    row.summary = "long ".repeat(BYTES / 5);
    for number in 0..CHANGES {
        row.id = new_id(row.changed_at);
        row.period = format!("flood {number}");
        let row = row.clone().into_active_model();
        engagement_alert::Entity::insert(row).exec_without_returning(&txn).await.expect("a row");
    }
    txn.commit().await.expect("a commit");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_cost_no_memory_and_miss_nothing() {
    both(async |world| {
        world.clock.set(at("2026-07-06T08:00:00Z"));
        Rise::seed(&world, &["Demo Ash School"]).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        morning(&world);
        // Who does not read answers no pings either. One person with so many readers would run out of
        // points before they have everything.
        let variables = [
            ("HUBS__LIVE__LOOK_SECONDS", "1"),
            ("HUBS__LIVE__IDLE_SECONDS", "600"),
            ("HUBS__LIMITS__POINTS", "0"),
        ];
        let (api, address) = serve_with(&world, MORNING, &variables);
        let query = ALERTS.replace("state", "state summary");
        let mut sockets = Vec::new();
        for _ in 0..=SLOW {
            let mut socket = Socket::ready(&address, &token).await;
            socket.subscribe("a", &query, json!({})).await;
            while !socket.data("a").await["alertChanged"]["alert"].is_null() {}
            sockets.push(socket);
        }
        let before = held(api.id());
        flood(&world).await;
        // One of them reads: by the time it has everything, the others' turns have come as often.
        let read = async |mut socket: Socket| {
            let mut seen = std::collections::HashSet::new();
            for _ in 0..CHANGES {
                let mut data = socket.data("a").await;
                let alert = data["alertChanged"]["alert"].take();
                assert!(seen.insert(alert["id"].to_string()), "told twice");
            }
        };
        read(sockets.pop().expect("a socket")).await;
        let grown = held(api.id()).saturating_sub(before);
        let unread = SLOW * CHANGES * BYTES;
        // A few of each reader's, and what the reading itself takes up.
        assert!(grown < unread / 3, "{}: {grown} bytes for {unread} unread", world.name);
        // The slow ones get it all once they read.
        for socket in sockets.drain(..2) {
            read(socket).await;
        }
    })
    .await;
}
