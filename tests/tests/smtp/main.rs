//! Mail through a real mail server: what arrives, what is tried again, and what never is.

mod settings;
mod trying_again;

use entity::messages::{message, message_event};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::rise::{Rise, at};
use tests::smtp::{Fault, Server, Step, USER};
use tests::working::{messages, pass_at};
use tests::{World, both, until};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::pass;

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

/// A programme with one partner, so that two mails are due: to its head and to the hub's lead.
async fn seeded(mut world: World) -> (World, Server) {
    let server = Server::start().await;
    use_server(&mut world, &server);
    Rise::seed(&world, &["Demo Ash School"]).await;
    (world, server)
}

const HEAD: &str = "head.of.demo.ash.school@example.org";

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
        messages(world).await.into_iter().partition(|row| row.person_id == head.id);
    assert_eq!((own.len(), other.len()), (1, 1));
    (own.remove(0), other.into_iter().next().expect("the other"))
}

fn states(story: &[(String, String)]) -> Vec<&str> {
    story.iter().map(|(state, _)| state.as_str()).collect()
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
        for row in messages(&world).await {
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
            messages(&world).await.into_iter().map(|row| (row.state, row.attempts)).collect();
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
