//! What the checks need beside Rust, and how it comes onto the machine.

use std::process::{Command, Stdio};

/// What tells the tests to leave out what needs a tool.
pub const ABSENT: &str = "absent";

/// Something that must be installed for a part of the checks.
pub struct Tool {
    /// What it is called.
    pub name: &'static str,
    /// What tells the tests, by the word [`ABSENT`], that it is not there.
    pub variable: &'static str,
    /// A shell command that succeeds when it is there.
    present: &'static str,
    /// What is not checked without it.
    pub serves: &'static str,
    /// Debian's packages.
    packages: &'static [&'static str],
}

/// All of them.
pub const TOOLS: [Tool; 6] = [
    Tool {
        name: "PostgreSQL",
        variable: "HUBS_TEST_POSTGRES",
        present: "PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1) \
                  && command -v initdb && command -v pg_ctl",
        serves: "every test on PostgreSQL (they ran on SQLite alone)",
        packages: &["postgresql"],
    },
    Tool {
        name: "Redis",
        variable: "HUBS_TEST_REDIS",
        present: "command -v redis-server && command -v redis-cli",
        serves: "the tests of the change signal between processes",
        packages: &["redis-server"],
    },
    Tool {
        name: "Python 3",
        variable: "HUBS_TEST_PYTHON",
        present: "python3 -c 'import email'",
        serves: "reading the mails with a second parser",
        packages: &["python3"],
    },
    Tool {
        name: "Chromium with Node",
        variable: "HUBS_TEST_BROWSER",
        present: "(command -v chromium || command -v chromium-browser || command -v google-chrome) \
                  && command -v node && command -v npm",
        serves: "answering a survey in a browser, by keyboard, at the width of a phone",
        packages: &["chromium", "nodejs", "npm"],
    },
    Tool {
        name: "Node",
        variable: "HUBS_TEST_NODE",
        present: "command -v node && command -v npm",
        serves: "other people's GraphQL clients and checkers against the api",
        packages: &["nodejs", "npm"],
    },
    Tool {
        name: "Python 3 with venv",
        variable: "HUBS_TEST_PYTHON_PACKAGES",
        present: "python3 -c 'import ensurepip, venv'",
        serves: "Schemathesis, which looks for requests that break the server",
        packages: &["python3", "python3-venv"],
    },
];

impl Tool {
    /// Whether it is there.
    pub fn is_present(&self) -> bool {
        succeeds(Command::new("bash").args(["-c", self.present]))
    }

    /// How to get it, for a person.
    pub fn how_to_get(&self) -> String {
        format!(
            "install {} (Debian and Ubuntu: sudo apt-get install {})",
            self.name,
            self.packages.join(" ")
        )
    }
}

/// Installs what is missing when this is Debian and we are root, and returns what still is.
pub fn install_missing() -> Vec<&'static Tool> {
    let missing = || TOOLS.iter().filter(|tool| !tool.is_present()).collect();
    let lacking: Vec<&Tool> = missing();
    let may_install =
        succeeds(Command::new("bash").args(["-c", "[ \"$(id -u)\" = 0 ] && command -v apt-get"]));
    if lacking.is_empty() || !may_install {
        return lacking;
    }
    let packages: Vec<&str> = lacking.iter().flat_map(|tool| tool.packages).copied().collect();
    let apt = |arguments: &[&str]| {
        succeeds(
            Command::new("apt-get")
                .args(["-qq", "-y", "-o", "Dpkg::Use-Pty=0"])
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )
    };
    // The lists may be absent or too old to fetch anything by.
    let install = [&["install", "--no-install-recommends"], packages.as_slice()].concat();
    if !apt(&install) {
        apt(&["update"]);
        apt(&install);
    }
    missing()
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
