//! Whom a bearer token signs in, and what their roles add up to.

use chrono::{DateTime, Utc};
use rules::people::Role;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
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
