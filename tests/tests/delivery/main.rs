//! Delivery through everything that goes wrong: a mail server that fails at any point of the
//! conversation, workers that die, freeze and race, and a database that goes away, fills up or is
//! busy. Nothing is lost, and nothing goes twice but what was known to be in doubt.

mod connections;
mod encryption;
mod frozen;
mod kills;
mod outages;
mod panics;
mod phases;
mod refusals;
mod repeats;
mod signing;
mod turns;
mod unreadable;
mod utf8;

use std::collections::BTreeMap;

use entity::messages::{message, message_event, reminder};
use entity::people::sign_in_links::{Asked, Asking, ask};
use entity::people::{contact, person, role_grant};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use tests::World;
use tests::rise::{Rise, at};
use tests::smtp::Server;
use tests::working::{app, messages as rows};
use tokio_util::sync::CancellationToken;
use worker::pass::{self, Pass};

/// Monday 5 October 2026, 08:00 in London.
const EIGHT: &str = "2026-10-05T07:00:00Z";
/// The same, as the programs are told.
const EIGHT_IN_LONDON: &str = "2026-10-05T08:00:00";
/// Later that day, after the first pauses.
const LATER: &str = "2026-10-05T07:30:00Z";

/// A world with digests due to this many heads and to the lead, and a mail server.
async fn seeded(mut world: World, heads: usize, connections: usize) -> (World, Server) {
    let server = Server::start().await;
    world.config.mail.smtp_url = server.url();
    world.config.mail.smtp_ca = server.ca();
    world.config.mail.smtp_timeout_seconds = 1;
    world.config.mail.connections = connections;
    Rise::seed_many(&world, heads).await;
    (world, server)
}

async fn pass_at(world: &World, moment: &str) -> Pass {
    world.clock.set(at(moment));
    pass::run(&app(world).await, &CancellationToken::new()).await
}

/// The states of all messages, sorted.
async fn states(world: &World) -> Vec<String> {
    let mut states: Vec<_> = rows(world).await.into_iter().map(|row| row.state).collect();
    states.sort();
    states
}

/// The story of each message, as the states it went through.
async fn stories(world: &World) -> BTreeMap<uuid::Uuid, Vec<String>> {
    let events = message_event::Entity::find()
        .order_by_asc(message_event::Column::HappenedAt)
        .all(world.db.reader())
        .await
        .expect("events");
    let mut stories: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events {
        stories.entry(event.message_id).or_default().push(event.state);
    }
    stories
}

/// Takes all messages back to where they had just been decided, and the server with them.
async fn start_over(world: &World, server: &Server) {
    server.forget();
    let txn = world.db.write().await.expect("a transaction");
    message_event::Entity::delete_many().exec(&txn).await.expect("deleted");
    message::Entity::update_many()
        .col_expr(message::Column::State, Expr::value("pending"))
        .col_expr(message::Column::Attempts, Expr::value(0))
        .col_expr(message::Column::LeaseEpoch, Expr::value(0_i64))
        .col_expr(message::Column::LeasedUntil, Expr::value(None::<chrono::DateTime<chrono::Utc>>))
        .col_expr(message::Column::Body, Expr::value(None::<Vec<u8>>))
        .col_expr(message::Column::SendAfter, Expr::value(at(EIGHT)))
        .exec(&txn)
        .await
        .expect("set back");
    reminder::Entity::update_many()
        .col_expr(reminder::Column::State, Expr::value("bundled"))
        .filter(reminder::Column::MessageId.is_not_null())
        .exec(&txn)
        .await
        .expect("set back");
    txn.commit().await.expect("commit");
}

/// As if all leases had run out.
async fn leases_run_out(world: &World) {
    let sql = "UPDATE message SET leased_until = '2001-01-01T00:00:00+00:00' \
               WHERE leased_until IS NOT NULL";
    world.db.migrator().execute_unprepared(sql).await.expect("set back");
}

/// That every message has arrived: once, or twice with the same bytes if it is known to have been in
/// doubt. Returns how many arrived twice.
async fn all_arrived(world: &World, server: &Server, told: &str) -> usize {
    let stories = stories(world).await;
    let taken = server.taken();
    let mut twice = 0;
    for row in rows(world).await {
        assert_eq!(row.state, "accepted", "{told}: {:?}", stories[&row.id]);
        let header = row.message_id_header.as_deref().expect("a Message-ID");
        let mine: Vec<_> = taken
            .iter()
            .filter(|mail| String::from_utf8_lossy(&mail.bytes).contains(header))
            .collect();
        let doubted = stories[&row.id].iter().any(|state| state == "uncertain");
        assert!(!mine.is_empty(), "{told}: lost: {:?}", stories[&row.id]);
        assert!(mine.len() == 1 || doubted, "{told}: twice: {:?}", stories[&row.id]);
        assert!(mine.len() <= 2, "{told}: {} times: {:?}", mine.len(), stories[&row.id]);
        for mail in &mine {
            assert_eq!(Some(&mail.bytes), row.body.as_ref(), "{told}: other bytes");
        }
        twice += mine.len() - 1;
    }
    let waiting = reminder::Entity::find()
        .filter(reminder::Column::State.eq("bundled"))
        .all(world.db.reader())
        .await
        .expect("reminders");
    assert!(waiting.is_empty(), "{told}: {waiting:?}");
    twice
}

/// A head with a role of their own asks for a link to sign in.
async fn asks_for_a_link(world: &World, email: &str) {
    let now = world.clock.now();
    let people = person::Entity::find().all(world.db.reader()).await;
    let people = people.expect("people");
    let head = people.iter().find(|person| person.email == email).expect("a head");
    let settings = contact::Entity::find().all(world.db.reader()).await;
    let contact = settings.expect("contacts").into_iter().find(|row| row.person_id == head.id);
    let txn = world.db.write().await.expect("a transaction");
    let grant = role_grant::ActiveModel {
        id: Set(entity::id::new_id(now)),
        person_id: Set(head.id),
        role: Set("school_user".to_owned()),
        region_id: Set(None),
        hub_id: Set(None),
        setting_id: Set(contact.map(|row| row.setting_id)),
        granted_at: Set(now),
        revoked_at: Set(None),
    };
    grant.insert(&txn).await.expect("a grant");
    let asking = Asking {
        email,
        id: entity::id::new_id(now),
        token_hash: "hash",
        address_hash: "address",
        network_hash: "network",
        return_to: "/sign-in",
    };
    assert_eq!(ask(&txn, now, asking).await.expect("asked"), Asked::Noted);
    txn.commit().await.expect("commit");
}
