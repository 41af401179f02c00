//! `cargo verify`: everything that must hold, step by step with its time.
#![expect(clippy::print_stdout, reason = "this is what the command is for")]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::cargo::{cargo, programs};
use crate::servers::{POSTGRES, REDIS, Server};
use crate::tools::{ABSENT, TOOLS, install_missing};

/// Names the folder of the programs under test, already built.
const PROGRAMS_VARIABLE: &str = "HUBS_TEST_PROGRAMS";

/// Tests that passed, failed and were ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// What went wrong and what could not be tried.
#[derive(Default)]
struct Report {
    failed: Vec<String>,
    left_out: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// Something failed, or was left out although nothing may be.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let mut all = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
    let mut filter = None;
    for argument in arguments {
        match argument.as_str() {
            "--all" => all = true,
            name if !name.starts_with('-') && filter.is_none() => filter = Some(name),
            other => return Err(format!("`cargo verify` does not know {other}")),
        }
    }
    let started = Instant::now();
    let mut report = Report::default();
    if filter.is_none() {
        component(&mut report, "formatting", "fmt", &["fmt", "--all", "--", "--check"]);
        let lints = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
        component(&mut report, "lints", "clippy", &lints);
    }
    let counts = tests(&mut report, filter)?;

    println!();
    for what in &report.failed {
        println!("failed: {what}");
    }
    for what in &report.left_out {
        println!("left out: {what}");
    }
    if counts.ignored > 0 {
        println!("{} tests are marked as ignored", counts.ignored);
    }
    println!("took {} s", started.elapsed().as_secs());
    println!("{} passed, {} failed", counts.passed, counts.failed);
    match (report.failed.as_slice(), report.left_out.as_slice()) {
        ([], []) => Ok(()),
        ([], _) if !all => Ok(()),
        ([], left_out) => Err(format!("{} parts were left out", left_out.len())),
        (failed, _) => Err(format!("failed: {}", failed.join(", "))),
    }
}

/// Runs one step and says how long it took.
fn step<T>(name: &str, run: impl FnOnce() -> T) -> T {
    println!("--- {name}");
    let started = Instant::now();
    let result = run();
    println!("--- {name}: {:.1} s", started.elapsed().as_secs_f64());
    result
}

/// A step that is a component of the toolchain, which may be missing.
fn component(report: &mut Report, name: &str, part: &str, arguments: &[&str]) {
    let present = cargo(&[part, "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !present.is_ok_and(|status| status.success()) {
        let component = if part == "fmt" { "rustfmt" } else { part };
        report.left_out.push(format!(
            "{name}: cargo {part} is missing; get it with: rustup component add {component}"
        ));
        return;
    }
    let passed = step(name, || {
        let status = cargo(arguments).stdin(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    });
    if !passed {
        report.failed.push(name.to_owned());
    }
}

fn tests(report: &mut Report, filter: Option<&str>) -> Result<Counts, String> {
    let missing = step("tools", install_missing);
    for tool in &missing {
        report.left_out.push(format!("{}: {}", tool.serves, tool.how_to_get()));
    }
    let present = |name: &str| !missing.iter().any(|tool| tool.name == name);
    let [postgres, redis, ..] = &TOOLS;

    // Everything the tests run is built here once, together, so that no test program waits for
    // cargo and nothing is built twice with other features.
    let built = step("build", || {
        let build = ["build", "--workspace", "--all-targets"];
        cargo(&build).stdin(Stdio::null()).status()
    });
    if !built.is_ok_and(|status| status.success()) {
        report.failed.push("build".to_owned());
        return Ok(Counts::default());
    }

    let mut test = cargo(&["test", "--workspace", "--no-fail-fast"]);
    test.env(PROGRAMS_VARIABLE, programs()?);
    // A snapshot that differs is a failure to look at, not a file to leave behind.
    test.env("INSTA_UPDATE", "no");
    let mut servers = Vec::new();
    if present(postgres.name) {
        let server = Server::start(POSTGRES, postgres.name)?;
        test.env(postgres.variable, &server.folder);
        servers.push(server);
    }
    if present(redis.name) {
        let server = Server::start(REDIS, redis.name)?;
        test.env(redis.variable, format!("redis+unix://{}/redis.sock", server.folder));
        servers.push(server);
    }
    for tool in &missing {
        test.env(tool.variable, ABSENT);
    }
    if let Some(filter) = filter {
        test.args(["--", filter]);
    }
    let (counts, passed) = step("tests", || counted(&mut test))?;
    if !passed {
        report.failed.push("tests".to_owned());
    } else if counts.passed == 0 {
        report.failed.push("tests: none ran".to_owned());
    }
    Ok(counts)
}

/// Runs `cargo test`, passes its output on as it comes, and adds up the counts in it.
fn counted(test: &mut Command) -> Result<(Counts, bool), String> {
    let failed = |error: std::io::Error| format!("cargo test cannot be run: {error}");
    let mut child = test.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut counts = Counts::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            add(&mut counts, &line);
        }
    }
    Ok((counts, child.wait().map_err(failed)?.success()))
}

/// Adds a line such as `test result: ok. 5 passed; 0 failed; 1 ignored; ...`.
fn add(counts: &mut Counts, line: &str) {
    let Some((_, result)) =
        line.strip_prefix("test result: ").and_then(|line| line.split_once(". "))
    else {
        return;
    };
    for part in result.split("; ") {
        let Some((number, what)) = part.split_once(' ') else {
            continue;
        };
        let number = number.parse().unwrap_or(0);
        match what {
            "passed" => counts.passed += number,
            "failed" => counts.failed += number,
            "ignored" => counts.ignored += number,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_all_test_programs_are_added_up() {
        let mut counts = Counts::default();
        for line in [
            "running 3 tests",
            "test a ... ok",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        ] {
            add(&mut counts, line);
        }
        let expected = Counts { passed: 7, failed: 3, ignored: 1 };
        assert_eq!(counts, expected);
    }
}
