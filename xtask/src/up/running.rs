//! The programs of a demonstration while they run: started, watched, and stopped with it.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Demo;
use crate::demo_clock::{shown, until_digests};
use crate::welcome;

/// How long the programs may take to stop before they are killed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the api may take to answer for the first time.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How often the programs and the wish to stop are looked at.
const GLANCE: Duration = Duration::from_millis(100);

/// Ends the programs when this process is gone without having said that they are: it reads a line
/// that never comes if this process is killed.
const WATCHDOG: &str = "trap '' INT TERM HUP
read -r word || true
[ \"$word\" = stopped ] && exit
kill -TERM \"$@\" 2>/dev/null
for _ in $(seq 100); do kill -0 \"$@\" 2>/dev/null || exit 0; sleep 0.1; done
kill -KILL \"$@\" 2>/dev/null";

/// The two programs and the watchdog that outlives us if we are killed.
pub(super) struct Running {
    programs: [(&'static str, Child); 2],
    watchdog: Child,
}

impl Running {
    pub(super) fn start(demo: &Demo) -> Result<Self, String> {
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
    pub(super) fn supervise(
        &mut self,
        demo: &Demo,
        stop: &AtomicBool,
        tokens: &str,
    ) -> Result<(), String> {
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
                let (wrapper, mail) = (demo.wrapper(), demo.mail());
                let places = [wrapper.as_path(), mail.as_path()];
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
    pub(super) fn stop(&mut self) -> Result<(), String> {
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
