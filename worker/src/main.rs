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
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::commands::{jobs, pause, replay, settle};
use worker::explain::{self, Explain};
use worker::mail::Destination;
use worker::simulate;

// As in the api: mails too are made of many small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Say when each job is due, how it does, and what waits in each mail lane.
    Jobs(jobs::Arguments),
    /// Let a job or a mail lane stand still.
    Pause(pause::Pause),
    /// Let a paused job or mail lane go on.
    Resume(pause::Resume),
    /// Send anew, as a new message, one that was rejected, held or expired.
    Replay(replay::Replay),
    /// Settle a message that is held, since nobody knew whether it arrived: it did, or it is let be.
    Settle(settle::Settle),
}

#[derive(Args)]
struct Run {
    /// Do everything that is due, say what was done, and exit.
    #[arg(long)]
    once: bool,
    /// With --once: as if it were this London time, such as 2026-10-05T08:00, not before what the
    /// worker has done. Only where mail goes to a folder.
    #[arg(long, requires = "once", value_parser = worker::london_time)]
    now: Option<NaiveDateTime>,
}

#[derive(Args)]
struct Simulate {
    /// First day to report, such as 2026-10-05: not before the last day the worker has done. The
    /// facts are those recorded today, also for days that have passed.
    #[arg(long, value_parser = worker::day)]
    from: NaiveDate,
    /// Last day to report, at most three years later.
    #[arg(long, value_parser = worker::day)]
    to: NaiveDate,
    /// Also write it all to this file, as JSON. It names people.
    #[arg(long)]
    report: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    runtime::exit::with(run(Arguments::parse()).await)
}

async fn run(Arguments { config, command }: Arguments) -> anyhow::Result<()> {
    runtime::tls::install();
    let config = Config::load(config.as_deref())?;
    let telemetry = runtime::telemetry::start(&config, "worker")?;
    // On the heap: of all commands together it would fill a thread's stack.
    let done = Box::pin(carry_out(config, command)).await;
    telemetry.end().await;
    done
}

async fn carry_out(config: Config, command: Command) -> anyhow::Result<()> {
    let stop = runtime::shutdown::on_signal()?;
    let clock = config.clock()?;
    match command {
        Command::Run(arguments) => Box::pin(work(config, arguments, stop)).await,
        Command::Explain(what) => {
            let told = explain::run(&config, clock.now(), &what).await?;
            writeln!(std::io::stdout(), "{told}").context("what is known cannot be written")
        }
        Command::Simulate(Simulate { from, to, report }) => {
            simulate::run(config, clock, stop, simulate::Request { from, to, report }).await
        }
        Command::Jobs(arguments) => {
            jobs::run(&App::open(config, clock, stop).await?, &arguments).await
        }
        Command::Pause(wish) => pause::pause(&App::open(config, clock, stop).await?, &wish).await,
        Command::Resume(wish) => pause::resume(&App::open(config, clock, stop).await?, &wish).await,
        Command::Replay(wish) => replay::run(&App::open(config, clock, stop).await?, &wish).await,
        Command::Settle(wish) => settle::run(&App::open(config, clock, stop).await?, &wish).await,
    }
}

async fn work(config: Config, run: Run, stop: CancellationToken) -> anyhow::Result<()> {
    let clock = match run.now {
        Some(now) => {
            Destination::allow_pretended_time(&config.mail)?;
            Clock::standing_at(moment(now))
        }
        None => config.clock()?,
    };
    if !run.once && !App::wait_for_database(&config, &stop).await? {
        return Ok(());
    }
    let mut app = App::open(config, clock, stop.clone()).await?;
    app.trial = run.now.is_some();
    if app.trial {
        worker::ledger::never_back(&app).await?;
    }
    app.mail.check()?;
    let bounces = &app.config.mail.bounces_folder;
    if !bounces.as_os_str().is_empty() && !bounces.is_dir() {
        tracing::warn!(
            folder = %bounces.display(),
            "the setting mail.bounces_folder names no folder that is there: no bounce is taken in \
             until it is"
        );
    }
    if !run.once {
        return worker::heartbeat::run(&app, stop).await;
    }
    worker::ledger::register(&app).await?;
    loop {
        let pass = worker::pass::run(&app, &stop).await;
        worker::ledger::note(&app, &pass).await?;
        writeln!(std::io::stdout(), "{pass}").context("the summary cannot be written")?;
        let more = pass.more() && !stop.is_cancelled();
        pass.into_result()?;
        if !more {
            return Ok(());
        }
    }
}
