//! Whom a bearer token signs in, and what their roles add up to.

use chrono::{DateTime, Utc};
use rules::people::Role;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DbErr, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{access_token, role_grant, setting};
use crate::scope::Viewer;

/// The viewer whose token has this SHA-256 (hexadecimal), if it is in force at `now`.
///
/// # Errors
/// A database fault.
pub async fn find(
    db: &impl ConnectionTrait,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<Viewer>, DbErr> {
    let token = access_token::Entity::find()
        .filter(access_token::Column::TokenHash.eq(token_hash))
        .filter(access_token::Column::RevokedAt.is_null())
        .filter(access_token::Column::ExpiresAt.gt(now))
        .one(db)
        .await?;
    match token {
        Some(token) => Ok(Some(Viewer { now, ..viewer(db, token.person_id).await? })),
        None => Ok(None),
    }
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
pub fn grant_to(
    viewer: &mut Viewer,
    role: &str,
    region: Option<Uuid>,
    hub: Option<Uuid>,
    setting: Option<Uuid>,
) {
    match role.parse() {
        Ok(Role::ProgrammeAdmin) => viewer.admin = true,
        Ok(Role::RegionalLead) => viewer.regions.extend(region),
        Ok(Role::HubLead) => viewer.hubs.extend(hub),
        Ok(Role::SchoolUser) => viewer.settings.extend(setting),
        Ok(Role::ExternalEvaluator) => viewer.evaluator = true,
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

/// One statement for what [`find`] asks in two: for each role of the person whose token has this
/// hash and is in force at `now`, a row of person, role, region, hub and setting; one row without a
/// role for somebody who has none.
#[must_use]
pub fn select(token_hash: &str, now: DateTime<Utc>) -> SelectStatement {
    let token = |column| Expr::col(("access_token", column));
    let grant = |column| Expr::col(("role_grant", column));
    let roles = grant("person_id").equals(("access_token", "person_id"));
    Query::select()
        .column(("access_token", "person_id"))
        .columns(["role", "region_id", "hub_id", "setting_id"].map(|name| ("role_grant", name)))
        .from("access_token")
        .left_join("role_grant", roles.and(grant("revoked_at").is_null()))
        .and_where(token("token_hash").eq(token_hash))
        .and_where(token("revoked_at").is_null())
        .and_where(token("expires_at").gt(now))
        .to_owned()
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
