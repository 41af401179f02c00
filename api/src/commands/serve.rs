//! `api serve`: GraphQL and pages over HTTP.

use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Serves until told to stop.
///
/// # Errors
/// Not written yet.
pub async fn run(_app: App, _stop: CancellationToken) -> anyhow::Result<()> {
    anyhow::bail!("not written yet")
}
