//! Everything around some obligations: whose they are, whom they concern, and what was sent of them.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use rules::people::{ContactRole, Role};
use rules::reminders::{ReminderState, Step};
use sea_orm::sea_query::{Query, SelectStatement};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QuerySelect as _,
};
use uuid::Uuid;

use crate::engagement::closed_settings;
use crate::enrolments::{enrolment, obligation};
use crate::hubs::hub;
use crate::messages::{BATCH, reminder, text};
use crate::outcome::{StoreError, word};
use crate::people::{contact, role_grant, setting};

/// Everything around the chosen obligations.
pub(super) struct Around {
    hubs: HashMap<Uuid, hub::Model>,
    /// Partner setting and whether it takes part, by enrolment.
    enrolments: HashMap<Uuid, (Uuid, bool)>,
    pub(super) names: HashMap<Uuid, String>,
    pub(super) closed: HashSet<Uuid>,
    contacts: HashMap<Uuid, Vec<(ContactRole, Uuid)>>,
    granted_leads: HashMap<Uuid, Vec<Uuid>>,
    pub(super) admins: Vec<Uuid>,
    ledger: HashMap<(Uuid, i32), BTreeSet<(Step, Uuid)>>,
    /// Rows that were passed over.
    pub(super) odd: Vec<StoreError>,
}

/// One column of the chosen obligations.
fn chosen(column: obligation::Column, which: &Condition) -> SelectStatement {
    Query::select()
        .column((obligation::Entity, column))
        .from(obligation::Entity)
        .cond_where(which.clone())
        .to_owned()
}

impl Around {
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        which: &Condition,
    ) -> Result<Self, StoreError> {
        let hubs = hub::Entity::find()
            .filter(hub::Column::Id.in_subquery(chosen(obligation::Column::HubId, which)))
            .all(db)
            .await?;
        let enrolments: Vec<(Uuid, Uuid, String)> = enrolment::Entity::find()
            .select_only()
            .columns([
                enrolment::Column::Id,
                enrolment::Column::PartnerSettingId,
                enrolment::Column::Status,
            ])
            .filter(
                enrolment::Column::Id.in_subquery(chosen(obligation::Column::EnrolmentId, which)),
            )
            .into_tuple()
            .all(db)
            .await?;
        let partners = enrolments.iter().map(|(_, partner, _)| *partner);
        let settings = distinct(partners.chain(hubs.iter().map(|hub| hub.lead_setting_id)));
        let mut names = HashMap::with_capacity(settings.len());
        let mut contacts: HashMap<Uuid, Vec<(ContactRole, Uuid)>> = HashMap::new();
        let mut odd = Vec::new();
        // By their ids: asked for by how they were chosen, all settings were read each time.
        for some in settings.chunks(BATCH) {
            let found: Vec<(Uuid, String)> = setting::Entity::find()
                .select_only()
                .columns([setting::Column::Id, setting::Column::Name])
                .filter(setting::Column::Id.is_in(some.iter().copied()))
                .into_tuple()
                .all(db)
                .await?;
            names.extend(found);
            let people = contact::Entity::find()
                .filter(contact::Column::EndedAt.is_null())
                .filter(contact::Column::SettingId.is_in(some.iter().copied()))
                .all(db)
                .await?;
            for row in people {
                // No policy that this version reads can mean a role that it does not know.
                match word("contact", row.id, &row.role) {
                    Ok(role) => {
                        contacts.entry(row.setting_id).or_default().push((role, row.person_id));
                    }
                    Err(fault) => odd.push(fault),
                }
            }
        }
        let (granted_leads, admins) = grants(db).await?;
        Ok(Self {
            hubs: hubs.into_iter().map(|hub| (hub.id, hub)).collect(),
            enrolments: enrolments
                .into_iter()
                .map(|(id, partner, status)| (id, (partner, status == "active")))
                .collect(),
            names,
            closed: closed_settings(db).await?,
            contacts,
            granted_leads,
            admins,
            ledger: ledger(db, which, &mut odd).await?,
            odd,
        })
    }

    /// The hub of an obligation, the setting that owes it, and whether that takes part today.
    pub(super) fn place(
        &self,
        row: &obligation::Model,
        today: NaiveDate,
    ) -> Option<(&hub::Model, Uuid, bool)> {
        let hub = self.hubs.get(&row.hub_id)?;
        let open = hub.opened_on <= today && hub.closed_on.is_none_or(|day| today <= day);
        match row.enrolment_id {
            None => Some((hub, hub.lead_setting_id, open)),
            Some(enrolment) => {
                let (partner, active) = self.enrolments.get(&enrolment)?;
                Some((hub, *partner, *active))
            }
        }
    }

    pub(super) fn contacts(&self, setting: Uuid, roles: &[ContactRole]) -> Vec<Uuid> {
        let all = self.contacts.get(&setting).map_or(&[][..], Vec::as_slice);
        let wanted = all.iter().filter(|(role, _)| roles.contains(role));
        distinct(wanted.map(|(_, person)| *person))
    }

    /// Those granted the hub, and the hub leads among its lead setting's contacts.
    pub(super) fn hub_leads(&self, hub: &hub::Model) -> Vec<Uuid> {
        let granted = self.granted_leads.get(&hub.id).into_iter().flatten();
        let named = self.contacts(hub.lead_setting_id, &[ContactRole::HubLead]);
        distinct(granted.copied().chain(named))
    }

    /// Hub leads and admins: those who hear of what another school owes.
    pub(super) fn overseers(&self) -> Vec<Uuid> {
        let leads = self.hubs.values().flat_map(|hub| self.hub_leads(hub));
        distinct(leads.chain(self.admins.iter().copied()))
    }

    pub(super) fn ledger(&self, obligation: Uuid, revision: i32) -> BTreeSet<(Step, Uuid)> {
        let found = self.ledger.get(&(obligation, revision));
        found.cloned().unwrap_or_default()
    }
}

fn distinct(people: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    people.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Hub leads by hub, and programme admins.
async fn grants(
    db: &impl ConnectionTrait,
) -> Result<(HashMap<Uuid, Vec<Uuid>>, Vec<Uuid>), StoreError> {
    let admin = <&str>::from(Role::ProgrammeAdmin);
    let rows = role_grant::Entity::find()
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(role_grant::Column::Role.is_in([admin, <&str>::from(Role::HubLead)]))
        .all(db)
        .await?;
    let mut leads: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    let mut admins = Vec::new();
    for row in rows {
        match row.hub_id {
            _ if row.role == admin => admins.push(row.person_id),
            Some(hub) => leads.entry(hub).or_default().push(row.person_id),
            None => {}
        }
    }
    Ok((leads, distinct(admins.into_iter())))
}

/// The steps written down about the chosen obligations and not cancelled, by obligation and
/// revision.
async fn ledger(
    db: &impl ConnectionTrait,
    which: &Condition,
    odd: &mut Vec<StoreError>,
) -> Result<HashMap<(Uuid, i32), BTreeSet<(Step, Uuid)>>, StoreError> {
    let rows: Vec<(Uuid, Uuid, i32, String, Uuid)> = reminder::Entity::find()
        .select_only()
        .columns([
            reminder::Column::Id,
            reminder::Column::ObligationId,
            reminder::Column::Revision,
            reminder::Column::Step,
            reminder::Column::PersonId,
        ])
        .filter(reminder::Column::ObligationId.in_subquery(chosen(obligation::Column::Id, which)))
        .filter(reminder::Column::State.ne(text(ReminderState::Cancelled)))
        .into_tuple()
        .all(db)
        .await?;
    let mut ledger: HashMap<(Uuid, i32), BTreeSet<(Step, Uuid)>> = HashMap::new();
    for (id, obligation, revision, step, person) in rows {
        match word("reminder", id, &step) {
            Ok(step) => {
                ledger.entry((obligation, revision)).or_default().insert((step, person));
            }
            Err(fault) => odd.push(fault),
        }
    }
    Ok(ledger)
}
