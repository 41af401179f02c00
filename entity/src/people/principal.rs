//! Whom a bearer token or a session signs in, and what their roles add up to.

use chrono::{DateTime, TimeDelta, Utc};
use rules::people::Role as RoleName;
use rules::sign_in::{SignInMethod, TokenKind, TokenScope, is_worth_noting, scopes};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
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
            let is_machine = is_machine(&token.kind);
            let viewer =
                Viewer { only_reads, is_machine, now, ..viewer(db, token.person_id).await? };
            let unnoted =
                is_worth_noting(token.last_used_at, now).then_some(Unnoted::Token(token.id));
            Ok(Some(Principal { viewer, unnoted }))
        }
        Proof::Session(hash) => {
            let Some(session) = sessions::find(db, hash, now).await? else { return Ok(None) };
            let session_id = Some(session.id);
            let viewer = Viewer { session_id, now, ..viewer(db, session.person_id).await? };
            // Whoever has become more than a school user since signs in again, by what that takes.
            let by_link = session.method.parse() == Ok(SignInMethod::MagicLink);
            if by_link && !viewer.is_school_user_alone() {
                return Ok(None);
            }
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
        grant_to(&mut viewer, &grant.role, grant.region_id, grant.hub_id, grant.setting_id);
    }
    with_schools(db, viewer).await
}

/// Adds what a role allows.
fn grant_to(
    viewer: &mut Viewer,
    role: &str,
    region: Option<Uuid>,
    hub: Option<Uuid>,
    setting: Option<Uuid>,
) {
    match role.parse() {
        Ok(RoleName::ProgrammeAdmin) => viewer.admin = true,
        Ok(RoleName::RegionalLead) => viewer.regions.extend(region),
        Ok(RoleName::HubLead) => viewer.hubs.extend(hub),
        Ok(RoleName::SchoolUser) => viewer.settings.extend(setting),
        Ok(RoleName::ExternalEvaluator) => viewer.evaluator = true,
        Err(_) => {}
    }
}

/// The same viewer with the schools of their trusts.
///
/// # Errors
/// A database fault.
pub async fn with_schools(db: &impl ConnectionTrait, mut viewer: Viewer) -> Result<Viewer, DbErr> {
    if !viewer.settings.is_empty() {
        let schools = schools_of_trusts(db, &viewer.settings).await?;
        viewer.settings.extend(schools);
        viewer.settings.sort_unstable();
        viewer.settings.dedup();
    }
    Ok(viewer)
}

/// A role of whoever has a token, as [`of_token`] selects it, in this order.
#[derive(Clone, Copy, Debug)]
pub struct Role<'r> {
    /// The person.
    pub person_id: Uuid,
    /// The token.
    pub token_id: Uuid,
    /// Whether a program has the token, or who knows.
    pub kind: &'r str,
    /// What the token may do.
    pub scopes: &'r str,
    /// When its use was last noted.
    pub last_used_at: Option<DateTime<Utc>>,
    /// The role; none for a person who has none.
    pub role: Option<&'r str>,
    /// Its region.
    pub region_id: Option<Uuid>,
    /// Its hub.
    pub hub_id: Option<Uuid>,
    /// Its setting.
    pub setting_id: Option<Uuid>,
}

/// Whether a program has a token of this kind. A kind this version does not know is trusted least.
fn is_machine(kind: &str) -> bool {
    !matches!(kind.parse(), Ok(TokenKind::Person | TokenKind::Demo))
}

/// What [`prove`] asks of a token, in one statement: a row for each role of its person.
#[must_use]
pub fn of_token(token_hash: &str, now: DateTime<Utc>) -> SelectStatement {
    let token = |column| Expr::col(("access_token", column));
    let grant = |column| Expr::col(("role_grant", column));
    let roles = grant("person_id").equals(("access_token", "person_id"));
    let of_token = ["person_id", "id", "kind", "scopes", "last_used_at"];
    let of_grant = ["role", "region_id", "hub_id", "setting_id"];
    Query::select()
        .columns(of_token.map(|name| ("access_token", name)))
        .columns(of_grant.map(|name| ("role_grant", name)))
        .from("access_token")
        .left_join("role_grant", roles.and(grant("revoked_at").is_null()))
        .and_where(token("token_hash").eq(token_hash))
        .and_where(token("revoked_at").is_null())
        .and_where(token("expires_at").gt(now))
        .to_owned()
}

/// Who has these roles of a token, less the schools of their trusts: see [`with_schools`]. None
/// without a row, or with a token that may do nothing.
#[must_use]
pub fn of_roles(roles: &[Role<'_>], now: DateTime<Utc>) -> Option<Principal> {
    let token = roles.first()?;
    let may = scopes(token.scopes);
    if may.is_empty() {
        return None;
    }
    let only_reads = !may.contains(&TokenScope::Write);
    let person_id = token.person_id;
    let is_machine = is_machine(token.kind);
    let mut viewer = Viewer { person_id, only_reads, is_machine, now, ..Viewer::default() };
    for of in roles {
        if let Some(role) = of.role {
            grant_to(&mut viewer, role, of.region_id, of.hub_id, of.setting_id);
        }
    }
    let unnoted =
        is_worth_noting(token.last_used_at, now).then_some(Unnoted::Token(token.token_id));
    Some(Principal { viewer, unnoted })
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
