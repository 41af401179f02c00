//! What a claimed message is to say as things stand now, or why it is not sent after all.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::messages::MessageKind;
use rules::messages::report::recipient;
use rules::messages::suppression::{SuppressionReason, normalised};
use rules::reminders::{ReminderState, Step};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, ExprTrait as _,
    QueryFilter as _,
};
use uuid::Uuid;

use super::bulletins::{self, BulletinLetter};
use super::facts::{self, Book, Fact, Facts};
use super::notices::{self, Notice};
use super::outbox::{Claimed, Lease, Unread};
use super::reminders::{CallOff, read};
use super::{choices, message, reminder, suppressions, text};
use crate::enrolments::obligation;
use crate::outcome::{StoreError, word};
use crate::people::{person, sign_in_links};
use crate::surveys::letters::{self, Asking, SurveyLetter};

/// A message ready to be rendered, or not to be sent after all.
#[derive(Debug)]
pub struct Parcel {
    /// The row.
    pub message: message::Model,
    /// What it is for.
    pub kind: MessageKind,
    /// Whether it may have arrived already.
    pub in_doubt: bool,
    /// The recipient.
    pub person: person::Model,
    /// The address it goes to: theirs, or, if it may have arrived already, the one in its bytes. It is
    /// the same mail to the same place, whatever their address is by now.
    pub address: String,
    /// Why that address takes no such mail, if it takes none.
    pub suppressed: Option<SuppressionReason>,
    /// What it is to say.
    pub content: Content,
}

/// What a message is to say.
#[derive(Debug)]
pub enum Content {
    /// Reminders.
    Digest(Reminders),
    /// About a survey.
    Survey(Box<SurveyLetter>),
    /// The link with this id, which signs its reader in.
    SignIn(Uuid),
    /// About a visit or a booking, or a summary.
    Notice(Box<Notice>),
    /// A message to a hub's partners.
    Bulletin(Box<BulletinLetter>),
    /// Nothing any more, and why not.
    Unwanted(String),
}

/// The reminders a digest carries.
#[derive(Debug, Default)]
pub struct Reminders {
    /// Those still wanted, each with its obligation, in the order of their due days.
    pub items: Vec<(Step, Fact)>,
    /// Those no longer wanted.
    pub dropped: CallOff,
}

impl Parcel {
    /// The lease it is held under.
    #[must_use]
    pub fn lease(&self) -> Lease {
        Lease { id: self.message.id, epoch: self.message.lease_epoch }
    }

    /// Whether its reader has another address by now than the one it goes to.
    #[must_use]
    pub fn goes_elsewhere(&self) -> bool {
        normalised(&self.address) != normalised(&self.person.email)
    }
}

/// Reads what claimed messages are to say as things stand, the digests and the letters about surveys
/// in a few statements for all of them. One that cannot be read does not keep the others.
///
/// # Errors
/// The database fails.
pub async fn open(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    book: &Book,
    claimed: Vec<Claimed>,
) -> Result<Vec<Result<Parcel, Unread>>, StoreError> {
    let mut opened = Vec::with_capacity(claimed.len());
    let mut groups = vec![claimed];
    while let Some(mut group) = groups.pop() {
        let fault = match together(db, now, book, &group).await {
            Ok(parcels) => {
                opened.extend(parcels);
                continue;
            }
            Err(fault) if fault.is_about_a_row() => fault,
            Err(fault) => return Err(fault),
        };
        // Something that one of them is about cannot be read: looked for by halves.
        let rest = group.split_off(group.len() / 2);
        match &rest[..] {
            [one] if group.is_empty() => opened.push(Err(unread(&one.message, fault))),
            _ => groups.extend([rest, group]),
        }
    }
    Ok(opened)
}

fn unread(message: &message::Model, fault: StoreError) -> Unread {
    let lease = Lease { id: message.id, epoch: message.lease_epoch };
    Unread { lease, fault }
}

/// As [`open`], where it can be told of which message it is that something cannot be read.
async fn together(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    book: &Book,
    claimed: &[Claimed],
) -> Result<Vec<Result<Parcel, Unread>>, StoreError> {
    let ids: Vec<Uuid> = claimed.iter().map(|one| one.message.id).collect();
    let of_messages = reminder::Column::MessageId
        .is_in(ids)
        .and(reminder::Column::State.eq(text(ReminderState::Bundled)));
    let obligations = Query::select()
        .column(reminder::Column::ObligationId)
        .from(reminder::Entity)
        .and_where(of_messages.clone())
        .to_owned();
    let which = Condition::all().add(obligation::Column::Id.in_subquery(obligations));
    let facts = facts::load(db, book, now, which).await?;
    let mut reminders: HashMap<Uuid, Vec<reminder::Model>> = HashMap::new();
    for row in reminder::Entity::find().filter(of_messages).all(db).await? {
        if let Some(message) = row.message_id {
            reminders.entry(message).or_default().push(row);
        }
    }
    let people = claimed.iter().map(|one| one.message.person_id);
    let people = person::Entity::find().filter(person::Column::Id.is_in(people)).all(db).await?;
    let people: HashMap<Uuid, person::Model> =
        people.into_iter().map(|row| (row.id, row)).collect();
    let addresses: Vec<String> = claimed
        .iter()
        .filter_map(|one| Some(address(one, people.get(&one.message.person_id)?)))
        .collect();
    let suppressed = suppressions::of_addresses(db, addresses.iter().map(String::as_str)).await?;

    let surveys: Vec<Asking> = claimed.iter().filter_map(|one| asking(&one.message)).collect();
    let mut surveys = letters::open(db, now, &surveys).await?;

    let mut parcels = Vec::with_capacity(claimed.len());
    for claimed in claimed {
        let row = &claimed.message;
        let person = people.get(&row.person_id);
        let reminders = reminders.remove(&row.id).unwrap_or_default();
        let content = match kind(row) {
            Ok(MessageKind::Digest) => digest(&reminders, &facts, now).map(Content::Digest),
            Ok(kind) if kind.is_about_surveys() => match surveys.remove(&row.id) {
                Some(letter) => letter.map(|letter| match letter {
                    Ok(letter) => Content::Survey(letter),
                    Err(why) => Content::Unwanted(why.to_owned()),
                }),
                None => Err(missing(row, "it is about nothing")),
            },
            Ok(kind) if !wanted(db, person, kind).await? => {
                Ok(Content::Unwanted("They do not want this kind of mail.".to_owned()))
            }
            Ok(kind) => letter(db, now, kind, row).await,
            Err(error) => Err(error),
        };
        match content.and_then(|content| parcel_of(claimed, person, content, &suppressed)) {
            Ok(parcel) => parcels.push(Ok(parcel)),
            Err(fault) if fault.is_about_a_row() => parcels.push(Err(unread(row, fault))),
            // A database fault has spoilt the snapshot for all of them.
            Err(fault) => return Err(fault),
        }
    }
    Ok(parcels)
}

fn kind(message: &message::Model) -> Result<MessageKind, StoreError> {
    word("message", message.id, &message.kind)
}

/// Where a message goes.
fn address(Claimed { message, in_doubt }: &Claimed, reader: &person::Model) -> String {
    let handed_over = message.body.as_deref().filter(|_| *in_doubt);
    handed_over.and_then(recipient).unwrap_or_else(|| reader.email.clone())
}

/// What there is to ask of a letter about a survey; none of any other message.
fn asking(message: &message::Model) -> Option<Asking> {
    let kind = kind(message).ok().filter(|kind| kind.is_about_surveys())?;
    let (about, person) = (message.about_id?, message.person_id);
    Some(Asking { message: message.id, kind, about, person })
}

fn parcel_of(
    claimed: &Claimed,
    person: Option<&person::Model>,
    content: Content,
    suppressed: &HashMap<String, SuppressionReason>,
) -> Result<Parcel, StoreError> {
    let Claimed { message, in_doubt } = claimed;
    let person = person.ok_or_else(|| missing(message, "its recipient is missing"))?;
    let (kind, address) = (kind(message)?, address(claimed, person));
    let suppressed = suppressed.get(&normalised(&address)).copied();
    let suppressed = suppressed.filter(|reason| reason.withholds(kind));
    let (message, person, in_doubt) = (message.clone(), person.clone(), *in_doubt);
    let mut parcel = Parcel { message, kind, in_doubt, person, address, suppressed, content };
    if kind == MessageKind::SignInLink && parcel.goes_elsewhere() {
        let why =
            "Its reader has another address by now, and a link that signs in goes to no other.";
        parcel.content = Content::Unwanted(why.to_owned());
    }
    Ok(parcel)
}

fn digest(
    reminders: &[reminder::Model],
    facts: &Facts,
    now: DateTime<Utc>,
) -> Result<Reminders, StoreError> {
    let mut found = Reminders::default();
    for row in reminders {
        let fact = facts.read.get(&row.obligation_id).ok_or_else(|| StoreError::Unreadable {
            table: "reminder",
            id: row.id,
            problem: match facts.unreadable.get(&row.obligation_id) {
                Some(fault) => fault.to_string(),
                None => "its obligation cannot be read".to_owned(),
            },
        })?;
        if found.dropped.check(row, fact, now)? {
            found.items.push((read(row)?.step, fact.clone()));
        }
    }
    found.items.sort_by_key(|(step, fact)| (fact.row.due_on, fact.row.id, *step));
    Ok(found)
}

/// Whether the reader of a mail wants this kind of it.
async fn wanted(
    db: &impl ConnectionTrait,
    reader: Option<&person::Model>,
    kind: MessageKind,
) -> Result<bool, StoreError> {
    match reader {
        Some(reader) => Ok(choices::wants(db, reader, kind).await?),
        None => Ok(true),
    }
}

async fn letter(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    kind: MessageKind,
    message: &message::Model,
) -> Result<Content, StoreError> {
    let about = message.about_id.ok_or_else(|| missing(message, "it is about nothing"))?;
    match kind {
        MessageKind::SignInLink => {
            let unwanted = sign_in_links::still_wanted(db, now, about).await?;
            let unwanted = unwanted.map(|why| Content::Unwanted(why.to_owned()));
            Ok(unwanted.unwrap_or(Content::SignIn(about)))
        }
        MessageKind::VisitProposed
        | MessageKind::VisitAgreed
        | MessageKind::VisitMoved
        | MessageKind::VisitCancelled => notices::visits::open(db, kind, message).await,
        MessageKind::EventBooked
        | MessageKind::EventWaiting
        | MessageKind::EventPlace
        | MessageKind::BookingCancelled
        | MessageKind::EventMoved
        | MessageKind::EventCancelled
        | MessageKind::JoiningChanged => notices::bookings::open(db, kind, message).await,
        MessageKind::HubWeek => notices::hub_week::open(db, now, message).await,
        MessageKind::AlertDigest => notices::alerts::open(db, message).await,
        MessageKind::CriticalAlert => notices::critical::open(db, message).await,
        MessageKind::Bulletin => bulletins::content(db, about, message.person_id).await,
        MessageKind::Digest
        | MessageKind::SurveyInvitation
        | MessageKind::SurveyLink
        | MessageKind::SurveyReminder => {
            Err(missing(message, "it is read with others of its kind"))
        }
    }
}

fn missing(message: &message::Model, problem: &str) -> StoreError {
    StoreError::Unreadable { table: "message", id: message.id, problem: problem.to_owned() }
}
