//! Production in small: two apis and two workers as processes on one PostgreSQL with a real Redis
//! and a real mail server. Redis goes away and comes back, and a worker is killed in the middle of
//! handing over a mail; still every mail arrives once and nothing is lost.

mod flushed;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use entity::engagement::engagement_alert;
use entity::messages::{message, reminder};
use entity::people::grants::Grant;
use entity::people::person;
use mail_parser::MessageParser;
use reqwest::Client;
use runtime::clock::Clock;
use runtime::signal::Signal;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::programs::{Running, program};
use tests::redis::{self, Redis};
use tests::rise::Rise;
use tests::smtp::{Fault, Server, Step};
use tests::tokens::token_for;
use tests::waiting::LIMIT;
use tests::{World, on_postgres, until};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Partners, each with a head who gets a digest.
const PARTNERS: usize = 24;

/// A process with the clock that all of them share: 07:59:58 at `anchor`.
fn command(world: &World, name: &str, arguments: &[&str], anchor: i64) -> Command {
    let mut command = program(world, name, arguments);
    command
        .env("HUBS__CLOCK__STARTS_AT", "2026-10-05T07:59:58")
        .env("HUBS__CLOCK__ANCHOR_UNIX_MS", anchor.to_string());
    command
}

/// A worker, and the name it goes by in leases.
fn worker(world: &World, anchor: i64) -> (Running, String) {
    let mut worker = Running::start(command(world, "worker", &["run"], anchor));
    let line = worker.wait_for("the worker is running");
    let name = line.split("worker=").nth(1).and_then(|rest| rest.split_whitespace().next());
    (worker, name.expect("a name").trim_matches('"').to_owned())
}

/// An api, with more settings by their variables, and its address.
fn api(world: &World, anchor: i64, settings: &[(&str, &str)]) -> (Running, String) {
    let mut command = command(world, "api", &["serve"], anchor);
    command.envs(settings.iter().copied());
    let mut api = Running::start(command);
    let line = api.wait_for("listening on http://");
    let address =
        line.split("listening on ").nth(1).and_then(|rest| rest.split_whitespace().next());
    (api, address.expect("an address").to_owned())
}

async fn ask(client: &Client, address: &str, token: &str, body: Value) -> Value {
    let answer = client.post(format!("{address}/graphql")).bearer_auth(token).json(&body).send();
    let answer: Value = answer.await.expect("an answer").json().await.expect("JSON");
    assert!(answer.get("errors").is_none(), "{answer:#}");
    answer["data"].clone()
}

async fn ready(address: &str) -> Value {
    let answer = reqwest::get(format!("{address}/readyz")).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.json().await.expect("JSON")
}

async fn messages(world: &World) -> Vec<message::Model> {
    message::Entity::find().all(world.db.reader()).await.expect("messages")
}

/// Partners and an admin, with a mail server, Redis and the admin's token.
async fn seeded(world: &mut World) -> (Server, Redis, String) {
    Rise::seed_many(world, PARTNERS).await;
    let server = Server::start().await;
    let redis = Redis::start().expect("Redis starts");
    world.config.redis.url = redis.url();
    world.config.mail.smtp_url = server.url();
    world.config.mail.smtp_ca = server.ca();
    world.config.worker.beat_seconds = 1;
    let token = token_for(world, "ada@admin.example", Grant::ProgrammeAdmin).await;
    // Digests alone are counted here.
    person::Entity::update_many()
        .col_expr(person::Column::OptionalMail, Expr::value(false))
        .exec(world.db.migrator())
        .await
        .expect("nobody wants summaries");
    (server, redis, token)
}

/// Every mail arrives, in the end.
async fn delivered(world: &World) {
    until("the delivery of every mail", async || {
        let rows = messages(world).await;
        let done = rows.len() == PARTNERS + 1 && rows.iter().all(|row| row.state == "accepted");
        done.then_some(())
    })
    .await;
}

/// Listens to the change signal, connected.
async fn listening(redis: &Redis) -> (Signal, watch::Receiver<u64>) {
    let signal = Signal::start(&redis.url(), CancellationToken::new()).expect("an address");
    let mut listener = signal.subscribe();
    // It wakes once it is connected, which may have been before anybody listened.
    let wakes = tokio::time::timeout(LIMIT, listener.wait_for(|woken| *woken > 0));
    drop(wakes.await.expect("the connection stands").expect("the signal lives"));
    (signal, listener)
}

/// Whoever listens hears that something changed.
async fn heard_by(listener: &mut watch::Receiver<u64>) {
    let wakes = tokio::time::timeout(LIMIT, listener.changed());
    wakes.await.expect("a change is heard").expect("the signal lives");
}

/// Reports every self-assessment done through both apis at the same moment.
async fn race(client: &Client, apis: [&str; 2], token: &str) {
    let query = "{ obligations(first: 100, filter: { kind: [SELF_ASSESSMENT] }) { nodes { id } } }";
    let data = ask(client, apis[0], token, json!({ "query": query })).await;
    let nodes = data["obligations"]["nodes"].as_array().expect("a list").clone();
    assert_eq!(nodes.len(), PARTNERS);
    let mutation = "mutation M($input: ObligationRecordMetInput!) {
        obligationRecordMet(input: $input) { userErrors { code } } }";
    let mut tasks = tokio::task::JoinSet::new();
    for (node, api) in nodes.iter().flat_map(|node| apis.map(|api| (node, api))) {
        let input = json!({ "obligationId": node["id"], "metOn": "2026-10-02", "note": "" });
        let body = json!({ "query": mutation, "variables": { "input": input } });
        let (client, api, token) = (client.clone(), api.to_owned(), token.to_owned());
        let id = node["id"].to_string();
        tasks.spawn(async move { (id, ask(&client, &api, &token, body).await) });
    }
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    while let Some(ended) = tasks.join_next().await {
        let (id, data) = ended.expect("no panic");
        let payload = &data["obligationRecordMet"];
        let took = payload["userErrors"].as_array().is_some_and(Vec::is_empty);
        *done.entry(id).or_default() += usize::from(took);
    }
    assert!(done.values().all(|took| *took >= 1), "{done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_processes_send_each_mail_once_through_lost_redis_and_killed_workers() {
    if redis::is_left_out() {
        return;
    }
    on_postgres(async |mut world| {
        let (server, mut redis, token) = seeded(&mut world).await;
        // Long enough that what is stuck is still so when its worker is killed.
        world.config.mail.smtp_timeout_seconds = 9;
        world.config.worker.lease_seconds = 20;
        let client = Client::new();

        // One head's mail gets stuck half-way through its body, once.
        let stuck = "head.of.demo.school.7@example.org";
        server.plan(Step::Body, Some(stuck), Fault::Stall, 1);

        let anchor = Clock::machine().now().timestamp_millis();
        let (mut api_one, one) = api(&world, anchor, &[]);
        let (mut api_two, two) = api(&world, anchor, &[]);
        let mut workers = vec![worker(&world, anchor), worker(&world, anchor)];

        // Mutations race through both apis, and Redis dies among them.
        let racing = race(&client, [&one, &two], &token);
        let dying = async {
            tokio::task::yield_now().await;
            redis.kill();
        };
        tokio::join!(racing, dying);
        for address in [&one, &two] {
            let parts = ready(address).await;
            assert_eq!(parts["redis"], "down", "{parts:#}");
            assert_eq!(parts["status"], "degraded");
            for part in ["database", "schema"] {
                assert_eq!(parts[part], "up", "{parts:#}");
            }
        }
        until("both workers showing life", async || {
            (ready(&one).await["worker"]["alive"] == 2).then_some(())
        })
        .await;

        // The worker that holds the stuck mail is killed in the middle of it, and replaced.
        let holder = until("a hand-over that is stuck", async || {
            let rows = messages(&world).await;
            let heard = server.commands();
            let offered = heard.iter().rposition(|(_, line)| line.contains(stuck))?;
            let connection = heard[offered].0;
            let last = heard.iter().rfind(|(number, _)| *number == connection)?;
            // Whatever else its worker had in hand would be in doubt too.
            let settled = rows.iter().all(|row| ["accepted", "handoff"].contains(&&*row.state));
            let handed = rows.into_iter().filter(|row| row.state == "handoff");
            let names: Vec<_> = handed.filter_map(|row| row.lease_owner).collect();
            (settled && last.1 == "DATA" && names.len() == 1).then(|| names[0].clone())
        })
        .await;
        let place = workers.iter().position(|(_, name)| *name == holder).expect("one of ours");
        workers.remove(place).0.kill();
        workers.push(worker(&world, anchor));

        // All arrive in the end, the stuck one too once its lease is over.
        delivered(&world).await;
        exactly_once(&world, &server).await;
        one_alert_each(&world).await;

        // Redis comes back, and the signal with it.
        redis.start_again().expect("Redis starts again");
        let (_signal, mut listener) = listening(&redis).await;
        for address in [&one, &two] {
            let parts = ready(address).await;
            assert_eq!(parts["redis"], "up", "{parts:#}");
            excuse_one(&client, address, &token).await;
            heard_by(&mut listener).await;
        }

        // Asked to stop, all stop well, and nothing was sent meanwhile.
        for (worker, _) in &mut workers {
            assert!(worker.stop().success(), "{}", worker.output());
        }
        for api in [&mut api_one, &mut api_two] {
            assert!(api.stop().success(), "{}", api.output());
        }
        exactly_once(&world, &server).await;
    })
    .await;
}

/// Excuses some open obligation, so that there is a change to hear of.
async fn excuse_one(client: &Client, address: &str, token: &str) {
    let query = "{ obligations(first: 1, filter: { state: [OPEN] }) { nodes { id } } }";
    let data = ask(client, address, token, json!({ "query": query })).await;
    let id = &data["obligations"]["nodes"][0]["id"];
    let mutation = "mutation M($input: ObligationExcuseInput!) {
        obligationExcuse(input: $input) { userErrors { message } } }";
    let input = json!({ "obligationId": id, "reason": "Closed by a flood" });
    let body = json!({ "query": mutation, "variables": { "input": input } });
    let data = ask(client, address, token, body).await;
    assert_eq!(data["obligationExcuse"]["userErrors"], json!([]), "{data:#}");
}

/// One mail to each reader, each with a Message-ID of its own and the bytes that are stored, and
/// every reminder sent or called off.
async fn exactly_once(world: &World, server: &Server) {
    let taken = server.taken();
    assert_eq!(taken.len(), PARTNERS + 1);
    let readers: BTreeSet<_> = taken.iter().map(|mail| &mail.to).collect();
    assert_eq!(readers.len(), PARTNERS + 1, "one each: {readers:?}");
    let ids: BTreeSet<String> = taken
        .iter()
        .map(|mail| MessageParser::default().parse(&mail.bytes).expect("a mail"))
        .map(|mail| mail.message_id().expect("a Message-ID").to_owned())
        .collect();
    assert_eq!(ids.len(), PARTNERS + 1);
    for row in messages(world).await {
        let body = row.body.expect("stored");
        assert!(taken.iter().any(|mail| mail.bytes == body), "{}", row.id);
    }
    let rows = reminder::Entity::find()
        .filter(reminder::Column::State.is_not_in(["sent", "cancelled", "expired"]))
        .all(world.db.reader())
        .await
        .expect("reminders");
    let due = "2026-10-05".parse().expect("a day");
    let lost: Vec<_> = rows.iter().filter(|row| row.send_on <= due).collect();
    assert!(lost.is_empty(), "{lost:#?}");
}

/// No two open alerts of one rule and period about one subject.
async fn one_alert_each(world: &World) {
    let rows = engagement_alert::Entity::find().all(world.db.reader()).await.expect("alerts");
    let mut seen = BTreeSet::new();
    for row in &rows {
        let one = (row.subject_id, row.rule.clone(), row.period.clone());
        assert!(row.resolved_at.is_some() || seen.insert(one), "{row:#?}");
    }
    assert!(!rows.is_empty(), "the self-assessments are overdue");
}
