//! Links by mail that sign school users in: asked for, mailed, spent once.
//!
//! Asking is the same work whoever's address it is: one row, with a person or without. Letters are
//! queued later, by the worker, so that not even the time an answer takes tells who is known.

use chrono::{DateTime, TimeDelta, Utc};
use rules::messages::{About, MessageKind};
use rules::people::Role;
use rules::sign_in::{LINK_LASTS, LINK_WINDOW, may_ask_for_link, may_use_links};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait as _,
    IntoActiveModel as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    Select,
};
use uuid::Uuid;

use super::{person, role_grant, sign_in_link};
use crate::audit::{self, Deed};
use crate::messages::letters::{self, LetterWish};
use crate::outcome::StoreError;

/// How long requests are kept to be counted and looked into.
const KEPT: TimeDelta = TimeDelta::days(30);
/// Most letters queued at a time.
const AT_ONCE: u64 = 500;

/// A request for a link.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// The address, as typed.
    pub email: &'a str,
    /// Id of the row to be, from which its token was made.
    pub id: Uuid,
    /// SHA-256 of that token, hexadecimal.
    pub token_hash: &'a str,
    /// The address sealed, for counting.
    pub address_hash: &'a str,
    /// The network it comes from, sealed.
    pub network_hash: &'a str,
    /// Where whoever it signs in goes then: a path of ours.
    pub return_to: &'a str,
}

/// What became of a request for a link. Neither tells whether anybody has that address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is written down, and answered by a mail if there is anybody to have one.
    Noted,
    /// Too many of late for this address, or from this network. Nothing was written down.
    TooMany,
}

/// Writes down a request for a link; the links before it for the same address open nothing any more.
///
/// # Errors
/// A database fault.
pub async fn ask(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    asking: Asking<'_>,
) -> Result<Asked, DbErr> {
    use sign_in_link::Column as C;
    alone(txn, asking.network_hash).await?;
    alone(txn, asking.address_hash).await?;
    let since = now - LINK_WINDOW;
    let asked = async |column: C, hash: &str| {
        let of_late = sign_in_link::Entity::find().filter(column.eq(hash));
        of_late.filter(C::CreatedAt.gt(since)).count(txn).await
    };
    let for_address = asked(C::AddressHash, asking.address_hash).await?;
    let from_network = asked(C::NetworkHash, asking.network_hash).await?;
    if !may_ask_for_link(for_address, from_network) {
        return Ok(Asked::TooMany);
    }
    let email = asking.email.trim().to_lowercase();
    let known = person::Entity::find().filter(person::Column::Email.eq(email)).one(txn).await?;
    let known = known.map_or(Uuid::nil(), |person| person.id);
    let person_id = may_use_links(&roles(txn, known).await?).then_some(known);
    sign_in_link::Entity::update_many()
        .col_expr(C::ExpiresAt, now.into())
        .filter(C::AddressHash.eq(asking.address_hash))
        .filter(C::ExpiresAt.gt(now))
        .exec(txn)
        .await?;
    let row = sign_in_link::Model {
        id: asking.id,
        person_id,
        token_hash: asking.token_hash.to_owned(),
        address_hash: asking.address_hash.to_owned(),
        network_hash: asking.network_hash.to_owned(),
        return_to: asking.return_to.to_owned(),
        created_at: now,
        expires_at: now + LINK_LASTS,
        queued_at: None,
        spent_at: None,
    };
    sign_in_link::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    let old = C::CreatedAt.lt(now - KEPT);
    sign_in_link::Entity::delete_many().filter(old).exec(txn).await?;
    let (action, detail) = match person_id {
        Some(_) => ("signInLinkSent", "A link by mail was asked for."),
        None => ("signInRefused", "A link by mail was asked for an address that gets none."),
    };
    let node = Some(("SignInLink", asking.id));
    audit::record(txn, person_id, now, Deed { action, node, detail, ..Deed::default() }).await?;
    Ok(Asked::Noted)
}

/// Links that have a person, still open a session, and have no letter yet.
fn waiting(now: DateTime<Utc>) -> Select<sign_in_link::Entity> {
    use sign_in_link::Column as C;
    sign_in_link::Entity::find()
        .filter(C::QueuedAt.is_null())
        .filter(C::PersonId.is_not_null())
        .filter(C::ExpiresAt.gt(now))
        // For the index: none that still opens a session is older.
        .filter(C::CreatedAt.gt(now - LINK_LASTS))
        .order_by_asc(C::CreatedAt)
        .limit(AT_ONCE)
}

/// Whether there is a link that waits for its letter.
///
/// # Errors
/// A database fault.
pub async fn are_waiting(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, DbErr> {
    Ok(waiting(now).one(db).await?.is_some())
}

/// Queues a letter for every link that waits for one, and says how many.
///
/// # Errors
/// A database fault.
pub async fn queue_letters(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    use sign_in_link::Column as C;
    let mut queued = 0;
    for link in waiting(now).all(txn).await? {
        let Some(person_id) = link.person_id else { continue };
        let wish = LetterWish {
            kind: MessageKind::SignInLink,
            person_id,
            about: About::SignInLink,
            about_id: link.id,
            dedupe_key: format!("sign_in_link:{}", link.id),
            send_after: now,
            expires_at: link.expires_at,
        };
        // Another worker may have been first: the key keeps it to one letter.
        queued += usize::from(letters::queue(txn, now, wish).await?);
        sign_in_link::Entity::update_many()
            .col_expr(C::QueuedAt, Some(now).into())
            .filter(C::Id.eq(link.id))
            .exec(txn)
            .await?;
    }
    Ok(queued)
}

/// Why the letter with a link is no longer wanted; nothing, when it is.
///
/// # Errors
/// A database fault.
pub async fn still_wanted(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<Option<&'static str>, DbErr> {
    let link = sign_in_link::Entity::find_by_id(id).one(db).await?;
    let good = link.is_some_and(|link| is_good(&link, now));
    Ok((!good).then_some("The link in it opens nothing any more."))
}

/// The link whose token has this SHA-256 (hexadecimal), if it opens a session at `now`.
///
/// # Errors
/// A database fault.
pub async fn find(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<sign_in_link::Model>, DbErr> {
    let link = sign_in_link::Entity::find()
        .filter(sign_in_link::Column::TokenHash.eq(token_hash))
        .one(db)
        .await?;
    let Some(link) = link.filter(|link| is_good(link, now)) else { return Ok(None) };
    let person = link.person_id.unwrap_or_default();
    Ok(may_use_links(&roles(db, person).await?).then_some(link))
}

/// Where the link whose token has this hash led to, whether or not it opens anything any more.
///
/// # Errors
/// A database fault.
pub async fn return_to(
    db: &impl ConnectionTrait,
    token_hash: &str,
) -> Result<Option<String>, DbErr> {
    sign_in_link::Entity::find()
        .select_only()
        .column(sign_in_link::Column::ReturnTo)
        .filter(sign_in_link::Column::TokenHash.eq(token_hash))
        .into_tuple()
        .one(db)
        .await
}

/// Spends the link with this hash: none when it opens nothing, or no longer. Of two who spend it at
/// once, one does.
///
/// # Errors
/// A database fault.
pub async fn spend(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    token_hash: &str,
) -> Result<Option<sign_in_link::Model>, DbErr> {
    use sign_in_link::Column as C;
    let Some(link) = find(txn, token_hash, now).await? else { return Ok(None) };
    let spent = sign_in_link::ActiveModel { spent_at: Set(Some(now)), ..Default::default() };
    let spent = sign_in_link::Entity::update_many()
        .set(spent)
        .filter(C::Id.eq(link.id))
        .filter(C::SpentAt.is_null())
        .exec(txn)
        .await?;
    Ok(Some(link).filter(|_| spent.rows_affected == 1))
}

/// Audits that a link was used that opens nothing any more. What is no link of ours is not written
/// down: anybody could fill the audit with it.
///
/// # Errors
/// A database fault.
pub async fn refuse(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    token_hash: &str,
) -> Result<(), DbErr> {
    let link = sign_in_link::Entity::find()
        .filter(sign_in_link::Column::TokenHash.eq(token_hash))
        .one(txn)
        .await?;
    let Some(link) = link else { return Ok(()) };
    let detail = "A link by mail was used that opens nothing any more.";
    let node = Some(("SignInLink", link.id));
    let deed = Deed { action: "signInRefused", node, detail, ..Deed::default() };
    audit::record(txn, link.person_id, now, deed).await
}

fn is_good(link: &sign_in_link::Model, now: DateTime<Utc>) -> bool {
    link.person_id.is_some() && link.spent_at.is_none() && now < link.expires_at
}

/// The roles a person has; a word this version does not know counts as one that may do most.
async fn roles(db: &impl ConnectionTrait, person_id: Uuid) -> Result<Vec<Role>, DbErr> {
    let held: Vec<String> = role_grant::Entity::find()
        .select_only()
        .column(role_grant::Column::Role)
        .filter(role_grant::Column::PersonId.eq(person_id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .into_tuple()
        .all(db)
        .await?;
    Ok(held.iter().map(|role| role.parse().unwrap_or(Role::ProgrammeAdmin)).collect())
}

/// Makes this transaction the only one that counts under `hash` until it ends: two at once would
/// both find room for one more. On SQLite the one writer is alone anyway.
async fn alone(txn: &DatabaseTransaction, hash: &str) -> Result<(), DbErr> {
    if txn.get_database_backend() == DbBackend::Postgres {
        let lock = "SELECT pg_advisory_xact_lock(hashtext('sign_in_link'), hashtext($1))";
        let lock =
            sea_orm::Statement::from_sql_and_values(DbBackend::Postgres, lock, [hash.into()]);
        txn.execute_raw(lock).await?;
    }
    Ok(())
}
