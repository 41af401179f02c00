//! `cargo bench-all`: how long the heavy commands take, against a floor measured in the same run.
#![expect(clippy::print_stdout, reason = "this is what the command is for")]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cargo::{cargo, root};
use crate::servers::{POSTGRES, Server};
use crate::tools::TOOLS;

/// Rows of the generated register: about as many as the real one has.
const ROWS: usize = 50_000;
/// Columns of the generated register, as in the real one; most are blank.
const COLUMNS: usize = 140;
/// How often the memory of a running command is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// Runs the command.
///
/// # Errors
/// A program cannot be built or fails.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let (what, options) =
        arguments.split_first().map_or(("register", [].as_slice()), |(what, rest)| (what, rest));
    match what {
        "register" if options.is_empty() => {
            build(&["build", "--release", "--package", "api"])?;
            register()
        }
        "graph" => {
            build(&["build", "--release", "--package", "api", "--package", "bench"])?;
            graph(options)
        }
        "mail" => {
            build(&["build", "--release", "--package", "worker", "--package", "bench"])?;
            mail(options)
        }
        _ => Err("There are three benchmarks: cargo bench-all register, cargo bench-all graph \
                  [--quick] [--only OPERATION], cargo bench-all mail [--quick] [--connections N]"
            .to_owned()),
    }
}

fn build(arguments: &[&str]) -> Result<(), String> {
    if cargo(arguments).status().is_ok_and(|status| status.success()) {
        return Ok(());
    }
    Err("The programs cannot be built; see above.".to_owned())
}

/// The graph against a floor written by hand, on each database: the package `bench`.
fn graph(options: &[String]) -> Result<(), String> {
    let mut bench = Command::new(root().join("target/release/bench"));
    bench.arg("graph").args(options);
    bench.arg("--api").arg(root().join("target/release/api"));
    bench.arg("--scratch").arg(root().join("target/bench"));
    // Held until the end: it stops when it is dropped.
    let server = if TOOLS[0].is_present() {
        Some(Server::start(POSTGRES, "PostgreSQL")?)
    } else {
        println!("PostgreSQL is left out: {}", TOOLS[0].how_to_get());
        None
    };
    if let Some(server) = &server {
        bench.arg("--postgres").arg(&server.folder);
    }
    let done = bench.status().map_err(|error| format!("the benchmark cannot be run: {error}"))?;
    if done.success() { Ok(()) } else { Err("The benchmark failed; see above.".to_owned()) }
}

/// From due reminders to mails taken, on each database, PostgreSQL with every commit on the disk: the
/// package `bench`.
fn mail(options: &[String]) -> Result<(), String> {
    let mut bench = Command::new(root().join("target/release/bench"));
    bench.arg("mail").args(options);
    bench.arg("--worker").arg(root().join("target/release/worker"));
    bench.arg("--scratch").arg(root().join("target/bench"));
    // Held until the end: it stops when it is dropped.
    let server = if TOOLS[0].is_present() {
        Some(Server::start(&POSTGRES.replace("fsync=off", "fsync=on"), "PostgreSQL")?)
    } else {
        println!("PostgreSQL is left out: {}", TOOLS[0].how_to_get());
        None
    };
    if let Some(server) = &server {
        bench.arg("--postgres").arg(&server.folder);
    }
    let done = bench.status().map_err(|error| format!("the benchmark cannot be run: {error}"))?;
    if done.success() { Ok(()) } else { Err("The benchmark failed; see above.".to_owned()) }
}

/// `api import-register` of a generated register, twice, on each database.
fn register() -> Result<(), String> {
    let folder = root().join("target/bench");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| format!("target/bench: {error}"))?;
    let file = folder.join("register.csv");
    std::fs::write(&file, generated()?).map_err(|error| format!("register.csv: {error}"))?;

    let floor = floor(&file)?;
    println!("\n{ROWS} invented schools in {COLUMNS} columns");
    println!("{:<28}{:>8} ms", "floor: read, split into cells", floor.as_millis());
    let database = format!("sqlite://{}", folder.join("hubs.db").display());
    measure("SQLite", &database, &file, floor)?;
    if TOOLS[0].is_present() {
        let server = Server::start(POSTGRES, "PostgreSQL")?;
        let database = format!("postgres://postgres@localhost/postgres?host={}", server.folder);
        measure("PostgreSQL (fsync off)", &database, &file, floor)?;
    } else {
        println!("PostgreSQL is left out: {}", TOOLS[0].how_to_get());
    }
    Ok(())
}

fn measure(name: &str, database: &str, file: &Path, floor: Duration) -> Result<(), String> {
    for what in ["first import", "same again"] {
        let (time, peak) = import(database, file)?;
        println!(
            "{:<28}{:>8} ms  {:>6.1} x floor  {:>5} MB at most",
            format!("{name}, {what}"),
            time.as_millis(),
            time.as_secs_f64() / floor.as_secs_f64(),
            peak / 1024
        );
    }
    Ok(())
}

/// Time and most memory, in kilobytes, of one import.
fn import(database: &str, file: &Path) -> Result<(Duration, u64), String> {
    let started = Instant::now();
    let mut import = Command::new(root().join("target/release/api"))
        .arg("import-register")
        .arg(file)
        .env("DATABASE_URL", database)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("api cannot be run: {error}"))?;
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(format!("/proc/{}/status", import.id()));
        peak = peak.max(most_memory(&status.unwrap_or_default()));
        match import.try_wait() {
            Ok(None) => std::thread::sleep(GLANCE),
            Ok(Some(status)) if status.success() => return Ok((started.elapsed(), peak)),
            Ok(Some(status)) => {
                let file = file.display();
                return Err(format!("`api import-register {file}` ended with {status}"));
            }
            Err(error) => return Err(format!("api cannot be watched: {error}")),
        }
    }
}

/// The line `VmHWM:  12345 kB` of Linux; 0 elsewhere.
fn most_memory(status: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// What no import can do without: read the file and find its cells.
fn floor(file: &Path) -> Result<Duration, String> {
    let started = Instant::now();
    let text = std::fs::read_to_string(file).map_err(|error| format!("register.csv: {error}"))?;
    let cells: usize =
        text.lines().map(|line| line.split(',').filter(|it| !it.is_empty()).count()).sum();
    let time = started.elapsed();
    if cells < ROWS {
        return Err(format!("the generated register has only {cells} cells"));
    }
    Ok(time)
}

/// A register in the layout of the demonstration's, filled up with blank columns.
fn generated() -> Result<String, String> {
    let demo = std::fs::read_to_string(root().join("demo/register.csv"))
        .map_err(|error| format!("demo/register.csv: {error}"))?;
    let header = demo.lines().next().unwrap_or_default();
    let names: Vec<&str> = header.split(',').collect();
    let mut text = header.to_owned();
    for number in names.len()..COLUMNS {
        let _ = write!(text, ",Blank{number}");
    }
    text.push_str("\r\n");
    for number in 0..ROWS {
        let cells: Vec<String> = names.iter().map(|name| cell(name, number)).collect();
        text.push_str(&cells.join(","));
        text.push_str(&",".repeat(COLUMNS.saturating_sub(names.len())));
        text.push_str("\r\n");
    }
    Ok(text)
}

/// The cell of one column for the invented school `number`: every other one in one of 2,000 trusts,
/// over 150 local authorities and the nine regions.
fn cell(column: &str, number: usize) -> String {
    let region = [
        ("A", "North East"),
        ("B", "North West"),
        ("D", "Yorkshire and the Humber"),
        ("E", "East Midlands"),
        ("F", "West Midlands"),
        ("G", "East of England"),
        ("H", "London"),
        ("J", "South East"),
        ("K", "South West"),
    ][number % 9];
    let (trust, in_trust) = (10_000 + number % 4_000, number % 2 == 1);
    let authority = 800 + number % 150;
    match column {
        "URN" => (200_000 + number).to_string(),
        "LA (code)" => authority.to_string(),
        "LA (name)" => format!("Invented authority {authority}"),
        "EstablishmentNumber" => (1_000 + number % 9_000).to_string(),
        "EstablishmentName" => format!("Invented School {number}"),
        "TypeOfEstablishment (code)" => if in_trust { "34" } else { "01" }.to_owned(),
        "TypeOfEstablishment (name)" => {
            if in_trust { "Academy converter" } else { "Community school" }.to_owned()
        }
        "EstablishmentStatus (code)" => "1".to_owned(),
        "EstablishmentStatus (name)" => "Open".to_owned(),
        "OpenDate" => "01-09-2005".to_owned(),
        "PhaseOfEducation (code)" => "2".to_owned(),
        "PhaseOfEducation (name)" => "Primary".to_owned(),
        "StatutoryLowAge" => "4".to_owned(),
        "StatutoryHighAge" => "11".to_owned(),
        "NumberOfPupils" => (50 + number % 900).to_string(),
        "PercentageFSM" => format!("{}.5", number % 60),
        "TrustSchoolFlag (code)" => if in_trust { "3" } else { "0" }.to_owned(),
        "TrustSchoolFlag (name)" => {
            if in_trust { "Supported by a multi-academy trust" } else { "Not applicable" }
                .to_owned()
        }
        "Trusts (code)" if in_trust => trust.to_string(),
        "Trusts (name)" if in_trust => format!("Invented Trust {trust}"),
        "UKPRN" => (18_000_000 + number).to_string(),
        "Street" => format!("{} Invented Road", number % 200),
        "Town" => format!("Inventedtown {}", number % 1_000),
        "GOR (code)" => region.0.to_owned(),
        "GOR (name)" => region.1.to_owned(),
        "Easting" => (300_000 + number).to_string(),
        "Northing" => (100_000 + number).to_string(),
        "OfstedRating (name)" => "Good".to_owned(),
        _ => String::new(),
    }
}
