//! Roles given to people.

use chrono::{DateTime, Utc};
use rules::people::Role;
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{role_grant, setting};
use crate::hubs::hub;
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::schools::region;

/// A role and where it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Everything.
    ProgrammeAdmin,
    /// The hubs of a region.
    RegionalLead {
        /// The region.
        region_id: Uuid,
    },
    /// A hub and its partners.
    HubLead {
        /// The hub.
        hub_id: Uuid,
    },
    /// A school, or a trust with its schools.
    SchoolUser {
        /// Its setting.
        setting_id: Uuid,
    },
    /// Results and anonymised figures.
    ExternalEvaluator,
}

impl Grant {
    /// The role, its region, its hub and its setting.
    fn parts(self) -> (Role, Option<Uuid>, Option<Uuid>, Option<Uuid>) {
        match self {
            Self::ProgrammeAdmin => (Role::ProgrammeAdmin, None, None, None),
            Self::RegionalLead { region_id } => (Role::RegionalLead, Some(region_id), None, None),
            Self::HubLead { hub_id } => (Role::HubLead, None, Some(hub_id), None),
            Self::SchoolUser { setting_id } => (Role::SchoolUser, None, None, Some(setting_id)),
            Self::ExternalEvaluator => (Role::ExternalEvaluator, None, None, None),
        }
    }
}

/// A role as its holder reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role: Role,
    /// The name of the region, hub or setting it is for; none where it is for none.
    pub place: Option<String>,
}

/// The roles that a person has, the oldest first.
///
/// # Errors
/// A database fault.
pub async fn held(db: &impl ConnectionTrait, person_id: Uuid) -> Result<Vec<Held>, DbErr> {
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person_id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .order_by_asc(role_grant::Column::GrantedAt)
        .order_by_asc(role_grant::Column::Id)
        .all(db)
        .await?;
    let mut held = Vec::new();
    for grant in grants {
        // A word this version does not know allows nothing.
        let Ok(role) = grant.role.parse() else { continue };
        let place = match (grant.region_id, grant.hub_id, grant.setting_id) {
            (Some(id), ..) => {
                region::Entity::find_by_id(id).one(db).await?.map(|region| region.name)
            }
            (_, Some(id), _) => hub::Entity::find_by_id(id).one(db).await?.map(|hub| hub.name),
            (.., Some(id)) => {
                setting::Entity::find_by_id(id).one(db).await?.map(|setting| setting.name)
            }
            _ => None,
        };
        held.push(Held { role, place });
    }
    Ok(held)
}

/// Gives a person a role; says whether they did not hold it before.
///
/// # Errors
/// A database fault.
pub async fn grant(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    person_id: Uuid,
    grant: Grant,
) -> Result<bool, StoreError> {
    let (role, region_id, hub_id, setting_id) = grant.parts();
    let role = <&str>::from(role);
    let held = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person_id))
        .filter(role_grant::Column::Role.eq(role))
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(same(role_grant::Column::RegionId, region_id))
        .filter(same(role_grant::Column::HubId, hub_id))
        .filter(same(role_grant::Column::SettingId, setting_id))
        .one(txn)
        .await?;
    if held.is_some() {
        return Ok(false);
    }
    let row = role_grant::Model {
        id: new_id(now),
        person_id,
        role: role.to_owned(),
        region_id,
        hub_id,
        setting_id,
        granted_at: now,
        revoked_at: None,
    };
    role_grant::Entity::insert(row.into_active_model()).exec_without_returning(txn).await?;
    Ok(true)
}

/// Takes a role back; says whether they held it.
///
/// # Errors
/// A database fault.
pub async fn take_back(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    person_id: Uuid,
    grant: Grant,
) -> Result<bool, StoreError> {
    let (role, region_id, hub_id, setting_id) = grant.parts();
    let revoked = role_grant::Entity::update_many()
        .col_expr(role_grant::Column::RevokedAt, Some(now).into())
        .filter(role_grant::Column::PersonId.eq(person_id))
        .filter(role_grant::Column::Role.eq(<&str>::from(role)))
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(same(role_grant::Column::RegionId, region_id))
        .filter(same(role_grant::Column::HubId, hub_id))
        .filter(same(role_grant::Column::SettingId, setting_id))
        .exec(txn)
        .await?;
    Ok(revoked.rows_affected > 0)
}

fn same(column: role_grant::Column, id: Option<Uuid>) -> SimpleExpr {
    match id {
        Some(id) => column.eq(id),
        None => column.is_null(),
    }
}
