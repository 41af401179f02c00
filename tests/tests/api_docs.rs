//! The guides docs/api.md and docs/mail.md: every query, mutation and subscription in them is run on
//! the demonstration, and must be answered as the guide shows.

use std::collections::HashMap;
use std::fmt::Write as _;

use api::app::App;
use api::commands::load_demo;
use chrono::{DateTime, Utc};
use reqwest::Client;
use runtime::signal::Signal;
use serde_json::{Value, json};
use tests::socket::Socket;
use tests::{World, both};
use tokio_util::sync::CancellationToken;

const GUIDE: &str = include_str!("../../docs/api.md");
const MAIL: &str = include_str!("../../docs/mail.md");
/// Stands for what differs between demonstrations; what is around it tells values apart.
const ANYTHING: &str = "…";

/// A document of the guide and its answer.
#[derive(Debug)]
struct Example {
    line: usize,
    role: String,
    document: String,
    variables: Value,
    answer: Option<Value>,
}

/// The examples of a guide: a fence `graphql ROLE`, perhaps one of `json variables`, and one of
/// `json`, which is the answer.
fn examples(guide: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut lines = guide.lines().enumerate();
    while let Some((line, text)) = lines.next() {
        let Some(kind) = text.strip_prefix("```") else { continue };
        let inside = lines.by_ref().map(|(_, text)| text).take_while(|text| *text != "```");
        let inside = inside.collect::<Vec<_>>().join("\n");
        let json = || -> Value {
            serde_json::from_str(&inside).unwrap_or_else(|error| panic!("line {line}: {error}"))
        };
        match kind.split_once(' ').unwrap_or((kind, "")) {
            ("graphql", role) => examples.push(Example {
                line: line + 1,
                role: role.to_owned(),
                document: inside,
                variables: json!({}),
                answer: None,
            }),
            ("json", "variables") => {
                examples.last_mut().expect("a document before").variables = json();
            }
            ("json", _) => examples.last_mut().expect("a document before").answer = Some(json()),
            _ => {}
        }
    }
    examples
}

/// What stands for what: the guide's texts with a gap, and the demonstration's own.
#[derive(Debug, Default)]
struct Gaps(HashMap<String, Value>);

impl Gaps {
    /// The variables with what was learnt from the answers before.
    fn fill(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if text.contains(ANYTHING) => {
                self.0.get(text).unwrap_or_else(|| panic!("{text} was in no answer")).clone()
            }
            Value::Array(list) => list.iter().map(|value| self.fill(value)).collect(),
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), self.fill(value))).collect()
            }
            other => other.clone(),
        }
    }

    /// Why `seen` is not what the guide shows, if it is not. `errors` may say more than it shows.
    fn differs(&mut self, shown: &Value, seen: &Value, at: &str) -> Option<String> {
        match (shown, seen) {
            (Value::String(shown), Value::String(seen)) if shown.contains(ANYTHING) => {
                let start = shown.split(ANYTHING).next().unwrap_or_default();
                let known = self.0.entry(shown.clone()).or_insert_with(|| json!(seen));
                let same = shown == ANYTHING || known.as_str() == Some(seen);
                (!same || !seen.starts_with(start)).then(|| format!("{at}: {seen} for {shown}"))
            }
            (Value::Array(shown), Value::Array(seen)) if shown.len() == seen.len() => {
                let mut pairs = shown.iter().zip(seen).enumerate();
                pairs.find_map(|(number, (shown, seen))| {
                    self.differs(shown, seen, &format!("{at}[{number}]"))
                })
            }
            (Value::Object(shown), Value::Object(seen)) => {
                let open = at.is_empty() || at.contains("errors");
                let more = seen.keys().find(|name| !open && !shown.contains_key(*name));
                let more = more.map(|name| format!("{at}: {name} is not shown"));
                more.or_else(|| {
                    shown.iter().find_map(|(name, shown)| {
                        let seen = seen.get(name).unwrap_or(&Value::Null);
                        self.differs(shown, seen, &format!("{at}.{name}"))
                    })
                })
            }
            _ => (shown != seen).then(|| format!("{at}: {seen} and not {shown}")),
        }
    }
}

/// The demonstration, served; its address and a token per role.
async fn demonstration(world: &World) -> (String, HashMap<String, String>) {
    let now: DateTime<Utc> = "2026-10-05T06:58:00Z".parse().expect("a moment");
    world.clock.set(now);
    let loaded = load_demo::load(&world.db, now).await.expect("it loads");
    let tokens = loaded
        .into_iter()
        .map(|token| (<&str>::from(token.role).to_owned(), token.token))
        .collect();
    let app = App {
        config: world.config.clone(),
        db: world.db.clone(),
        clock: world.clock.clone(),
        signal: Signal::start("", CancellationToken::new()).expect("a signal"),
        documents: std::sync::Arc::default(),
        allowances: runtime::allowance::Allowances::open("").expect("no Redis is asked"),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, api::http::router(app)).await });
    (format!("http://{address}"), tokens)
}

async fn ask(address: &str, token: &str, example: &Example, variables: Value) -> Value {
    let document = &example.document;
    if document.starts_with("subscription") {
        let mut socket = Socket::ready(address, token).await;
        socket.subscribe("a", document, variables).await;
        return socket.payload("next", "a").await;
    }
    let answer = Client::new()
        .post(format!("{address}/graphql"))
        .bearer_auth(token)
        .json(&json!({ "query": document, "variables": variables }))
        .send()
        .await
        .expect("the api answers");
    answer.json().await.expect("JSON")
}

/// Asks every example of a guide, and fails with all those that are not answered as it shows.
async fn compare(
    world: &World,
    file: &str,
    guide: &str,
    (address, tokens): (String, HashMap<String, String>),
) {
    let examples = examples(guide);
    assert!(examples.len() > 12, "{} were found", examples.len());
    let mut gaps = Gaps::default();
    let mut problems = String::new();
    for example in &examples {
        let line = example.line;
        let token = tokens.get(&example.role);
        let token = token.unwrap_or_else(|| panic!("line {line}: no role {}", example.role));
        let variables = gaps.fill(&example.variables);
        let seen = ask(&address, token, example, variables).await;
        let shown = example.answer.as_ref();
        let shown = shown.unwrap_or_else(|| panic!("line {line}: no answer is shown"));
        let fails = shown.get("errors").is_some() != seen.get("errors").is_some();
        let differs = gaps.differs(shown, &seen, "");
        let problem = differs.or_else(|| fails.then(|| "errors".to_owned()));
        if let Some(problem) = problem {
            let _ = writeln!(problems, "{file}, line {line}: {problem}\n{seen:#}");
        }
    }
    assert!(problems.is_empty(), "{}: {problems}", world.name);
}

#[tokio::test]
async fn every_example_of_the_guide_is_answered_as_it_shows() {
    both(async |world| {
        let served = demonstration(&world).await;
        compare(&world, "docs/api.md", GUIDE, served).await;
    })
    .await;
}

#[tokio::test]
async fn every_example_about_mail_is_answered_as_it_shows_once_the_worker_has_run() {
    both(async |world| {
        let served = demonstration(&world).await;
        let stop = CancellationToken::new();
        let (config, clock) = (world.config.clone(), world.clock.clone());
        let worker = worker::app::App::open(config, clock, stop.clone()).await;
        let worker = worker.expect("the worker opens");
        worker::ledger::register(&worker).await.expect("the jobs are registered");
        for moment in ["2026-10-05T06:58:00Z", "2026-10-05T07:00:00Z"] {
            world.clock.set(moment.parse().expect("a moment"));
            let pass = worker::pass::run(&worker, &stop).await;
            worker::ledger::note(&worker, &pass).await.expect("the pass is written down");
            pass.into_result().expect("a pass");
        }
        compare(&world, "docs/mail.md", MAIL, served).await;
    })
    .await;
}

#[test]
fn an_answer_that_is_not_as_shown_is_noticed() {
    let shown = json!({ "data": { "id": "VmlzaXQ6…", "rows": [{ "name": "Birch" }] } });
    for (seen, same) in [
        (json!({ "data": { "id": "VmlzaXQ6abc", "rows": [{ "name": "Birch" }] } }), true),
        (json!({ "data": { "id": "Other", "rows": [{ "name": "Birch" }] } }), false),
        (json!({ "data": { "id": "VmlzaXQ6abc", "rows": [] } }), false),
        (json!({ "data": { "id": "VmlzaXQ6abc", "rows": [{ "name": "Cedar" }] } }), false),
        (json!({ "data": { "id": "VmlzaXQ6abc", "rows": [{ "name": "Birch" }], "x": 1 } }), false),
    ] {
        assert_eq!(Gaps::default().differs(&shown, &seen, "").is_none(), same, "{seen}");
    }
    let mut gaps = Gaps::default();
    let (shown, seen) = (json!(["a…", "a…"]), json!(["a1", "a2"]));
    assert!(gaps.differs(&shown, &seen, "").is_some(), "one text stands for one value");
}
