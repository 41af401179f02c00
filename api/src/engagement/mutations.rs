//! What can be done to alerts.

use async_graphql::{Context, ID, InputObject, Object};
use entity::engagement::{self, engagement_alert};
use entity::outcome::{RefusalCode, StoreError};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use crate::act::{Acting, Answered, Date, payloads, row};

payloads! {
    "What became of an alert."
    AlertPayload {
        /// The alert as it stands now; null if nothing was done.
        alert: engagement_alert as "EngagementAlert"
    }
}

/// Which alert you take on.
#[derive(InputObject)]
pub struct AlertAcknowledgeInput {
    /// The alert.
    alert_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// What you mean to do.
    #[graphql(default)]
    note: String,
}

/// Which alert you set aside, and until when.
#[derive(InputObject)]
pub struct AlertSnoozeInput {
    /// The alert.
    alert_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// The day on which it wants attention again: after today, and in the next 90 days.
    until: Date,
    /// Why it can wait.
    reason: String,
}

/// Which alert you take up again.
#[derive(InputObject)]
pub struct AlertWakeInput {
    /// The alert.
    alert_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct EngagementMutations;

#[Object]
impl EngagementMutations {
    /// Takes an alert on, so that others know. For those who answer for its hub.
    async fn alert_acknowledge(
        &self,
        context: &Context<'_>,
        input: AlertAcknowledgeInput,
    ) -> Answered<AlertPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, acknowledge(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Sets an alert aside until a day: it stays quiet until then, even if what raised it goes and
    /// comes back. For those who answer for its hub.
    async fn alert_snooze(
        &self,
        context: &Context<'_>,
        input: AlertSnoozeInput,
    ) -> Answered<AlertPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, snooze(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Takes up again, before its day, an alert that was set aside. For those who answer for its hub.
    async fn alert_wake(
        &self,
        context: &Context<'_>,
        input: AlertWakeInput,
    ) -> Answered<AlertPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, wake(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

/// Which alert, and who acts.
fn whose(acting: &Acting, alert_id: &ID) -> Result<(Uuid, Uuid), StoreError> {
    let id = row("EngagementAlert", "alertId", alert_id)?;
    let by = acting.by().ok_or_else(|| {
        let message = "Only a person can do this to an alert.";
        StoreError::refused(RefusalCode::Forbidden, None, message)
    })?;
    Ok((id, by))
}

async fn acknowledge(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &AlertAcknowledgeInput,
) -> Result<engagement_alert::Model, StoreError> {
    let (id, by) = whose(acting, &input.alert_id)?;
    let (scope, now, version) = (&acting.scope, acting.now, input.expected_version);
    engagement::acknowledge(txn, scope, by, now, id, version, &input.note).await
}

async fn snooze(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &AlertSnoozeInput,
) -> Result<engagement_alert::Model, StoreError> {
    let (id, by) = whose(acting, &input.alert_id)?;
    let (scope, now, version) = (&acting.scope, acting.now, input.expected_version);
    let (until, reason) = (input.until.0, &input.reason);
    engagement::snooze(txn, scope, by, now, id, version, until, reason).await
}

async fn wake(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &AlertWakeInput,
) -> Result<engagement_alert::Model, StoreError> {
    let (id, by) = whose(acting, &input.alert_id)?;
    engagement::wake(txn, &acting.scope, by, acting.now, id, input.expected_version).await
}
