//! The worker, driven pass by pass: what it sends, to whom, and that it does nothing twice.

mod bundling;
mod damaged;
mod digest;
mod flags;
mod forgetting;
mod holidays;
mod leases;
mod moments;
mod order;
mod outbox_model;
mod overnight;
mod stories;
mod two_programmes;
mod waiting;

use entity::enrolments::record_met;
use entity::messages::facts::Book;
use entity::messages::{digests, message_event, reminder};
use entity::scope::Scope;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::World;
use tests::mails::{Mail, delivered};
use tests::rise::{at, day};
use tests::working::{app, messages, pass_at};
use uuid::Uuid;

/// Monday 5 October 2026, 08:00 in London.
const EIGHT: &str = "2026-10-05T07:00:00Z";

fn mails(world: &World) -> Vec<Mail> {
    delivered(&world.config.mail.folder)
}

/// The one mail to the head of a school.
fn to_head<'a>(mails: &'a [Mail], school: &str) -> &'a Mail {
    let school = school.to_lowercase().replace(' ', ".");
    let address = format!("head.of.{school}@example.org");
    let [mail] = &mails.iter().filter(|mail| mail.to == address).collect::<Vec<_>>()[..] else {
        panic!("one mail to {address}, not {mails:#?}")
    };
    mail
}

/// The states a message went through, in order.
async fn story(world: &World, id: Uuid) -> Vec<String> {
    message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(id))
        .order_by_asc(message_event::Column::HappenedAt)
        .all(world.db.reader())
        .await
        .expect("events")
        .into_iter()
        .map(|event| event.state)
        .collect()
}

async fn reminders(world: &World, person: Uuid) -> Vec<reminder::Model> {
    reminder::Entity::find()
        .filter(reminder::Column::PersonId.eq(person))
        .order_by_asc(reminder::Column::Id)
        .all(world.db.reader())
        .await
        .expect("reminders")
}

async fn report_done(world: &World, obligation: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let now = world.clock.now();
    record_met(&txn, &Scope::System, None, now, obligation, None, day("2026-10-02"), "")
        .await
        .expect("recorded");
    txn.commit().await.expect("commit");
}

/// Plans and bundles at eight, and leaves the messages lying.
async fn bundled(world: &World) {
    pass_at(world, "2026-10-05T06:58:00Z").await;
    world.clock.set(at(EIGHT));
    let txn = world.db.write().await.expect("a transaction");
    let book = Book::load(&txn).await.expect("the book");
    digests::bundle(&txn, world.clock.now(), &book).await.expect("digests");
    txn.commit().await.expect("commit");
}
