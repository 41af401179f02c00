//! Queues a letter for each link that a school user asked for to sign in. It goes out in the same
//! pass: whoever asked is waiting for it.

use entity::people::sign_in_links::{are_waiting, queue_letters};

use crate::app::App;
use crate::pass::Done;

pub(super) async fn run(app: &App) -> anyhow::Result<Done> {
    let now = app.clock.now();
    if !are_waiting(app.db.reader(), now).await? {
        return Ok(Done::nothing());
    }
    let txn = app.db.write().await?;
    let queued = queue_letters(&txn, now).await?;
    txn.commit().await?;
    Ok(Done::counts(&[(queued, "sign-in letter queued", "sign-in letters queued")]))
}
