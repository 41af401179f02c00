//! What people's own parts and schools mean for when mail goes to them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rules::calendar::Calendar;
use rules::people::Role;
use rules::programme::Policy;
use rules::reminders::digest_minute;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::Book;
use crate::enrolments::enrolment;
use crate::hubs::hub;
use crate::messages::{BATCH, text};
use crate::outcome::StoreError;
use crate::people::{contact, role_grant};

/// The minute of the London day at which each of these people gets the day's digest; `chosen` says
/// which one they chose, if any. None means the hour of the programme that a reminder is of: they
/// have a part in no others, or those have the same.
///
/// # Errors
/// The database fails.
pub(in crate::messages) async fn digest_minutes(
    db: &impl ConnectionTrait,
    book: &Book,
    chosen: HashMap<Uuid, Option<i32>>,
) -> Result<HashMap<Uuid, Option<u32>>, StoreError> {
    let mut minutes: HashMap<Uuid, Option<u32>> = chosen
        .into_iter()
        .map(|(id, minute)| (id, minute.and_then(|minute| u32::try_from(minute).ok())))
        .collect();
    // Mostly there is one programme, or all have the same hours: then nobody need be asked about.
    let all: Vec<&Policy> = book.programmes.values().map(|(_, policy)| policy).collect();
    if digest_minute(&all, None).is_none() {
        return Ok(minutes);
    }
    let programmes = programmes(db, book, &minutes.keys().copied().collect::<Vec<_>>()).await?;
    for (id, minute) in &mut minutes {
        let theirs = programmes.get(id).into_iter().flatten();
        let theirs: Vec<&Policy> = theirs.filter_map(|one| book.policy(*one).ok()).collect();
        *minute = digest_minute(&theirs, *minute);
    }
    Ok(minutes)
}

/// The programmes in which these people have a part, as admins, hub leads or contacts.
async fn programmes(
    db: &impl ConnectionTrait,
    book: &Book,
    people: &[Uuid],
) -> Result<HashMap<Uuid, BTreeSet<Uuid>>, StoreError> {
    let hubs = hub::Entity::find().all(db).await?;
    let of_hub: HashMap<Uuid, Uuid> = hubs.iter().map(|hub| (hub.id, hub.programme_id)).collect();
    let mut of_setting: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
    for hub in &hubs {
        of_setting.entry(hub.lead_setting_id).or_default().insert(hub.programme_id);
    }
    let partners: Vec<(Uuid, Uuid)> = enrolment::Entity::find()
        .select_only()
        .columns([enrolment::Column::PartnerSettingId, enrolment::Column::HubId])
        .filter(enrolment::Column::Status.eq("active"))
        .into_tuple()
        .all(db)
        .await?;
    for (setting, hub) in partners {
        of_setting.entry(setting).or_default().extend(of_hub.get(&hub).copied());
    }
    let mut found: HashMap<Uuid, BTreeSet<Uuid>> = HashMap::new();
    for (person, settings) in contacts(db, people).await? {
        let theirs = settings.iter().filter_map(|setting| of_setting.get(setting));
        found.entry(person).or_default().extend(theirs.flatten().copied());
    }
    for (person, hub) in granted(db).await? {
        let theirs = found.entry(person).or_default();
        match hub {
            Some(hub) => theirs.extend(of_hub.get(&hub).copied()),
            None => theirs.extend(book.programmes.keys().copied()),
        }
    }
    Ok(found)
}

/// The working days of the schools of these people: where they are contacts, and of those who run a
/// hub, its lead school. Whoever has none is left out.
///
/// # Errors
/// The database fails.
pub(in crate::messages) async fn own_calendars(
    db: &impl ConnectionTrait,
    book: &Book,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Calendar>>, StoreError> {
    // Where all keep to the same days, nobody need be asked about.
    if people.is_empty() || book.calendars.are_one() {
        return Ok(HashMap::new());
    }
    let mut settings: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for (person, theirs) in contacts(db, people).await? {
        settings.entry(person).or_default().extend(theirs);
    }
    let hubs: Vec<(Uuid, Uuid)> = hub::Entity::find()
        .select_only()
        .columns([hub::Column::Id, hub::Column::LeadSettingId])
        .into_tuple()
        .all(db)
        .await?;
    let leads: HashMap<Uuid, Uuid> = hubs.into_iter().collect();
    for (person, hub) in granted(db).await? {
        if let Some(setting) = hub.and_then(|hub| leads.get(&hub)) {
            settings.entry(person).or_default().insert(*setting);
        }
    }
    let calendars = |settings: BTreeSet<Uuid>| {
        settings.into_iter().map(|setting| book.calendar(setting)).collect::<Vec<_>>()
    };
    Ok(settings.into_iter().map(|(person, settings)| (person, calendars(settings))).collect())
}

/// The settings of which these people are contacts.
async fn contacts(
    db: &impl ConnectionTrait,
    people: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>, StoreError> {
    let mut found: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for people in people.chunks(BATCH) {
        let rows = contact::Entity::find()
            .filter(contact::Column::EndedAt.is_null())
            .filter(contact::Column::PersonId.is_in(people.iter().copied()));
        for row in rows.all(db).await? {
            found.entry(row.person_id).or_default().push(row.setting_id);
        }
    }
    Ok(found)
}

/// Who was granted which hub to lead; no hub for programme admins.
async fn granted(db: &impl ConnectionTrait) -> Result<Vec<(Uuid, Option<Uuid>)>, StoreError> {
    let admin = text(Role::ProgrammeAdmin);
    let rows = role_grant::Entity::find()
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(role_grant::Column::Role.is_in([admin.clone(), text(Role::HubLead)]))
        .all(db)
        .await?;
    let rows = rows.into_iter().filter(|row| row.role == admin || row.hub_id.is_some());
    Ok(rows.map(|row| (row.person_id, row.hub_id.filter(|_| row.role != admin))).collect())
}
