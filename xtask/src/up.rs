//! `cargo up`: the demonstration. An invented programme, the api and the worker as two processes
//! with one log, mail into a folder, and a clock of its own.
#![expect(clippy::print_stdout, reason = "this is what the command is for")]

use std::fs::{File, TryLockError};
use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::cargo::{cargo, programs, root};
use crate::demo_clock::{DemoClock, STARTS_AT, shown, until_digests};
use crate::{graphiql, welcome};

/// How long the programs may take to stop before they are killed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the api may take to answer for the first time.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How often the programs and the wish to stop are looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// Everything that a demonstration keeps, and all that `--fresh` deletes.
const KEPT: [&str; 6] = ["hubs.db", "hubs.db-shm", "hubs.db-wal", "mail", "clock", "tokens"];

/// Ends the programs when this process is gone without having said that they are: it reads a line
/// that never comes if this process is killed.
const WATCHDOG: &str = "trap '' INT TERM HUP
read -r word || true
[ \"$word\" = stopped ] && exit
kill -TERM \"$@\" 2>/dev/null
for _ in $(seq 100); do kill -0 \"$@\" 2>/dev/null || exit 0; sleep 0.1; done
kill -KILL \"$@\" 2>/dev/null";

struct Wishes {
    fresh: bool,
    graphiql: bool,
    port: u16,
    folder: PathBuf,
}

/// Runs the command until it is asked to stop.
///
/// # Errors
/// The demonstration cannot start, or one of its programs ended by itself.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let wishes = wishes(arguments)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|error| format!("signals cannot be watched: {error}"))?;
    }
    std::fs::create_dir_all(&wishes.folder)
        .map_err(|error| format!("{} cannot be made: {error}", wishes.folder.display()))?;
    let _lock = lock(&wishes.folder)?;
    let port = free_port(wishes.port)?;
    if wishes.fresh {
        forget(&wishes.folder)?;
    }
    build()?;
    let graphiql = wishes.graphiql && graphiql::ready();

    let clock = DemoClock::run_on(wishes.folder.join("clock"))?;
    let demo = Demo {
        programs: programs()?,
        folder: wishes.folder,
        address: format!("127.0.0.1:{port}"),
        clock,
        graphiql,
    };
    let tokens = demo.load()?;
    if stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut running = Running::start(&demo)?;
    let ended = running.supervise(&demo, &stop, &tokens);
    let stopped = running.stop();
    demo.clock.remember()?;
    ended.and(stopped)
}

fn wishes(arguments: &[String]) -> Result<Wishes, String> {
    let mut wishes =
        Wishes { fresh: false, graphiql: true, port: 8000, folder: root().join("data/demo") };
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--fresh" => wishes.fresh = true,
            "--no-graphiql" => wishes.graphiql = false,
            "--port" => {
                let value = value()?;
                wishes.port = value
                    .parse()
                    .map_err(|_| format!("--port needs a number up to 65535, not {value}"))?;
            }
            "--folder" => {
                wishes.folder = std::path::absolute(value()?)
                    .map_err(|error| format!("--folder cannot be used: {error}"))?;
            }
            other => return Err(format!("`cargo up` does not know {other}")),
        }
    }
    Ok(wishes)
}

/// Two demonstrations in one folder would have two clocks.
fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join("lock");
    let file = File::create(&path)
        .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(format!(
            "A demonstration is already running in {}. Stop it first (Ctrl-C where it runs), or \
             give this one a folder and a port of its own:\n    \
             cargo up --folder data/demo-2 --port 8001",
            folder.display()
        )),
        Err(TryLockError::Error(error)) => {
            Err(format!("{} cannot be locked: {error}", path.display()))
        }
    }
}

/// The port itself when it is free; for 0 one that is.
fn free_port(port: u16) -> Result<u16, String> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| {
            format!(
                "Port {port} on 127.0.0.1 cannot be used: {error}.\nStop the program that has it \
                 (`ss -ltnp 'sport = :{port}'` names it), or choose another port:\n    \
                 cargo up --port {}",
                if port < 8000 { 8000 } else { port.wrapping_add(1).max(8001) }
            )
        })
}

fn forget(folder: &Path) -> Result<(), String> {
    for name in KEPT {
        let path = folder.join(name);
        let removed = if path.is_dir() {
            std::fs::remove_dir_all(&path)
        } else {
            std::fs::remove_file(&path)
        };
        match removed {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("{} cannot be deleted: {error}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn build() -> Result<(), String> {
    println!("Building; the first time takes some minutes.");
    // With the features of the whole workspace, so that `cargo verify` finds the same build.
    let status = cargo(&["build", "--workspace", "--bins"]).status();
    if status.is_ok_and(|status| status.success()) {
        Ok(())
    } else {
        Err("The programs cannot be built; see above.".to_owned())
    }
}

/// A demonstration that is not running yet.
struct Demo {
    programs: PathBuf,
    folder: PathBuf,
    address: String,
    clock: DemoClock,
    graphiql: bool,
}

impl Demo {
    /// One of our programs, with settings that point into the demonstration's folder.
    fn program(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(name));
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("HUBS__") {
                command.env_remove(variable);
            }
        }
        command
            .args(arguments)
            .current_dir(root())
            .env_remove("REDIS_URL")
            // Invented people have no mailboxes: a demonstration never sends mail.
            .env_remove("SMTP_URL")
            .env("DATABASE_URL", format!("sqlite://{}", self.database().display()))
            .env("HUBS__MAIL__FOLDER", self.mail())
            .env("HUBS__HTTP__LISTEN", &self.address)
            .env("HUBS__HTTP__GRAPHIQL", self.graphiql.to_string())
            .env("HUBS__HTTP__PUBLIC_URL", format!("http://{}", self.address))
            .env("HUBS__CLOCK__STARTS_AT", STARTS_AT)
            .env("HUBS__CLOCK__ANCHOR_UNIX_MS", self.clock.anchor_unix_ms().to_string())
            .stdin(Stdio::null());
        if !std::io::stdout().is_terminal() {
            command.env("NO_COLOR", "1");
        }
        command
    }

    fn database(&self) -> PathBuf {
        self.folder.join("hubs.db")
    }

    fn mail(&self) -> PathBuf {
        self.folder.join("mail")
    }

    /// Loads the invented programme where it is not yet, and returns the tokens: lines of role,
    /// name and token. Tokens are kept beside the database, which holds only their hashes.
    fn load(&self) -> Result<String, String> {
        let file = self.folder.join("tokens");
        if let Ok(tokens) = std::fs::read_to_string(&file) {
            return Ok(tokens);
        }
        println!("Loading the invented programme.");
        let output = self
            .program("api", &["load-demo"])
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("api load-demo cannot be run: {error}"))?;
        if !output.status.success() {
            return Err(
                "The demonstration could not be loaded; see above. `cargo up --fresh` starts over."
                    .to_owned(),
            );
        }
        let tokens = String::from_utf8_lossy(&output.stdout).into_owned();
        std::fs::write(&file, &tokens)
            .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
        Ok(tokens)
    }
}

/// The two programs and the watchdog that outlives us if we are killed.
struct Running {
    programs: [(&'static str, Child); 2],
    watchdog: Child,
}

impl Running {
    fn start(demo: &Demo) -> Result<Self, String> {
        let mut api = start("api", 36, demo.program("api", &["serve"]))?;
        let worker = start("worker", 35, demo.program("worker", &["run"])).inspect_err(|_| {
            let _ = api.kill();
        })?;
        let watchdog = Command::new("bash")
            .args(["-c", WATCHDOG, "watchdog"])
            .args([api.id().to_string(), worker.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn();
        let mut programs = [("api", api), ("worker", worker)];
        match watchdog {
            Ok(watchdog) => Ok(Self { programs, watchdog }),
            Err(error) => {
                for (_, program) in &mut programs {
                    let _ = program.kill();
                }
                Err(format!("bash cannot be run: {error}"))
            }
        }
    }

    /// Waits until the api answers, welcomes the reader, then watches until someone wants to stop.
    fn supervise(&mut self, demo: &Demo, stop: &AtomicBool, tokens: &str) -> Result<(), String> {
        let started = Instant::now();
        let mut welcomed = false;
        let mut remembered = started;
        while !stop.load(Ordering::Relaxed) {
            for (name, program) in &mut self.programs {
                match program.try_wait() {
                    Ok(None) => {}
                    Ok(Some(status)) => return Err(ended(name, status)),
                    Err(error) => return Err(format!("{name} cannot be watched: {error}")),
                }
            }
            if !welcomed && welcome::is_ready(&demo.address) {
                welcomed = true;
                let elapsed = demo.clock.elapsed();
                let clock = (shown(elapsed), until_digests(elapsed));
                let (database, mail) = (demo.database(), demo.mail());
                let places = [database.as_path(), mail.as_path()];
                let text = welcome::text(&demo.address, demo.graphiql, places, &clock, tokens);
                println!("{text}");
            }
            if !welcomed && started.elapsed() > START_LIMIT {
                return Err("The api did not get ready in time; its log is above.".to_owned());
            }
            if remembered.elapsed().as_secs() >= 1 {
                demo.clock.remember()?;
                remembered = Instant::now();
            }
            std::thread::sleep(GLANCE);
        }
        Ok(())
    }

    /// Asks both to stop, waits, and kills what does not.
    fn stop(&mut self) -> Result<(), String> {
        println!("Stopping.");
        for (_, program) in &mut self.programs {
            if matches!(program.try_wait(), Ok(None)) {
                let id = program.id().to_string();
                let _ = Command::new("kill").args(["-TERM", &id]).status();
            }
        }
        let asked = Instant::now();
        let mut killed = Vec::new();
        for (name, program) in &mut self.programs {
            while matches!(program.try_wait(), Ok(None)) {
                if asked.elapsed() > PATIENCE {
                    killed.push(*name);
                    let _ = program.kill();
                    let _ = program.wait();
                    break;
                }
                std::thread::sleep(GLANCE / 4);
            }
        }
        if let Some(mut input) = self.watchdog.stdin.take() {
            let _ = input.write_all(b"stopped\n");
        }
        let _ = self.watchdog.wait();
        if killed.is_empty() {
            return Ok(());
        }
        Err(format!("{} did not stop when asked and was killed.", killed.join(" and ")))
    }
}

fn ended(name: &str, status: ExitStatus) -> String {
    format!("{name} ended by itself ({status}), so the demonstration stops; its log is above.")
}

/// Starts a program in a process group of its own, so that Ctrl-C reaches it through us alone, and
/// passes on what it writes line by line under its name.
fn start(name: &'static str, colour: u8, mut command: Command) -> Result<Child, String> {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let prefix = if std::io::stdout().is_terminal() {
        format!("\u{1b}[{colour}m{name:<7}|\u{1b}[0m ")
    } else {
        format!("{name:<7}| ")
    };
    if let Some(output) = child.stdout.take() {
        pass_on(prefix.clone(), output);
    }
    if let Some(output) = child.stderr.take() {
        pass_on(prefix, output);
    }
    Ok(child)
}

fn pass_on(prefix: String, output: impl Read + Send + 'static) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = format!("{prefix}{}\n", String::from_utf8_lossy(&line));
            // Nobody may be reading any more; the program must not stop for that.
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    });
}
