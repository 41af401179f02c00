//! What can be done about mail: keeping it from an address, letting it go again, writing to partners.

use async_graphql::{Context, ID, InputObject, Object};
use entity::messages::{bulletin, bulletins, suppression, suppressions};
use entity::outcome::{RefusalCode, StoreError};
use rules::messages::bulletin::settled;
use rules::messages::preview::{Preview, Sending, check, used};
use sea_orm::DatabaseTransaction;

use super::telling::link_secret;
use crate::act::{Acting, Answered, fault, payloads, row};

payloads! {
    "What became of an address on the list of those that take no mail."
    SuppressionPayload {
        /// The address as it stands now; null if nothing was done.
        suppression: suppression as "Suppression"
    }
    "What became of a message to a hub's partners."
    BulletinPayload {
        /// The message as it was sent; null if nothing was done.
        bulletin: bulletin as "Bulletin"
    }
}

/// From whom you keep all mail.
#[derive(InputObject)]
pub struct SuppressionCreateInput {
    /// The person: no mail goes to their address.
    person_id: ID,
    /// Why, in up to 2,000 characters.
    reason: String,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which address you let mail go to again.
#[derive(InputObject)]
pub struct SuppressionReleaseInput {
    /// The address on the list.
    suppression_id: ID,
    /// Its version when you read it: if somebody changed it since, nothing is done.
    expected_version: Option<i32>,
    /// Why, in up to 2,000 characters.
    reason: String,
}

/// What you write to the partners of a hub.
#[derive(InputObject)]
pub struct BulletinSendInput {
    /// The hub.
    hub_id: ID,
    /// Subject line, as in the preview.
    subject: String,
    /// What it says, as in the preview.
    text: String,
    /// The token of `bulletinPreview`: if what is sent to whom is not what that showed, nothing is
    /// sent, and `CONFLICT` says what differs.
    preview_token: String,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct MessageMutations;

#[Object]
impl MessageMutations {
    /// Keeps all mail from a person's address until somebody lets it go again. For programme admins.
    async fn suppression_create(
        &self,
        context: &Context<'_>,
        input: SuppressionCreateInput,
    ) -> Answered<SuppressionPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, suppress(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Lets mail go to an address again, as when its mailbox works again. What was kept back is not
    /// sent. For who sees it on the list.
    async fn suppression_release(
        &self,
        context: &Context<'_>,
        input: SuppressionReleaseInput,
    ) -> Answered<SuppressionPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, release(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Sends a message to the partners of a hub, to each person one mail: exactly what
    /// `bulletinPreview` showed, to exactly those. Each preview is sent once: sending it again answers
    /// with what was sent. For who runs the hub.
    async fn bulletin_send(
        &self,
        context: &Context<'_>,
        input: BulletinSendInput,
    ) -> Answered<BulletinPayload> {
        let acting = Acting::of(context)?;
        let secret = link_secret(&acting.app).await.map_err(|error| fault(&error))?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, send(&txn, acting, &input, secret.as_bytes())).await;
        acting.answer(txn, outcome).await
    }
}

async fn suppress(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SuppressionCreateInput,
) -> Result<suppression::Model, StoreError> {
    let person = row("Person", "personId", &input.person_id)?;
    suppressions::add(txn, &acting.scope, acting.by(), acting.now, person, &input.reason).await
}

async fn release(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SuppressionReleaseInput,
) -> Result<suppression::Model, StoreError> {
    let id = row("Suppression", "suppressionId", &input.suppression_id)?;
    let (scope, now, version) = (&acting.scope, acting.now, input.expected_version);
    suppressions::release(txn, scope, acting.by(), now, id, version, &input.reason).await
}

async fn send(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &BulletinSendInput,
    secret: &[u8],
) -> Result<bulletin::Model, StoreError> {
    let hub = row("Hub", "hubId", &input.hub_id)?;
    let by = acting.by().ok_or_else(|| {
        let message = "Only a person can write to partners.";
        StoreError::refused(RefusalCode::Forbidden, None, message)
    })?;
    let hub = bulletins::hub_to_write_to(txn, &acting.scope, hub).await?;
    let BulletinSendInput { subject, text, preview_token, .. } = input;
    bulletins::check(subject, text)?;
    let preview = used(preview_token);
    if let Some(sent) = bulletins::sent_by(txn, by, &hub, (subject, text), &preview).await? {
        return Ok(sent);
    }
    let audience = bulletins::audience_of(txn, acting.now, &hub).await?;
    let words = settled(subject, text);
    let sending = Sending::Bulletin(hub.id);
    let words = words.each_ref().map(String::as_str);
    let shown = Preview { sending, words, audience: &audience };
    check(secret, preview_token, &shown, by, acting.now)
        .map_err(|fault| bulletins::not_as_shown(fault, sending))?;
    bulletins::send(txn, acting.now, by, &hub, (subject, text), &audience, &preview).await
}
