//! Makes the digests whose time has come.

use entity::messages::digests::{bundle, waiting};
use entity::messages::facts::Book;

use crate::app::App;
use crate::pass::Done;

pub(super) async fn run(app: &App) -> anyhow::Result<Done> {
    let now = app.clock.now();
    // Before the lock that every mutation waits for.
    if !waiting(app.db.reader(), now).await? {
        return Ok(Done::nothing());
    }
    let txn = app.db.write_facts().await?;
    let book = Book::load(&txn).await?;
    let bundled = bundle(&txn, now, &book).await?;
    txn.commit().await?;
    Ok(Done::counts(&[
        (bundled.expired, "digest of an earlier day ended", "digests of an earlier day ended"),
        (bundled.digests, "digest made", "digests made"),
        (bundled.reminders, "reminder bundled", "reminders bundled"),
        (bundled.called_off, "reminder called off", "reminders called off"),
    ]))
}
