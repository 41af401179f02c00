//! A message of which nobody knows whether it arrived: it is told of until a person decides.

use entity::audit::audit_entry;
use entity::messages::upcoming::story;
use entity::messages::{message, reminder};
use entity::operations::{lanes, mail_lane};
use entity::people::grants::Grant;
use entity::scope::Scope;
use rules::reminders::Verdict;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
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
use worker::{ledger, pass};

use crate::paused::{pause, register, resume};
use crate::{EIGHT, message_to, messages_to, pass_at};

/// Monday's digest to the head of the first partner, cut off twice.
async fn held(world: &World, rise: &Rise) -> message::Model {
    register(world).await;
    let paused = pause(world, "routine", None).await;
    pass_at(world, EIGHT, "").await;
    let row = message_to(world, rise.partners[0].head).await;
    let cut_off =
        format!("UPDATE message SET state = 'held' WHERE dedupe_key = '{}'", row.dedupe_key);
    world.db.migrator().execute_unprepared(&cut_off).await.expect("held");
    resume(world, paused).await;
    row
}

async fn states(world: &World, message: Uuid) -> Vec<String> {
    let rows = reminder::Entity::find().filter(reminder::Column::MessageId.eq(message));
    let rows = rows.all(world.db.reader()).await.expect("reminders");
    let mut states: Vec<_> = rows.into_iter().map(|row| row.state).collect();
    states.dedup();
    states
}

#[tokio::test]
async fn a_held_message_is_counted_and_named_until_somebody_says_that_it_arrived() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let row = held(&world, &rise).await;
        let head = rise.partners[0].head;
        let carried = reminder::Entity::find().filter(reminder::Column::MessageId.eq(row.id));
        let carried = carried.one(world.db.reader()).await.expect("a read").expect("a reminder");
        let (db, now) = (world.db.reader(), world.clock.now());
        let told = story(db, &Scope::System, now, carried.obligation_id, Some(head)).await;
        let told = told.expect("told").expect("seen");
        let told = told.iter().filter(|one| one.account.message_id == Some(row.id));
        assert!(told.into_iter().all(|one| one.account.verdict == Verdict::Held));

        // What a running worker writes down.
        world.clock.set(at("2026-10-05T07:10:00Z"));
        let stop = CancellationToken::new();
        let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
        let app = app.expect("the worker opens");
        let pass = pass::run(&app, &stop).await;
        ledger::note(&app, &pass).await.expect("written down");
        let lane = mail_lane::Entity::find().filter(mail_lane::Column::Name.eq("routine"));
        let lane = lane.one(db).await.expect("a read").expect("the lane");
        assert_eq!((lane.held, lane.held_since), (1, Some(at(EIGHT))), "{}", world.name);
        let worker = |arguments: &[&str]| {
            at_london(program(&world, "worker", arguments), "2026-10-05T08:15:00")
        };
        let text = run(worker(&["jobs"]));
        assert!(text.contains("HELD     1, since Mon 5 October 2026 08:00"), "{text}");
        assert!(text.contains(&row.id.to_string()), "{text}");

        let id = row.id.to_string();
        let settle = ["settle", &id, "--outcome", "arrived", "--why", "The head has it"];
        let wrong = ["settle", &id, "--outcome", "gone", "--why", "The head has it"];
        assert!(refuse(worker(&wrong)).contains("say arrived or let_be"));
        assert!(run(worker(&settle)).contains("It is settled: accepted."));
        assert!(refuse(worker(&settle)).contains("Only a message that is held can be settled."));
        assert_eq!(states(&world, row.id).await, ["sent"], "{}", world.name);
        let none = lanes::held(db).await.expect("a read");
        assert!(none.values().all(|lane| lane.messages == 0), "{none:?}");
        assert!(!run(worker(&["jobs"])).contains("HELD"));
        let text = run(worker(&["explain", "message", &id]));
        assert!(text.contains("Somebody says that it arrived: The head has it"), "{text}");
        let entries = audit_entry::Entity::find().all(db).await.expect("entries");
        assert!(entries.iter().any(|entry| entry.action == "worker-settle"));
    })
    .await;
}

#[tokio::test]
async fn what_is_let_be_is_not_sent_again_and_said_so_through_the_graph_once() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let row = held(&world, &rise).await;
        let head = rise.partners[0].head;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let server = Server::of(server::app(&world).await).await;
        let ask = async |input: &Value| -> Value {
            let query = "mutation M($input: MessageSettleInput!) { messageSettle(input: $input) {
                message { state } userErrors { code field message } } }";
            let body = json!({ "query": query, "variables": { "input": input } });
            let answer: Value = server.post(&token, body).await.json().await.expect("JSON");
            assert!(answer.get("errors").is_none(), "{answer:#}");
            answer["data"]["messageSettle"].clone()
        };
        let mut input = json!({ "messageId": api::read::ids::global("Message", row.id),
            "outcome": "LET_BE", "why": " ", "idempotencyKey": "a" });
        let told = ask(&input).await;
        let error = (&told["userErrors"][0]["field"], &told["userErrors"][0]["code"]);
        assert_eq!(error, (&json!("why"), &json!("INVALID")), "{told:#}");
        input["why"] = json!("It is of no matter any more");
        let first = ask(&input).await;
        assert_eq!(first["message"]["state"], "CANCELLED", "{first:#}");
        assert_eq!(ask(&input).await, first, "a double click settles once");
        let entries = audit_entry::Entity::find().all(world.db.reader()).await.expect("entries");
        let told = entries.iter().filter(|entry| entry.action == "messageSettle").count();
        assert_eq!(told, 1, "{}", world.name);
        assert_eq!(states(&world, row.id).await, ["expired"], "{}", world.name);
        let before = delivered(&world.config.mail.folder).len();
        for moment in ["2026-10-05T07:15:00Z", "2026-10-06T07:00:00Z"] {
            pass_at(&world, moment, "").await;
        }
        let to_head = messages_to(&world, head).await;
        assert!(to_head.iter().all(|one| one.id == row.id || one.local_day != row.local_day));
        let carried = reminder::Entity::find().filter(reminder::Column::MessageId.eq(row.id));
        let carried = carried.all(world.db.reader()).await.expect("reminders");
        assert!(carried.iter().all(|one| one.state == "expired"), "{}, {before}", world.name);
    })
    .await;
}
