//! Which optional kinds of mail people want. Duties, and what they arranged or asked for, always
//! come.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::messages::MessageKind;
use rules::messages::bulletin::Unwilling;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{text, unwanted_mail};
use crate::people::person;

/// Whether a mail of this kind may be sent to this person.
///
/// # Errors
/// The database fails.
pub async fn wants(
    db: &impl ConnectionTrait,
    reader: &person::Model,
    kind: MessageKind,
) -> Result<bool, DbErr> {
    if !kind.is_optional() {
        return Ok(true);
    }
    if !reader.optional_mail {
        return Ok(false);
    }
    let key = (reader.id, text(kind));
    Ok(unwanted_mail::Entity::find_by_id(key).one(db).await?.is_none())
}

/// Those of these people who do not want mails of this optional kind, and what it is that they do
/// not want.
///
/// # Errors
/// The database fails.
pub async fn unwilling(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Unwilling>, DbErr> {
    let said = unwanted_mail::Entity::find()
        .filter(unwanted_mail::Column::PersonId.is_in(people.iter().copied()))
        .filter(unwanted_mail::Column::Kind.eq(text(kind)))
        .all(db)
        .await?;
    let nothing = person::Entity::find()
        .filter(person::Column::Id.is_in(people.iter().copied()))
        .filter(person::Column::OptionalMail.eq(false))
        .all(db)
        .await?;
    let said = said.into_iter().map(|row| (row.person_id, Unwilling::ThisKind));
    // The wider choice is the one to tell.
    let nothing = nothing.into_iter().map(|row| (row.id, Unwilling::AnyOptional));
    Ok(said.chain(nothing).collect())
}

/// Writes down whether somebody wants mails of an optional kind, and says whether that is new.
///
/// # Errors
/// The database fails.
pub async fn choose(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    person_id: Uuid,
    kind: MessageKind,
    wanted: bool,
) -> Result<bool, DbErr> {
    if wanted {
        let gone = unwanted_mail::Entity::delete_by_id((person_id, text(kind))).exec(txn).await?;
        return Ok(gone.rows_affected > 0);
    }
    let row = unwanted_mail::Model { person_id, kind: text(kind), created_at: now };
    let written = unwanted_mail::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing_on([unwanted_mail::Column::PersonId, unwanted_mail::Column::Kind])
        .exec_without_returning(txn)
        .await?;
    Ok(matches!(written, sea_orm::TryInsertResult::Inserted(1)))
}
