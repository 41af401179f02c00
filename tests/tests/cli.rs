//! What the programs say on the command line when something is not right.

use std::net::TcpListener;

use tests::programs::{program, refuse, run, serve};
use tests::{World, both};

#[tokio::test]
async fn a_wrong_setting_stops_the_start_with_a_sentence_that_names_it() {
    both(async |world| {
        for (program_name, arguments) in [("api", ["serve"]), ("worker", ["run"])] {
            for (variable, value, named) in [
                ("DATABASE_URL", "mysql://u:hunter2@db/hubs", "database.url"),
                ("REDIS_URL", "memcached://cache", "redis.url"),
                ("HUBS__HTTP__LISTEN", "everywhere", "http.listen"),
                ("HUBS__WORKER__BEATS", "3", "beats"),
                ("HUBS__LOG__FILTER", "a=b=c", "log.filter"),
            ] {
                let mut command = program(&world, program_name, &arguments);
                command.env(variable, value);
                let words = refuse(command);
                assert!(words.contains(named), "{program_name} {variable}: {words}");
                assert!(!words.contains("hunter2"), "{words}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_settings_file_that_is_not_there_is_named() {
    both(async |world| {
        for (name, arguments) in [
            ("api", ["serve", "--config", "nowhere.toml"]),
            ("worker", ["run", "--config", "nowhere.toml"]),
        ] {
            let words = refuse(program(&world, name, &arguments));
            assert!(words.contains("nowhere.toml"), "{name}: {words}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_taken_port_is_named() {
    both(async |world: World| {
        let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        let mut command = program(&world, "api", &["serve"]);
        command.env("HUBS__HTTP__LISTEN", &address);
        let words = refuse(command);
        assert!(words.contains(&address), "{words}");
        assert!(!words.contains("panicked"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_time_that_is_none_is_refused() {
    both(async |world| {
        let arguments = ["run", "--once", "--now", "yesterday"];
        let words = refuse(program(&world, "worker", &arguments));
        assert!(words.contains("--now"), "{words}");
        assert!(!words.contains("panicked"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_time_before_what_was_done_is_refused() {
    both(async |world| {
        let at = |now| program(&world, "worker", &["run", "--once", "--now", now]);
        let _ = run(at("2026-10-06T08:00"));
        let words = refuse(at("2026-10-05T08:00"));
        assert!(words.contains("--now"), "{words}");
        assert!(words.contains("Tuesday 6 October 2026"), "{words}");
        let _ = run(at("2026-10-06T08:00"));
    })
    .await;
}

#[tokio::test]
async fn a_time_of_ones_own_needs_once() {
    both(async |world| {
        let arguments = ["run", "--now", "2026-10-05T08:00"];
        let words = refuse(program(&world, "worker", &arguments));
        assert!(words.contains("--once"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_and_changes_nothing() {
    both(async |world| {
        for command in [
            "import-register",
            "set-up",
            "import-programme",
            "import-attendance",
            "import-bank-holidays",
        ] {
            let words = refuse(program(&world, "api", &[command, "nowhere.dat"]));
            assert!(words.contains("nowhere.dat"), "{command}: {words}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_worker_before_its_database_or_its_mail_folder_says_what_to_do() {
    both(async |world| {
        let mut command = program(&world, "worker", &["run", "--once"]);
        command.env("HUBS__MAIL__FOLDER", "/proc/nowhere");
        let words = refuse(command);
        assert!(words.contains("mail.folder"), "{words}");

        let mut command = program(&world, "worker", &["run", "--once"]);
        let empty = world.folder.path().join("empty.db");
        command.env("DATABASE_URL", format!("sqlite://{}", empty.display()));
        let words = refuse(command);
        assert!(words.contains("start `api serve` first"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn a_slip_in_the_databases_path_is_told_and_makes_no_file() {
    let world = tests::world::sqlite().await;
    let absent = world.folder.path().join("hbus.db");
    let token = ["issue-token", "ada@admin.example"];
    for (name, arguments) in [
        ("worker", &["jobs"][..]),
        ("worker", &["run", "--once"]),
        ("worker", &["pause", "deliver", "--why", "Mended"]),
        ("worker", &["explain", "message", "0199b2f0-7c1e-7000-8000-000000000001"]),
        ("api", &token),
    ] {
        let mut command = program(&world, name, arguments);
        command.env("DATABASE_URL", format!("sqlite://{}", absent.display()));
        let words = refuse(command);
        let told = format!("there is no database at {}", absent.display());
        assert!(words.contains(&told), "{arguments:?}: {words}");
        assert!(!absent.exists(), "{arguments:?}");
    }
}

#[tokio::test]
async fn a_token_from_the_command_line_lets_its_bearer_in() {
    both(async |world| {
        let nobody = program(&world, "api", &["issue-token", "new@demo-programme.example"]);
        assert!(refuse(nobody).contains("--name"));
        let arguments = [
            "issue-token",
            "new@demo-programme.example",
            "--name",
            "Nora Example",
            "--role",
            "programme-admin",
        ];
        let output = program(&world, "api", &arguments).output().expect("it runs");
        assert!(output.status.success());
        let token = String::from_utf8(output.stdout).expect("text");
        let (_api, address) = serve(&world, "2026-10-05T08:00:00");
        let answer: serde_json::Value = reqwest::Client::new()
            .post(format!("{address}/graphql"))
            .bearer_auth(token.trim())
            .json(&serde_json::json!({ "query": "{ viewer { name } }" }))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON");
        assert_eq!(answer["data"]["viewer"]["name"], "Nora Example", "{answer}");
    })
    .await;
}
