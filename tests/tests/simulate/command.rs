//! `worker simulate`, as it is typed: what it prints, writes, refuses and leaves behind.

use std::path::Path;

use serde_json::Value;
use tests::programs::{Running, at as at_london, program, refuse, run};
use tests::{World, both};

use crate::demo;

fn temporary(world: &World) -> std::path::PathBuf {
    let folder = world.folder.path().join("temporary");
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).expect("a folder").next().is_none()
}

#[tokio::test]
async fn the_command_prints_days_and_writes_json() {
    both(async |world| {
        demo(&world).await;
        let arguments = ["simulate", "--from", "2026-10-05", "--to", "2026-10-06", "--report"];
        let arguments = [&arguments[..], &["year.json"]].concat();
        let command = || at_london(program(&world, "worker", &arguments), "2026-10-05T07:58:00");
        let mut first = command();
        first.env("TMPDIR", temporary(&world));
        let text = run(first);
        assert!(text.contains("\nMonday 5 October 2026\n"), "{text}");
        assert!(text.contains("  08:00  mail to "), "{text}");
        assert!(text.contains("\nIn all: "), "{text}");
        assert!(is_empty(&temporary(&world)), "the copy is gone");
        assert!(!world.config.mail.folder.exists());
        let json = std::fs::read_to_string(world.folder.path().join("year.json")).expect("JSON");
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["version"], 1);
        assert_eq!(json["from"], "2026-10-05");
        let lines = text.lines().filter(|line| !line.is_empty());
        let whole = |line: &str| {
            line.starts_with("  ")
                || line.contains("2026")
                || line.starts_with("In all")
                || line.starts_with("Not sent")
        };
        let broken: Vec<_> = lines.filter(|line| !whole(line)).collect();
        assert_eq!(broken, [""; 0], "{text}");
        let mail = &json["days"][0]["mails"][0];
        for field in ["at", "kind", "subject"] {
            assert!(mail[field].is_string(), "{field}: {mail}");
        }
        for field in ["whose", "what", "obligation_id", "step", "reason"] {
            assert!(mail["because"][0][field].is_string(), "{field}: {mail}");
        }
        assert!(mail["to"]["id"].is_string() && mail["to"]["name"].is_string(), "{mail}");
        // Once more, over the file that is there, with the same words.
        assert_eq!(run(command()), text);
    })
    .await;
}

#[tokio::test]
async fn a_day_that_no_calendar_has_is_told_by_its_option() {
    let world = tests::world::sqlite().await;
    let arguments = ["simulate", "--from", "2026-13-05", "--to", "2026-10-06"];
    let said = refuse(program(&world, "worker", &arguments));
    assert!(said.contains("--from") && said.contains("such as 2026-10-05"), "{said}");
}

#[tokio::test]
async fn the_command_says_what_is_not_ready() {
    both(async |world| {
        let simulate = |more: &[&str]| {
            let days = ["simulate", "--from", "2026-10-05", "--to", "2027-10-04"];
            program(&world, "worker", &[&days[..], more].concat())
        };
        let said = refuse(simulate(&["--report", "nowhere/year.json"]));
        assert!(said.contains("the report cannot be written to nowhere/year.json"), "{said}");
        assert!(said.contains("there is no folder nowhere"), "{said}");
        let mut nowhere = simulate(&[]);
        nowhere.env("TMPDIR", world.folder.path().join("nowhere"));
        let said = refuse(nowhere);
        assert!(said.contains("no temporary folder can be made"), "{said}");
        let absent = world.folder.path().join("absent.db");
        let mut without = simulate(&[]);
        without.env("DATABASE_URL", format!("sqlite://{}", absent.display()));
        let said = refuse(without);
        assert!(said.contains("there is no database at"), "{said}");
        assert!(!absent.exists(), "it was not made");
        let unprepared = if world.name == "SQLite" {
            let empty = world.folder.path().join("empty.db");
            std::fs::write(&empty, "").expect("an empty file");
            format!("sqlite://{}", empty.display())
        } else {
            tests::world::new_postgres_database().await
        };
        let mut unready = simulate(&[]);
        unready.env("DATABASE_URL", unprepared);
        let said = refuse(unready);
        assert!(
            said.contains("the database is not prepared yet: start `api serve` first"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_simulation_that_is_stopped_leaves_nothing_behind() {
    both(async |world| {
        demo(&world).await;
        let arguments = ["simulate", "--from", "2026-10-05", "--to", "2029-10-04", "--report"];
        let arguments = [&arguments[..], &["year.json"]].concat();
        let mut command = program(&world, "worker", &arguments);
        command.env("TMPDIR", temporary(&world)).env("HUBS__LOG__FILTER", "info");
        let mut running = Running::start(command);
        running.wait_for("the copy is made");
        assert!(!is_empty(&temporary(&world)), "it works on a copy");
        assert!(!running.stop().success());
        running.wait_for("it was asked to stop");
        assert!(is_empty(&temporary(&world)));
        assert!(!world.folder.path().join("year.json").exists());
    })
    .await;
}
