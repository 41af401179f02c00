//! What programs tell whoever runs them: metrics, read strictly, and traces, sent to a collector.

use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Extension, Router};
use entity::people::grants::Grant;
use serde_json::json;
use tests::openmetrics::{Samples, read};
use tests::programs::{Running, at, program, refuse, serve_with};
use tests::rise::Rise;
use tests::tokens::token_for;
use tests::{World, both, until};

const FREE: (&str, &str) = ("HUBS__METRICS__LISTEN", "127.0.0.1:0");

/// The address in the line in which a program says where its metrics are.
fn address(line: &str) -> String {
    let address = line.split("metrics are at ").nth(1).expect("an address");
    address.split_whitespace().next().expect("an address").to_owned()
}

async fn metrics(address: &str) -> Samples {
    let answer = reqwest::get(address).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let media = answer.headers()["content-type"].to_str().expect("text").to_owned();
    assert!(media.starts_with("application/openmetrics-text; version=1.0.0"), "{media}");
    read(&answer.text().await.expect("text"))
}

async fn ask(address: &str, token: &str, query: &str) {
    ask_within(address, token, query, "").await;
}

/// Asks as part of a trace that somebody else began.
async fn ask_within(address: &str, token: &str, query: &str, traceparent: &str) {
    let mut request = reqwest::Client::new()
        .post(format!("{address}/graphql"))
        .bearer_auth(token)
        .json(&json!({ "query": query }));
    if !traceparent.is_empty() {
        request = request.header("traceparent", traceparent);
    }
    assert_eq!(request.send().await.expect("an answer").status(), 200, "{traceparent}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_api_counts_what_it_is_asked_and_tells_it_on_an_address_of_its_own() {
    both(async |world| {
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let mut command = at(program(&world, "api", &["serve"]), "2026-10-05T08:00:00");
        command.envs([FREE]);
        let mut api = Running::start(command);
        let (mut public, mut own) = (None, None);
        while public.is_none() || own.is_none() {
            let line = api.wait_for(" http://");
            if line.contains("metrics are at ") {
                own = Some(address(&line));
            } else if let Some((_, address)) = line.split_once("listening on ") {
                public = address.split_whitespace().next().map(str::to_owned);
            }
        }
        let (public, own) = (public.expect("an address"), own.expect("an address"));
        ask(&public, &token, "{ viewer { name } }").await;
        ask(&public, &token, "{ viewer { name } }").await;
        ask(&public, &token, "{ nothing }").await;
        let told = metrics(&own).await;
        let asked = |operation: &str, outcome: &str| {
            let labels = format!("{{operation=\"{operation}\",outcome=\"{outcome}\"}}");
            told.get(&format!("hubs_graphql_operations_total{labels}")).copied()
        };
        assert_eq!(asked("query", "answered"), Some(2.0), "{told:#?}");
        assert_eq!(asked("unknown", "refused"), Some(1.0), "{told:#?}");
        assert_eq!(told.get("hubs_graphql_seconds_count{operation=\"query\"}"), Some(&2.0));
        assert!(told["hubs_database_connections"] >= 1.0);
        assert_eq!(told.get("hubs_mail_waiting{lane=\"routine\"}"), Some(&0.0));
        assert_eq!(told.get("hubs_mail_held{lane=\"routine\"}"), Some(&0.0));
        assert_eq!(told.get("hubs_mail_reports_total{taken=\"stray\"}"), Some(&0.0));
        let public = reqwest::get(format!("{public}/metrics")).await.expect("an answer");
        assert_eq!(public.status(), 404, "not on the public port");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_counts_its_jobs_and_its_mail_without_naming_anybody() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let mut command = at(program(&world, "worker", &["run"]), "2026-10-05T08:00:00");
        command.envs([FREE]);
        let mut worker = Running::start(command);
        let own = address(&worker.wait_for("metrics are at "));
        worker.wait_for("messages delivered");
        let key = "hubs_job_runs_total{job=\"deliver\",outcome=\"done\"}";
        // The one is counted with the pass, the other once the pass is written down.
        let last = "hubs_job_last_done_timestamp_seconds{job=\"deliver\"}";
        let told = until("a delivery is counted", async || {
            let told = metrics(&own).await;
            [key, last].iter().all(|one| told.contains_key(*one)).then_some(told)
        })
        .await;
        assert!(told.get(key).is_some_and(|runs| *runs >= 1.0), "{told:#?}");
        assert!(told["hubs_job_seconds_count{job=\"plan_reminders\"}"] >= 1.0);
        let delivered = "hubs_mail_deliveries_total{kind=\"digest\",state=\"accepted\"}";
        assert_eq!(told.get(delivered), Some(&2.0), "{told:#?}");
        for lane in ["immediate", "routine", "survey"] {
            assert_eq!(told.get(&format!("hubs_mail_waiting{{lane=\"{lane}\"}}")), Some(&0.0));
            assert_eq!(
                told.get(&format!("hubs_mail_oldest_waiting_seconds{{lane=\"{lane}\"}}")),
                Some(&0.0)
            );
        }
        assert_eq!(told.get("hubs_mail_held{lane=\"routine\"}"), Some(&0.0));
        assert_eq!(told.get("hubs_mail_oldest_held_seconds{lane=\"survey\"}"), Some(&0.0));
        assert_eq!(told.get("hubs_mail_connections"), Some(&0.0));
        let took = "hubs_mail_delivery_seconds_count{lane=\"routine\"}";
        assert_eq!(told.get(took), Some(&2.0), "{told:#?}");
        for job in ["deliver", "plan_reminders"] {
            let of = |name: &str| told.get(&format!("hubs_job_{name}{{job=\"{job}\"}}")).copied();
            assert_eq!((of("missed_total"), of("paused")), (Some(0.0), Some(0.0)), "{job}");
            let done = of("last_done_timestamp_seconds").expect("when it was last done");
            // Monday 5 October 2026, 08:00 in London, and the minutes after.
            assert!((1_791_183_600.0..1_791_187_200.0).contains(&done), "{job}: {done}");
        }
        assert_eq!(told.get("hubs_mail_lane_paused{lane=\"survey\"}"), Some(&0.0));
    })
    .await;
}

#[tokio::test]
async fn an_address_for_metrics_that_cannot_be_had_is_named() {
    both(async |world| {
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let taken = taken.local_addr().expect("an address").to_string();
        for (name, arguments) in [("api", ["serve"]), ("worker", ["run"])] {
            let mut command = program(&world, name, &arguments);
            command.env("HUBS__METRICS__LISTEN", &taken);
            let words = refuse(command);
            assert!(words.contains("metrics.listen"), "{name}: {words}");
        }
    })
    .await;
}

type Heard = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Somebody who collects traces, and what was sent to them.
async fn collector() -> (String, Heard) {
    let heard = Heard::default();
    let keep = async |Extension(heard): Extension<Heard>, headers: HeaderMap, body: Bytes| {
        let media = headers["content-type"].to_str().unwrap_or_default().to_owned();
        heard.lock().expect("whole").push((media, body.to_vec()));
    };
    let router = Router::new().route("/v1/traces", post(keep)).layer(Extension(heard.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, heard)
}

/// Whether a span with these words in it was sent: names and attributes stand in it as they are.
fn heard_of(heard: &Heard, words: &[&str]) -> bool {
    let heard = heard.lock().expect("whole");
    heard.iter().any(|(media, body)| {
        assert_eq!(media, "application/x-protobuf");
        let text = String::from_utf8_lossy(body);
        words.iter().all(|word| text.contains(word))
    })
}

fn tells_nobody(world: &World, heard: &Heard) {
    let heard = heard.lock().expect("whole");
    for (_, body) in heard.iter() {
        let text = String::from_utf8_lossy(body);
        for part in ["@example.org", "@admin.example", "Head of"] {
            assert!(!text.contains(part), "{}: a person in a trace: {text}", world.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_jobs_and_deliveries_are_traced_to_a_collector_without_naming_anybody() {
    both(async |world| {
        let (collector, heard) = collector().await;
        Rise::seed(&world, &["Demo Ash School"]).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let setting = ("HUBS__TRACES__OTLP_ENDPOINT", collector.as_str());
        let (mut api, address) = serve_with(&world, "2026-10-05T08:00:00", &[setting]);
        ask(&address, &token, "{ viewer { name email } }").await;
        let nothing = "mutation { jobPause(input: { jobId: \"nothing\", why: \"Mended\" }) {
            pause { id } userErrors { message } } }";
        ask(&address, &token, nothing).await;
        assert!(api.stop().success(), "{}", api.output());
        assert!(heard_of(&heard, &["request", "/graphql", "POST"]), "{}", api.output());
        for part in ["mutation", "jobPause", "refused", "begin", "carry_out", "work", "statements"]
        {
            assert!(heard_of(&heard, &[part]), "{}: {part}", world.name);
        }

        let mut command = at(program(&world, "worker", &["run", "--once"]), "2026-10-05T08:00:00");
        command.envs([setting]);
        let mut worker = Running::start(command);
        assert!(worker.wait().success(), "{}", worker.output());
        assert!(heard_of(&heard, &["job", "plan_reminders", "delivery", "digest"]));
        for part in [
            "2026-10-05T07:00:00+00:00",
            "3 messages delivered",
            "outcome",
            "accepted",
            "server",
            "folder",
            "claim",
            "prepare",
            "rendered",
            "offer",
            "write_down",
            "hand_over",
            "commit",
        ] {
            assert!(heard_of(&heard, &[part]), "{}: {part}", world.name);
        }
        tells_nobody(&world, &heard);
    })
    .await;
}

/// Whether these bytes stand in what was sent: ids stand in it as they are.
fn heard_bytes(heard: &Heard, bytes: &[u8]) -> bool {
    let heard = heard.lock().expect("whole");
    heard.iter().any(|(_, body)| body.windows(bytes.len()).any(|part| part == bytes))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_goes_on_with_the_trace_it_names_and_is_sent_if_whoever_began_it_says_so() {
    both(async |world| {
        let (collector, heard) = collector().await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let settings =
            [("HUBS__TRACES__OTLP_ENDPOINT", collector.as_str()), ("HUBS__TRACES__SHARE", "0")];
        let (mut api, address) = serve_with(&world, "2026-10-05T08:00:00", &settings);
        let query = "{ viewer { name } }";
        for (trace, span, flags) in
            [("11", "a1", "01"), ("22", "b2", "00"), ("00", "c3", "01"), ("zz", "d4", "01")]
        {
            let parent = format!("00-{}-{}-{flags}", trace.repeat(16), span.repeat(8));
            ask_within(&address, &token, query, &parent).await;
        }
        ask(&address, &token, query).await;
        assert!(api.stop().success(), "{}", api.output());
        assert!(heard_bytes(&heard, &[0x11; 16]) && heard_bytes(&heard, &[0xa1; 8]));
        for part in ["request", "plan", "statements"] {
            assert!(heard_of(&heard, &[part]), "{}: {part}", world.name);
        }
        // Unwanted by whoever began it; no trace at all; no hexadecimal number; a share of none.
        for span in [0xb2, 0xc3, 0xd4] {
            assert!(!heard_bytes(&heard, &[span; 8]), "{}: {span:x}", world.name);
        }
        assert!(!heard_bytes(&heard, &[0x22; 16]), "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_collector_that_is_not_there_keeps_nobody_from_working() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let mut command = at(program(&world, "worker", &["run", "--once"]), "2026-10-05T08:00:00");
        command.env("HUBS__TRACES__OTLP_ENDPOINT", "http://127.0.0.1:9");
        let mut worker = Running::start(command);
        assert!(worker.wait().success(), "{}", worker.output());
    })
    .await;
}
