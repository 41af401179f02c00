//! Reading what mail systems send back: delivery reports (RFC 3464) and complaints (RFC 5965). They
//! come from anybody, so whatever the bytes are, they are read or they are not, and nothing else.

use chrono::{DateTime, Utc};
use mail_parser::{HeaderName, Message, MessageParser, MimeHeaders as _, PartType};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::feedback::{FeedbackKind, is_hard};
use super::verp;

/// Largest report that is looked at, in bytes: mail comes back with the message in it.
pub const LARGEST: usize = 2_000_000;
/// Longest `Message-ID`, in bytes: a line of mail has no more (RFC 5322).
pub const LONGEST_ID: usize = 998;
/// Hexadecimal digits of a message and of its seal in a return path.
const ID: usize = 32;
const SEAL: usize = 16;
/// Headers that say whom a mail was delivered to, the most trustworthy first.
const RECEIVED_BY: [&str; 5] = ["Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc"];

/// A report that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What it says.
    pub kind: FeedbackKind,
    /// The message, if the report came to a return path of ours that is genuine.
    pub message: Option<Uuid>,
    /// `Message-ID` of the message in the report, without brackets. Whoever saw the mail can write it.
    pub message_id: Option<String>,
    /// The one address that the message went to, as addresses are compared, if the report says so.
    pub recipient: Option<String>,
    /// The status it gives, such as `5.1.1`; empty when none.
    pub status: String,
    /// When it was written, if it says so.
    pub at: Option<DateTime<Utc>>,
    /// The same for the same report, however often it comes.
    pub key: String,
}

/// Reads a report; nothing when it is none. `secret` is what return paths are signed with.
#[must_use]
pub fn read(bytes: &[u8], secret: &[u8]) -> Option<Report> {
    if bytes.len() > LARGEST {
        return None;
    }
    // The library looks into an encoded message by calling itself and copies what it finds there, level by
    // level, without end. What reports are read by is never encoded (RFC 3464, RFC 5965).
    let parser = MessageParser::new()
        .with_mime_headers()
        .with_date_headers()
        .with_address_headers()
        .with_message_ids()
        .ignore_header(HeaderName::ContentTransferEncoding);
    let mail = parser.parse(bytes)?;
    let report = told(&mail, bytes, secret);
    take_apart(mail);
    report
}

fn told(mail: &Message<'_>, bytes: &[u8], secret: &[u8]) -> Option<Report> {
    let (kind, status) = delivery(mail).or_else(|| complaint(mail))?;
    let recipient = named_recipient(mail);
    let at = mail.date().and_then(|date| DateTime::from_timestamp(date.to_timestamp(), 0));
    Some(Report {
        kind,
        message: to_return_path(mail, secret),
        message_id: returned(mail),
        recipient,
        status,
        at,
        key: key(mail, bytes),
    })
}

/// Drops a mail level by level. Left to itself each message would drop the one within it, and so many
/// may lie within each other that the stack has no room for them.
fn take_apart(mail: Message<'_>) {
    let mut parts = mail.parts;
    while let Some(part) = parts.pop() {
        if let PartType::Message(inner) = part.body {
            parts.extend(inner.parts);
        }
    }
}

/// The recipient of a mail of ours, as it is written there.
#[must_use]
pub fn recipient(bytes: &[u8]) -> Option<String> {
    let mail = MessageParser::default().parse_headers(bytes)?;
    Some(mail.to()?.first()?.address()?.to_owned())
}

/// A part of that type, as bytes.
fn part<'a>(mail: &'a Message<'_>, ctype: &str, subtypes: &[&str]) -> Option<&'a [u8]> {
    let found = mail.parts.iter().find(|part| {
        part.content_type().is_some_and(|of| {
            let subtype = of.subtype().unwrap_or_default();
            of.ctype().eq_ignore_ascii_case(ctype)
                && subtypes.iter().any(|wanted| subtype.eq_ignore_ascii_case(wanted))
        })
    })?;
    Some(found.contents())
}

/// What a delivery report says of the recipient that fared worst, and the status.
fn delivery(mail: &Message<'_>) -> Option<(FeedbackKind, String)> {
    let subtypes = ["delivery-status", "global-delivery-status"];
    let text = String::from_utf8_lossy(part(mail, "message", &subtypes)?);
    let text = text.replace("\r\n", "\n");
    let told = text.split("\n\n").filter_map(|block| {
        let action = value(block, "Action")?.to_ascii_lowercase();
        let status = value(block, "Status").and_then(status);
        let status = status.or_else(|| value(block, "Diagnostic-Code").and_then(diagnosed));
        let shown = status.map(|(class, subject, detail)| format!("{class}.{subject}.{detail}"));
        let kind = match action.split_whitespace().next() {
            Some("failed") if status.is_some_and(is_hard) => FeedbackKind::HardBounce,
            Some("failed") => FeedbackKind::SoftBounce,
            Some("delayed") => FeedbackKind::Delayed,
            _ => return None,
        };
        Some((kind, shown.unwrap_or_default()))
    });
    told.min_by_key(|(kind, _)| *kind)
}

/// That a mail is a complaint.
fn complaint(mail: &Message<'_>) -> Option<(FeedbackKind, String)> {
    let text = String::from_utf8_lossy(part(mail, "message", &["feedback-report"])?);
    // The other types are of machines, not of a reader who is annoyed: a seal that broke on the way, a
    // filter that saw a virus, a message that was no spam after all.
    let kind = value(&text, "Feedback-Type")?;
    kind.eq_ignore_ascii_case("abuse").then(|| (FeedbackKind::Complaint, String::new()))
}

/// The recipient that a report is about, as we wrote to them; nothing where it tells of several: each of
/// our mails has one.
fn named_recipient(mail: &Message<'_>) -> Option<String> {
    let subtypes = ["delivery-status", "global-delivery-status", "feedback-report"];
    let text = String::from_utf8_lossy(part(mail, "message", &subtypes)?).replace("\r\n", "\n");
    let mut found = text.split("\n\n").filter_map(|block| {
        // Where a mail was passed on, the first of them is ours.
        let told = ["Original-Recipient", "Original-Rcpt-To", "Final-Recipient"];
        let told = told.iter().find_map(|field| value(block, field))?;
        let address = told.split_once(';').map_or(told, |(_, address)| address);
        Some(super::suppression::normalised(address.trim().trim_matches(['<', '>'])))
    });
    let first = found.next()?;
    found.all(|other| other == first).then_some(first)
}

/// The value of a field in a block of fields; a line that is indented goes on with the one before,
/// and what it says is not needed here.
fn value<'a>(block: &'a str, field: &str) -> Option<&'a str> {
    block.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case(field).then(|| value.trim())
    })
}

/// The enhanced status (RFC 3463) at the beginning of a text, as in `5.1.1 (no such user)`.
#[must_use]
pub fn status(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text.split_whitespace().next()?.splitn(3, '.').map(str::parse);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Ok(class @ (2 | 4 | 5))), Some(Ok(subject)), Some(Ok(detail))) => {
            Some((class, subject, detail))
        }
        _ => None,
    }
}

/// The status in a diagnosis as in `smtp; 550 5.1.1 No such user`.
fn diagnosed(text: &str) -> Option<(u16, u16, u16)> {
    text.split_whitespace().take(4).find_map(status)
}

/// `Message-ID` of the message that came back, whole or its headers alone.
fn returned(mail: &Message<'_>) -> Option<String> {
    mail.parts.iter().find_map(|part| {
        if let PartType::Message(inner) = &part.body {
            return inner.message_id().filter(|id| may_be_id(id)).map(str::to_owned);
        }
        let of = part.content_type()?;
        let subtype = of.subtype()?.to_ascii_lowercase();
        if !["rfc822", "rfc822-headers", "global", "global-headers"].contains(&subtype.as_str()) {
            return None;
        }
        let inner = MessageParser::default().parse_headers(part.contents())?;
        inner.message_id().filter(|id| may_be_id(id)).map(str::to_owned)
    })
}

/// Whether a text may be a `Message-ID`: as long as a line of mail at most, without control characters.
/// Whoever writes to the mailbox may put anything there, and not every database takes a NUL in a text.
#[must_use]
pub fn may_be_id(text: &str) -> bool {
    text.len() <= LONGEST_ID && !text.chars().any(char::is_control)
}

/// The message whose return path a mail came to, or, of a complaint, which goes elsewhere, names.
fn to_return_path(mail: &Message<'_>, secret: &[u8]) -> Option<Uuid> {
    let came_to = RECEIVED_BY.iter().find_map(|wanted| {
        let mut given = mail.headers_raw().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        given.find_map(|(_, value)| named(value, secret))
    });
    came_to.or_else(|| {
        let text = String::from_utf8_lossy(part(mail, "message", &["feedback-report"])?);
        named(value(&text, "Original-Mail-From")?, secret)
    })
}

/// The message that a return path of ours names, wherever in a text it stands and whatever the setting
/// puts around its token.
#[must_use]
pub fn named(text: &str, secret: &[u8]) -> Option<Uuid> {
    text.match_indices('-').find_map(|(at, _)| {
        let token = text.get(at.checked_sub(ID)?..at + 1 + SEAL)?;
        verp::opened(secret, &token.to_ascii_lowercase())
    })
}

/// The report's own `Message-ID` if it has one, else its bytes, hashed.
fn key(mail: &Message<'_>, bytes: &[u8]) -> String {
    let id = mail.message_id().map(str::as_bytes);
    format!("mail:{:x}", Sha256::digest(id.unwrap_or(bytes)))
}
