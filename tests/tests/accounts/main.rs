//! Every message can be accounted for: addresses that take no mail, what mail systems report, why a
//! reminder goes or not, and messages to many.

mod bulletins;
mod explaining;
mod feedback;
mod forecast;
mod forged;
mod odd_reports;
mod previews;
mod suppressions;
mod webhook;

use entity::messages::{message, message_event, suppression};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::World;
use tests::rise::at;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::app::App;
use worker::pass;

/// Monday 5 October 2026, 08:00 in London.
pub const EIGHT: &str = "2026-10-05T07:00:00Z";

/// One pass of a worker at `moment`, in which every job succeeds; returns what it says of the job of
/// that name.
async fn pass_at(world: &World, moment: &str, job: &str) -> String {
    world.clock.set(at(moment));
    let stop = CancellationToken::new();
    let app = App::open(world.config.clone(), world.clock.clone(), stop.clone()).await;
    let pass = pass::run(&app.expect("the worker opens"), &stop).await;
    let mut said = String::new();
    for (ran, _, done) in &pass.ran {
        match done {
            Ok(done) if <&str>::from(ran) == job => said.clone_from(&done.summary),
            Ok(_) => {}
            Err(error) => panic!("{}: {ran:?}: {error:#}", world.name),
        }
    }
    said
}

/// The messages to a person, the first first.
async fn messages_to(world: &World, person: Uuid) -> Vec<message::Model> {
    message::Entity::find()
        .filter(message::Column::PersonId.eq(person))
        .order_by_asc(message::Column::Id)
        .all(world.db.reader())
        .await
        .expect("messages")
}

/// The one message to a person.
async fn message_to(world: &World, person: Uuid) -> message::Model {
    let mut all = messages_to(world, person).await;
    assert_eq!(all.len(), 1, "{}: {all:#?}", world.name);
    all.remove(0)
}

/// The story of a message: state and words.
async fn story(world: &World, id: Uuid) -> Vec<(String, String)> {
    let events = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(id))
        .order_by_asc(message_event::Column::HappenedAt)
        .all(world.db.reader())
        .await
        .expect("events");
    events.into_iter().map(|event| (event.state, event.detail)).collect()
}

/// The list of addresses that take no mail, or took none: address, reason and whether it is in force.
async fn list(world: &World) -> Vec<(String, String, bool)> {
    let rows = suppression::Entity::find().order_by_asc(suppression::Column::Id);
    let rows = rows.all(world.db.reader()).await.expect("the list");
    rows.into_iter().map(|row| (row.address, row.reason, row.released_at.is_none())).collect()
}
