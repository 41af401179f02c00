//! The invariants of the README, where something cheap can tell that one broke.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::programs::root;

/// Who may import whom among our own packages. What is not listed here imports none of ours.
const IMPORTS: [(&str, &[&str]); 5] = [
    ("api", &["entity", "migration", "rules", "runtime"]),
    ("worker", &["entity", "migration", "rules", "runtime"]),
    ("bench", &["migration", "runtime"]),
    ("entity", &["rules"]),
    ("tests", &["api", "entity", "migration", "rules", "runtime", "worker"]),
];

/// What the rules may stand on: calculation and words, nothing that waits or reads the world.
const PURE: [&str; 12] = [
    "base64",
    "chrono",
    "chrono-tz",
    "hmac",
    "icalendar",
    "mail-parser",
    "serde",
    "serde_json",
    "sha2",
    "strum",
    "thiserror",
    "uuid",
];

/// What would make a rule wait, or depend on where and when it runs.
const IMPURE: [&str; 9] = [
    "async fn",
    ".await",
    "std::env",
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
];

/// Our packages as cargo describes them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo can be run");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("a name")
}

/// What a package needs to run; what its tests need besides is free.
fn dependencies(package: &Value) -> BTreeSet<&str> {
    let all = package["dependencies"].as_array().expect("dependencies");
    all.iter().filter(|one| one["kind"] != "dev").map(name).collect()
}

/// Our own files, with their text, as paths below the root.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(&root(), &mut found);
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("our folders can be read") {
        let path: PathBuf = entry.expect("an entry").path();
        let below = path.strip_prefix(root()).expect("it lies below the root");
        let made = ["target", "data", ".git", "web/graphiql/dist"].iter().any(|it| below == *it)
            || below.ends_with("node_modules");
        if made {
            continue;
        }
        if path.is_dir() {
            collect(&path, found);
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            found.push((below.display().to_string(), text));
        }
    }
}

/// The Rust files below one of `folders`.
fn rust_below(folders: &[&str]) -> Vec<(String, String)> {
    let mut files = sources();
    files.retain(|(path, _)| {
        Path::new(path).extension().is_some_and(|extension| extension == "rs")
            && folders.iter().any(|folder| path.starts_with(folder))
    });
    assert!(!files.is_empty(), "no Rust below {folders:?}");
    files
}

#[test]
fn each_package_imports_only_those_it_may() {
    let packages = packages();
    let ours: BTreeSet<&str> = packages.iter().map(name).collect();
    for package in &packages {
        let allowed = IMPORTS
            .iter()
            .find(|(importer, _)| *importer == name(package))
            .map_or([].as_slice(), |(_, allowed)| allowed);
        for used in dependencies(package).intersection(&ours) {
            assert!(allowed.contains(used), "{} imports {used}", name(package));
        }
    }
}

#[test]
fn the_rules_are_pure() {
    let packages = packages();
    let rules = packages.iter().find(|package| name(package) == "rules").expect("rules");
    for used in dependencies(rules) {
        assert!(PURE.contains(&used), "rules depends on {used}");
    }
    for (path, text) in rust_below(&["rules/src/"]) {
        for impure in IMPURE {
            assert!(!text.contains(impure), "{path} says {impure}");
        }
    }
}

#[test]
fn only_the_clock_reads_the_time() {
    let lints = std::fs::read_to_string(root().join("clippy.toml")).expect("clippy.toml");
    for banned in ["chrono::Utc::now", "chrono::Local::now", "std::time::SystemTime::now"] {
        assert!(lints.contains(banned), "clippy.toml no longer bans {banned}");
    }
    let reads = ["Utc::now", "Local::now", "SystemTime::now", "clippy::disallowed_methods"];
    let found: BTreeSet<_> = rust_below(&[""])
        .into_iter()
        // This file names them to find them.
        .filter(|(path, _)| path != "tests/tests/architecture.rs")
        .filter(|(_, text)| reads.iter().any(|read| text.contains(read)))
        .map(|(path, _)| path)
        .collect();
    let readers = ["runtime/src/clock.rs", "xtask/src/demo_clock.rs"];
    assert_eq!(found, readers.map(str::to_owned).into());
}

#[test]
fn only_the_delivery_job_sends_mail() {
    for package in packages() {
        assert!(
            name(&package) == "worker" || !dependencies(&package).contains("lettre"),
            "{} depends on lettre",
            name(&package)
        );
    }
    let senders: Vec<_> = rust_below(&["worker/src/"])
        .into_iter()
        .filter(|(_, text)| text.contains(".hand_over("))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(senders, ["worker/src/jobs/deliver/carry.rs"]);
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    // Written apart here so that this file does not name them either.
    let places = ["home", "root", "Users", "work"].map(|place| format!("/{place}/"));
    for (path, text) in sources() {
        for place in &places {
            // At the start of a path, not within an address or a longer path.
            let named = text.match_indices(place).any(|(at, _)| {
                let before = text[..at].chars().next_back();
                before.is_none_or(|c| c.is_whitespace() || "\"'`(=:".contains(c))
            });
            assert!(!named, "{path} names {place}");
        }
    }
}

#[test]
fn every_place_that_the_readme_names_is_there() {
    let text = std::fs::read_to_string(root().join("README.md")).expect("README.md");
    let mut seen = 0;
    // Outside code blocks, what stands between backquotes and has a slash is a path of ours.
    for block in text.split("```").step_by(2) {
        for quoted in block.split('`').skip(1).step_by(2) {
            let first = quoted.split('/').next().unwrap_or_default();
            let is_path = quoted.contains('/')
                && !quoted.starts_with('/')
                && !quoted.contains([' ', '<', '{', '*', ':'])
                && root().join(first).exists();
            if is_path {
                seen += 1;
                assert!(root().join(quoted).exists(), "README.md names {quoted}");
            }
        }
    }
    assert!(seen > 10, "README.md names only {seen} places");
}
