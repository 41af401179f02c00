//! The main job across the real programs: from the register to a reminder in the post, a promise
//! reported done through the link in it, an alert that rises and clears, and nothing sent twice.
//!
//! On SQLite it runs as a demonstration does, with mail into a folder; on PostgreSQL as production
//! does, with a mail server and Redis.

use entity::people::grants::Grant;
use reqwest::Client;
use serde_json::{Value, json};
use tests::mails::{Mail, delivered, read_by_python};
use tests::programs::{PUBLIC_URL, Running, at, program, root, run, serve};
use tests::smtp::Server;
use tests::tokens::token_for;
use tests::{World, both, redis};

/// Everything a programme needs, loaded by the commands a person would give.
fn load(world: &World) {
    let data = root().join("tests/data/journey");
    let demo = root().join("demo");
    for (command, file) in [
        ("import-bank-holidays", demo.join("bank-holidays.json")),
        ("import-register", demo.join("register.csv")),
        ("set-up", data.join("set-up.toml")),
        ("import-programme", data.join("programme.csv")),
    ] {
        let file = file.display().to_string();
        let report = run(at(program(world, "api", &[command, &file]), "2026-07-06T09:00:00"));
        println!("{command}: {report}");
    }
}

/// What a journey runs in.
struct Journey {
    world: World,
    /// Where mail goes, if not to a folder.
    server: Option<Server>,
}

impl Journey {
    async fn begin(mut world: World) -> Self {
        if world.name == "SQLite" {
            return Self { world, server: None };
        }
        let server = Server::start().await;
        world.config.mail.smtp_url = server.url();
        world.config.mail.smtp_ca = server.ca();
        if !redis::is_left_out() {
            world.config.redis.url = redis::address();
        }
        Self { world, server: Some(server) }
    }

    /// Two workers at the same moment, as real processes; both must end well.
    fn two_workers_at(&self, now: &str) {
        let world = &self.world;
        let worker = || match self.server {
            None => program(world, "worker", &["run", "--once", "--now", now]),
            // A pretended time is refused where mail leaves the house; a demonstration's clock is
            // a setting that nobody gives by mistake.
            Some(_) => at(program(world, "worker", &["run", "--once"]), &format!("{now}:00")),
        };
        let mut workers = [(); 2].map(|()| Running::start(worker()));
        for worker in &mut workers {
            let status = worker.wait();
            assert!(status.success(), "{}", worker.output());
        }
    }

    /// What was mailed, but for the summaries, which have tests of their own.
    fn mails(&self) -> Vec<Mail> {
        let mut mails = self.all_mails();
        mails.retain(|mail| {
            !mail.subject.contains("your week from") && !mail.subject.starts_with("Alerts: ")
        });
        mails
    }

    fn all_mails(&self) -> Vec<Mail> {
        let Some(server) = &self.server else {
            return delivered(&self.world.config.mail.folder);
        };
        let folder = self.world.folder.path().join("taken");
        std::fs::create_dir_all(&folder).expect("a folder");
        for (number, mail) in server.taken().iter().enumerate() {
            let file = folder.join(format!("{number:03}.eml"));
            std::fs::write(file, &mail.bytes).expect("a file");
        }
        delivered(&folder)
    }
}

/// The one digest, which both parsers must read alike.
fn the_digest(journey: &Journey) -> Mail {
    let world = &journey.world;
    let mut mails = journey.mails();
    assert_eq!(mails.len(), 1, "{}: {mails:#?}", world.name);
    let mail = mails.remove(0);
    assert_eq!(mail.to, "nora@near.example", "{}", world.name);
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("Complete the self-assessment"), "{part}");
        assert!(part.contains("9 October 2026"), "{part}");
        assert!(!part.contains("action plan"), "that is far off: {part}");
    }
    if let Some(read) = read_by_python(&mail.file) {
        assert_eq!(read["to"], json!([mail.to]));
        assert_eq!(read["subject"], json!(mail.subject));
        assert_eq!(read["defects"], json!([]));
        let text = read["text"].as_str().unwrap_or_default();
        assert_eq!(text.replace('\r', "").trim(), mail.text.replace('\r', "").trim());
    }
    mail
}

/// A client of the running api.
struct Graph {
    client: Client,
    address: String,
    token: String,
}

impl Graph {
    async fn ask(&self, query: &str) -> Value {
        let answer = self
            .client
            .post(format!("{}/graphql", self.address))
            .bearer_auth(&self.token)
            .json(&json!({ "query": query }))
            .send()
            .await
            .expect("the api answers");
        let answer: Value = answer.json().await.expect("it answers in JSON");
        assert!(answer.get("errors").is_none(), "{query}\n{answer:#}");
        answer["data"].clone()
    }

    /// The self-assessment as the graph tells it.
    async fn self_assessment(&self) -> Value {
        let data = self
            .ask(
                "{ obligations(first: 20, filter: { kind: [SELF_ASSESSMENT] }) { nodes {
                   title dueOn state overdue metOn recordedAt recordedBy { name } } } }",
            )
            .await;
        let [found] = data["obligations"]["nodes"].as_array().expect("a list").as_slice() else {
            panic!("not one self-assessment: {data:#}");
        };
        found.clone()
    }

    /// States of all alerts.
    async fn alerts(&self) -> Vec<String> {
        let data = self.ask("{ alerts(first: 20) { nodes { state } } }").await;
        let alerts = data["alerts"]["nodes"].as_array().expect("a list");
        alerts.iter().map(|alert| alert["state"].as_str().expect("a state").to_owned()).collect()
    }
}

/// The address in the mail at which to report it done, at the running api.
fn report_link(mail: &Mail, address: &str) -> String {
    let links: Vec<_> = mail.links().collect();
    let link = links.first().expect("a link in the text");
    let path = link.strip_prefix(PUBLIC_URL).expect("links start with the public address");
    assert!(mail.html.contains(link), "the HTML part has the same link");
    format!("{address}{path}")
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_register_to_a_reminder_and_an_alert_that_clears() {
    both(async |world| {
        let journey = Journey::begin(world).await;
        let world = &journey.world;
        load(world);

        // Before eight nothing goes out, at eight one digest, whoever sends it, and never again.
        journey.two_workers_at("2026-10-05T07:45");
        assert!(journey.mails().is_empty(), "{}", world.name);
        journey.two_workers_at("2026-10-05T08:00");
        let digest = the_digest(&journey);
        journey.two_workers_at("2026-10-05T08:01");
        assert_eq!(the_digest(&journey).message_id, digest.message_id, "{}", world.name);

        // Two weeks later it is overdue by more than five working days: a reminder and an alert.
        journey.two_workers_at("2026-10-19T08:00");
        let second = journey.mails();
        assert_eq!(second.len(), 2, "{}: {second:#?}", world.name);
        assert_ne!(second[0].message_id, second[1].message_id);

        let (mut api, address) = serve(world, "2026-10-19T09:00:00");
        let graph = Graph {
            client: Client::new(),
            address: address.clone(),
            token: token_for(world, "ada@admin.example", Grant::ProgrammeAdmin).await,
        };
        assert_eq!(graph.alerts().await, ["FIRING"], "{}", world.name);
        assert_eq!(graph.self_assessment().await["overdue"], json!(true));

        // Opening the link changes nothing; a scanner may do it. Posting reports it done.
        let link = report_link(&digest, &address);
        let page = graph.client.get(&link).send().await.expect("a page");
        assert!(page.status().is_success(), "{}", page.status());
        let page = page.text().await.expect("text");
        assert!(page.contains("Complete the self-assessment"), "{page}");
        assert_eq!(graph.self_assessment().await["state"], json!("OPEN"));
        let posted = graph
            .client
            .post(&link)
            .form(&[("met_on", "2026-10-19"), ("note", "Sent to our lead")])
            .send()
            .await
            .expect("a page");
        assert!(posted.status().is_success(), "{}", posted.status());
        let met = graph.self_assessment().await;
        assert_eq!(met["state"], json!("MET"), "{}: {met:#}", world.name);
        assert_eq!(met["overdue"], json!(false));
        assert_eq!(met["recordedBy"]["name"], json!("Nora Near"));
        assert_eq!(met["metOn"], json!("2026-10-19"));
        assert!(met["recordedAt"].as_str().expect("a moment").starts_with("2026-10-19T08:0"));

        // The alert clears, and nobody hears of it again.
        journey.two_workers_at("2026-10-20T08:00");
        assert_eq!(graph.alerts().await, ["RESOLVED"], "{}", world.name);
        assert_eq!(journey.mails().len(), 2, "{}", world.name);

        everything_in_one_query(&graph).await;
        assert!(api.stop().success(), "{}", api.output());
    })
    .await;
}

async fn everything_in_one_query(graph: &Graph) {
    let data = graph
        .ask(
            "{ programmes(first: 5) { nodes { name hubs(first: 5) { nodes { name
               leadSetting { name }
               enrolments(first: 5) { nodes { pathway { name } cohort { name }
                 partner { name school { name region { name } localAuthority { name } } }
                 obligations(first: 5) { nodes { title dueOn state
                   reminders(first: 5) { nodes { step message { state } } } } }
                 alerts(first: 5) { nodes { state summary } } } } } } } } }",
        )
        .await;
    let hub = &data["programmes"]["nodes"][0]["hubs"]["nodes"][0];
    assert_eq!(hub["name"], json!("Journey hub"), "{data:#}");
    let enrolments = hub["enrolments"]["nodes"].as_array().expect("enrolments");
    assert_eq!(enrolments.len(), 2, "{data:#}");
}
