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

/// A mail as a snapshot keeps it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its kind, and for whom it is where there are several.
    pub name: String,
    /// Its subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// The mails in the snapshots of all tests, by name.
///
/// # Panics
/// A snapshot cannot be read.
#[must_use]
pub fn snapshots() -> Vec<Kept> {
    let mut kept = Vec::new();
    collect(&root().join("tests/tests"), &mut kept);
    kept.sort_by(|one, other| one.name.cmp(&other.name));
    kept
}

fn collect(folder: &Path, kept: &mut Vec<Kept>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, kept);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let name = name.rsplit("__").next().unwrap_or_default().to_owned();
            let whole = std::fs::read_to_string(&path).expect("the snapshot can be read");
            kept.extend(read(name, &whole));
        }
    }
}

/// A mail out of a snapshot; none out of one of something else.
fn read(name: String, snapshot: &str) -> Option<Kept> {
    // Below the head of the snapshot, which says where it is from.
    let (_, rest) = snapshot.split_once("\n---\n")?;
    let rest = rest.trim_start().strip_prefix("Subject: ")?;
    let (subject, rest) = rest.split_once('\n')?;
    let (text, rest) = rest.split_once("<!doctype html>")?;
    let (html, _) = rest.split_once("</html>")?;
    let html = format!("<!doctype html>{html}</html>");
    Some(Kept { name, subject: subject.to_owned(), text: text.trim().to_owned(), html })
}

/// The text and the HTML of a mail have the same words in the same order, and the same links.
///
/// # Panics
/// They do not.
pub fn say_the_same(kind: &str, text: &str, html: &str) {
    let body = html.split("<body").nth(1).expect("a body");
    let (_, body) = body.split_once("</h1>").expect("a heading");
    let mut bare = String::new();
    let mut inside = false;
    // These part no words.
    let joined = ["<wbr>", "<strong>", "</strong>"];
    let body = joined.iter().fold(body.to_owned(), |body, tag| body.replace(tag, ""));
    for letter in body.chars() {
        match letter {
            '<' => inside = true,
            '>' => {
                inside = false;
                bare.push(' ');
            }
            _ if !inside => bare.push(letter),
            _ => {}
        }
    }
    let escapes = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    let bare = escapes.iter().fold(bare, |bare, (escape, letter)| bare.replace(escape, letter));
    let words = |text: &str| -> Vec<String> {
        let words = text.split_whitespace().filter(|word| !word.starts_with("http"));
        let words = words.map(|word| word.trim_matches([':', ',', '*', '-']).to_owned());
        words.filter(|word| !word.is_empty()).collect()
    };
    assert_eq!(words(text), words(&bare), "{kind}");
    for link in text.split_whitespace().filter(|word| word.starts_with("http")) {
        assert!(html.contains(link), "{kind}: {link}");
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
