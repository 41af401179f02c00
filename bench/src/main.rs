//! `cargo bench-all mail` is in `mail.rs`. `cargo bench-all graph`: how fast the graph answers, against a floor written by hand.
//!
//! Data is generated alike into SQLite and PostgreSQL. For each database two servers run: the api,
//! and the floor, which answers the same four operations with the same bytes by hand-written
//! statements. Both are asked in turn, round after round, over the same connections.
#![expect(clippy::print_stdout, reason = "this is what the command is for")]

mod client;
mod data;
mod floor;
mod load;
mod mail;
mod measure;
mod operations;
mod procs;
mod report;
mod sink;

use anyhow::bail;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "bench graph [--quick] --postgres FOLDER --api PROGRAM --scratch FOLDER
       bench mail [--quick] --postgres FOLDER --worker PROGRAM --scratch FOLDER
                  [--connections N]";

fn main() -> anyhow::Result<()> {
    runtime::tls::install();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let named = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    match arguments.first().map(String::as_str) {
        Some("floor") => floor::serve(&arguments[1]),
        Some("graph") => measure::run(&measure::Wanted {
            quick: arguments.iter().any(|argument| argument == "--quick"),
            postgres: named("--postgres"),
            api: named("--api").unwrap_or_else(|| "target/release/api".to_owned()),
            scratch: named("--scratch").unwrap_or_else(|| "target/bench".to_owned()),
            only: named("--only"),
        }),
        Some("mail") => mail::run(&mail::Wanted {
            quick: arguments.iter().any(|argument| argument == "--quick"),
            postgres: named("--postgres"),
            worker: named("--worker").unwrap_or_else(|| "target/release/worker".to_owned()),
            scratch: named("--scratch").unwrap_or_else(|| "target/bench".to_owned()),
            connections: named("--connections").map_or(Ok(mail::CONNECTIONS), |it| it.parse())?,
        }),
        _ => bail!("usage: {USAGE}"),
    }
}
