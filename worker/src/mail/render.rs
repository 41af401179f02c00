//! From content to bytes. Date, boundary and Message-ID are fixed here, once.

use std::time::SystemTime;

use askama::Template;
use chrono::{DateTime, NaiveDate, Utc};
use entity::messages::parcels::Parcel;
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartKind, SinglePart};
use rules::links::{Link, Purpose};
use uuid::Uuid;

use super::dkim::Signer;

/// What links in a mail are made from, and whom its foot names.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    /// What they start with.
    pub public_url: &'a str,
    /// What signs them.
    pub secret: &'a [u8],
    /// When they are mailed.
    pub now: DateTime<Utc>,
    /// Where those work who run hubs and programmes.
    pub front_end: &'a str,
    /// Who reads what is answered to the mail, by name; empty when the settings name nobody.
    pub answers_to: &'a str,
}

impl Links<'_> {
    /// A link for one purpose and person.
    #[must_use]
    pub fn to(&self, purpose: Purpose, person: Uuid) -> String {
        self.written(Link::mailed(purpose, person, self.now))
    }

    /// A link for one purpose and person that works at least to the end of `day`, in London.
    #[must_use]
    pub fn lasting(&self, purpose: Purpose, person: Uuid, day: NaiveDate) -> String {
        self.written(Link::mailed(purpose, person, self.now).at_least_until(day))
    }

    fn written(&self, link: Link) -> String {
        let page = match link.purpose {
            Purpose::Obligation(_) => "o",
            Purpose::Survey(_) => "s",
            Purpose::Visit(..) => "v",
            Purpose::Booking(..) => "b",
            Purpose::Preferences => "preferences",
        };
        format!("{}/{page}/{}", self.public_url, link.seal(self.secret))
    }

    /// Where schools sign in.
    #[must_use]
    pub fn sign_in(&self) -> String {
        format!("{}/sign-in", self.public_url)
    }

    /// Where those look who run hubs and programmes: the front end they work with, or the page on
    /// which they sign in. A link by mail signs in nobody of them.
    #[must_use]
    pub fn look_closer(&self) -> String {
        match self.front_end {
            "" => format!("{}/sign-in/account", self.public_url),
            address => address.to_owned(),
        }
    }
}

/// A mail as it is stored and sent.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// Subject line.
    pub subject: String,
    /// `Message-ID`.
    pub message_id: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why no mail can be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The address is none. It is not repeated here: it is personal data.
    #[error("the address cannot be used")]
    Address,
    /// The parts make no mail.
    #[error(transparent)]
    Mail(#[from] lettre::error::Error),
    /// The calendar part has no proper type.
    #[error(transparent)]
    Type(#[from] lettre::message::header::ContentTypeErr),
    /// The key does not sign.
    #[error("mail.dkim_key does not sign: {0}")]
    Key(rsa::Error),
}

/// The calendar part of a mail.
#[derive(Clone, Debug)]
pub struct Part {
    /// `REQUEST` or `CANCEL`, as inside.
    pub method: &'static str,
    /// The text.
    pub text: String,
}

/// What a mail says, in both its forms.
#[derive(Clone, Debug)]
pub struct Words {
    /// Subject line.
    pub subject: String,
    /// The reader's name.
    pub name: String,
    /// As text.
    pub text: String,
    /// As HTML.
    pub html: String,
    /// The entry for the reader's calendar, if it has one.
    pub calendar: Option<Part>,
    /// `Message-ID` of the first mail about the same thing.
    pub replies_to: Option<String>,
    /// Where one request has no more mails of its kind sent; for optional kinds.
    pub unsubscribe: Option<String>,
    /// Where what is answered to it goes, if not to the sender.
    pub answers_to: Option<Mailbox>,
}

impl Words {
    /// Fills both templates of a mail.
    ///
    /// # Errors
    /// A template fails.
    pub fn fill(
        subject: &str,
        name: &str,
        text: &impl Template,
        html: &impl Template,
    ) -> Result<Self, askama::Error> {
        Ok(Self {
            subject: subject.to_owned(),
            name: name.to_owned(),
            text: text.render()?,
            html: html.render()?,
            calendar: None,
            replies_to: None,
            unsubscribe: None,
            answers_to: None,
        })
    }
}

/// On one line, as a header must be: a name from a file may hold anything.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Says that no person wrote this, so that no machine answers it (RFC 3834).
#[derive(Clone, Debug)]
struct AutoSubmitted(String);

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// Where one request has no more mails of this kind sent (RFC 8058), as it must stand: neither
/// encoded nor broken.
#[derive(Clone, Debug)]
struct Unsubscribe(String);

impl Header for Unsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        let value = format!("<{}>", self.0);
        HeaderValue::dangerous_new_pre_encoded(Self::name(), value.clone(), value)
    }
}

/// Says that a POST to that address is enough.
#[derive(Clone, Debug)]
struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

/// Writes a mail: text first, then HTML, both complete, and the calendar entry last; signed if there
/// is a `signer`.
///
/// # Errors
/// An address no mail can be written to.
pub fn render(
    sender: &Mailbox,
    signer: Option<&Signer>,
    parcel: &Parcel,
    words: Words,
    now: DateTime<Utc>,
) -> Result<Rendered, RenderError> {
    let id = parcel.message.id;
    let message_id = format!("<{id}@{}>", sender.email.domain());
    let address = parcel.person.email.parse().map_err(|_| RenderError::Address)?;
    let mut parts = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("hubs-{}", id.simple()))
        .singlepart(SinglePart::plain(words.text))
        .singlepart(SinglePart::html(words.html));
    if let Some(Part { method, text }) = words.calendar {
        let kind = format!("text/calendar; method={method}; charset=utf-8");
        let kind = ContentType::parse(&kind)?;
        parts = parts.singlepart(SinglePart::builder().header(kind).body(text));
    }
    let mut message = lettre::Message::builder()
        .from(sender.clone())
        .to(Mailbox::new(Some(words.name), address))
        .subject(&words.subject)
        .date(SystemTime::from(now))
        .message_id(Some(message_id.clone()))
        .header(AutoSubmitted("auto-generated".to_owned()));
    if let Some(answers_to) = words.answers_to {
        message = message.reply_to(answers_to);
    }
    if let Some(first) = words.replies_to {
        message = message.in_reply_to(first.clone()).references(first);
    }
    if let Some(address) = words.unsubscribe {
        message = message.header(Unsubscribe(address)).header(OneClick);
    }
    let mut bytes = message.multipart(parts)?.formatted();
    if let Some(signer) = signer {
        bytes = signer.sign(&bytes, now).map_err(RenderError::Key)?;
    }
    Ok(Rendered { subject: words.subject, message_id, bytes })
}
