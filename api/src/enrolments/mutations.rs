//! What can be done to enrolments and obligations.

use async_graphql::{Context, Object};
use entity::enrolments::{self, Enrol, enrolment, obligation};
use entity::outcome::{RefusalCode, StoreError};
use entity::people::settings;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::inputs::{
    EnrolmentCreateInput, EnrolmentTransferInput, EnrolmentWithdrawInput, ObligationExcuseInput,
    ObligationRecordMetInput, ObligationReopenInput,
};
use crate::act::{Acting, Answered, payloads, row};

payloads! {
    "What became of an enrolment."
    EnrolmentPayload {
        /// The enrolment as it stands now; null if nothing was done or you may not see it any more.
        enrolment: enrolment as "Enrolment"
    }
    "What became of an obligation."
    ObligationPayload {
        /// The obligation as it stands now; null if nothing was done.
        obligation: obligation as "Obligation"
    }
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct EnrolmentMutations;

#[Object]
impl EnrolmentMutations {
    /// Enrols a partner under a hub, on a pathway, in a cohort; what both owe follows from it. For
    /// the hub's lead, its regional lead and programme admins.
    async fn enrolment_create(
        &self,
        context: &Context<'_>,
        input: EnrolmentCreateInput,
    ) -> Answered<EnrolmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, create(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Ends an enrolment. What is open is no longer owed; what was achieved stays.
    async fn enrolment_withdraw(
        &self,
        context: &Context<'_>,
        input: EnrolmentWithdrawInput,
    ) -> Answered<EnrolmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, withdraw(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Moves an enrolment to another hub. What was achieved goes with it.
    async fn enrolment_transfer(
        &self,
        context: &Context<'_>,
        input: EnrolmentTransferInput,
    ) -> Answered<EnrolmentPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, transfer(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Records that an obligation was met. For who owes it, the hub's lead and those above. Sending
    /// the same day and note again changes nothing. Another day or note corrects what was reported by
    /// hand, if you give `expectedVersion`; without it, and where a visit or another deed met the
    /// obligation, you get a `CONFLICT` on `metOn`.
    async fn obligation_record_met(
        &self,
        context: &Context<'_>,
        input: ObligationRecordMetInput,
    ) -> Answered<ObligationPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, record_met(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Records that an obligation need not be met. Not for who owes it.
    async fn obligation_excuse(
        &self,
        context: &Context<'_>,
        input: ObligationExcuseInput,
    ) -> Answered<ObligationPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, excuse(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Opens again what was recorded as met by hand, or excused, in error. For whoever could excuse
    /// it: the hub's lead and those above, for a hub's own duty only those above. What a visit or
    /// another deed met is put right there. If something else that was recorded meets it, it is met
    /// at once.
    async fn obligation_reopen(
        &self,
        context: &Context<'_>,
        input: ObligationReopenInput,
    ) -> Answered<ObligationPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, reopen(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

async fn create(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EnrolmentCreateInput,
) -> Result<enrolment::Model, StoreError> {
    let academies = input.academy_ids.iter();
    let academies = academies.map(|id| row("School", "academyIds", id));
    let wish = Enrol {
        hub_id: row("Hub", "hubId", &input.hub_id)?,
        cohort_id: row("Cohort", "cohortId", &input.cohort_id)?,
        pathway_id: row("Pathway", "pathwayId", &input.pathway_id)?,
        partner_setting_id: partner(txn, acting, input).await?,
        enrolled_on: input.enrolled_on.0,
        academies: academies.collect::<Result<_, _>>()?,
    };
    enrolments::enrol(txn, &acting.scope, acting.by(), acting.now, wish).await
}

/// The partner's setting, made if the school or trust has none yet.
async fn partner(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EnrolmentCreateInput,
) -> Result<Uuid, StoreError> {
    match (&input.partner_setting_id, &input.school_id, &input.trust_id) {
        (Some(id), None, None) => {
            let id = row("Setting", "partnerSettingId", id)?;
            Ok(settings::in_sight(txn, &acting.scope, id).await?.id)
        }
        (None, Some(id), None) => {
            let school = row("School", "schoolId", id)?;
            Ok(settings::ensure_for_school(txn, acting.now, school).await?.id)
        }
        (None, None, Some(id)) => {
            let trust = row("Trust", "trustId", id)?;
            Ok(settings::ensure_for_trust(txn, acting.now, trust).await?.id)
        }
        _ => Err(StoreError::refused(
            RefusalCode::Invalid,
            Some("partnerSettingId"),
            "Name the partner once: by partnerSettingId, schoolId or trustId.",
        )),
    }
}

async fn withdraw(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EnrolmentWithdrawInput,
) -> Result<enrolment::Model, StoreError> {
    let id = row("Enrolment", "enrolmentId", &input.enrolment_id)?;
    enrolments::withdraw(
        txn,
        &acting.scope,
        acting.by(),
        acting.now,
        id,
        input.expected_version,
        input.ended_on.0,
        &input.reason,
    )
    .await
}

async fn transfer(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &EnrolmentTransferInput,
) -> Result<enrolment::Model, StoreError> {
    let id = row("Enrolment", "enrolmentId", &input.enrolment_id)?;
    enrolments::transfer(
        txn,
        &acting.scope,
        acting.by(),
        acting.now,
        id,
        input.expected_version,
        row("Hub", "toHubId", &input.to_hub_id)?,
        &input.reason,
    )
    .await
}

async fn record_met(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &ObligationRecordMetInput,
) -> Result<obligation::Model, StoreError> {
    let id = row("Obligation", "obligationId", &input.obligation_id)?;
    enrolments::record_met(
        txn,
        &acting.scope,
        acting.by(),
        acting.now,
        id,
        input.expected_version,
        input.met_on.0,
        &input.note,
    )
    .await
}

async fn excuse(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &ObligationExcuseInput,
) -> Result<obligation::Model, StoreError> {
    let id = row("Obligation", "obligationId", &input.obligation_id)?;
    enrolments::excuse(
        txn,
        &acting.scope,
        acting.by(),
        acting.now,
        id,
        input.expected_version,
        &input.reason,
    )
    .await
}

async fn reopen(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &ObligationReopenInput,
) -> Result<obligation::Model, StoreError> {
    let id = row("Obligation", "obligationId", &input.obligation_id)?;
    enrolments::reopen(
        txn,
        &acting.scope,
        acting.by(),
        acting.now,
        id,
        input.expected_version,
        &input.reason,
    )
    .await
}
