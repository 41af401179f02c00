//! Whether a hub, a cohort, a pathway and a partner fit together.

use chrono::NaiveDate;
use rules::people::SettingKind;
use rules::programme::PartnerKind;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    QuerySelect as _,
};
use uuid::Uuid;

use super::{Enrol, enrolment, refused};
use crate::hubs::hub;
use crate::outcome::{RefusalCode, StoreError};
use crate::people::setting;
use crate::programme::{cohort, pathway, programme_term};
use crate::schools::school;
use crate::scope::Scope;

/// The hub takes partners on that day.
pub(super) fn check_open(
    hub: &hub::Model,
    on: NaiveDate,
    field: &'static str,
) -> Result<(), StoreError> {
    if hub.closed_on.is_some_and(|closed| closed < on) {
        return refused(RefusalCode::Conflict, field, "That hub has closed.");
    }
    Ok(())
}

/// The hub, the cohort and the day fit together.
pub(super) async fn check_place(
    txn: &DatabaseTransaction,
    hub: &hub::Model,
    wish: &Enrol,
) -> Result<(), StoreError> {
    check_open(hub, wish.enrolled_on, "hubId")?;
    if wish.enrolled_on < hub.opened_on {
        return refused(RefusalCode::Invalid, "enrolledOn", "The hub had not opened by then.");
    }
    let cohort = cohort::Entity::find_by_id(wish.cohort_id).one(txn).await?;
    if cohort.is_none_or(|cohort| cohort.programme_id != hub.programme_id) {
        return refused(
            RefusalCode::NotFound,
            "cohortId",
            "The hub's programme has no such cohort.",
        );
    }
    let last = programme_term::Entity::find()
        .filter(programme_term::Column::CohortId.eq(wish.cohort_id))
        .order_by_desc(programme_term::Column::Ordinal)
        .one(txn)
        .await?;
    if last.is_none_or(|term| term.ends_on < wish.enrolled_on) {
        return refused(
            RefusalCode::Invalid,
            "enrolledOn",
            "The cohort's last term is over by then.",
        );
    }
    Ok(())
}

/// The partner can take the pathway and is not in the programme already. Whoever may not see where
/// it is learns no more than that it cannot be enrolled by them.
pub(super) async fn check_partner(
    txn: &DatabaseTransaction,
    scope: &Scope,
    hub: &hub::Model,
    wish: &Enrol,
) -> Result<(), StoreError> {
    let pathway = pathway::Entity::find_by_id(wish.pathway_id).one(txn).await?;
    let Some(pathway) = pathway.filter(|pathway| pathway.programme_id == hub.programme_id) else {
        return refused(
            RefusalCode::NotFound,
            "pathwayId",
            "The hub's programme has no such pathway.",
        );
    };
    let setting =
        setting::Entity::find_by_id(wish.partner_setting_id).lock_exclusive().one(txn).await?;
    let Some(setting) = setting else {
        return refused(RefusalCode::NotFound, "partnerSettingId", "There is no such setting.");
    };
    let is_trust = setting.kind == <&str>::from(SettingKind::Trust);
    let fits = match pathway.partner_kind.parse() {
        Ok(PartnerKind::Any) => true,
        Ok(PartnerKind::Trust) => is_trust,
        Ok(PartnerKind::School) => !is_trust,
        Err(_) => false,
    };
    if !fits {
        return refused(
            RefusalCode::Invalid,
            "partnerSettingId",
            if is_trust { "This pathway is for schools." } else { "This pathway is for trusts." },
        );
    }
    if setting.id == hub.lead_setting_id {
        return refused(
            RefusalCode::Conflict,
            "partnerSettingId",
            "A setting cannot be its own partner.",
        );
    }
    check_schools(txn, &setting, &wish.academies).await?;
    let twice = enrolment::Entity::find()
        .filter(enrolment::Column::PartnerSettingId.eq(setting.id))
        .filter(enrolment::Column::ProgrammeId.eq(hub.programme_id))
        .filter(enrolment::Column::Status.is_in(["active", "paused"]))
        .one(txn)
        .await?;
    if let Some(twice) = twice {
        let seen = enrolment::Entity::find_by_id(twice.id).filter(scope.enrolments());
        if seen.one(txn).await?.is_none() {
            let message = "This setting can't be enrolled by you; ask the programme team.";
            return refused(RefusalCode::Forbidden, "partnerSettingId", message);
        }
        let message = if twice.cohort_id == wish.cohort_id {
            "This setting is enrolled in this cohort already."
        } else {
            "This setting takes part in another cohort of this programme; that has to end first."
        };
        return refused(RefusalCode::Conflict, "partnerSettingId", message);
    }
    Ok(())
}

/// A partner school is open; a partner trust's academies are its own.
async fn check_schools(
    txn: &DatabaseTransaction,
    setting: &setting::Model,
    academies: &[Uuid],
) -> Result<(), StoreError> {
    if let Some(school_id) = setting.school_id {
        if !academies.is_empty() {
            return refused(RefusalCode::Invalid, "academyIds", "Only a trust names academies.");
        }
        let school = school::Entity::find_by_id(school_id).one(txn).await?;
        if school.is_none_or(|school| school.status == "closed") {
            return refused(RefusalCode::Conflict, "partnerSettingId", "That school has closed.");
        }
        return Ok(());
    }
    if academies.is_empty() {
        return refused(
            RefusalCode::Invalid,
            "academyIds",
            "Name the academies of the trust that take part.",
        );
    }
    let own = school::Entity::find()
        .filter(school::Column::Id.is_in(academies.iter().copied()))
        .filter(school::Column::TrustId.eq(setting.trust_id))
        .all(txn)
        .await?;
    let distinct: std::collections::BTreeSet<_> = academies.iter().collect();
    if own.len() != academies.len() || distinct.len() != academies.len() {
        return refused(
            RefusalCode::Invalid,
            "academyIds",
            "Each must be an academy of the trust, named once.",
        );
    }
    Ok(())
}
