//! `api serve`: GraphQL and pages over HTTP.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::http::live::Live;
use crate::read::trusted::Documents;
use crate::{http, metrics, schema};

/// Serves until told to stop; requests under way are answered first, within the time that the settings
/// give them.
///
/// # Errors
/// An address that cannot be listened on.
pub async fn run(app: App, stop: CancellationToken) -> anyhow::Result<()> {
    let graph =
        schema::graph().map_err(|problem| anyhow!("the schema cannot be used: {problem}"))?;
    let documents = Documents::open(&app.config.documents, graph).map_err(|it| anyhow!(it))?;
    let app = App { documents: Arc::new(documents), ..app };
    let address = app.config.http.listen;
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "{address} is already in use; stop what listens there, or choose another address \
             with the setting http.listen (HUBS__HTTP__LISTEN=127.0.0.1:0 takes a free port)"
        ),
        Err(error) => {
            return Err(error).with_context(|| format!("{address} cannot be listened on"));
        }
    };
    let address = listener.local_addr()?;
    tracing::info!("listening on http://{address}");
    // For whoever started us with port 0.
    writeln!(std::io::stdout(), "listening on http://{address}")?;
    let of_app = app.clone();
    let render = move || metrics::render(of_app.clone());
    runtime::metrics::start(&app.config.metrics, render, stop.clone()).await?;
    let live = Live::new(&app.config.live, stop.clone());
    let settings = app.config.http.clone();
    let router = http::router_with(app, live.clone());
    let serving = async {
        http::server::serve(listener, router, &settings, stop.clone()).await;
        // Sockets are no requests any more; they say goodbye by themselves.
        live.ended().await;
    };
    tokio::select! {
        () = serving => {}
        () = cut_off(&stop, Duration::from_secs(settings.stop_seconds)) => {
            tracing::warn!("stopped with requests under way");
        }
    }
    Ok(())
}

/// Until what is under way has had its time since the program was asked to stop.
async fn cut_off(stop: &CancellationToken, patience: Duration) {
    stop.cancelled().await;
    tokio::time::sleep(patience).await;
}
