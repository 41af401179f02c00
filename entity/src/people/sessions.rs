//! Sessions of browsers: opened, found, kept alive, ended. Whatever begins or ends one is audited
//! here, so that no way of signing in can forget it.

use chrono::{DateTime, TimeDelta, Utc};
use rules::sign_in::{SignInMethod, idle_until};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::session;
use crate::audit::{self, Change, Deed};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// A session to be opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// Who signed in.
    pub person_id: Uuid,
    /// SHA-256 of the cookie's token, hexadecimal.
    pub token_hash: &'a str,
    /// How they signed in.
    pub method: SignInMethod,
    /// Which sign-in service vouched for them, by its key in the settings.
    pub issuer: Option<&'a str>,
    /// What the browser calls itself; see [`rules::sign_in::user_agent`].
    pub user_agent: &'a str,
    /// How long it lasts without a request.
    pub idle: TimeDelta,
    /// How long it lasts in any case.
    pub longest: TimeDelta,
    /// Hash of the session that the same browser had, which ends with this.
    pub instead_of: Option<&'a str>,
}

/// Opens a session, ends the one the browser had before, and audits it as `signedIn`.
///
/// # Errors
/// A hash that is there already, or another database fault.
pub async fn open(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    opening: Opening<'_>,
) -> Result<session::Model, DbErr> {
    if let Some(old) = opening.instead_of {
        let of_hash = Condition::all().add(session::Column::TokenHash.eq(old));
        end(txn, now, of_hash).await?;
    }
    let method: &str = opening.method.into();
    let expires_at = now + opening.longest;
    let row = session::Model {
        id: new_id(now),
        person_id: opening.person_id,
        token_hash: opening.token_hash.to_owned(),
        method: method.to_owned(),
        issuer: opening.issuer.map(str::to_owned),
        created_at: now,
        last_seen_at: now,
        idle_until: idle_until(now, opening.idle, expires_at),
        expires_at,
        revoked_at: None,
        user_agent: opening.user_agent.to_owned(),
    };
    let inserted = row.clone().into_active_model();
    session::Entity::insert(inserted).exec_without_returning(txn).await?;
    let mut changes = vec![Change::came("method", &method)];
    changes.extend(opening.issuer.map(|issuer| Change::came("issuer", &issuer)));
    let deed =
        Deed { action: "signedIn", node: Some(("Session", row.id)), changes, ..Deed::default() };
    audit::record(txn, Some(row.person_id), now, deed).await?;
    Ok(row)
}

/// Those that are in force at `now`.
fn in_force(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(session::Column::RevokedAt.is_null())
        .add(session::Column::IdleUntil.gt(now))
        .add(session::Column::ExpiresAt.gt(now))
}

/// The session whose token has this SHA-256 (hexadecimal), if it is in force at `now`.
///
/// # Errors
/// A database fault.
pub async fn find(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<session::Model>, DbErr> {
    session::Entity::find()
        .filter(session::Column::TokenHash.eq(token_hash))
        .filter(in_force(now))
        .one(db)
        .await
}

/// A person's sessions that are in force at `now`, the last used first, no more than `most`.
///
/// # Errors
/// A database fault.
pub async fn of_person(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    person_id: Uuid,
    most: u64,
) -> Result<Vec<session::Model>, DbErr> {
    session::Entity::find()
        .filter(session::Column::PersonId.eq(person_id))
        .filter(in_force(now))
        .order_by_desc(session::Column::LastSeenAt)
        .order_by_desc(session::Column::Id)
        .limit(most)
        .all(db)
        .await
}

/// Notes that a request came with a session, which lasts `idle` from then on, within its end. One
/// that has ended stays ended.
///
/// # Errors
/// A database fault.
pub async fn touch(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    found: &session::Model,
    idle: TimeDelta,
) -> Result<(), DbErr> {
    let seen = session::ActiveModel {
        last_seen_at: Set(now),
        idle_until: Set(idle_until(now, idle, found.expires_at)),
        ..session::ActiveModel::default()
    };
    session::Entity::update_many()
        .set(seen)
        .filter(session::Column::Id.eq(found.id))
        .filter(in_force(now))
        .exec(txn)
        .await?;
    Ok(())
}

/// Ends a session and audits it as `action`: `signedOut` by its own browser, `sessionRevoked` from
/// elsewhere. False when it had ended already.
///
/// # Errors
/// A database fault.
pub async fn revoke(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    by: Uuid,
    id: Uuid,
    action: &str,
) -> Result<bool, DbErr> {
    let ended = end(txn, now, Condition::all().add(session::Column::Id.eq(id))).await?;
    if ended > 0 {
        let deed = Deed { action, node: Some(("Session", id)), ..Deed::default() };
        audit::record(txn, Some(by), now, deed).await?;
    }
    Ok(ended > 0)
}

/// Ends a session that the scope sees; one that has ended stays as it is. Whoever calls it audits it.
///
/// # Errors
/// No such session in sight, or a database fault.
pub async fn end_one(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<session::Model, StoreError> {
    let found = session::Entity::find_by_id(id).filter(scope.sessions());
    if found.one(txn).await?.is_some() {
        end(txn, now, Condition::all().add(session::Column::Id.eq(id))).await?;
    }
    let found = session::Entity::find_by_id(id).filter(scope.sessions()).one(txn).await?;
    found.ok_or_else(|| {
        let message = "There is no such session.";
        StoreError::refused(RefusalCode::NotFound, Some("sessionId"), message)
    })
}

/// Ends all sessions of a person but `except`, says how many, and audits each as `sessionRevoked`.
///
/// # Errors
/// A database fault.
pub async fn revoke_all(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    by: Option<Uuid>,
    person_id: Uuid,
    except: Option<Uuid>,
) -> Result<usize, DbErr> {
    let mut which =
        Condition::all().add(session::Column::PersonId.eq(person_id)).add(in_force(now));
    if let Some(except) = except {
        which = which.add(session::Column::Id.ne(except));
    }
    let ids: Vec<Uuid> = session::Entity::find()
        .select_only()
        .column(session::Column::Id)
        .filter(which)
        .into_tuple()
        .all(txn)
        .await?;
    for id in &ids {
        end(txn, now, Condition::all().add(session::Column::Id.eq(*id))).await?;
        let deed =
            Deed { action: "sessionRevoked", node: Some(("Session", *id)), ..Deed::default() };
        audit::record(txn, by, now, deed).await?;
    }
    Ok(ids.len())
}

/// Ends those of `which` that are in force, and says how many.
async fn end(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    which: Condition,
) -> Result<u64, DbErr> {
    let ended = session::ActiveModel { revoked_at: Set(Some(now)), ..Default::default() };
    let done = session::Entity::update_many()
        .set(ended)
        .filter(which)
        .filter(in_force(now))
        .exec(txn)
        .await?;
    Ok(done.rows_affected)
}
