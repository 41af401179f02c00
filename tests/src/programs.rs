//! The real `api` and `worker`, run as processes against a [`World`].

use std::io::{BufRead as _, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use runtime::clock::Clock;

use crate::World;
use crate::waiting::{LIMIT, in_time};

/// Names the folder of the programs, already built; `cargo verify` does.
pub const VARIABLE: &str = "HUBS_TEST_PROGRAMS";
/// What links in mails start with.
pub const PUBLIC_URL: &str = "https://hubs.example";

/// The folder of the built programs. Outside `cargo verify` cargo is asked, once for each test
/// program, so that they are never older than the code.
fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        if let Some(folder) = std::env::var_os(VARIABLE) {
            return folder.into();
        }
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // With the features of the whole workspace, as `cargo test --workspace` builds them; and
        // without what cargo says about this package, which build scripts may watch.
        cargo.args(["build", "--quiet", "--workspace", "--bins"]);
        for (name, _) in std::env::vars_os() {
            let told = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|start| told.starts_with(start))
                || told == "CARGO_PRIMARY_PACKAGE"
            {
                cargo.env_remove(&name);
            }
        }
        let status = cargo.current_dir(root()).status().expect("cargo can be run");
        assert!(status.success(), "the programs under test cannot be built");
        let own = std::env::current_exe().expect("a test program knows where it lies");
        let folder = own.ancestors().nth(2).expect("target/<profile>/deps/<program>");
        folder.to_owned()
    })
}

/// The root of the repository.
///
/// # Panics
/// Never: this package lies in a folder.
#[must_use]
pub fn root() -> PathBuf {
    let own = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    own.parent().expect("this package lies in a folder").to_owned()
}

/// A program of ours with nothing from the environment of the test that could change it.
#[must_use]
pub fn bare(name: &str, arguments: &[&str]) -> Command {
    // Whoever asks them over HTTP does so with their own cryptography.
    runtime::tls::install();
    let mut command = Command::new(folder().join(name));
    for (variable, _) in std::env::vars_os() {
        let told = variable.to_string_lossy();
        if told.starts_with("HUBS__") || ["DATABASE_URL", "REDIS_URL", "SMTP_URL"].contains(&&*told)
        {
            command.env_remove(&variable);
        }
    }
    command.args(arguments).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// `name` with `arguments` and settings that point at `world`: its database, its Redis and mail
/// server if it has them, its folder, and a free port.
#[must_use]
pub fn program(world: &World, name: &str, arguments: &[&str]) -> Command {
    let mut command = bare(name, arguments);
    command
        .current_dir(world.folder.path())
        .env("DATABASE_URL", &world.config.database.url)
        .env("REDIS_URL", &world.config.redis.url)
        .env("SMTP_URL", &world.config.mail.smtp_url)
        .env("HUBS__MAIL__SMTP_CA", &world.config.mail.smtp_ca)
        .env("HUBS__MAIL__SMTP_TIMEOUT_SECONDS", world.config.mail.smtp_timeout_seconds.to_string())
        .env("HUBS__MAIL__CONNECTIONS", world.config.mail.connections.to_string())
        .env("HUBS__MAIL__DRAIN_SECONDS", world.config.mail.drain_seconds.to_string())
        .env("HUBS__WORKER__LEASE_SECONDS", world.config.worker.lease_seconds.to_string())
        .env("HUBS__WORKER__BEAT_SECONDS", world.config.worker.beat_seconds.to_string())
        .env("HUBS__MAIL__FOLDER", &world.config.mail.folder)
        .env("HUBS__HTTP__PUBLIC_URL", PUBLIC_URL)
        .env("HUBS__HTTP__LISTEN", "127.0.0.1:0");
    command
}

/// Sets the clock of a program to a London time, such as `2026-10-05T08:00:00`, from which it runs.
#[must_use]
pub fn at(mut command: Command, london: &str) -> Command {
    let anchor = Clock::machine().now().timestamp_millis().to_string();
    command.env("HUBS__CLOCK__STARTS_AT", london).env("HUBS__CLOCK__ANCHOR_UNIX_MS", anchor);
    command
}

/// Runs a program to its end. It must succeed; returns its standard output.
///
/// # Panics
/// It fails, with all it wrote, or takes longer than a minute.
#[must_use]
pub fn run(command: Command) -> String {
    let output = finish(command);
    assert!(output.status.success(), "{}", words(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a program that must fail, and returns what it wrote, standard output first.
///
/// # Panics
/// It succeeds, or takes longer than a minute.
#[must_use]
pub fn refuse(command: Command) -> String {
    let output = finish(command);
    assert!(!output.status.success(), "{}", words(&output));
    words(&output)
}

/// Runs a program to its end, at most a minute.
///
/// # Panics
/// It cannot be run, or takes longer.
#[must_use]
pub fn finish(mut command: Command) -> Output {
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let id = child.id();
    let (send, receive) = channel();
    std::thread::spawn(move || send.send(child.wait_with_output()));
    if let Ok(output) = receive.recv_timeout(LIMIT) {
        return output.expect("the program's output can be read");
    }
    let _ = Command::new("kill").args(["-KILL", &id.to_string()]).status();
    let output = receive.recv().expect("it ends");
    let output = output.expect("its output can be read");
    panic!("{command:?} did not end in time\n{}", words(&output));
}

fn words(output: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A program that runs until it is stopped or dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    output: Arc<Mutex<String>>,
    lines: Receiver<String>,
}

impl Running {
    /// Starts `command`.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        let output = Arc::new(Mutex::new(String::new()));
        let (send, lines) = channel();
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|it| Box::new(it) as _),
            child.stderr.take().map(|it| Box::new(it) as _),
        ];
        for stream in streams.into_iter().flatten() {
            keep(stream, Arc::clone(&output), send.clone());
        }
        Self { child, output, lines }
    }

    /// Waits for a line that contains `text` and returns it. Lines before it are not seen again.
    ///
    /// # Panics
    /// The program ends, or a minute passes, without it; with all it wrote.
    pub fn wait_for(&mut self, text: &str) -> String {
        let started = Instant::now();
        while let Some(left) = LIMIT.checked_sub(started.elapsed()) {
            match self.lines.recv_timeout(left) {
                Ok(line) if line.contains(text) => return line,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        panic!("no \"{text}\" in:\n{}", self.output());
    }

    /// Everything it wrote so far.
    ///
    /// # Panics
    /// A thread of the test panicked while writing it down.
    #[must_use]
    pub fn output(&self) -> String {
        self.output.lock().expect("the output is whole").clone()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once, as a crash would, and nothing that it started.
    ///
    /// # Panics
    /// It is gone already.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        let _ = self.child.wait();
    }

    /// Asks it to stop, as an operator would, and waits for its end.
    ///
    /// # Panics
    /// It does not end within a minute.
    pub fn stop(&mut self) -> ExitStatus {
        self.ask_to_stop();
        self.wait()
    }

    /// Asks it to stop, as an operator would.
    pub fn ask_to_stop(&self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-TERM", &id]).status();
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// It does not end within a minute.
    pub fn wait(&mut self) -> ExitStatus {
        in_time(|| self.child.try_wait().expect("a child can be waited for"))
            .unwrap_or_else(|| panic!("it does not end:\n{}", self.output()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep(stream: Box<dyn Read + Send>, output: Arc<Mutex<String>>, lines: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if let Ok(mut output) = output.lock() {
                output.push_str(&line);
                output.push('\n');
            }
            let _ = lines.send(line);
        }
    });
}

/// The api serving `world` from a London time on, and the address it answers at, as in
/// `http://127.0.0.1:41234`.
///
/// # Panics
/// It does not start.
#[must_use]
pub fn serve(world: &World, london: &str) -> (Running, String) {
    serve_with(world, london, &[])
}

/// As [`serve`], with these variables in its environment.
///
/// # Panics
/// It does not start.
#[must_use]
pub fn serve_with(world: &World, london: &str, variables: &[(&str, &str)]) -> (Running, String) {
    let mut command = at(program(world, "api", &["serve"]), london);
    command.envs(variables.iter().copied());
    let mut api = Running::start(command);
    let line = api.wait_for("listening on http://");
    let address = line
        .split("listening on ")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .expect("an address");
    (api, address.to_owned())
}
