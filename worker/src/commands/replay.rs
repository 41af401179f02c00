//! `worker replay`: sends anew a message that failed.

use clap::Args;
use entity::audit::record_command;
use entity::operations::replays;
use entity::scope::Scope;
use uuid::Uuid;

use super::{say, told};
use crate::app::App;

/// What to send anew.
#[derive(Args, Debug)]
pub struct Replay {
    /// The id of a message that was rejected, held or expired, as in the log or in the graph.
    #[arg(value_parser = crate::explain::id)]
    pub id: Uuid,
    /// Why, for whoever wonders.
    #[arg(long)]
    pub why: String,
}

/// Puts a new message into the outbox in place of one that failed.
///
/// # Errors
/// No such message, one that did not fail, was replayed before or is not wanted any more, or a
/// database fault.
pub async fn run(app: &App, wish: &Replay) -> anyhow::Result<()> {
    let now = app.clock.now();
    let txn = app.db.write_facts().await?;
    let new = replays::replay(&txn, &Scope::System, None, now, wish.id, &wish.why).await;
    let new = new.map_err(told)?;
    let detail = format!("In place of {}.", wish.id);
    record_command(&txn, now, "worker-replay", Some(("Message", new.id)), &detail).await?;
    txn.commit().await?;
    app.signal.changed().await;
    say(&format!("It goes out anew as {}.", new.id))
}
