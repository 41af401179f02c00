//! The commands of the repository itself: `cargo up`, `cargo verify`, `cargo bench-all`.
#![expect(
    clippy::print_stderr,
    reason = "what a command line cannot do, it says on standard error"
)]

mod bench;
mod cargo;
mod demo_clock;
mod graphiql;
mod servers;
mod tools;
mod up;
mod verify;
mod welcome;
mod wrapper;

use std::io::Write as _;
use std::process::ExitCode;

const USAGE: &str = "\
cargo up [--fresh] [--port N] [--folder DIR] [--no-graphiql]
    Run the demonstration: an invented programme, the api and the worker, mail into a folder.
    --fresh       start over: forget what the last demonstration did
    --port N      listen on another port than 8000; 0 takes a free one
    --folder DIR  keep the demonstration elsewhere than in data/demo
    --no-graphiql do without the page to write queries in, which npm builds once

cargo run -p xtask -- graphiql
    Build the page to write queries in, as `cargo up` does.

cargo verify [--all] [FILTER]
    Check formatting, lints, and run all tests and journeys; with FILTER only the tests whose
    names contain it. With --all, or CI=true in the environment, leaving something out is an error.

cargo bench-all [register]
    Time the import of a generated register, in release, on each database, against a floor.

cargo bench-all graph [--quick] [--only point|dashboard|inbox|heavy]
    Measure what the graph answers in a second, and at what cost, in release, on each database,
    against a floor written by hand. --quick takes fewer data and shorter rounds.

cargo bench-all mail [--quick]
    Time the worker from 10,000 due reminders to as many mails taken, in release, on each database,
    against a bare loop that pushes the same mails.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) =
        arguments.split_first().map_or(("", [].as_slice()), |(first, rest)| (first.as_str(), rest));
    let help = |word: &String| word == "--help" || word == "-h";
    if arguments.iter().any(help) {
        // Whoever reads only the first lines may close the pipe.
        writeln!(std::io::stdout(), "{USAGE}").ok();
        return ExitCode::SUCCESS;
    }
    let done = match command {
        "up" => up::run(rest),
        "bench" => bench::run(rest),
        "verify" => verify::run(rest),
        "graphiql" if graphiql::ready() => Ok(()),
        "graphiql" => Err("GraphiQL was not built; see above.".to_owned()),
        _ => Err(format!("There is no such command. There are:\n\n{USAGE}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("\n{problem}");
            ExitCode::FAILURE
        }
    }
}
