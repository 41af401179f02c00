//! The command line of the api.

use std::path::PathBuf;
use std::process::ExitCode;

use api::app::App;
use api::commands::{self, Command};
use clap::Parser;
use runtime::config::Config;

// A quarter less processor time than the system's: answers are made of many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The programme graph over GraphQL, and the commands that load data into it.
#[derive(Parser)]
#[command(name = "api", version)]
struct Arguments {
    /// A file of settings over the defaults (see config.default.toml).
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[tokio::main]
async fn main() -> ExitCode {
    runtime::exit::with(run(Arguments::parse()).await)
}

async fn run(Arguments { config, command }: Arguments) -> anyhow::Result<()> {
    // This needs no settings, the next one no database.
    if matches!(command, Command::Schema) {
        return commands::schema::run();
    }
    let config = Config::load(config.as_deref())?;
    if let Command::TrustDocuments(arguments) = &command {
        return commands::trust_documents::run(arguments, &config.limits);
    }
    runtime::tls::install();
    let telemetry = runtime::telemetry::start(&config, "api")?;
    let done = Box::pin(carry_out(config, command)).await;
    telemetry.end().await;
    done
}

async fn carry_out(config: Config, command: Command) -> anyhow::Result<()> {
    let stop = runtime::shutdown::on_signal()?;
    // To let somebody into a database that nobody has filled would help nobody.
    let app = match &command {
        Command::IssueToken(_) => App::open_existing(config, stop.clone()).await?,
        _ => App::open(config, stop.clone()).await?,
    };
    Box::pin(commands::run(app, command, stop)).await
}
