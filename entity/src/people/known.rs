//! What is known of an organisation and of a person before somebody is let in.

use chrono::{DateTime, Utc};
use rules::enrolments::EnrolmentStatus;
use rules::people::admission::{Known, reach};
use rules::people::organisation::Named;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::{role_grant, setting, settings};
use crate::enrolments::{enrolment, enrolment_academy};
use crate::hubs::hub;
use crate::outcome::StoreError;
use crate::schools::{school_by_urn, standing_for, trust_by_code};

/// The setting of an organisation if it leads a hub, is a partner that has not withdrawn, or is an
/// academy that takes part with its trust. A school that has closed is the one that followed it.
pub(super) async fn setting_of(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    organisation: &Named,
) -> Result<Option<Uuid>, StoreError> {
    use setting::Column::{SchoolId, TrustId};
    let find = |own| setting::Entity::find().filter(own);
    match organisation {
        Named::Other => Ok(None),
        Named::Trust(uid) => {
            let Some(trust) = trust_by_code(txn, uid).await? else { return Ok(None) };
            let found = find(TrustId.eq(trust.id)).one(txn).await?;
            taking_part(txn, found.map(|setting| setting.id)).await
        }
        Named::School(urn) => {
            // Before an import has moved it, a setting still stands for the school that closed.
            let mut schools = Vec::from_iter(school_by_urn(txn, *urn).await?);
            schools.extend(standing_for(txn, *urn).await?.filter(|it| it.urn != *urn));
            for school in &schools {
                let found = find(SchoolId.eq(school.id)).one(txn).await?;
                let setting = taking_part(txn, found.map(|setting| setting.id)).await?;
                if setting.is_some() {
                    return Ok(setting);
                }
            }
            for school in schools {
                if is_academy_of_partner(txn, school.id).await? {
                    let setting = settings::ensure_for_school(txn, now, school.id).await?;
                    return Ok(Some(setting.id));
                }
            }
            Ok(None)
        }
    }
}

/// The words of statuses in which an enrolment is a part in its programme.
fn enrolled() -> [&'static str; 3] {
    use EnrolmentStatus::{Active, Completed, Paused};
    [Active, Paused, Completed].map(<&str>::from)
}

/// The setting, if it has a part of its own.
async fn taking_part(
    txn: &DatabaseTransaction,
    setting: Option<Uuid>,
) -> Result<Option<Uuid>, StoreError> {
    let Some(setting) = setting else { return Ok(None) };
    let enrolment = enrolment::Entity::find()
        .filter(enrolment::Column::PartnerSettingId.eq(setting))
        .filter(enrolment::Column::Status.is_in(enrolled()))
        .one(txn)
        .await?;
    if enrolment.is_some() {
        return Ok(Some(setting));
    }
    let hub = hub::Entity::find()
        .filter(hub::Column::LeadSettingId.eq(setting))
        .filter(hub::Column::ClosedOn.is_null())
        .one(txn)
        .await?;
    Ok(hub.map(|_| setting))
}

async fn is_academy_of_partner(
    txn: &DatabaseTransaction,
    school_id: Uuid,
) -> Result<bool, StoreError> {
    let places = enrolment_academy::Entity::find()
        .filter(enrolment_academy::Column::SchoolId.eq(school_id))
        .all(txn)
        .await?;
    let found = enrolment::Entity::find()
        .filter(enrolment::Column::Id.is_in(places.iter().map(|place| place.enrolment_id)))
        .filter(enrolment::Column::Status.is_in(enrolled()))
        .one(txn)
        .await?;
    Ok(found.is_some())
}

/// A person with what their roles come to today. A role this version does not know counts for none.
pub(super) async fn reach_of(
    txn: &DatabaseTransaction,
    person: Option<Uuid>,
) -> Result<Option<Known>, StoreError> {
    let Some(id) = person else { return Ok(None) };
    let grants = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .all(txn)
        .await?;
    let roles: Vec<_> = grants.iter().filter_map(|grant| grant.role.parse().ok()).collect();
    Ok(Some(Known { id, reach: reach(&roles) }))
}
