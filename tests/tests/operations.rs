//! Looking after the worker: what is told of its jobs, pausing and resuming them and the mail lanes,
//! and sending failed messages anew.

use chrono::{DateTime, Utc};
use entity::audit::audit_entry;
use entity::messages::suppressions::{Ground, suppress};
use entity::messages::{message, message_event, occurrence, reminder};
use entity::operations::pauses::{self, Kind, What};
use entity::operations::{job, jobs, message_replay, pause, replays};
use entity::outcome::{RefusalCode, StoreError};
use entity::people::grants::Grant;
use entity::scope::{Scope, Viewer};
use rules::messages::suppression::SuppressionReason;
use rules::timetable::Outcome::{self, Fired, Paused};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};
use tests::mails::delivered;
use tests::programs::{at as at_london, program, refuse, run};
use tests::rise::{Rise, at};
use tests::server::{self, Server};
use tests::tokens::token_for;
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::app::App;
use worker::commands::jobs::look;
use worker::pass::{self, Pass};
use worker::{jobs::Job, ledger};

/// Monday 5 October 2026, 08:00 in London.
const EIGHT: &str = "2026-10-05T07:00:00Z";

async fn app(world: &World) -> App {
    App::open(world.config.clone(), world.clock.clone(), CancellationToken::new())
        .await
        .expect("the worker opens")
}

/// A pass as a running worker makes it, written down.
async fn pass_at(world: &World, moment: &str) -> Pass {
    world.clock.set(at(moment));
    let app = app(world).await;
    ledger::register(&app).await.expect("the jobs are registered");
    let pass = pass::run(&app, &CancellationToken::new()).await;
    ledger::note(&app, &pass).await.expect("the pass is written down");
    pass
}

async fn job(world: &World, name: Job) -> job::Model {
    let all = jobs::all(world.db.reader()).await.expect("jobs");
    all.into_iter().find(|job| job.name == <&str>::from(name)).expect("the job")
}

async fn stand_still(world: &World, name: &str, until: Option<DateTime<Utc>>) -> pause::Model {
    let txn = world.db.write_facts().await.expect("a transaction");
    let what = What::named(&txn, name).await.expect("a read").expect("a job or lane");
    let now = world.clock.now();
    let paused = pauses::pause(&txn, &Scope::System, None, now, what, "Mended", until).await;
    let paused = paused.expect("paused");
    txn.commit().await.expect("a commit");
    paused
}

async fn go_on(world: &World, of: Kind, paused: Uuid) {
    let txn = world.db.write_facts().await.expect("a transaction");
    let now = world.clock.now();
    let which = (of, paused);
    pauses::resume(&txn, &Scope::System, None, now, which, None, "Mended").await.expect("resumed");
    txn.commit().await.expect("a commit");
}

async fn outcomes(world: &World, name: Job) -> Vec<(DateTime<Utc>, Outcome)> {
    let rows = occurrence::Entity::find()
        .filter(occurrence::Column::ScheduleId.eq(<&str>::from(name)))
        .order_by_asc(occurrence::Column::DueAt)
        .all(world.db.reader())
        .await
        .expect("occurrences");
    rows.iter().map(|row| (row.due_at, row.outcome.parse().expect("an outcome"))).collect()
}

async fn messages(world: &World) -> Vec<message::Model> {
    let rows = message::Entity::find().order_by_asc(message::Column::Id);
    rows.all(world.db.reader()).await.expect("messages")
}

#[tokio::test]
async fn a_paused_job_lets_its_moments_pass_and_goes_on_at_the_next_after_it_is_resumed() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T06:50:00Z").await;
        let paused = stand_still(&world, "plan_reminders", None).await;
        let pass = pass_at(&world, "2026-10-05T07:20:00Z").await;
        assert_eq!((pass.paused, pass.missed), (2, 0), "07:00 and 07:15");
        assert!(pass.ran.iter().all(|(job, ..)| *job != Job::PlanReminders));
        // Nobody looks for a while, and somebody ends it meanwhile.
        world.clock.set(at("2026-10-05T07:35:00Z"));
        go_on(&world, Kind::Job, paused.id).await;
        let pass = pass_at(&world, "2026-10-05T07:50:00Z").await;
        assert_eq!((pass.paused, pass.missed), (1, 0), "07:30 passed in it, 07:45 after it");
        let outcomes = outcomes(&world, Job::PlanReminders).await;
        let told: Vec<_> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
        assert_eq!(told, [Fired, Paused, Paused, Paused, Fired], "{}", world.name);
        assert_eq!(job(&world, Job::PlanReminders).await.missed, 0);
    })
    .await;
}

#[tokio::test]
async fn a_pause_with_an_end_is_over_then_and_a_second_one_is_refused_until_it_is() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T06:50:00Z").await;
        let until = Some(at("2026-10-05T07:10:00Z"));
        let paused = stand_still(&world, "deliver", until).await;
        let pass = pass_at(&world, EIGHT).await;
        assert!(pass.ran.iter().all(|(job, ..)| *job != Job::Deliver));
        let waiting = job(&world, Job::Deliver).await;
        assert_eq!((waiting.waiting, waiting.waiting_since), (Some(2), Some(at(EIGHT))));
        let txn = world.db.write_facts().await.expect("a transaction");
        let now = world.clock.now();
        let what = What::Job(waiting.id);
        let again = pauses::pause(&txn, &Scope::System, None, now, what, "Again", None).await;
        assert!(matches!(again, Err(StoreError::Refused(it)) if it.code == RefusalCode::Conflict));
        txn.rollback().await.expect("undone");
        let pass = pass_at(&world, "2026-10-05T07:10:00Z").await;
        assert!(pass.ran.iter().any(|(job, ..)| *job == Job::Deliver));
        assert_eq!(delivered(&world.config.mail.folder).len(), 2);
        let txn = world.db.write_facts().await.expect("a transaction");
        let now = world.clock.now();
        let which = (Kind::Job, paused.id);
        let over = pauses::resume(&txn, &Scope::System, None, now, which, None, "Late").await;
        assert!(matches!(over, Err(StoreError::Refused(it)) if it.code == RefusalCode::Conflict));
    })
    .await;
}

#[tokio::test]
async fn mail_of_a_paused_lane_waits_and_that_of_others_goes() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T06:50:00Z").await;
        let paused = stand_still(&world, "routine", None).await;
        stand_still(&world, "survey", None).await;
        pass_at(&world, EIGHT).await;
        assert!(delivered(&world.config.mail.folder).is_empty(), "{}", world.name);
        assert!(messages(&world).await.iter().all(|row| row.state == "pending"));
        let told = look(&app(&world).await).await.expect("it is told");
        let lane = told.mail_lanes.iter().find(|lane| lane.name == "routine").expect("the lane");
        assert_eq!((lane.waiting, lane.waiting_since), (2, Some(at(EIGHT))));
        assert!(lane.paused.is_some());
        go_on(&world, Kind::MailLane, paused.id).await;
        pass_at(&world, "2026-10-05T07:05:00Z").await;
        assert_eq!(delivered(&world.config.mail.folder).len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_job_that_fails_is_told_with_its_failure_though_its_work_was_undone() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        // What every run reads is gone.
        let spoil = "ALTER TABLE programme_term RENAME TO programme_term_gone";
        world.db.migrator().execute_unprepared(spoil).await.expect("spoilt");
        for moment in ["2026-10-05T07:15:00Z", "2026-10-05T07:16:00Z"] {
            let pass = pass_at(&world, moment).await;
            assert!(pass.into_result().is_err());
        }
        let told = job(&world, Job::PlanReminders).await;
        assert_eq!((told.failures, told.failures_in_a_row), (2, 2), "{told:#?}");
        assert_eq!(told.last_outcome.as_deref(), Some("failed"));
        assert_eq!(told.last_failed_at, Some(at("2026-10-05T07:16:00Z")));
        assert!(told.last_failure.is_some_and(|why| !why.is_empty()));
        assert_eq!((told.waiting, told.waiting_since), (Some(1), Some(at("2026-10-05T07:15:00Z"))));
        let done = outcomes(&world, Job::PlanReminders).await;
        assert!(done.iter().all(|(due, _)| *due <= at(EIGHT)), "what failed is not written down");
    })
    .await;
}

/// A digest to the head that was refused for good, and the reminders in it.
async fn rejected(world: &World) -> (message::Model, usize) {
    pass_at(world, "2026-10-05T06:50:00Z").await;
    let refuse = "UPDATE person SET email = 'no address' WHERE name LIKE 'Head of%'";
    world.db.migrator().execute_unprepared(refuse).await.expect("a bad address");
    pass_at(world, EIGHT).await;
    let mend = "UPDATE person SET email = 'head@example.org' WHERE name LIKE 'Head of%'";
    world.db.migrator().execute_unprepared(mend).await.expect("a good address");
    let row = messages(world).await.into_iter().find(|row| row.state == "rejected");
    let row = row.expect("a rejected message");
    let reminders = reminder::Entity::find()
        .filter(reminder::Column::MessageId.eq(row.id))
        .all(world.db.reader())
        .await
        .expect("reminders");
    (row, reminders.len())
}

async fn replay(world: &World, id: Uuid) -> Result<message::Model, StoreError> {
    let txn = world.db.write_facts().await.expect("a transaction");
    let now = world.clock.now();
    let replayed = replays::replay(&txn, &Scope::System, None, now, id, "Mended").await;
    match &replayed {
        Ok(_) => txn.commit().await.expect("a commit"),
        Err(_) => txn.rollback().await.expect("undone"),
    }
    replayed
}

#[tokio::test]
async fn a_rejected_digest_is_sent_anew_once_with_what_it_carried() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, carried) = rejected(&world).await;
        world.clock.set(at("2026-10-05T07:05:00Z"));
        let new = replay(&world, old.id).await.expect("it is sent anew");
        let again = replay(&world, old.id).await;
        assert!(matches!(again, Err(StoreError::Refused(it)) if it.message.contains("already")));
        pass_at(&world, "2026-10-05T07:06:00Z").await;
        let mails = delivered(&world.config.mail.folder);
        let mail: Vec<_> = mails.iter().filter(|mail| mail.to == "head@example.org").collect();
        assert_eq!(mail.len(), 1, "{}", world.name);
        let rows = messages(&world).await;
        let sent = rows.iter().find(|row| row.id == new.id).expect("the new message");
        assert_eq!(sent.state, "accepted");
        assert_ne!(sent.message_id_header, old.message_id_header);
        let reminders = reminder::Entity::find()
            .filter(reminder::Column::MessageId.eq(new.id))
            .all(world.db.reader())
            .await
            .expect("reminders");
        assert_eq!(reminders.len(), carried);
        assert!(reminders.iter().all(|row| row.state == "sent"));
        let links = message_replay::Entity::find().all(world.db.reader()).await.expect("links");
        assert_eq!(links.len(), 1);
        for (id, other) in [(old.id, new.id), (new.id, old.id)] {
            let story = message_event::Entity::find()
                .filter(message_event::Column::MessageId.eq(id))
                .all(world.db.reader())
                .await
                .expect("a story");
            let other = other.to_string();
            assert!(story.iter().any(|event| event.detail.contains(&other)), "{story:#?}");
        }
        // And what arrived is not.
        let arrived = replay(&world, new.id).await;
        assert!(
            matches!(arrived, Err(StoreError::Refused(it)) if it.code == RefusalCode::Conflict)
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_not_sent_anew_and_nothing_changes() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        let excuse = "UPDATE obligation SET state = 'excused'";
        world.db.migrator().execute_unprepared(excuse).await.expect("excused");
        let before = messages(&world).await;
        let told = replay(&world, old.id).await;
        assert!(
            matches!(&told, Err(StoreError::Refused(it)) if it.message.contains("not wanted")),
            "{told:?}"
        );
        assert_eq!(messages(&world).await, before, "{}", world.name);
        // A school user may see their message and not send it anew.
        let person_id = old.person_id;
        let viewer = Viewer { person_id, now: world.clock.now(), ..Viewer::default() };
        let txn = world.db.write_facts().await.expect("a transaction");
        let scope = Scope::Viewer(viewer);
        let now = world.clock.now();
        let told = replays::replay(&txn, &scope, Some(person_id), now, old.id, "Please").await;
        assert!(matches!(told, Err(StoreError::Refused(it)) if it.code == RefusalCode::Forbidden));
    })
    .await;
}

#[tokio::test]
async fn a_digest_sent_anew_on_a_later_day_is_beside_that_of_the_day() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        // Early on the next day, before its own digest is made.
        world.clock.set(at("2026-10-06T05:00:00Z"));
        let new = replay(&world, old.id).await.expect("it is sent anew");
        assert_eq!((old.local_day.is_some(), new.local_day), (true, None), "{}", world.name);
        let day = "UPDATE reminder SET state = 'planned', message_id = NULL, send_on = '2026-10-06'
            WHERE id = (SELECT id FROM reminder WHERE message_id IS NOT NULL LIMIT 1)";
        let moved = world.db.migrator().execute_unprepared(day).await.expect("one for that day");
        assert_eq!(moved.rows_affected(), 1);
        pass_at(&world, "2026-10-06T07:00:00Z").await;
        pass_at(&world, "2026-10-06T07:01:00Z").await;
        let of_day = messages(&world).await.into_iter().filter(|row| {
            row.person_id == old.person_id
                && row.local_day == Some(at("2026-10-06T07:00:00Z").date_naive())
        });
        assert_eq!(of_day.count(), 1, "{}: the digest of the day is made", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_goes_to_an_address_on_the_list_is_not_sent_anew_until_it_is_let_go() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        let txn = world.db.write().await.expect("a transaction");
        let ground =
            Ground { reason: SuppressionReason::ByHand, note: "", message_id: None, by: None };
        let listed = suppress(&txn, world.clock.now(), "head@example.org", ground).await;
        listed.expect("on the list");
        txn.commit().await.expect("a commit");
        let before = messages(&world).await;
        let told = replay(&world, old.id).await.expect_err("no mail goes there").to_string();
        let why = "No mail goes to this address (somebody decided so): release it first.";
        assert_eq!(told, why);
        assert_eq!(messages(&world).await, before, "{}", world.name);
        let release = "UPDATE suppression SET released_at = since, release_reason = 'Mended'";
        world.db.migrator().execute_unprepared(release).await.expect("let go");
        replay(&world, old.id).await.expect("its one chance is left");
    })
    .await;
}

#[tokio::test]
async fn an_admin_pauses_and_replays_through_the_graph_and_the_audit_knows() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let server = Server::of(server::app(&world).await).await;
        let ask = async |query: &str, input: Value| -> Value {
            let body = json!({ "query": query, "variables": { "input": input } });
            let answer: Value = server.post(&token, body).await.json().await.expect("JSON");
            assert!(answer.get("errors").is_none(), "{answer:#}");
            answer["data"].clone()
        };
        let jobs = ask(
            "{ jobs(filter: { name: \"plan_reminders\" }) { nodes { id lastSummary
            timetable nextDueAt runs } } mailLanes { nodes { id name } } }",
            json!({}),
        )
        .await;
        let job = &jobs["jobs"]["nodes"][0];
        assert_eq!(job["nextDueAt"], "2026-10-05T07:15:00Z", "{job:#}");
        assert!(job["timetable"].as_str().is_some_and(|it| it.starts_with("every 15 minutes")));
        let lanes = jobs["mailLanes"]["nodes"].as_array().expect("lanes");
        let names: Vec<_> = lanes.iter().map(|lane| lane["name"].as_str().expect("text")).collect();
        assert_eq!(names, ["immediate", "routine", "survey"]);

        let pause = "mutation M($input: JobPauseInput!) { jobPause(input: $input) {
            pause { id isInForce why job { name } by { email } } userErrors { message } } }";
        let far = json!({ "jobId": job["id"], "why": "Mended", "until": "2999-01-01T00:00:00Z" });
        let body = json!({ "query": pause, "variables": { "input": far } });
        let told: Value = server.post(&token, body).await.json().await.expect("JSON");
        let why = "input.until is of a year from 1900 to 2199, not \"2999-01-01T00:00:00Z\"";
        assert_eq!(told["errors"][0]["message"], why, "{told:#}");
        let input = json!({ "jobId": job["id"], "why": "Mended", "idempotencyKey": "a" });
        let first = ask(pause, input.clone()).await;
        assert_eq!(first["jobPause"]["pause"]["isInForce"], true, "{first:#}");
        assert_eq!(ask(pause, input).await, first, "a double click pauses once");
        let resume = "mutation M($input: ResumeInput!) { jobResume(input: $input) {
            pause { isInForce endedWhy } userErrors { message } } }";
        let input = json!({ "pauseId": first["jobPause"]["pause"]["id"], "why": "Done" });
        // A lane is not resumed by the pause of a job.
        let of_lane = "mutation M($input: ResumeInput!) { mailLaneResume(input: $input) {
            pause { id } userErrors { code field message } } }";
        let told = ask(of_lane, input.clone()).await;
        let wrong = json!([{ "code": "INVALID", "field": "pauseId",
            "message": "This is the pause of a job, not of a mail lane." }]);
        assert_eq!(told["mailLaneResume"], json!({ "pause": null, "userErrors": wrong }));
        let told = ask(resume, input).await;
        let over = json!({ "isInForce": false, "endedWhy": "Done" });
        assert_eq!(told["jobResume"]["pause"], over, "{told:#}");

        let replay = "mutation M($input: MessageReplayInput!) { messageReplay(input: $input) {
            message { state replayOf { nodes { state replays { totalCount } } } }
            userErrors { message } } }";
        let input =
            json!({ "messageId": api::read::ids::global("Message", old.id), "why": "Mended" });
        let told = ask(replay, input).await;
        let new = &told["messageReplay"]["message"];
        assert_eq!(new["state"], "PENDING", "{told:#}");
        let of = json!([{ "state": "REJECTED", "replays": { "totalCount": 1 } }]);
        assert_eq!(new["replayOf"]["nodes"], of);
        let entries = audit_entry::Entity::find().all(world.db.reader()).await.expect("entries");
        for action in ["jobPause", "jobResume", "messageReplay"] {
            let told = entries.iter().filter(|entry| entry.action == action).count();
            assert_eq!(told, 1, "{action}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_command_line_tells_of_the_jobs_pauses_resumes_and_replays() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        let worker = |arguments: &[&str]| {
            at_london(program(&world, "worker", arguments), "2026-10-05T08:10:00")
        };
        let told = run(worker(&["jobs"]));
        for part in [
            "plan_reminders: Writes down the reminders",
            "due      every 15 minutes from 06:00 to 18:00; the latest is made up for within 12",
            "mail lane routine: ",
            "links that sign in, and whatever is arranged or called off with somebody.\n  waiting",
        ] {
            assert!(told.contains(part), "{part} in:\n{told}");
        }
        assert!(!told.contains("PAUSED"));
        let said = run(worker(&["pause", "survey", "--why", "The survey is being mended"]));
        assert!(said.contains("worker resume survey"), "{said}");
        let told: Value = serde_json::from_str(&run(worker(&["jobs", "--json"]))).expect("JSON");
        let lanes = told["mailLanes"].as_array().expect("lanes");
        let lane = lanes.iter().find(|lane| lane["name"] == "survey").expect("the lane");
        assert_eq!(lane["paused"]["why"], "The survey is being mended");
        let words = refuse(worker(&["pause", "survey", "--why", "Again"]));
        assert!(words.contains("paused already"), "{words}");
        let words = refuse(worker(&["pause", "surveys", "--why", "Again"]));
        assert!(words.contains("no job and no mail lane"), "{words}");
        let past = ["pause", "deliver", "--why", "Mended", "--until", "2026-10-05T08:00"];
        let words = refuse(worker(&past));
        assert!(words.contains("--until: Give a moment that is still to come"), "{words}");
        let lanes: Vec<_> = lanes.iter().filter_map(|lane| lane["about"].as_str()).collect();
        assert!(lanes.iter().all(|about| !about.contains('\n')), "{lanes:?}");
        let _ = run(worker(&["resume", "survey", "--why", "Done"]));
        let words = refuse(worker(&["resume", "survey", "--why", "Done"]));
        assert!(words.contains("not paused"), "{words}");
        let id = api::read::ids::global("Message", old.id);
        let said = run(worker(&["replay", &id, "--why", "The address was mended"]));
        assert!(said.contains("goes out anew"), "{said}");
        assert!(refuse(worker(&["replay", &id, "--why", "Again"])).contains("already"));
        let entries = audit_entry::Entity::find().all(world.db.reader()).await.expect("entries");
        let mut told: Vec<_> = entries.iter().map(|entry| entry.action.as_str()).collect();
        told.retain(|action| action.starts_with("worker-"));
        assert_eq!(told, ["worker-pause", "worker-resume", "worker-replay"]);
    })
    .await;
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_told_of_wherever_one_looks() {
    both(async |mut world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        world.config.mail.smtp_url = "smtp://127.0.0.1:9?tls=none".to_owned();
        world.config.mail.connections = 1;
        let app = app(&world).await;
        ledger::register(&app).await.expect("the jobs are registered");
        // At the first look it is tried, and at the next it rests.
        for moment in [EIGHT, "2026-10-05T07:10:00Z"] {
            world.clock.set(at(moment));
            let pass = pass::run(&app, &CancellationToken::new()).await;
            ledger::note(&app, &pass).await.expect("the pass is written down");
            let told = job(&world, Job::Deliver).await.last_summary;
            assert!(told.contains("The mail server cannot be used"), "{moment}: {told}");
            assert!(told.ends_with(" wait.") || told.ends_with(" waits."), "{moment}: {told}");
        }
        let told = look(&app).await.expect("told").to_string();
        assert!(told.contains("The mail server cannot be used"), "{told}");
        // None has a heartbeat here.
        assert!(told.contains("NO WORKER RUNS: none has been seen since Mon 5 October"), "{told}");
        let txn = world.db.write().await.expect("a transaction");
        let now = runtime::clock::Clock::machine().now();
        let away = Some("The mail server cannot be used.".to_owned());
        entity::messages::health::beat(&txn, "one", now, now, away).await.expect("a beat");
        txn.commit().await.expect("a commit");
        let told = look(&app).await.expect("told");
        assert_eq!(told.workers_alive, 1);
        assert!(told.to_string().contains("1 worker runs."), "{told}");
        let (_api, address) = tests::programs::serve(&world, "2026-10-05T08:10:00");
        let answer = reqwest::get(format!("{address}/readyz")).await.expect("an answer");
        let parts: Value = answer.json().await.expect("JSON");
        assert_eq!(
            (&parts["mail"]["state"], &parts["status"]),
            (&json!("away"), &json!("degraded"))
        );
    })
    .await;
}
