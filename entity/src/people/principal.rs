//! Whom a bearer token or a session signs in, and what their roles add up to.

use chrono::{DateTime, TimeDelta, Utc};
use rules::people::Role;
use rules::sign_in::{TokenScope, is_worth_noting, scopes};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{access_token, role_grant, session, sessions, setting, tokens};
use crate::scope::Viewer;

/// What somebody proves with who they are: its SHA-256, hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A bearer token.
    Token(String),
    /// The cookie of a session.
    Session(String),
}

/// Somebody who proved who they are.
#[derive(Clone, Debug)]
pub struct Principal {
    /// Who, and what they may see.
    pub viewer: Viewer,
    /// What they came with, if its last use was noted long enough ago to be noted again.
    pub unnoted: Option<Unnoted>,
}

/// A token or session whose use is to be noted.
#[derive(Clone, Debug)]
pub enum Unnoted {
    /// The token with this id.
    Token(Uuid),
    /// The session.
    Session(Box<session::Model>),
}

/// Who proves themselves with this, if it is in force at `now`. A token that may do nothing is not.
///
/// # Errors
/// A database fault.
pub async fn prove(
    db: &impl ConnectionTrait,
    proof: &Proof,
    now: DateTime<Utc>,
) -> Result<Option<Principal>, DbErr> {
    match proof {
        Proof::Token(hash) => {
            let token = access_token::Entity::find()
                .filter(access_token::Column::TokenHash.eq(hash))
                .filter(access_token::Column::RevokedAt.is_null())
                .filter(access_token::Column::ExpiresAt.gt(now))
                .one(db)
                .await?;
            let Some(token) = token else { return Ok(None) };
            let may = scopes(&token.scopes);
            if may.is_empty() {
                return Ok(None);
            }
            let only_reads = !may.contains(&TokenScope::Write);
            let viewer = Viewer { only_reads, now, ..viewer(db, token.person_id).await? };
            let unnoted =
                is_worth_noting(token.last_used_at, now).then_some(Unnoted::Token(token.id));
            Ok(Some(Principal { viewer, unnoted }))
        }
        Proof::Session(hash) => {
            let Some(session) = sessions::find(db, hash, now).await? else { return Ok(None) };
            let session_id = Some(session.id);
            let viewer = Viewer { session_id, now, ..viewer(db, session.person_id).await? };
            let unnoted = is_worth_noting(Some(session.last_seen_at), now)
                .then(|| Unnoted::Session(Box::new(session)));
            Ok(Some(Principal { viewer, unnoted }))
        }
    }
}

/// Notes that somebody came with this; a session lasts `idle` from then on, within its end.
///
/// # Errors
/// A database fault.
pub async fn note(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    unnoted: &Unnoted,
    idle: TimeDelta,
) -> Result<(), DbErr> {
    match unnoted {
        Unnoted::Token(id) => tokens::touch(txn, now, *id).await,
        Unnoted::Session(session) => sessions::touch(txn, now, session, idle).await,
    }
}

/// The viewer whose token has this SHA-256 (hexadecimal), if it is in force at `now`.
///
/// # Errors
/// A database fault.
pub async fn find(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Viewer>, DbErr> {
    let proof = Proof::Token(token_hash.to_owned());
    Ok(prove(db, &proof, now).await?.map(|principal| principal.viewer))
}

/// What the roles a person has now add up to. A role this version does not know, and one that
/// lacks its region, hub or setting, allows nothing.
///
/// # Errors
/// A database fault.
pub async fn viewer(db: &impl ConnectionTrait, person_id: Uuid) -> Result<Viewer, DbErr> {
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person_id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(db)
        .await?;
    let mut viewer = Viewer { person_id, ..Viewer::default() };
    for grant in grants {
        match grant.role.parse() {
            Ok(Role::ProgrammeAdmin) => viewer.admin = true,
            Ok(Role::RegionalLead) => viewer.regions.extend(grant.region_id),
            Ok(Role::HubLead) => viewer.hubs.extend(grant.hub_id),
            Ok(Role::SchoolUser) => viewer.settings.extend(grant.setting_id),
            Ok(Role::ExternalEvaluator) => viewer.evaluator = true,
            Err(_) => {}
        }
    }
    if !viewer.settings.is_empty() {
        let schools = schools_of_trusts(db, &viewer.settings).await?;
        viewer.settings.extend(schools);
        viewer.settings.sort_unstable();
        viewer.settings.dedup();
    }
    Ok(viewer)
}

/// Settings of the schools of those of the settings that are trusts.
async fn schools_of_trusts(
    db: &impl ConnectionTrait,
    settings: &[Uuid],
) -> Result<Vec<Uuid>, DbErr> {
    let trusts = Query::select()
        .column(("setting", "trust_id"))
        .from("setting")
        .and_where(Expr::col(("setting", "id")).is_in(settings.iter().copied()))
        .and_where(Expr::col(("setting", "trust_id")).is_not_null())
        .to_owned();
    let schools = Query::select()
        .column(("school", "id"))
        .from("school")
        .and_where(Expr::col(("school", "trust_id")).in_subquery(trusts))
        .to_owned();
    setting::Entity::find()
        .select_only()
        .column(setting::Column::Id)
        .filter(setting::Column::SchoolId.in_subquery(schools))
        .into_tuple()
        .all(db)
        .await
}
