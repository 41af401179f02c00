//! What is paused is told of wherever one looks at what goes, and no longer once it is resumed.

use chrono::{DateTime, Utc};
use entity::messages::upcoming::story;
use entity::operations::pauses::{self, Kind, What};
use entity::scope::Scope;
use rules::reminders::Verdict;
use rules::standstill::StandstillKind;
use tests::mails::delivered;
use tests::programs::{at as at_london, program, run};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::ledger;

use crate::{EIGHT, Outlook, message_to, messages_to, outlook, pass_at};

/// Writes down which jobs and lanes there are, as a running worker does.
pub async fn register(world: &World) {
    let stop = CancellationToken::new();
    let app = App::open(world.config.clone(), world.clock.clone(), stop).await;
    ledger::register(&app.expect("the worker opens")).await.expect("registered");
}

pub async fn pause(world: &World, name: &str, until: Option<DateTime<Utc>>) -> (Kind, uuid::Uuid) {
    let txn = world.db.write_facts().await.expect("a transaction");
    let what = What::named(&txn, name).await.expect("a read").expect("a job or lane");
    let (now, why) = (world.clock.now(), "The letters are put right");
    let paused = pauses::pause(&txn, &Scope::System, None, now, what, why, until).await;
    let paused = paused.expect("paused");
    txn.commit().await.expect("a commit");
    (what.kind(), paused.id)
}

pub async fn resume(world: &World, paused: (Kind, uuid::Uuid)) {
    let txn = world.db.write_facts().await.expect("a transaction");
    let (now, why) = (world.clock.now(), "They are right");
    pauses::resume(&txn, &Scope::System, None, now, paused, None, why).await.expect("resumed");
    txn.commit().await.expect("a commit");
}

/// What is told of the fortnight from Tuesday on.
async fn told(world: &World) -> Outlook {
    outlook(world, &Scope::System, (day("2026-10-06"), day("2026-10-19"))).await
}

#[tokio::test]
async fn what_goes_tomorrow_is_told_as_waiting_while_its_lane_or_a_job_is_paused() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        register(&world).await;
        pass_at(&world, EIGHT, "").await;
        let sent = delivered(&world.config.mail.folder).len();
        let open = told(&world).await;
        assert!(!open.going.is_empty(), "{}", world.name);
        assert!(open.going.iter().all(|one| one.account.waits_for.is_empty()));
        for name in ["routine", "deliver", "bundle_digests", "plan_reminders"] {
            let paused = pause(&world, name, None).await;
            let told = told(&world).await;
            assert!(told.going.is_empty(), "{}, {name}: {:#?}", world.name, told.going);
            let waiting = told.excluded.iter().filter(|one| one.account.verdict == Verdict::Paused);
            let waiting: Vec<_> = waiting.collect();
            assert_eq!(waiting.len(), open.going.len(), "{}, {name}", world.name);
            for one in waiting {
                let [standstill] = &*one.account.waits_for else { panic!("{one:#?}") };
                assert_eq!(standstill.name, name);
                assert!(
                    one.account.why.ends_with("somebody resumes it: The letters are put right.")
                );
            }
            resume(&world, paused).await;
            let after = self::told(&world).await;
            assert_eq!(after.going.len(), open.going.len(), "{}, {name}", world.name);
            assert!(after.going.iter().all(|one| one.account.waits_for.is_empty()));
        }
        // And what is told is so.
        pause(&world, "routine", None).await;
        for moment in ["2026-10-06T07:00:00Z", "2026-10-09T07:00:00Z", "2026-10-12T07:00:00Z"] {
            pass_at(&world, moment, "").await;
        }
        assert_eq!(delivered(&world.config.mail.folder).len(), sent, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_pause_with_an_end_makes_reminders_late_and_they_go_when_they_are_said_to() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        register(&world).await;
        world.clock.set(at("2026-10-05T05:00:00Z"));
        let until = at("2026-10-05T09:30:00Z");
        pause(&world, "routine", Some(until)).await;
        let head = rise.partners[0].head;
        let of = rise.obligation(&world, rise.partners[0].enrolment, "self_assessment").await;
        let db = world.db.reader();
        let now = world.clock.now();
        let told = story(db, &Scope::System, now, of.id, Some(head)).await.expect("told");
        let told = told.expect("seen").into_iter().find(|one| one.account.verdict == Verdict::Due);
        let told = told.expect("due today").account;
        assert_eq!(told.at, Some(until), "{}: {told:#?}", world.name);
        assert_eq!(told.waits_for[0].kind, StandstillKind::MailLane);
        for moment in ["2026-10-05T05:15:00Z", EIGHT] {
            pass_at(&world, moment, "").await;
        }
        assert!(delivered(&world.config.mail.folder).is_empty(), "{}", world.name);
        let id = message_to(&world, head).await.id.to_string();
        let explained = |arguments: &[&str]| {
            run(at_london(program(&world, "worker", arguments), "2026-10-05T08:30:00"))
        };
        let says = "Waits: routine mail is paused until 5 October 2026 at 10:30: The letters are put \
                    right.";
        let obligation = of.id.to_string();
        for arguments in [
            &["explain", "message", &id] as &[&str],
            &["explain", "obligation", &obligation],
            &["simulate", "--from", "2026-10-06", "--to", "2026-10-06"],
        ] {
            let text = explained(arguments);
            assert!(text.contains(says), "{arguments:?}\n{text}");
        }
        let json = explained(&["explain", "message", &id, "--json"]);
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["waitsFor"][0]["name"], "routine", "{json:#}");
        pass_at(&world, "2026-10-05T09:30:00Z", "").await;
        let sent = messages_to(&world, head).await;
        assert!(sent.iter().all(|row| row.state == "accepted"), "{}: {sent:#?}", world.name);
        let text = explained(&["explain", "message", &id]);
        assert!(!text.contains("Waits:"), "{text}");
    })
    .await;
}
