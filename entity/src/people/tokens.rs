//! Bearer tokens. Only their hashes reach the database.

use chrono::{DateTime, Utc};
use rules::sign_in::{TokenKind, TokenScope, stored_scopes};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{access_token, person};
use crate::audit::{self, Change, Deed};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// A token to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// As whom it acts.
    pub person_id: Uuid,
    /// SHA-256 of its text, hexadecimal.
    pub token_hash: &'a str,
    /// What it is for, shown in lists.
    pub label: &'a str,
    /// Whose hands it is in.
    pub kind: TokenKind,
    /// What it may do.
    pub scopes: &'a [TokenScope],
    /// From when it is refused.
    pub expires_at: DateTime<Utc>,
    /// Who makes it; none for the command line.
    pub by: Option<Uuid>,
}

/// Keeps a new token, audits it as `tokenIssued`, and returns its id.
///
/// # Errors
/// A hash that is there already, or another database fault.
pub async fn keep(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    new: NewToken<'_>,
) -> Result<Uuid, StoreError> {
    let row = insert(txn, now, new).await?;
    let deed = Deed {
        action: "tokenIssued",
        node: Some(("AccessToken", row.id)),
        changes: vec![
            Change::came("kind", &row.kind),
            Change::came("scopes", &row.scopes),
            Change::came("expiresAt", &row.expires_at.to_rfc3339()),
        ],
        ..Deed::default()
    };
    audit::record(txn, new.by, now, deed).await?;
    Ok(row.id)
}

/// Keeps a new token. Whoever calls it audits it.
///
/// # Errors
/// As [`keep`].
pub async fn insert(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    new: NewToken<'_>,
) -> Result<access_token::Model, StoreError> {
    let kind: &str = new.kind.into();
    let scopes = stored_scopes(new.scopes);
    let row = access_token::Model {
        id: new_id(now),
        person_id: new.person_id,
        token_hash: new.token_hash.to_owned(),
        label: new.label.to_owned(),
        created_at: now,
        expires_at: new.expires_at,
        revoked_at: None,
        kind: kind.to_owned(),
        scopes: scopes.to_owned(),
        created_by: new.by,
        last_used_at: None,
    };
    let inserted = row.clone().into_active_model();
    access_token::Entity::insert(inserted).exec_without_returning(txn).await?;
    Ok(row)
}

/// Takes back a token that the scope sees; one taken back already stays as it is. Whoever calls it
/// audits it.
///
/// # Errors
/// No such token in sight, or a database fault.
pub async fn take_back(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<access_token::Model, StoreError> {
    access_token::Entity::update_many()
        .col_expr(access_token::Column::RevokedAt, Some(now).into())
        .filter(access_token::Column::Id.eq(id))
        .filter(access_token::Column::RevokedAt.is_null())
        .filter(scope.access_tokens())
        .exec(txn)
        .await?;
    let found = access_token::Entity::find_by_id(id).filter(scope.access_tokens());
    found.one(txn).await?.ok_or_else(|| {
        let message = "There is no such access token.";
        StoreError::refused(RefusalCode::NotFound, Some("accessTokenId"), message)
    })
}

/// Keeps a new token of a person who may read and write, made on the command line.
///
/// # Errors
/// As [`keep`].
pub async fn issue(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    person_id: Uuid,
    token_hash: &str,
    label: &str,
    expires_at: DateTime<Utc>,
) -> Result<Uuid, StoreError> {
    let (kind, scopes) = (TokenKind::Person, &[TokenScope::Read, TokenScope::Write][..]);
    let new = NewToken { person_id, token_hash, label, kind, scopes, expires_at, by: None };
    keep(txn, now, new).await
}

/// Takes back a token and audits it as `tokenRevoked`; false when it was taken back already.
///
/// # Errors
/// A database fault.
pub async fn revoke(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    by: Uuid,
    id: Uuid,
) -> Result<bool, StoreError> {
    let revoked = access_token::Entity::update_many()
        .col_expr(access_token::Column::RevokedAt, Some(now).into())
        .filter(access_token::Column::Id.eq(id))
        .filter(access_token::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    if revoked.rows_affected == 0 {
        return Ok(false);
    }
    let deed = Deed { action: "tokenRevoked", node: Some(("AccessToken", id)), ..Deed::default() };
    audit::record(txn, Some(by), now, deed).await?;
    Ok(true)
}

/// Whom a token of the demonstration signs in, and their name, if this is the SHA-256 (hexadecimal)
/// of one in force.
///
/// # Errors
/// A database fault.
pub async fn find_demo(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<(Uuid, String)>, DbErr> {
    let kind: &str = TokenKind::Demo.into();
    let token = access_token::Entity::find()
        .filter(access_token::Column::TokenHash.eq(token_hash))
        .filter(access_token::Column::Kind.eq(kind))
        .filter(access_token::Column::RevokedAt.is_null())
        .filter(access_token::Column::ExpiresAt.gt(now))
        .one(db)
        .await?;
    let Some(token) = token else { return Ok(None) };
    let person = person::Entity::find_by_id(token.person_id).one(db).await?;
    Ok(person.map(|person| (person.id, person.name)))
}

/// Notes that a request came with a token.
///
/// # Errors
/// A database fault.
pub async fn touch(txn: &DatabaseTransaction, now: DateTime<Utc>, id: Uuid) -> Result<(), DbErr> {
    access_token::Entity::update_many()
        .col_expr(access_token::Column::LastUsedAt, Some(now).into())
        .filter(access_token::Column::Id.eq(id))
        .exec(txn)
        .await?;
    Ok(())
}

/// Takes back every token with this label, and says how many.
///
/// # Errors
/// A database fault.
pub async fn revoke_labelled(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    label: &str,
) -> Result<u64, StoreError> {
    let revoked = access_token::Entity::update_many()
        .col_expr(access_token::Column::RevokedAt, Some(now).into())
        .filter(access_token::Column::Label.eq(label))
        .filter(access_token::Column::RevokedAt.is_null())
        .exec(txn)
        .await?;
    Ok(revoked.rows_affected)
}
