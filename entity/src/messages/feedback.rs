//! Writing down what mail systems report of messages, each report once.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::messages::feedback::{
    Feedback, FeedbackKind, Known, SOFT_REMEMBERED, effect, shows_it_was_taken,
};
use rules::messages::report::{Report, recipient};
use rules::messages::suppression::normalised;
use rules::messages::{MessageKind, MessageState};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, TryInsertResult,
};
use uuid::Uuid;

use super::outbox::{self, Lease};
use super::suppressions::{self, Ground};
use super::{mail_feedback, message, text};
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::people::person;

/// Where a report came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Source {
    /// The folder of a mailbox.
    Mailbox,
    /// A call of the mail service.
    Webhook,
}

/// By what a report names the message it is about.
#[derive(Clone, Debug)]
pub enum Named {
    /// By a return path with our seal, which only whoever got the mail can know.
    Sealed(Uuid),
    /// By its `Message-ID`, with or without brackets, told by the mail service that carried it.
    ByService(String),
    /// By its `Message-ID`, in a mail that anybody may have written who saw that id: it is in every
    /// answer to ours and in what is forwarded. With the address that the message went to, if told.
    Claimed(String, Option<String>),
    /// By nothing that counts.
    Nothing,
}

/// A report that came.
#[derive(Clone, Debug)]
pub struct Told {
    /// The same for the same report.
    pub key: String,
    /// What it says.
    pub kind: FeedbackKind,
    /// Where it came from.
    pub source: Source,
    /// The message.
    pub message: Named,
    /// The status told, such as `5.1.1`; empty when none.
    pub status: String,
    /// When it happened, if that was told.
    pub at: Option<DateTime<Utc>>,
}

impl Told {
    /// A report that came as a mail. Where return paths bear our seal (`sealed`), nothing else is
    /// believed.
    #[must_use]
    pub fn mailed(report: Report, source: Source, sealed: bool) -> Self {
        let message = match (report.message, report.message_id) {
            (Some(message), _) => Named::Sealed(message),
            (None, Some(id)) if !sealed => Named::Claimed(id, report.recipient),
            (None, _) => Named::Nothing,
        };
        let Report { key, kind, status, at, .. } = report;
        Self { key, kind, source, message, status, at }
    }
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was written down, and did what it does.
    New,
    /// It was known.
    Known,
    /// It is about no message of ours.
    Stray,
}

/// Takes a report in: written down once, whatever it changes with it.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn take(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    told: &Told,
) -> Result<Taken, StoreError> {
    let mut message = find(txn, &told.message).await?;
    let mut address = match &message {
        Some(message) => address(txn, message).await?,
        None => None,
    };
    let (mut kind, mut when) = (told.kind, told.at);
    if let Named::Claimed(_, recipient) = &told.message {
        // Whoever made it up knows who got the mail, or it is not believed; and it counts for one day on
        // which mail came back, the one on which it came.
        if recipient.is_none() || *recipient != address {
            (message, address) = (None, None);
        }
        when = None;
        if kind == FeedbackKind::HardBounce {
            kind = FeedbackKind::SoftBounce;
        }
    }
    // Nobody's clock is trusted to be ahead of ours, and nothing happened to a message before it was.
    let first = message.as_ref().map_or(now, |row| row.created_at.min(now));
    let at = when.unwrap_or(now).clamp(first, now);
    let known = match &message {
        Some(message) => Some(known(txn, at, message, address.as_deref()).await?),
        None => None,
    };
    let row = mail_feedback::ActiveModel {
        id: Set(new_id(now)),
        key: Set(told.key.clone()),
        kind: Set(text(kind)),
        source: Set(<&str>::from(told.source).to_owned()),
        message_id: Set(message.as_ref().map(|row| row.id)),
        address: Set(address.clone()),
        status: Set(told.status.clone()),
        happened_at: Set(at),
        received_at: Set(now),
    };
    let inserted = mail_feedback::Entity::insert(row)
        .on_conflict_do_nothing_on([mail_feedback::Column::Key])
        .exec_without_returning(txn)
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(1)) {
        return Ok(Taken::Known);
    }
    let (Some(message), Some(mut known)) = (message, known) else {
        return Ok(Taken::Stray);
    };
    let mut lease = Lease { id: message.id, epoch: message.lease_epoch };
    let doubted = outbox::in_doubt(txn, [message.id]).await?.contains(&message.id);
    if shows_it_was_taken(known.state, doubted) && outbox::was_taken(txn, now, lease).await? {
        known.state = MessageState::Accepted;
        lease.epoch += 1;
    }
    let effect = effect(Feedback { kind, at }, &known);
    let mut detail = effect.detail.to_owned();
    if !told.status.is_empty() {
        detail = format!("{} Status {}.", detail, told.status);
    }
    if let (Some(reason), Some(address)) = (effect.suppress, &address) {
        let note = if told.status.is_empty() { effect.detail } else { &told.status };
        let ground = Ground { reason, note, message_id: Some(message.id), by: None };
        suppressions::suppress(txn, now, address, ground).await?;
        detail.push_str(if reason.withholds_all() {
            " No more mail goes to the address."
        } else {
            " No more mail goes to the address that is not a duty."
        });
    }
    let state = effect.state.unwrap_or(known.state);
    if effect.state.is_some() {
        become_(txn, now, message.id, state).await?;
    }
    outbox::note(txn, lease, state, &detail, now).await?;
    Ok(Taken::New)
}

/// The message a report is about, locked: two reports about it take turns.
async fn find(
    txn: &DatabaseTransaction,
    named: &Named,
) -> Result<Option<message::Model>, StoreError> {
    let find = message::Entity::find().lock_exclusive();
    let given = match named {
        Named::Sealed(id) => return Ok(find.filter(message::Column::Id.eq(*id)).one(txn).await?),
        Named::ByService(given) | Named::Claimed(given, _) => given,
        Named::Nothing => return Ok(None),
    };
    let header = format!("<{}>", given.trim().trim_matches(['<', '>']));
    Ok(find.filter(message::Column::MessageIdHeader.eq(header)).one(txn).await?)
}

/// The address a message went to, as addresses are compared: that in its bytes, since its person's may
/// have been put right by now; else that of its person, and none if the bytes were deleted because they
/// had been kept for long. The person is held, so that reports about two
/// messages to one reader take turns where the days are counted on which mail came back.
async fn address(
    txn: &DatabaseTransaction,
    message: &message::Model,
) -> Result<Option<String>, StoreError> {
    let person =
        person::Entity::find_by_id(message.person_id).lock(LockType::NoKeyUpdate).one(txn).await?;
    let written = message.body.as_deref().and_then(recipient);
    let written = written.map(|address| normalised(&address));
    let forgotten = message.body.is_none() && message.body_hash.is_some();
    // Those are deleted at once, and their readers' addresses are of minutes ago.
    if forgotten && message.kind != text(MessageKind::SignInLink) {
        return Ok(None);
    }
    Ok(written.or_else(|| person.map(|person| normalised(&person.email))))
}

async fn known(
    db: &impl ConnectionTrait,
    at: DateTime<Utc>,
    message: &message::Model,
    address: Option<&str>,
) -> Result<Known, StoreError> {
    let hard = mail_feedback::Entity::find()
        .filter(mail_feedback::Column::MessageId.eq(message.id))
        .filter(mail_feedback::Column::Kind.eq(text(FeedbackKind::HardBounce)))
        .one(db)
        .await?
        .is_some();
    let mut known = Known {
        state: outbox::state(message)?,
        hard,
        soft_days: BTreeSet::new(),
        released_at: None,
    };
    let Some(address) = address else {
        return Ok(known);
    };
    known.released_at = suppressions::released_at(db, address).await?;
    let since = known.released_at.unwrap_or(DateTime::UNIX_EPOCH).max(at - SOFT_REMEMBERED);
    let soft: Vec<DateTime<Utc>> = mail_feedback::Entity::find()
        .select_only()
        .column(mail_feedback::Column::HappenedAt)
        .filter(mail_feedback::Column::Address.eq(address))
        .filter(mail_feedback::Column::Kind.eq(text(FeedbackKind::SoftBounce)))
        .filter(mail_feedback::Column::HappenedAt.gt(since))
        .filter(mail_feedback::Column::HappenedAt.lt(at + SOFT_REMEMBERED))
        .into_tuple()
        .all(db)
        .await?;
    known.soft_days = soft.into_iter().map(|at| local(at).date()).collect();
    Ok(known)
}

/// Moves a message that was accepted; it is under nobody's lease any more.
async fn become_(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    id: Uuid,
    state: MessageState,
) -> Result<(), StoreError> {
    message::Entity::update_many()
        .col_expr(message::Column::State, Expr::val(text(state)))
        .col_expr(message::Column::ChangedAt, Expr::val(now))
        .filter(message::Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}
