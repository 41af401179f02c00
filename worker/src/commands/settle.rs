//! `worker settle`: says of a held message that it arrived, or lets it be.

use clap::Args;
use entity::audit::record_command;
use entity::operations::settlements;
use entity::scope::Scope;
use rules::lanes::Settlement;
use uuid::Uuid;

use super::{say, told};
use crate::app::App;

/// What to settle.
#[derive(Args, Debug)]
pub struct Settle {
    /// The id of a message that is held, as in `worker jobs` or in the graph.
    #[arg(value_parser = crate::explain::id)]
    pub id: Uuid,
    /// `arrived`: it did arrive; or `let_be`: it may have, and is not sent again.
    #[arg(long, value_parser = settlement)]
    pub outcome: Settlement,
    /// Why, for whoever wonders.
    #[arg(long)]
    pub why: String,
}

fn settlement(text: &str) -> Result<Settlement, String> {
    text.parse().map_err(|_| "say arrived or let_be".to_owned())
}

/// Settles a held message; nothing is sent.
///
/// # Errors
/// No such message, one that is not held or was sent anew, no reason, or a database fault.
pub async fn run(app: &App, wish: &Settle) -> anyhow::Result<()> {
    let now = app.clock.now();
    let txn = app.db.write_facts().await?;
    let (id, outcome) = (wish.id, wish.outcome);
    let settled = settlements::settle(&txn, &Scope::System, now, id, outcome, &wish.why).await;
    let settled = settled.map_err(told)?;
    let detail = <&str>::from(outcome);
    record_command(&txn, now, "worker-settle", Some(("Message", id)), detail).await?;
    txn.commit().await?;
    app.signal.changed().await;
    say(&format!("It is settled: {}.", settled.state))
}
