//! What is told of the jobs and of the mail server.

use entity::audit::audit_entry;
use sea_orm::{ConnectionTrait as _, EntityTrait as _};
use serde_json::{Value, json};
use tests::both;
use tests::programs::{at as at_london, program, refuse, run};
use tests::rise::{Rise, at};
use tokio_util::sync::CancellationToken;
use worker::commands::jobs::look;
use worker::pass;
use worker::{jobs::Job, ledger};

use super::{EIGHT, app, job, outcomes, pass_at, rejected};

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
            "whatever is arranged or called off with somebody, and critical alerts.\n  waiting",
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
