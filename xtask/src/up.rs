//! `cargo up`: the demonstration. An invented programme, the api and the worker as two processes
//! with one log, mail into a folder, and a clock of its own.
#![expect(clippy::print_stdout, reason = "this is what the command is for")]

mod running;

use std::fs::{File, TryLockError};
use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use self::running::Running;
use crate::cargo::{cargo, programs, root};
use crate::demo_clock::{DemoClock, STARTS_AT};
use crate::{graphiql, wrapper};

/// Everything that a demonstration keeps, and all that `--fresh` deletes.
const KEPT: [&str; 7] =
    ["hubs.db", "hubs.db-shm", "hubs.db-wal", "mail", "clock", "tokens", wrapper::NAME];

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
    // From here on the folder's clock is there, which the script goes by.
    demo.clock.remember()?;
    demo.write_wrapper()?;
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
            .envs(self.settings())
            .env("HUBS__CLOCK__ANCHOR_UNIX_MS", self.clock.anchor_unix_ms().to_string())
            .stdin(Stdio::null());
        if !std::io::stdout().is_terminal() {
            command.env("NO_COLOR", "1");
        }
        command
    }

    /// What every program is told, but for the anchor of the clock.
    fn settings(&self) -> [(&'static str, String); 6] {
        [
            ("DATABASE_URL", format!("sqlite://{}", self.folder.join("hubs.db").display())),
            ("HUBS__MAIL__FOLDER", self.mail().display().to_string()),
            ("HUBS__HTTP__LISTEN", self.address.clone()),
            ("HUBS__HTTP__GRAPHIQL", self.graphiql.to_string()),
            ("HUBS__HTTP__PUBLIC_URL", format!("http://{}", self.address)),
            ("HUBS__CLOCK__STARTS_AT", STARTS_AT.to_owned()),
        ]
    }

    /// Writes the script that runs other commands of ours on this demonstration.
    fn write_wrapper(&self) -> Result<(), String> {
        let text = wrapper::script(&self.programs, &self.folder.join("clock"), &self.settings());
        wrapper::write(&self.wrapper(), &text)
    }

    fn wrapper(&self) -> PathBuf {
        self.folder.join(wrapper::NAME)
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
