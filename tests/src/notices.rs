//! What was mailed, with its headers and its calendar entry.

use entity::messages::{message, message_event};
use mail_parser::{MessageParser, MimeHeaders as _, PartType};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use crate::World;
use crate::working::messages;

/// A mail that went out.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What it is for.
    pub kind: String,
    /// To whom.
    pub person: Uuid,
    /// Its subject.
    pub subject: String,
    /// Its text part.
    pub text: String,
    /// Its HTML part.
    pub html: String,
    /// Its calendar part, and the method that its type names.
    pub calendar: Option<(String, String)>,
    /// `Message-ID`, in its brackets.
    pub message_id: String,
    /// The mail as it was sent.
    pub raw: String,
    /// Its file.
    pub file: String,
}

impl Sent {
    /// The value of a header, unfolded; none without one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next().unwrap_or_default();
        let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
    }

    /// Subject, text, HTML and calendar entry, to be compared with how it should be: without what
    /// differs every time.
    ///
    /// # Panics
    /// There are no ids in it of the kind that it has.
    #[must_use]
    pub fn settled(&self) -> String {
        let calendar = self.calendar.as_ref().map_or("", |(_, text)| text);
        let unfolded = calendar.replace("\r\n ", "");
        let whole =
            format!("Subject: {}\n\n{}\n\n{}\n\n{unfolded}", self.subject, self.text, self.html);
        let mut out = String::new();
        for piece in whole.replace('\r', "").split_inclusive(['/', ' ', '"', '\n', '<', '>']) {
            let (word, end) = piece.split_at(piece.len() - 1);
            let is_token = word.len() > 40 && !word.contains([';', ':', '.']);
            let uid = ["UID:visit-", "UID:booking-"].into_iter().find(|it| word.starts_with(it));
            out.push_str(match uid {
                Some(uid) => uid,
                None if is_token => "TOKEN",
                None => word,
            });
            out.push_str(end);
        }
        out
    }
}

/// What was sent of these kinds so far, oldest first, by its rows and its files.
///
/// # Panics
/// A mail is not there or is none.
pub async fn sent(world: &World, kinds: &[&str]) -> Vec<Sent> {
    let rows = messages(world).await.into_iter();
    let rows = rows.filter(|row| row.state == "accepted" && kinds.contains(&row.kind.as_str()));
    rows.map(|row| read(world, row)).collect()
}

fn read(world: &World, row: message::Model) -> Sent {
    let file = files(&world.config.mail.folder)
        .into_iter()
        .find(|file| file.contains(&row.id.to_string()))
        .unwrap_or_else(|| panic!("{} is not in the folder", row.kind));
    let bytes = std::fs::read(&file).expect("the mail can be read");
    let mail = MessageParser::default().parse(&bytes).expect("it is a mail");
    let part = |of: &str| mail.parts.iter().find(|part| is_of(part, of)).map(text_of);
    let calendar = mail.parts.iter().position(|part| is_of(part, "calendar"));
    if let Some(place) = calendar {
        assert_eq!(place + 1, mail.parts.len(), "the calendar part is the last");
    }
    let calendar = calendar.map(|place| {
        let part = &mail.parts[place];
        let method = part.content_type().and_then(|kind| kind.attribute("method"));
        (method.expect("a method").to_owned(), text_of(part))
    });
    Sent {
        person: row.person_id,
        subject: mail.subject().expect("a subject").to_owned(),
        text: part("plain").expect("a text part"),
        html: part("html").expect("an HTML part"),
        calendar,
        message_id: row.message_id_header.expect("a Message-ID"),
        raw: String::from_utf8_lossy(&bytes).into_owned(),
        kind: row.kind,
        file,
    }
}

fn is_of(part: &mail_parser::MessagePart, subtype: &str) -> bool {
    part.content_type().is_some_and(|kind| kind.subtype() == Some(subtype))
}

fn text_of(part: &mail_parser::MessagePart) -> String {
    match &part.body {
        PartType::Text(text) | PartType::Html(text) => text.clone().into_owned(),
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => panic!("no text"),
    }
}

fn files(folder: &std::path::Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The last step in the story of a message.
///
/// # Panics
/// It has none.
pub async fn story(world: &World, message: Uuid) -> String {
    let last = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(message))
        .order_by_desc(message_event::Column::HappenedAt)
        .one(world.db.reader());
    last.await.expect("a read").expect("a story").detail
}
