//! Whom mail reaches at a school, as the rules look at it.

use std::collections::HashSet;

use rules::engagement::ContactFacts;
use rules::messages::suppression::SuppressionReason;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use strum::VariantArray as _;
use uuid::Uuid;

use super::facts::{Faults, Sorted, Whose};
use crate::enrolments::enrolment;
use crate::messages::suppression;
use crate::outcome::{StoreError, word};
use crate::people::{contact, person};

/// Contacts in their roles, by setting, and whether mail reaches them.
pub(super) async fn contacts(
    db: &impl ConnectionTrait,
    whose: Whose,
    faults: &mut Faults,
) -> Result<Sorted<ContactFacts>, StoreError> {
    let settings = whose.running(enrolment::Column::PartnerSettingId);
    let rows = contact::Entity::find()
        .filter(contact::Column::SettingId.in_subquery(settings))
        .filter(contact::Column::EndedAt.is_null())
        .all(db)
        .await?;
    let unreachable = unreachable(db).await?;
    let mut sorted = Sorted::new();
    for row in rows {
        let role = word("contact", row.id, &row.role);
        let reachable = !unreachable.contains(&row.person_id);
        let facts = role.map(|role| ContactFacts { role, reachable });
        sorted.add(row.setting_id, facts, faults);
    }
    Ok(sorted)
}

/// People to whose address no mail goes at all.
async fn unreachable(db: &impl ConnectionTrait) -> Result<HashSet<Uuid>, StoreError> {
    let all: Vec<SuppressionReason> = SuppressionReason::VARIANTS
        .iter()
        .copied()
        .filter(|reason| reason.withholds_all())
        .collect();
    let addresses = Query::select()
        .column(suppression::Column::Address)
        .from(suppression::Entity)
        .and_where(suppression::Column::ReleasedAt.is_null())
        .and_where(suppression::Column::Reason.is_in(all.into_iter().map(<&str>::from)))
        .to_owned();
    let people: Vec<Uuid> = person::Entity::find()
        .select_only()
        .column(person::Column::Id)
        .filter(person::Column::Email.in_subquery(addresses))
        .into_tuple()
        .all(db)
        .await?;
    Ok(people.into_iter().collect())
}
