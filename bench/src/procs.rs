//! Servers as processes: started, watched, ended.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

/// Ticks in a second, as Linux tells processor time.
const TICKS: f64 = 100.0;

/// A server under test; it ends with this value.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: String,
}

impl Process {
    /// Starts a program and waits for the line that names its address.
    pub fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("no output")?;
        for line in BufReader::new(output).lines() {
            if let Some(address) = line?.strip_prefix("listening on http://") {
                return Ok(Self { child, address: address.to_owned() });
            }
        }
        let _ = child.kill();
        anyhow::bail!("{command:?} ended before it listened")
    }

    /// Processor time so far, in seconds.
    pub fn cpu(&self) -> f64 {
        stat(self.child.id()).map_or(0.0, |stat| stat.cpu)
    }

    /// Most memory so far, in megabytes.
    pub fn memory(&self) -> f64 {
        memory(self.child.id())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Most memory of a process so far, in megabytes.
fn memory(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"));
    let status = status.unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: f64 =
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default();
    kilobytes / 1024.0
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Processor time, in seconds.
    pub cpu: f64,
    /// Most memory, in megabytes.
    pub memory: f64,
}

impl Usage {
    /// Of a process that has not ended.
    pub fn of(process: u32) -> Option<Self> {
        let (cpu, memory) = (stat(process)?.cpu, memory(process));
        // One that has just ended has no memory any more.
        (memory > 0.0).then_some(Self { cpu, memory })
    }
}

struct Stat {
    parent: u32,
    cpu: f64,
    /// That of its children that have ended.
    ended: f64,
}

fn stat(process: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name stands in brackets and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    let parent = fields.get(1)?.parse().ok()?;
    let cpu = (ticks(11)? + ticks(12)?) / TICKS;
    Some(Stat { parent, cpu, ended: (ticks(13)? + ticks(14)?) / TICKS })
}

/// Processor time of PostgreSQL so far, in seconds: the server and all that it started, those that
/// have ended among them.
pub fn postgres_cpu(folder: &str) -> f64 {
    let file = std::fs::read_to_string(format!("{folder}/data/postmaster.pid"));
    let first = file.unwrap_or_default();
    let Some(server) = first.lines().next().and_then(|line| line.trim().parse::<u32>().ok()) else {
        return 0.0;
    };
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return 0.0;
    };
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let ours = numbers.filter_map(|number: u32| {
        let stat = stat(number)?;
        if number == server {
            return Some(stat.cpu + stat.ended);
        }
        (stat.parent == server).then_some(stat.cpu)
    });
    ours.sum()
}
