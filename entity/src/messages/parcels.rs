//! What a claimed message is to say as things stand now, or why it is not sent after all.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::messages::MessageKind;
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
use super::outbox::{Claimed, Lease};
use super::reminders::{CallOff, read};
use super::{choices, message, reminder, suppressions, text};
use crate::enrolments::obligation;
use crate::outcome::{StoreError, word};
use crate::people::{person, sign_in_links};
use crate::surveys::letters::SurveyLetter;
use crate::surveys::{letters, wanted};

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
    /// Why their address takes no such mail, if it takes none.
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
}

/// Reads what claimed messages are to say as things stand, the digests in a few statements for all
/// of them. One that cannot be read is answered with its id and fault, and does not keep the others.
///
/// # Errors
/// The database fails.
pub async fn open(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    book: &Book,
    claimed: Vec<Claimed>,
) -> Result<Vec<Result<Parcel, (Uuid, StoreError)>>, StoreError> {
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
    let addresses = people.iter().map(|row| row.email.as_str());
    let suppressed = suppressions::of_addresses(db, addresses).await?;
    let people: HashMap<Uuid, person::Model> =
        people.into_iter().map(|row| (row.id, row)).collect();

    let mut parcels = Vec::with_capacity(claimed.len());
    for claimed in claimed {
        let id = claimed.message.id;
        let person = people.get(&claimed.message.person_id).cloned();
        let reminders = reminders.remove(&id).unwrap_or_default();
        let parcel = match kind(&claimed.message) {
            Ok(MessageKind::Digest) => digest(&reminders, &facts, now).map(Content::Digest),
            Ok(kind) if !wanted(db, person.as_ref(), kind).await? => {
                Ok(Content::Unwanted("They do not want this kind of mail.".to_owned()))
            }
            Ok(kind) => letter(db, now, kind, &claimed.message).await,
            Err(error) => Err(error),
        };
        let parcel = parcel.and_then(|content| parcel_of(claimed, person, content, &suppressed));
        // A database fault has spoilt the snapshot for all of them.
        match parcel {
            Err(fault @ StoreError::Database(_)) => return Err(fault),
            parcel => parcels.push(parcel.map_err(|error| (id, error))),
        }
    }
    Ok(parcels)
}

fn kind(message: &message::Model) -> Result<MessageKind, StoreError> {
    word("message", message.id, &message.kind)
}

fn parcel_of(
    Claimed { message, in_doubt }: Claimed,
    person: Option<person::Model>,
    content: Content,
    suppressed: &HashMap<String, SuppressionReason>,
) -> Result<Parcel, StoreError> {
    let person = person.ok_or_else(|| missing(&message, "its recipient is missing"))?;
    let kind = kind(&message)?;
    let suppressed = suppressed.get(&normalised(&person.email)).copied();
    let suppressed = suppressed.filter(|reason| reason.withholds(kind));
    Ok(Parcel { message, kind, in_doubt, person, suppressed, content })
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
            return Ok(unwanted.unwrap_or(Content::SignIn(about)));
        }
        MessageKind::VisitProposed
        | MessageKind::VisitAgreed
        | MessageKind::VisitMoved
        | MessageKind::VisitCancelled => return notices::visits::open(db, kind, message).await,
        MessageKind::EventBooked
        | MessageKind::EventWaiting
        | MessageKind::EventPlace
        | MessageKind::BookingCancelled
        | MessageKind::EventMoved
        | MessageKind::EventCancelled
        | MessageKind::JoiningChanged => return notices::bookings::open(db, kind, message).await,
        MessageKind::HubWeek => return notices::hub_week::open(db, now, message).await,
        MessageKind::AlertDigest => return notices::alerts::open(db, message).await,
        MessageKind::Digest
        | MessageKind::SurveyInvitation
        | MessageKind::SurveyLink
        | MessageKind::SurveyReminder => {}
        MessageKind::Bulletin => return bulletins::content(db, about, message.person_id).await,
    }
    if let Some(reason) = wanted::still_wanted(db, now, kind, about, message.person_id).await? {
        return Ok(Content::Unwanted(reason.to_owned()));
    }
    let letter = letters::load(db, kind, about).await?;
    Ok(letter.map_or_else(
        || Content::Unwanted("What it was about is gone.".to_owned()),
        |letter| Content::Survey(Box::new(letter)),
    ))
}

fn missing(message: &message::Model, problem: &str) -> StoreError {
    StoreError::Unreadable { table: "message", id: message.id, problem: problem.to_owned() }
}
