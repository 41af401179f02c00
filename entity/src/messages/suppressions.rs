//! The list of addresses that no mail goes to: who is put on it, and who is let go.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::messages::suppression::{SuppressionReason, normalised};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{BATCH, suppression, text};
use crate::enrolments::{check_text, check_version, refused};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::people::person;
use crate::scope::Scope;

/// Why an address takes no mail.
#[derive(Clone, Debug)]
pub struct Ground<'a> {
    /// The reason.
    pub reason: SuppressionReason,
    /// What was told, without personal data.
    pub note: &'a str,
    /// The message that showed it.
    pub message_id: Option<Uuid>,
    /// Who decided it, if somebody did.
    pub by: Option<Uuid>,
}

/// Puts an address on the list. One that is on it stays as it is, unless the new reason keeps more
/// back. Returns the row.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn suppress(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    address: &str,
    ground: Ground<'_>,
) -> Result<suppression::Model, StoreError> {
    let address = normalised(address);
    let row = suppression::ActiveModel {
        id: Set(new_id(now)),
        address: Set(address.clone()),
        reason: Set(text(ground.reason)),
        note: Set(ground.note.to_owned()),
        since: Set(now),
        message_id: Set(ground.message_id),
        by_person: Set(ground.by),
        released_at: Set(None),
        released_by: Set(None),
        release_reason: Set(None),
        changed_at: Set(now),
        version: Set(1),
    };
    // Of two that put it on the list at once, one waits here for the other.
    let inserted = suppression::Entity::insert(row)
        // Without a name of the index: it is a partial one.
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(txn)
        .await?;
    let mut row = open(txn, &address).await?;
    if inserted == 1 {
        return Ok(row);
    }
    if ground.reason.outranks(reason(&row)?) {
        row.reason = text(ground.reason);
        row.note = ground.note.to_owned();
        row.since = now;
        row.message_id = ground.message_id;
        row.by_person = ground.by;
        row.changed_at = now;
        row.version += 1;
        row = row.into_active_model().reset_all().update(txn).await?;
    }
    Ok(row)
}

/// The row of an address that is on the list, locked.
async fn open(txn: &DatabaseTransaction, address: &str) -> Result<suppression::Model, StoreError> {
    let row = suppression::Entity::find()
        .filter(suppression::Column::Address.eq(address))
        .filter(suppression::Column::ReleasedAt.is_null())
        .lock_exclusive()
        .one(txn)
        .await?;
    row.ok_or_else(|| StoreError::Unreadable {
        table: "suppression",
        id: Uuid::nil(),
        problem: "an address was let go while it was put on the list; look again".to_owned(),
    })
}

/// The reason of a row.
///
/// # Errors
/// The row holds a word this version does not know.
pub fn reason(row: &suppression::Model) -> Result<SuppressionReason, StoreError> {
    word("suppression", row.id, &row.reason)
}

/// Puts the address of a person on the list because somebody decided so. For programme admins.
///
/// # Errors
/// No such person in scope, somebody who may not, no reason given, or a database fault.
pub async fn add(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    person_id: Uuid,
    why: &str,
) -> Result<suppression::Model, StoreError> {
    let found = person::Entity::find_by_id(person_id).filter(scope.people()).one(txn).await?;
    let Some(found) = found else {
        return refused(RefusalCode::NotFound, "personId", "There is no such person.");
    };
    if matches!(scope, Scope::Viewer(viewer) if !viewer.admin) {
        let message = "Only a programme admin can keep mail from somebody.";
        return refused(RefusalCode::Forbidden, "personId", message);
    }
    check_text("reason", why, true)?;
    let ground =
        Ground { reason: SuppressionReason::ByHand, note: why.trim(), message_id: None, by };
    suppress(txn, now, &found.email, ground).await
}

/// Lets mail go to an address again. Doing it twice changes nothing the second time.
///
/// # Errors
/// No such row in scope, one changed since `expected_version`, no reason given, or a database fault.
pub async fn release(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    id: Uuid,
    expected_version: Option<i32>,
    why: &str,
) -> Result<suppression::Model, StoreError> {
    let row = suppression::Entity::find_by_id(id).filter(scope.suppressions()).lock_exclusive();
    let Some(mut row) = row.one(txn).await? else {
        return refused(RefusalCode::NotFound, "suppressionId", "There is no such suppression.");
    };
    check_text("reason", why, true)?;
    if row.released_at.is_some() {
        return Ok(row);
    }
    check_version(row.version, expected_version)?;
    row.released_at = Some(now);
    row.released_by = by;
    row.release_reason = Some(why.trim().to_owned());
    row.changed_at = now;
    row.version += 1;
    Ok(row.into_active_model().reset_all().update(txn).await?)
}

/// Why no mail goes to these addresses, for those to which none goes.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn of_addresses(
    db: &impl ConnectionTrait,
    addresses: impl IntoIterator<Item = &str>,
) -> Result<HashMap<String, SuppressionReason>, StoreError> {
    let mut wanted: Vec<String> = addresses.into_iter().map(normalised).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut found = HashMap::new();
    for batch in wanted.chunks(BATCH) {
        let rows = suppression::Entity::find()
            .filter(suppression::Column::ReleasedAt.is_null())
            .filter(suppression::Column::Address.is_in(batch.iter().cloned()))
            .all(db)
            .await?;
        for row in rows {
            found.insert(row.address.clone(), reason(&row)?);
        }
    }
    Ok(found)
}

/// When an address was last let go, if it ever was.
///
/// # Errors
/// The database fails.
pub(super) async fn released_at(
    db: &impl ConnectionTrait,
    address: &str,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    let last = suppression::Entity::find()
        .filter(suppression::Column::Address.eq(address))
        .filter(suppression::Column::ReleasedAt.is_not_null())
        .order_by_desc(suppression::Column::ReleasedAt)
        .one(db)
        .await?;
    Ok(last.and_then(|row| row.released_at))
}
