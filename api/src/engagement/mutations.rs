//! What can be done to alerts.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use entity::engagement::{self, engagement_alert};
use entity::outcome::{RefusalCode, StoreError};
use sea_orm::DatabaseTransaction;

use crate::act::{Acting, Answered, UserError, row};
use crate::read::registry::{Mapped, Ref};

impl Mapped for engagement_alert::Entity {
    const NAME: &'static str = "EngagementAlert";
}

/// What became of an alert.
#[derive(SimpleObject)]
pub struct AlertPayload {
    /// The alert as it stands now; null if nothing was done.
    alert: Option<Ref<engagement_alert::Entity>>,
    /// Why nothing was done; empty if it was.
    user_errors: Vec<UserError>,
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
        let outcome = acknowledge(&txn, acting, &input).await;
        let (alert, user_errors) = match acting.end(txn, outcome).await? {
            Ok(row) => (Some(Ref::new(row.id)), Vec::new()),
            Err(refused) => (None, vec![refused]),
        };
        Ok(Some(AlertPayload { alert, user_errors }))
    }
}

async fn acknowledge(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &AlertAcknowledgeInput,
) -> Result<engagement_alert::Model, StoreError> {
    let id = row("EngagementAlert", "alertId", &input.alert_id)?;
    let Some(by) = acting.by() else {
        let message = "Only a person can take an alert on.";
        return Err(StoreError::refused(RefusalCode::Forbidden, None, message));
    };
    engagement::acknowledge(
        txn,
        &acting.scope,
        by,
        acting.now,
        id,
        input.expected_version,
        &input.note,
    )
    .await
}
