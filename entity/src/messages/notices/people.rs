//! Whom a notice concerns.

use std::collections::{BTreeMap, BTreeSet};

use rules::people::{ContactRole, Role};
use rules::programme::Policy;
use rules::visits::Party;
use sea_orm::{ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::super::text;
use crate::hubs::hub;
use crate::outcome::StoreError;
use crate::people::{contact, role_grant};
use crate::programme::programme;

/// The name and the policy of a programme.
pub(super) async fn programme_of(
    db: &impl ConnectionTrait,
    id: Uuid,
) -> Result<(String, Policy), StoreError> {
    let unreadable = |problem: String| StoreError::Unreadable { table: "programme", id, problem };
    let row = programme::Entity::find_by_id(id).one(db).await?;
    let row = row.ok_or_else(|| unreadable("it is missing".to_owned()))?;
    let policy = serde_json::from_value(row.policy).map_err(|err| unreadable(err.to_string()))?;
    Ok((row.name, policy))
}

/// Who speaks for each of these settings: its contacts in the roles that the policy reminds.
pub(super) async fn contacts(
    db: &impl ConnectionTrait,
    policy: &Policy,
    settings: &[Uuid],
) -> Result<BTreeMap<Uuid, BTreeSet<Uuid>>, StoreError> {
    let mut found: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for settings in settings.chunks(super::super::BATCH) {
        let rows = contact::Entity::find()
            .filter(contact::Column::SettingId.is_in(settings.iter().copied()))
            .filter(contact::Column::Role.is_in(policy.recipients.iter().map(|role| text(*role))))
            .filter(contact::Column::EndedAt.is_null())
            .all(db)
            .await?;
        for row in rows {
            found.entry(row.setting_id).or_default().insert(row.person_id);
        }
    }
    Ok(found)
}

/// Who runs a hub: those granted it, and the hub leads among its lead setting's contacts.
pub(super) async fn leads(
    db: &impl ConnectionTrait,
    hub: &hub::Model,
) -> Result<BTreeSet<Uuid>, StoreError> {
    let granted = role_grant::Entity::find()
        .filter(role_grant::Column::Role.eq(text(Role::HubLead)))
        .filter(role_grant::Column::HubId.eq(hub.id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(db)
        .await?;
    let named = contact::Entity::find()
        .filter(contact::Column::SettingId.eq(hub.lead_setting_id))
        .filter(contact::Column::Role.eq(text(ContactRole::HubLead)))
        .filter(contact::Column::EndedAt.is_null())
        .all(db)
        .await?;
    let granted = granted.into_iter().map(|row| row.person_id);
    Ok(granted.chain(named.into_iter().map(|row| row.person_id)).collect())
}

/// The hubs that somebody runs, as `leads` has it.
pub(super) async fn led_by(
    db: &impl ConnectionTrait,
    person_id: Uuid,
) -> Result<Condition, StoreError> {
    let granted = role_grant::Entity::find()
        .filter(role_grant::Column::Role.eq(text(Role::HubLead)))
        .filter(role_grant::Column::PersonId.eq(person_id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(db)
        .await?;
    let named = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::Role.eq(text(ContactRole::HubLead)))
        .filter(contact::Column::EndedAt.is_null())
        .all(db)
        .await?;
    let granted = granted.into_iter().filter_map(|row| row.hub_id);
    let named = named.into_iter().map(|row| row.setting_id);
    Ok(Condition::any()
        .add(hub::Column::Id.is_in(granted))
        .add(hub::Column::LeadSettingId.is_in(named)))
}

/// Whether somebody is a contact of a setting, in whatever role.
pub(super) async fn is_contact(
    db: &impl ConnectionTrait,
    person_id: Uuid,
    setting_id: Uuid,
) -> Result<bool, StoreError> {
    let found = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::SettingId.eq(setting_id))
        .filter(contact::Column::EndedAt.is_null())
        .one(db)
        .await?;
    Ok(found.is_some())
}

/// Those of these people who still have a part in anything.
pub(super) async fn still_here(
    db: &impl ConnectionTrait,
    people: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let of = |column: contact::Column| column.is_in(people.iter().copied());
    let contacts = contact::Entity::find()
        .filter(of(contact::Column::PersonId))
        .filter(contact::Column::EndedAt.is_null())
        .all(db)
        .await?;
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.is_in(people.iter().copied()))
        .filter(Condition::all().add(role_grant::Column::RevokedAt.is_null()))
        .all(db)
        .await?;
    let here: BTreeSet<Uuid> = contacts
        .into_iter()
        .map(|row| row.person_id)
        .chain(grants.into_iter().map(|row| row.person_id))
        .collect();
    Ok(people.iter().copied().filter(|person| here.contains(person)).collect())
}

/// Both sides of a visit: who speaks for the partner, and who runs the hub or comes for it.
#[derive(Debug, Default)]
pub(super) struct Sides {
    /// Of the partner.
    pub partner: BTreeSet<Uuid>,
    /// Of the hub.
    pub hub: BTreeSet<Uuid>,
}

impl Sides {
    /// Everybody, each once.
    pub fn all(&self) -> Vec<Uuid> {
        self.partner.union(&self.hub).copied().collect()
    }

    /// On which side somebody is, if on any.
    pub fn of(&self, person: Uuid) -> Option<Party> {
        if self.partner.contains(&person) {
            return Some(Party::Partner);
        }
        self.hub.contains(&person).then_some(Party::Hub)
    }
}
