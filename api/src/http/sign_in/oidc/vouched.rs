//! From what a service says of somebody to a session of theirs, or to why there is none.

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use entity::people::admitting::{Membership, Vouched, of_a_school, of_the_staff};
use entity::people::contacts::person_fault;
use rules::people::admission::{Reason, Said};
use rules::people::organisation::{self, Named};
use rules::sign_in::SignInMethod;
use runtime::issuers::{IssuerConfig, IssuerKind};
use serde_json::Value;

use super::exchange::Claims;
use super::provider::Providers;
use super::refusal::Refusal;
use crate::app::App;
use crate::http::sign_in::dfe::Roles;
use crate::http::sign_in::session;

/// Lets in whom the service vouches for, and returns the cookie of their session.
///
/// # Errors
/// They have no place here, or it cannot be found out whether they have.
pub async fn admit(
    app: &App,
    providers: &Providers,
    (key, config): (&str, &IssuerConfig),
    headers: &HeaderMap,
    now: DateTime<Utc>,
    claims: &Claims,
) -> Result<String, Refusal> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim);
    let subject = text("sub").filter(|subject| !subject.is_empty());
    let subject = subject.ok_or(Refusal::Token("nobody's".to_owned()))?;
    let address = address(config, claims);
    let name = name(claims).or_else(|| address.clone()).unwrap_or_default();
    let address = address.filter(|address| person_fault(&name, address).is_none());
    let vouched =
        Vouched { issuer: &config.issuer, subject, address: address.as_deref(), name: &name };
    let membership = match config.kind {
        IssuerKind::Staff => None,
        IssuerKind::DfeSignIn => Some(membership(providers, config, now, claims, subject).await?),
    };
    let txn = app.db.write().await?;
    let admitted = match &membership {
        None => of_the_staff(&txn, now, vouched).await?,
        Some((organisation, said)) => {
            let membership = Membership { organisation, said: *said };
            of_a_school(&txn, now, vouched, membership).await?
        }
    };
    // A refusal may have taken back a role, which stays taken back.
    let cookie = match admitted {
        Ok(person) => Ok({
            // By its key: two services of the settings may be one issuer.
            session::open(app, &txn, headers, now, person, SignInMethod::Oidc, Some(key)).await?
        }),
        Err(reason) => Err(Refusal::Unwanted(reason)),
    };
    txn.commit().await?;
    // Roles may have changed, and the session that the browser had has ended.
    app.signal.changed().await;
    cookie
}

/// The organisation that somebody chose, and what it says of them.
async fn membership(
    providers: &Providers,
    config: &IssuerConfig,
    now: DateTime<Utc>,
    claims: &Claims,
    subject: &str,
) -> Result<(Named, Said), Refusal> {
    let chosen = claims.get("organisation").and_then(organisation::read);
    let chosen = chosen.ok_or(Refusal::Unwanted(Reason::NotInProgramme))?;
    let asked = Roles::of(config).ask(providers.web(), now, &chosen.id, subject).await;
    let said = asked.map_err(|why| Refusal::Away(format!("its roles: {why}")))?;
    Ok((chosen.named, said))
}

/// The address of a person in small letters, if the service has verified it.
fn address(config: &IssuerConfig, claims: &Claims) -> Option<String> {
    // What is said of verifying is said of the claim `email` alone.
    let verified = config.email_claim == "email"
        && matches!(claims.get("email_verified"), Some(Value::Bool(true)));
    let address = claims.get(&config.email_claim)?.as_str()?.trim().to_lowercase();
    (!address.is_empty() && (verified || config.trusts_email)).then_some(address)
}

/// How a person is called: their whole name, or its parts.
fn name(claims: &Claims) -> Option<String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(str::trim);
    let parts = [text("given_name"), text("family_name")];
    let parts = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let whole = text("name").map(str::to_owned).unwrap_or_default();
    [whole, parts.trim().to_owned()].into_iter().find(|name| !name.is_empty())
}
