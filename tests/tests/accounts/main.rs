//! Every message can be accounted for: addresses that take no mail, what mail systems report, why a
//! reminder goes or not, and messages to many.

mod bulletins;
mod explaining;
mod feedback;
mod forecast;
mod forged;
mod held;
mod odd_reports;
mod passed;
mod paused;
mod previews;
mod sent;
mod suppressions;
mod webhook;

use chrono::NaiveDate;
use entity::messages::upcoming::{self, Slice, Upcoming, Wish};
use entity::messages::{message, message_event, suppression};
use entity::scope::Scope;
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

/// Reminders of some days.
struct Outlook {
    /// Those that go.
    going: Vec<Upcoming>,
    /// Those that do not.
    excluded: Vec<Upcoming>,
}

/// What is told of some days, read in pages of ten, forwards and backwards.
async fn outlook(world: &World, scope: &Scope, days: (NaiveDate, NaiveDate)) -> Outlook {
    Outlook {
        going: all(world, scope, days, true).await,
        excluded: all(world, scope, days, false).await,
    }
}

async fn all(
    world: &World,
    scope: &Scope,
    days: (NaiveDate, NaiveDate),
    going: bool,
) -> Vec<Upcoming> {
    let (db, now) = (world.db.reader(), world.clock.now());
    let wish = Wish { days, hub_id: None, going: Some(going) };
    let mut found: Vec<Vec<Upcoming>> = Vec::new();
    for backward in [false, true] {
        let mut slice = Slice { most: 10, backward, after: None, before: None };
        let mut pages = Vec::new();
        loop {
            let page = upcoming::page(db, scope, now, wish, slice).await.expect("told");
            if backward {
                slice.before = page.reminders.first().map(Upcoming::place);
                pages.splice(0..0, page.reminders);
            } else {
                slice.after = page.reminders.last().map(Upcoming::place);
                pages.extend(page.reminders);
            }
            if !page.more {
                break;
            }
        }
        found.push(pages);
    }
    let places = |all: &[Upcoming]| all.iter().map(Upcoming::place).collect::<Vec<_>>();
    assert_eq!(places(&found[0]), places(&found[1]), "{}", world.name);
    assert!(places(&found[0]).is_sorted_by(|one, next| one < next), "{}", world.name);
    let count = upcoming::count(db, scope, now, wish).await.expect("counted");
    assert_eq!(count, found[0].len(), "{}", world.name);
    found.remove(0)
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
