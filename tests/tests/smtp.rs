//! Mail through a real mail server: what arrives, what is tried again, and what never is.

use entity::messages::{message, message_event};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::rise::{Rise, at};
use tests::smtp::{Fault, Server, Step, USER};
use tests::{World, both, until};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::pass::{self, Pass};

/// Monday 5 October 2026, 08:00 in London.
const EIGHT: &str = "2026-10-05T07:00:00Z";
/// Later that day, after the first pauses.
const LATER: &str = "2026-10-05T07:30:00Z";

/// Points `world` at `server`.
fn use_server(world: &mut World, server: &Server) {
    world.config.mail.smtp_url = server.url();
    world.config.mail.smtp_ca = server.ca();
    world.config.mail.smtp_timeout_seconds = 2;
    // One conversation, so that what is said in it has an order.
    world.config.mail.connections = 1;
}

async fn pass_at(world: &World, moment: &str) -> Pass {
    world.clock.set(at(moment));
    let stop = CancellationToken::new();
    let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
    let pass = pass::run(&app.expect("the worker opens"), &stop).await;
    for (job, _, done) in &pass.ran {
        if let Err(error) = done {
            panic!("{}: {job:?}: {error:#}", world.name);
        }
    }
    pass
}

/// A programme with one partner, so that two mails are due: to its head and to the hub's lead.
async fn seeded(mut world: World) -> (World, Server) {
    let server = Server::start().await;
    use_server(&mut world, &server);
    Rise::seed(&world, &["Demo Ash School"]).await;
    (world, server)
}

const HEAD: &str = "head.of.demo.ash.school@example.org";

async fn rows(world: &World) -> Vec<message::Model> {
    let rows = message::Entity::find().order_by_asc(message::Column::Id);
    rows.all(world.db.reader()).await.expect("messages")
}

/// The message to the head of the school, and the one to the lead.
async fn both_rows(world: &World) -> (message::Model, message::Model) {
    use entity::people::person;
    let head = person::Entity::find()
        .filter(person::Column::Email.eq(HEAD))
        .one(world.db.reader())
        .await
        .expect("a read")
        .expect("the head");
    let (mut own, other): (Vec<_>, Vec<_>) =
        rows(world).await.into_iter().partition(|row| row.person_id == head.id);
    assert_eq!((own.len(), other.len()), (1, 1));
    (own.remove(0), other.into_iter().next().expect("the other"))
}

/// The story of a message: state and words.
async fn story(world: &World, row: &message::Model) -> Vec<(String, String)> {
    let events = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(row.id))
        .order_by_asc(message_event::Column::HappenedAt)
        .all(world.db.reader())
        .await
        .expect("events");
    events.into_iter().map(|event| (event.state, event.detail)).collect()
}

fn states(story: &[(String, String)]) -> Vec<&str> {
    story.iter().map(|(state, _)| state.as_str()).collect()
}

#[tokio::test]
async fn a_digest_arrives_over_tls_signed_in_and_byte_for_byte() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        pass_at(&world, EIGHT).await;
        let taken = server.taken();
        assert_eq!(taken.len(), 2, "{}", world.name);
        assert_eq!(server.connections(), 1, "one connection carries them all");
        for mail in &taken {
            assert!(mail.encrypted);
            assert_eq!(mail.user.as_deref(), Some(USER));
            assert_eq!(mail.from, "no-reply@hubs.example");
        }
        for row in rows(&world).await {
            assert_eq!(row.state, "accepted");
            let body = row.body.as_ref().expect("stored");
            let mails: Vec<_> = taken.iter().filter(|mail| mail.bytes == *body).collect();
            assert_eq!(mails.len(), 1, "{}", world.name);
            let story = story(&world, &row).await;
            assert_eq!(states(&story), ["pending", "leased", "handoff", "accepted"]);
            assert!(story[3].1.starts_with("Taken by the mail server as TEST"), "{story:?}");
        }
        let last = server.commands().pop().expect("commands").1;
        assert_eq!(last, "QUIT", "the conversation ends politely");
        assert!(!world.config.mail.folder.exists(), "nothing goes to the folder");
        pass_at(&world, LATER).await;
        assert_eq!(server.taken().len(), 2, "nothing goes twice");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_wants_the_bytes_of_a_mail_it_refused_gets_none() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Rcpt, None, Fault::Say("550 5.3.0 no"), 1);
        server.plan(Step::Data, None, Fault::Say("354 go ahead"), 1);
        pass_at(&world, EIGHT).await;
        let mut states: Vec<_> = rows(&world).await.into_iter().map(|row| row.state).collect();
        states.sort();
        assert_eq!(states, ["accepted", "rejected"], "{}", world.name);
        let taken = server.taken();
        assert_eq!(taken.len(), 1, "{}", world.name);
        assert_eq!(taken[0].connection, 2, "what waits for bytes is spoken to no more");
        let first: Vec<_> = server.commands().into_iter().filter(|(of, _)| *of == 1).collect();
        assert_eq!(first.last().expect("commands").1, "DATA", "{}: {first:?}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_refused_recipient_is_told_and_the_next_message_arrives_on_the_same_connection() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        let no = Fault::Say("550 5.1.1 <head.of.demo.ash.school@example.org> unknown");
        server.plan(Step::Rcpt, Some(HEAD), no, 9);
        world.clock.set(at(EIGHT));
        let app = App::open(world.config.clone(), world.clock.clone(), CancellationToken::new());
        let app = app.await.expect("the worker opens");
        pass::run(&app, &CancellationToken::new()).await;
        assert_eq!(both_rows(&world).await.1.state, "accepted", "{}", world.name);
        assert_eq!(server.connections(), 1);
        // The server takes others' mail, so that it is believed.
        world.clock.set(at("2026-10-05T07:02:00Z"));
        pass::run(&app, &CancellationToken::new()).await;
        let (own, _) = both_rows(&world).await;
        assert_eq!(own.state, "rejected", "{}", world.name);
        let told = story(&world, &own).await;
        assert_eq!(told.last().expect("a story").1, "There is no such address: 550 5.1.1.");
        pass_at(&world, LATER).await;
        assert_eq!(server.taken().len(), 1, "what was refused for good is not tried again");
    })
    .await;
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_after_a_pause() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Rcpt, Some(HEAD), Fault::Say("450 4.2.1 busy"), 1);
        pass_at(&world, EIGHT).await;
        let (own, other) = both_rows(&world).await;
        assert_eq!((own.state.as_str(), other.state.as_str()), ("deferred", "accepted"));
        let pause = own.send_after - at(EIGHT);
        assert!((60..=75).contains(&pause.num_seconds()), "{pause}");
        pass_at(&world, "2026-10-05T07:00:59Z").await;
        assert_eq!(server.taken().len(), 1, "not before its pause is over");
        // The server's no to the bytes counts like its no to the address.
        server.plan(Step::Body, Some(HEAD), Fault::Say("452 4.3.1 full"), 1);
        pass_at(&world, "2026-10-05T07:02:00Z").await;
        assert_eq!(both_rows(&world).await.0.state, "deferred");
        pass_at(&world, LATER).await;
        let (own, _) = both_rows(&world).await;
        let told = story(&world, &own).await;
        let expected = [
            "pending", "leased", "deferred", "leased", "handoff", "deferred", "leased", "handoff",
            "accepted",
        ];
        assert_eq!(states(&told), expected);
        let mails = server.taken();
        assert_eq!(mails.iter().filter(|mail| mail.to == HEAD).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_cut_off_is_repeated_once_with_the_same_bytes_and_then_held() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Body, Some(HEAD), Fault::TakeAndDrop, 2);
        pass_at(&world, EIGHT).await;
        let (own, other) = both_rows(&world).await;
        assert_eq!((own.state.as_str(), other.state.as_str()), ("uncertain", "accepted"));
        pass_at(&world, LATER).await;
        let (own, _) = both_rows(&world).await;
        assert_eq!(own.state, "held", "{}", world.name);
        pass_at(&world, "2026-10-05T09:30:00Z").await;
        let mails = server.taken();
        let mails: Vec<_> = mails.iter().filter(|mail| mail.to == HEAD).collect();
        assert_eq!(mails.len(), 2, "once and once more, never again");
        assert_eq!(mails[0].bytes, mails[1].bytes);
        assert_eq!(Some(&mails[0].bytes), own.body.as_ref());
        let told = story(&world, &own).await;
        let expected =
            ["pending", "leased", "handoff", "uncertain", "leased", "handoff", "uncertain", "held"];
        assert_eq!(states(&told), expected);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_cut_off_once_is_accepted_the_second_time() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Body, Some(HEAD), Fault::Stall, 1);
        pass_at(&world, EIGHT).await;
        let (own, other) = both_rows(&world).await;
        assert_eq!((own.state.as_str(), other.state.as_str()), ("uncertain", "accepted"));
        pass_at(&world, LATER).await;
        let (own, _) = both_rows(&world).await;
        assert_eq!(own.state, "accepted");
        let mails = server.taken();
        let mails: Vec<_> = mails.iter().filter(|mail| mail.to == HEAD).collect();
        assert_eq!(Some(&mails[0].bytes), own.body.as_ref());
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_bytes_costs_no_message() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        for (number, (step, fault)) in [
            (Step::Mail, Fault::Drop),
            (Step::Rcpt, Fault::Stall),
            (Step::Data, Fault::Say("250 2.0.0 sure")),
            (Step::Greeting, Fault::Say("554 5.3.2 not today")),
            (Step::Auth, Fault::Say("454 4.7.0 later")),
            (Step::Mail, Fault::Say("421 4.3.2 closing")),
        ]
        .into_iter()
        .enumerate()
        {
            server.plan(step, None, fault.clone(), 1);
            pass_at(&world, &format!("2026-10-05T{:02}:00:00Z", 7 + number)).await;
            for row in rows(&world).await {
                assert!(
                    ["pending", "deferred", "accepted"].contains(&row.state.as_str()),
                    "{} {step:?} {fault:?}: {}",
                    world.name,
                    row.state
                );
            }
        }
        pass_at(&world, "2026-10-05T16:00:00Z").await;
        let mut to: Vec<_> = server.taken().into_iter().map(|mail| mail.to).collect();
        to.sort();
        assert_eq!(to, ["demo.lead@example.org", HEAD], "{}", world.name);
        assert!(rows(&world).await.iter().all(|row| row.state == "accepted"));
    })
    .await;
}

#[tokio::test]
async fn a_server_with_another_certificate_gets_nothing() {
    both(async |world| {
        let (mut world, server) = seeded(world).await;
        let stranger = Server::start().await;
        world.config.mail.smtp_ca = stranger.ca();
        pass_at(&world, EIGHT).await;
        assert!(server.taken().is_empty());
        let commands = server.commands();
        assert!(!commands.iter().any(|(_, line)| line.starts_with("AUTH")), "{commands:?}");
        let waiting = rows(&world).await;
        let deferred: Vec<_> = waiting.iter().filter(|row| row.state == "deferred").collect();
        let pending: Vec<_> = waiting.iter().filter(|row| row.state == "pending").collect();
        assert_eq!((deferred.len(), pending.len()), (1, 1), "the other is left as it was");
        assert_eq!((deferred[0].attempts, pending[0].attempts), (1, 0));
        let told = story(&world, deferred[0]).await;
        assert!(told.last().expect("a story").1.contains("certificate"), "{told:?}");

        // With the right one they go.
        world.config.mail.smtp_ca = server.ca();
        pass_at(&world, LATER).await;
        assert_eq!(server.taken().len(), 2, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_worker_asked_to_stop_finishes_the_message_in_hand_and_gives_back_the_rest() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Body, None, Fault::Stall, 1);
        world.clock.set(at(EIGHT));
        let stop = CancellationToken::new();
        let app = App::open(world.config.clone(), world.clock.clone(), CancellationToken::new());
        let app = app.await.expect("the worker opens");
        let ask = async {
            until("the message is handed over", async || {
                server.commands().iter().any(|(_, line)| line == "DATA").then_some(())
            })
            .await;
            stop.cancel();
        };
        let (pass, ()) = tokio::join!(pass::run(&app, &stop), ask);
        assert!(pass.to_string().contains("1 message in doubt"), "{pass}");
        let mut found: Vec<_> =
            rows(&world).await.into_iter().map(|row| (row.state, row.attempts)).collect();
        found.sort();
        assert_eq!(found, [("pending".to_owned(), 0), ("uncertain".to_owned(), 1)]);
        // Nobody has to wait for its lease.
        pass_at(&world, "2026-10-05T07:00:30Z").await;
        assert_eq!(server.taken().len(), 1, "{}", world.name);
        pass_at(&world, LATER).await;
        assert_eq!(server.taken().len(), 2, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_pretended_time_is_refused_where_mail_leaves_the_house() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        let arguments = ["run", "--once", "--now", "2026-10-05T08:00"];
        let words = tests::programs::refuse(tests::programs::program(&world, "worker", &arguments));
        assert!(words.contains("mail.smtp_url"), "{words}");
        assert!(!words.contains(tests::smtp::PASSWORD) && !words.contains("s3cret"), "{words}");
        assert_eq!(server.connections(), 0);
    })
    .await;
}

// The server answers on another thread while this one waits for the program.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_mail_server_is_logged_by_its_setting_and_without_secrets() {
    both(async |world| {
        let (mut world, server) = seeded(world).await;
        let stranger = Server::start().await;
        world.config.mail.smtp_ca = stranger.ca();
        let worker = tests::programs::program(&world, "worker", &["run", "--once"]);
        let output = tests::programs::finish(tests::programs::at(worker, "2026-10-05T08:00:00"));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("mail.smtp_url"), "{words}");
        assert!(words.contains("certificate"), "{words}");
        for secret in ["s3cret", tests::smtp::PASSWORD, HEAD] {
            assert!(!words.contains(secret), "{words}");
        }
        assert!(server.taken().is_empty() && stranger.taken().is_empty());

        world.config.mail.smtp_ca = "nowhere.pem".into();
        let words = tests::programs::refuse(tests::programs::program(&world, "worker", &["run"]));
        assert!(words.contains("mail.smtp_ca"), "{words}");
    })
    .await;
}
