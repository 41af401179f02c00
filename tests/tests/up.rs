//! `cargo up`: what it tells, what it keeps, and that it leaves nothing running behind it.

use std::net::TcpListener;
use std::path::Path;

use reqwest::Client;
use serde_json::{Value, json};
use tests::programs::{Running, bare, refuse, run};
use tests::waiting::in_time;

fn up(folder: &Path) -> Running {
    let folder = folder.display().to_string();
    Running::start(bare("xtask", &["up", "--no-graphiql", "--port", "0", "--folder", &folder]))
}

/// The api and the worker that `demo` runs, once they do.
fn programs_of(demo: &mut Running) -> Vec<u32> {
    demo.wait_for("Ctrl-C stops both programs");
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").expect("the processes can be listed") {
        let path = entry.expect("an entry").path();
        let Ok(stat) = std::fs::read_to_string(path.join("stat")) else {
            continue;
        };
        // As in `4711 (worker) S 4700 ...`: id, name, state, parent.
        let Some((head, tail)) = stat.rsplit_once(") ") else {
            continue;
        };
        let is_child = tail.split(' ').nth(1) == Some(demo.id().to_string().as_str());
        if is_child && (head.ends_with("(api") || head.ends_with("(worker")) {
            let id = head.split(' ').next().and_then(|id| id.parse().ok());
            found.push(id.expect("a process id"));
        }
    }
    assert_eq!(found.len(), 2, "{}", demo.output());
    found
}

fn runs(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, tail)| !tail.starts_with('Z'))
}

/// A line of the welcome, without its first word.
fn told(demo: &Running, start: &str) -> String {
    let output = demo.output();
    let line = output.lines().find(|line| line.trim_start().starts_with(start));
    let line = line.unwrap_or_else(|| panic!("no {start} in:\n{output}"));
    line.trim_start()[start.len()..].trim().to_owned()
}

#[tokio::test]
async fn the_demonstration_answers_stops_goes_on_and_leaves_nothing_running() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut demo = up(folder.path());
    let programs = programs_of(&mut demo);
    let clock = told(&demo, "Clock");
    assert!(clock.starts_with("Monday 5 October 2026, 07:5"), "{clock}");

    // The command to paste works as it stands.
    let output = demo.output();
    let token = output.split("Bearer ").nth(1).and_then(|rest| rest.split('\'').next());
    let token = token.expect("a token");
    let body = output.split("-d '").nth(1).and_then(|rest| rest.split('\'').next());
    let body = body.expect("a query");
    let answer = Client::new()
        .post(told(&demo, "GraphQL"))
        .bearer_auth(token)
        .header("content-type", "application/json")
        .body(body.to_owned())
        .send()
        .await
        .expect("the api answers");
    let answer: Value = answer.json().await.expect("it answers in JSON");
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    assert_ne!(answer["data"]["hubs"]["nodes"], json!([]), "{answer:#}");

    // So do the commands on it, by its clock, whatever the machine and the shell say.
    let line = output.lines().find(|line| line.ends_with("' worker jobs"));
    let line = line.unwrap_or_else(|| panic!("no command in:\n{output}"));
    let by_clock = as_of(line);
    assert!(by_clock.starts_with("2026-10-05T06:5") || by_clock.starts_with("2026-10-05T07:0"));

    // A second one in the same folder is refused.
    let second = folder.path().display().to_string();
    let words = refuse(bare("xtask", &["up", "--port", "0", "--folder", &second]));
    assert!(words.contains("already running"), "{words}");

    // Asked to stop, both programs end before it does.
    let status = demo.stop();
    assert!(status.success(), "{}", demo.output());
    assert!(!programs.into_iter().any(runs), "{}", demo.output());
    let past = remembered(folder.path());
    // Its clock stands still, for commands as well.
    let stopped = as_of(line);
    assert!(stopped >= by_clock, "{stopped} comes after {by_clock}");
    assert_eq!(as_of(line)[..16], stopped[..16]);

    // The next one goes on from there, with the same people.
    let mut again = up(folder.path());
    let programs = programs_of(&mut again);
    assert!(again.output().contains(token), "{}", again.output());
    assert!(remembered(folder.path()) >= past);

    // Even killed, it leaves nothing running.
    again.kill();
    let gone = in_time(|| (!programs.iter().copied().any(runs)).then_some(()));
    assert!(gone.is_some(), "a program outlived the demonstration");
}

/// When `worker jobs` says that it is, asked by the shell command `line` of the welcome.
fn as_of(line: &str) -> String {
    let mut command = std::process::Command::new("sh");
    command.args(["-c", &format!("{line} --json")]).current_dir("/");
    command.env("HUBS__CLOCK__STARTS_AT", "2031-01-01T00:00:00").env("REDIS_URL", "wrong");
    let told: Value = serde_json::from_str(&run(command)).expect("JSON");
    told["asOf"].as_str().expect("a moment").to_owned()
}

/// Seconds for which the demonstration's clock has run.
fn remembered(folder: &Path) -> u64 {
    let text = std::fs::read_to_string(folder.join("clock")).expect("the clock is remembered");
    text.trim().parse().expect("seconds")
}

#[test]
fn a_taken_port_is_named_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let folder = folder.path().display().to_string();
    let words = refuse(bare("xtask", &["up", "--port", &port, "--folder", &folder]));
    assert!(words.contains(&format!("Port {port}")), "{words}");
    assert!(words.contains("cargo up --port"), "{words}");
}
