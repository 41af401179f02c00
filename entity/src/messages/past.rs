//! What is written down of the time behind an obligation, by which it is told why a reminder did not go.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rules::commitments::OwedBy;
use rules::people::{ContactRole, Role};
use rules::reminders::{Audience, Past};
use rules::standstill::PLANNING;
use rules::timetable::Outcome;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::facts::{Book, Fact};
use super::{occurrence, text};
use crate::hubs::hub;
use crate::outcome::{StoreError, word};
use crate::people::{contact, role_grant};
use crate::programme::programme;

/// What is known of the time behind one obligation.
pub(super) async fn of(
    db: &impl ConnectionTrait,
    book: &Book,
    now: DateTime<Utc>,
    fact: &Fact,
) -> Result<Past, StoreError> {
    let row = &fact.row;
    let programme = programme::Entity::find_by_id(row.programme_id).one(db).await?;
    // What moved before that was written down has been so since nobody knows when.
    let first = (row.revision == 1).then_some(row.created_at);
    Ok(Past {
        owed_since: row.revised_at.or(first),
        policy_since: programme.and_then(|programme| programme.policy_since),
        told_since: told_since(db, book, fact).await?,
        planning: Some(planning(db, now, fact).await?),
    })
}

/// What became of the moments of the job that plans since the obligation is owed as it is: those before
/// say nothing of it.
async fn planning(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    fact: &Fact,
) -> Result<Vec<(DateTime<Utc>, Outcome)>, StoreError> {
    let from = fact.row.revised_at.unwrap_or(fact.row.created_at);
    let rows: Vec<(Uuid, DateTime<Utc>, DateTime<Utc>, String)> = occurrence::Entity::find()
        .select_only()
        .columns([
            occurrence::Column::Id,
            occurrence::Column::DueAt,
            occurrence::Column::RecordedAt,
            occurrence::Column::Outcome,
        ])
        .filter(occurrence::Column::ScheduleId.eq(PLANNING))
        .filter(occurrence::Column::RecordedAt.gte(from))
        .filter(occurrence::Column::DueAt.lte(now))
        .into_tuple()
        .all(db)
        .await?;
    let mut looks = Vec::with_capacity(rows.len());
    for (id, due_at, recorded_at, outcome) in rows {
        let outcome: Outcome = word("occurrence", id, &outcome)?;
        // One that is made up for looks when it is, and one that passed would have looked when due.
        let at = if outcome == Outcome::Fired { recorded_at } else { due_at };
        looks.push((at, outcome));
    }
    Ok(looks)
}

/// Since when people have been among those to tell of an obligation.
async fn told_since(
    db: &impl ConnectionTrait,
    book: &Book,
    fact: &Fact,
) -> Result<BTreeMap<(Audience, Uuid), DateTime<Utc>>, StoreError> {
    let mut since = Since::default();
    if fact.rules.owed_by == OwedBy::Partner {
        let roles = book.policy(fact.row.programme_id)?.reminders(fact.rules.kind).recipients;
        let roles = roles.iter().copied().map(text).collect();
        since.contacts(db, fact.setting_id, roles, &[Audience::Owners]).await?;
    }
    let leads: &[Audience] = match fact.rules.owed_by {
        OwedBy::Partner => &[Audience::HubLeads],
        OwedBy::Hub => &[Audience::HubLeads, Audience::Owners],
    };
    if let Some(hub) = hub::Entity::find_by_id(fact.row.hub_id).one(db).await? {
        let roles = vec![text(ContactRole::HubLead)];
        since.contacts(db, hub.lead_setting_id, roles, leads).await?;
    }
    let (lead, admin) = (text(Role::HubLead), text(Role::ProgrammeAdmin));
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::RevokedAt.is_null())
        .filter(role_grant::Column::Role.is_in([lead, admin.clone()]))
        .all(db)
        .await?;
    for grant in grants {
        if grant.role == admin {
            since.add(&[Audience::Programme], grant.person_id, grant.granted_at);
        } else if grant.hub_id == Some(fact.row.hub_id) {
            since.add(leads, grant.person_id, grant.granted_at);
        }
    }
    Ok(since.0)
}

#[derive(Default)]
struct Since(BTreeMap<(Audience, Uuid), DateTime<Utc>>);

impl Since {
    /// The first moment counts: who has two reasons to hear of it has had one since then.
    fn add(&mut self, audiences: &[Audience], person: Uuid, at: DateTime<Utc>) {
        for audience in audiences {
            let first = self.0.entry((*audience, person)).or_insert(at);
            *first = at.min(*first);
        }
    }

    async fn contacts(
        &mut self,
        db: &impl ConnectionTrait,
        setting: Uuid,
        roles: Vec<String>,
        audiences: &[Audience],
    ) -> Result<(), StoreError> {
        let rows = contact::Entity::find()
            .filter(contact::Column::SettingId.eq(setting))
            .filter(contact::Column::EndedAt.is_null())
            .filter(contact::Column::Role.is_in(roles))
            .all(db)
            .await?;
        for row in rows {
            self.add(audiences, row.person_id, row.created_at);
        }
        Ok(())
    }
}
