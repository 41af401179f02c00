//! The command line of the worker.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use chrono::{NaiveDate, NaiveDateTime};
use clap::{Args, Parser, Subcommand};
use rules::calendar::moment;
use runtime::clock::Clock;
use runtime::config::Config;
use worker::app::App;
use worker::explain::{self, Explain};
use worker::mail::Destination;
use worker::simulate;

/// Plans reminders, delivers them, and flags what is overdue.
#[derive(Parser)]
#[command(name = "worker", version)]
struct Arguments {
    /// A file of settings over the defaults (see config.default.toml).
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Do what is due: at every heartbeat until asked to stop, or once.
    Run(Run),
    /// Say which mails would go to whom and why, and which alerts would rise and clear, day by
    /// day, if nobody did anything more. Works on a copy and touches nothing.
    Simulate(Simulate),
    /// Say what became of a message, or why somebody was or was not reminded of an obligation and
    /// when they would be next.
    Explain(Explain),
}

#[derive(Args)]
struct Run {
    /// Do everything that is due, say what was done, and exit.
    #[arg(long)]
    once: bool,
    /// With --once: as if it were this London time, such as 2026-10-05T08:00. Only where mail goes
    /// to a folder.
    #[arg(long, requires = "once", value_parser = local_time)]
    now: Option<NaiveDateTime>,
}

#[derive(Args)]
struct Simulate {
    /// First day to report, such as 2026-10-05: not before the last day the worker has done. The
    /// facts are those recorded today, also for days that have passed.
    #[arg(long)]
    from: NaiveDate,
    /// Last day to report, at most three years later.
    #[arg(long)]
    to: NaiveDate,
    /// Also write it all to this file, as JSON. It names people.
    #[arg(long)]
    report: Option<PathBuf>,
}

fn local_time(text: &str) -> Result<NaiveDateTime, String> {
    ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .ok_or_else(|| "give a London time such as 2026-10-05T08:00".to_owned())
}

#[tokio::main]
async fn main() -> ExitCode {
    runtime::exit::with(run(Arguments::parse()).await)
}

async fn run(Arguments { config, command }: Arguments) -> anyhow::Result<()> {
    runtime::tls::install();
    let config = Config::load(config.as_deref())?;
    match command {
        Command::Run(arguments) => work(config, arguments).await,
        Command::Explain(what) => {
            let now = config.clock()?.now();
            runtime::telemetry::start(&config.log)?;
            let told = explain::run(&config, now, &what).await?;
            writeln!(std::io::stdout(), "{told}").context("what is known cannot be written")
        }
        Command::Simulate(Simulate { from, to, report }) => {
            let clock = config.clock()?;
            runtime::telemetry::start(&config.log)?;
            let stop = runtime::shutdown::on_signal()?;
            simulate::run(config, clock, stop, simulate::Request { from, to, report }).await
        }
    }
}

async fn work(config: Config, run: Run) -> anyhow::Result<()> {
    let clock = match run.now {
        Some(now) => {
            Destination::allow_pretended_time(&config.mail)?;
            Clock::standing_at(moment(now))
        }
        None => config.clock()?,
    };
    runtime::telemetry::start(&config.log)?;
    let stop = runtime::shutdown::on_signal()?;
    if !run.once && !App::wait_for_database(&config, &stop).await? {
        return Ok(());
    }
    let app = App::open(config, clock, stop.clone()).await?;
    app.mail.check()?;
    if !run.once {
        return worker::heartbeat::run(&app, stop).await;
    }
    let pass = worker::pass::run(&app, &stop).await;
    writeln!(std::io::stdout(), "{pass}").context("the summary cannot be written")?;
    pass.into_result()
}
