//! What waits in which mail lane, and which lanes there are.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::lanes::{MailLane, lane_of};
use rules::messages::{MessageKind, MessageState};
use rules::words::in_one_line;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Func, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use strum::{EnumMessage as _, VariantArray as _};
use uuid::Uuid;

use super::{mail_lane, message_replay};
use crate::id::new_id;
use crate::messages::message;
use crate::outcome::StoreError;

/// The states of mail that has not gone and still may.
const WAITING: [MessageState; 4] =
    [MessageState::Pending, MessageState::Leased, MessageState::Deferred, MessageState::Uncertain];

/// Mail of a lane that could go and has not gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Messages whose time has come.
    pub messages: usize,
    /// When the first of them could have gone.
    pub since: Option<DateTime<Utc>>,
}

/// What waits at `now`, lane by lane, each of them.
///
/// # Errors
/// The database fails.
pub async fn waiting(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<BTreeMap<MailLane, Waiting>, StoreError> {
    let found: Vec<(String, i64, DateTime<Utc>)> = message::Entity::find()
        .select_only()
        .column(message::Column::Kind)
        .column_as(message::Column::Id.count(), "messages")
        .column_as(message::Column::SendAfter.min(), "since")
        .filter(message::Column::State.is_in(WAITING.map(<&str>::from)))
        .filter(message::Column::SendAfter.lte(now))
        .group_by(message::Column::Kind)
        .into_tuple()
        .all(db)
        .await?;
    let mut lanes: BTreeMap<_, _> =
        MailLane::VARIANTS.iter().map(|lane| (*lane, Waiting::default())).collect();
    for (kind, messages, since) in found {
        // A kind that only a newer version knows waits for a newer worker.
        let Ok(kind) = kind.parse::<MessageKind>() else { continue };
        let lane = lanes.entry(lane_of(kind)).or_default();
        lane.messages += usize::try_from(messages).unwrap_or(0);
        lane.since = Some(lane.since.map_or(since, |first| Ord::min(first, since)));
    }
    Ok(lanes)
}

/// Messages of a lane that wait for a person: nobody knows whether they arrived, and nobody has sent them
/// anew or settled them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// How many.
    pub messages: usize,
    /// Since when the first of them has waited.
    pub since: Option<DateTime<Utc>>,
    /// The first of them, a few.
    pub first: Vec<Uuid>,
}

/// How many held messages are named.
const NAMED: usize = 5;

/// That a message waits for a person.
fn is_held() -> Condition {
    let sent_anew = Query::select()
        .column(message_replay::Column::MessageId)
        .from(message_replay::Entity)
        .to_owned();
    Condition::all()
        .add(message::Column::State.eq(<&str>::from(MessageState::Held)))
        .add(message::Column::Id.not_in_subquery(sent_anew))
}

/// What waits for a person, lane by lane, each of them.
///
/// # Errors
/// The database fails.
pub async fn held(db: &impl ConnectionTrait) -> Result<BTreeMap<MailLane, Held>, StoreError> {
    let found: Vec<(Uuid, String, DateTime<Utc>)> = message::Entity::find()
        .select_only()
        .columns([message::Column::Id, message::Column::Kind, message::Column::ChangedAt])
        .filter(is_held())
        .order_by_asc(message::Column::ChangedAt)
        .order_by_asc(message::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let mut lanes: BTreeMap<_, _> =
        MailLane::VARIANTS.iter().map(|lane| (*lane, Held::default())).collect();
    for (id, kind, since) in found {
        let Ok(kind) = kind.parse::<MessageKind>() else { continue };
        let lane = lanes.entry(lane_of(kind)).or_default();
        lane.messages += 1;
        lane.since = lane.since.or(Some(since));
        if lane.first.len() < NAMED {
            lane.first.push(id);
        }
    }
    Ok(lanes)
}

/// How many messages there are of each kind in each state that is not an end, or waits for a
/// person.
///
/// # Errors
/// The database fails.
pub async fn under_way(
    db: &impl ConnectionTrait,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    let states = MessageState::VARIANTS.iter().filter(|state| !state.is_an_end());
    let under_way = message::Column::State.is_in(states.map(|state| <&str>::from(*state)));
    Ok(message::Entity::find()
        .select_only()
        .column(message::Column::Kind)
        .column(message::Column::State)
        .column_as(Expr::expr(Func::count(Expr::col(message::Column::Id))), "messages")
        .filter(Condition::any().add(under_way).add(is_held()))
        .group_by(message::Column::Kind)
        .group_by(message::Column::State)
        .into_tuple()
        .all(db)
        .await?)
}

/// Writes down which lanes there are, and what waits in each, for its turn or for a person.
///
/// # Errors
/// The database fails.
pub async fn note(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    waiting: &BTreeMap<MailLane, Waiting>,
    held: &BTreeMap<MailLane, Held>,
) -> Result<(), StoreError> {
    let number = |messages: usize| i32::try_from(messages).unwrap_or(i32::MAX);
    for (lane, Waiting { messages, since }) in waiting {
        let held = held.get(lane);
        let row = mail_lane::ActiveModel {
            id: Set(new_id(now)),
            name: Set(<&str>::from(*lane).to_owned()),
            about: Set(in_one_line(lane.get_documentation().unwrap_or_default())),
            waiting: Set(number(*messages)),
            waiting_since: Set(*since),
            held: Set(held.map_or(0, |held| number(held.messages))),
            held_since: Set(held.and_then(|held| held.since)),
            changed_at: Set(now),
        };
        let again = OnConflict::column(mail_lane::Column::Name)
            .update_columns([
                mail_lane::Column::About,
                mail_lane::Column::Waiting,
                mail_lane::Column::WaitingSince,
                mail_lane::Column::Held,
                mail_lane::Column::HeldSince,
                mail_lane::Column::ChangedAt,
            ])
            .to_owned();
        mail_lane::Entity::insert(row).on_conflict(again).exec_without_returning(txn).await?;
    }
    Ok(())
}

/// All lanes, by name.
///
/// # Errors
/// The database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<mail_lane::Model>, StoreError> {
    Ok(mail_lane::Entity::find().order_by_asc(mail_lane::Column::Name).all(db).await?)
}
