//! Mails as they lie in the folder.

use std::path::Path;
use std::process::Command;

use mail_parser::{Message, MessageParser};
use serde_json::Value;

use crate::postgres::ABSENT;
use crate::programs::root;

/// Says, by `absent`, that there is no Python on this machine.
pub const PYTHON_VARIABLE: &str = "HUBS_TEST_PYTHON";

/// A delivered mail, parsed.
#[derive(Debug)]
pub struct Mail {
    /// Name of its file.
    pub file: String,
    /// Address it goes to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its identity among all mails.
    pub message_id: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Mail {
    /// The links in the text part.
    pub fn links(&self) -> impl Iterator<Item = &str> {
        self.text
            .split(|c: char| c.is_whitespace() || c == '<' || c == '>')
            .filter(|word| word.starts_with("http"))
    }
}

/// All mails in `folder` and the folders in it, in the order of their names.
///
/// # Panics
/// A file there is no mail with one recipient, a text part and an HTML part.
#[must_use]
pub fn delivered(folder: &Path) -> Vec<Mail> {
    let mut mails = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return mails;
    };
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            mails.extend(delivered(&path));
        } else if path.extension().is_some_and(|extension| extension == "eml") {
            let bytes = std::fs::read(&path).expect("the mail can be read");
            let message = MessageParser::default().parse(&bytes).expect("it is a mail");
            mails.push(parsed(path.display().to_string(), &message));
        }
    }
    mails.sort_by(|one, other| one.file.cmp(&other.file));
    mails
}

fn parsed(file: String, message: &Message) -> Mail {
    let [to] = message.to().and_then(|to| to.as_list()).unwrap_or_default() else {
        panic!("{file} has not exactly one recipient");
    };
    let text = |part: Option<std::borrow::Cow<str>>| part.expect("a part").into_owned();
    assert_eq!(message.text_body_count(), 1, "{file}");
    assert_eq!(message.html_body_count(), 1, "{file}");
    Mail {
        to: to.address().expect("an address").to_owned(),
        subject: message.subject().expect("a subject").to_owned(),
        message_id: message.message_id().expect("a Message-ID").to_owned(),
        text: text(message.body_text(0)),
        html: text(message.body_html(0)),
        file,
    }
}

/// What Python's own parser reads in a mail: `to`, `subject`, `message_id`, `text`, `html` and
/// `defects`, a list that a proper mail leaves empty. `None` where `cargo verify` said that there
/// is no Python.
///
/// # Panics
/// Python cannot read it.
#[must_use]
pub fn read_by_python(file: &str) -> Option<Value> {
    if std::env::var(PYTHON_VARIABLE).is_ok_and(|value| value == ABSENT) {
        return None;
    }
    let output = Command::new("python3")
        .arg(root().join("tests/python/read_mail.py"))
        .arg(file)
        .output()
        .expect("python3 can be run; `cargo verify` installs it on Debian");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    Some(serde_json::from_slice(&output.stdout).expect("it prints JSON"))
}
