//! What can be done to sessions and access tokens.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::TimeDelta;
use entity::outcome::{RefusalCode, StoreError};
use entity::people::tokens::{self, NewToken};
use entity::people::{access_token, person, session, sessions};
use entity::scope::Scope;
use rules::sign_in::{TokenKind, TokenScope};
use sea_orm::{DatabaseTransaction, EntityTrait as _};

use crate::act::{Acting, Answered, Outcome, UserError, fault, payloads, row};
use crate::commands::issue_token::new_token;
use crate::read::registry::{Ref, Shown};

/// Longest label, in characters.
const LONGEST_LABEL: usize = 100;

payloads! {
    "What became of a session."
    SessionPayload {
        /// The session as it stands now; null if nothing was done.
        session: session as "Session"
    }
    "What became of an access token."
    AccessTokenPayload {
        /// The token as it stands now; null if nothing was done.
        access_token: access_token as "AccessToken"
    }
}

/// An access token that was issued.
#[derive(SimpleObject)]
pub struct AccessTokenIssuePayload {
    /// The token as it is listed; null if nothing was done.
    access_token: Option<Ref<access_token::Entity>>,
    /// Its text, which is shown here and never again; null if nothing was done, or if your key says
    /// that it was done before.
    token: Option<String>,
    /// Why nothing was done; empty if it was.
    user_errors: Vec<UserError>,
}

impl From<Outcome> for AccessTokenIssuePayload {
    fn from(outcome: Outcome) -> Self {
        let (access_token, user_errors) = match outcome {
            Ok(id) => (Some(Ref::new(id)), Vec::new()),
            Err(refused) => (None, refused),
        };
        Self { access_token, token: None, user_errors }
    }
}

/// Which of your sessions you end.
#[derive(InputObject)]
pub struct SessionRevokeInput {
    /// The session.
    session_id: ID,
}

/// What token you issue, and for whom.
#[derive(InputObject)]
pub struct AccessTokenIssueInput {
    /// As whom it acts: it may see and do what that person may, at most.
    person_id: ID,
    /// What it is for, in up to 100 characters.
    label: String,
    /// What it may do. Who may write may read.
    scopes: Vec<Shown<TokenScope>>,
    /// For how many days, 1 to 366.
    days: i32,
    /// A key of your own for this one deed, such as a random UUID, of at most 64 characters: asked
    /// again under it within a day, it is answered as the first time and not done again.
    idempotency_key: Option<String>,
}

/// Which token you take back.
#[derive(InputObject)]
pub struct AccessTokenRevokeInput {
    /// The token.
    access_token_id: ID,
}

/// Mutations of this area.
#[derive(Debug, Default)]
pub struct SignInMutations;

#[Object]
impl SignInMutations {
    /// Ends one of your own sessions, its live connections included. The one that you ask with may
    /// be it. Not with the token of a program.
    async fn session_revoke(
        &self,
        context: &Context<'_>,
        input: SessionRevokeInput,
    ) -> Answered<SessionPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, end_session(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }

    /// Issues a token to a program. For programme admins; not with the token of a program.
    async fn access_token_issue(
        &self,
        context: &Context<'_>,
        input: AccessTokenIssueInput,
    ) -> Answered<AccessTokenIssuePayload> {
        let acting = Acting::of(context)?;
        let (text, hash) = new_token().map_err(|error| fault(&error))?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, issue(&txn, acting, &input, &hash)).await;
        // Under a key that was used before, the row is that of the first time, and so is its hash.
        let fresh = match &outcome {
            Ok(id) => access_token::Entity::find_by_id(*id)
                .one(&txn)
                .await
                .is_ok_and(|row| row.is_some_and(|row| row.token_hash == hash)),
            Err(_) => false,
        };
        let answered: Option<AccessTokenIssuePayload> = acting.answer(txn, outcome).await?;
        Ok(answered
            .map(|payload| AccessTokenIssuePayload { token: fresh.then_some(text), ..payload }))
    }

    /// Takes back a token; its live connections end. One's own, or for programme admins any. Not with
    /// the token of a program.
    async fn access_token_revoke(
        &self,
        context: &Context<'_>,
        input: AccessTokenRevokeInput,
    ) -> Answered<AccessTokenPayload> {
        let acting = Acting::of(context)?;
        let txn = acting.begin().await?;
        let outcome = acting.carry_out(&txn, take_back(&txn, acting, &input)).await;
        acting.answer(txn, outcome).await
    }
}

async fn end_session(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &SessionRevokeInput,
) -> Result<session::Model, StoreError> {
    let id = row("Session", "sessionId", &input.session_id)?;
    let ended = sessions::end_one(txn, &acting.scope, acting.now, id).await?;
    not_for_machines(acting)?;
    Ok(ended)
}

async fn take_back(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &AccessTokenRevokeInput,
) -> Result<access_token::Model, StoreError> {
    let id = row("AccessToken", "accessTokenId", &input.access_token_id)?;
    let ended = tokens::take_back(txn, &acting.scope, acting.now, id).await?;
    not_for_machines(acting)?;
    Ok(ended)
}

/// Refuses programs, and with that undoes what was done so far: a token that leaked would make
/// others, and lock people out. What is out of sight is told before.
fn not_for_machines(acting: &Acting) -> Result<(), StoreError> {
    if matches!(&acting.scope, Scope::Viewer(viewer) if viewer.is_machine) {
        let message = "A program cannot do this: sign in, or use a token of your own.";
        return Err(StoreError::refused(RefusalCode::Forbidden, None, message));
    }
    Ok(())
}

async fn issue(
    txn: &DatabaseTransaction,
    acting: &Acting,
    input: &AccessTokenIssueInput,
    token_hash: &str,
) -> Result<access_token::Model, StoreError> {
    if matches!(&acting.scope, Scope::Viewer(viewer) if !viewer.admin) {
        let message = "Only programme admins issue tokens.";
        return Err(StoreError::refused(RefusalCode::Forbidden, None, message));
    }
    not_for_machines(acting)?;
    let invalid =
        |field, message: &str| Err(StoreError::refused(RefusalCode::Invalid, Some(field), message));
    let person_id = row("Person", "personId", &input.person_id)?;
    if person::Entity::find_by_id(person_id).one(txn).await?.is_none() {
        let message = "There is no such person.";
        return Err(StoreError::refused(RefusalCode::NotFound, Some("personId"), message));
    }
    let label = input.label.trim();
    if label.is_empty() || label.chars().count() > LONGEST_LABEL {
        return invalid("label", "A label has 1 to 100 characters.");
    }
    if !(1..=366).contains(&input.days) {
        return invalid("days", "A token is good for 1 to 366 days.");
    }
    let scopes: Vec<TokenScope> = input.scopes.iter().map(|scope| scope.0).collect();
    if scopes.is_empty() {
        return invalid("scopes", "Say what the token may do.");
    }
    let new = NewToken {
        person_id,
        token_hash,
        label,
        kind: TokenKind::Machine,
        scopes: &scopes,
        expires_at: acting.now + TimeDelta::days(input.days.into()),
        by: acting.by(),
    };
    tokens::insert(txn, acting.now, new).await
}
