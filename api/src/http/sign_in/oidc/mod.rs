//! Signing in at other people's sign-in services: `OpenID Connect`'s code flow with PKCE.
//!
//! | Address | Does |
//! |---|---|
//! | `/sign-in/oidc/{key}` | sends the browser to the service |
//! | `/sign-in/oidc/{key}/callback` | takes who comes back, and signs them in |
//! | `/sign-in/oidc/{key}/sign-out` | sends the browser to the service's own sign-out |

mod attempt;
mod exchange;
mod provider;
mod refusal;
mod vouched;
pub mod web;

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use entity::id::new_id;
use entity::people::{attempts, sign_in_attempt};
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    ClientId, CsrfToken, LogoutRequest, Nonce, PkceCodeChallenge, PostLogoutRedirectUrl, Scope,
};
use rand::RngCore as _;
use runtime::issuers::{IssuerConfig, IssuerKind};
use serde::Deserialize;

use self::exchange::Brought;
use self::provider::Providers;
use self::refusal::Refusal;
use super::heading::Heading;
use crate::app::App;
use crate::http::pages::survey_guesses::{Guesses, client};

/// Departures from one network in ten minutes. A local authority's schools may be one network.
const MOST_DEPARTURES: u32 = 200;

/// Who left from where, so that nobody fills the database by leaving.
#[derive(Debug)]
struct Departures(Guesses);

impl FromRequestParts<App> for Departure {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let (now, address) = (app.clock.now(), client(parts, app.config.http.proxies));
        let Some(departures) = parts.extensions.get::<Arc<Departures>>() else {
            return Ok(Self::Allowed);
        };
        if departures.0.is_slowed(address, now) {
            return Ok(Self::Slowed);
        }
        departures.0.note(address, now);
        Ok(Self::Allowed)
    }
}

/// Whether somebody may leave for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Departure {
    Allowed,
    Slowed,
}

/// The routes, to be merged into the pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/sign-in/oidc/{key}", get(begin))
        .route("/sign-in/oidc/{key}/callback", get(callback))
        .route("/sign-in/oidc/{key}/sign-out", get(sign_out))
        .layer(Extension(Arc::new(Providers::default())))
        .layer(Extension(Arc::new(Departures(Guesses::with_most(MOST_DEPARTURES)))))
}

/// A service as a page offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What its button says.
    pub name: String,
    /// Where it leads.
    pub address: String,
}

/// The services that people may sign in at, heading there.
#[must_use]
pub fn offers(app: &App, heading: &Heading) -> Vec<Offer> {
    app.config.sign_in.issuers.iter().map(|(key, issuer)| offer(key, issuer, heading)).collect()
}

/// Those of them that vouch for people of this kind.
#[must_use]
pub fn offers_of(app: &App, heading: &Heading, kind: IssuerKind) -> Vec<Offer> {
    let issuers = app.config.sign_in.issuers.iter().filter(|(_, issuer)| issuer.kind == kind);
    issuers.map(|(key, issuer)| offer(key, issuer, heading)).collect()
}

fn offer(key: &str, issuer: &IssuerConfig, heading: &Heading) -> Offer {
    let address = heading.kept_by(&format!("/sign-in/oidc/{key}"));
    Offer { name: issuer.name.clone(), address }
}

/// Where somebody whom the service with this key signed in signs out there as well.
#[must_use]
pub fn farewell(app: &App, key: &str) -> Option<Offer> {
    let config = app.config.sign_in.issuers.get(key)?;
    let address = format!("/sign-in/oidc/{key}/sign-out");
    Some(Offer { name: config.name.clone(), address })
}

async fn begin(
    State(app): State<App>,
    Extension(providers): Extension<Arc<Providers>>,
    Path(key): Path<String>,
    departure: Departure,
    heading: Heading,
) -> Response {
    let begun = async {
        let config = config(&app, &key)?;
        if departure == Departure::Slowed {
            return Err(Refusal::Slowed);
        }
        leave(&app, &providers, (&key, config), &heading).await
    };
    match begun.await {
        Ok(response) => response,
        Err(refusal) => refusal.answer(&app, &key, &heading).await,
    }
}

fn config<'a>(app: &'a App, key: &str) -> Result<&'a IssuerConfig, Refusal> {
    app.config.sign_in.issuers.get(key).ok_or(Refusal::NoSuchService)
}

/// Notes the attempt and sends the browser to the service.
async fn leave(
    app: &App,
    providers: &Providers,
    (key, config): (&str, &IssuerConfig),
    heading: &Heading,
) -> Result<Response, Refusal> {
    let now = app.clock.now();
    let provider = providers.of(key, config, now).await?;
    let client = exchange::client(app, key, config, &provider)?;
    let mut secret = [0; 32];
    rand::rng().fill_bytes(&mut secret);
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let state = attempt::state_of(&secret);
    let token = CsrfToken::new(state.clone());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let scopes = config.scopes().split_whitespace().filter(|scope| *scope != "openid");
    let (url, _, nonce) = client
        .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || token, Nonce::new_random)
        .add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())))
        .set_pkce_challenge(challenge)
        .url();
    let row = sign_in_attempt::Model {
        id: new_id(now),
        state_hash: attempt::hash_of(&state),
        nonce: nonce.secret().clone(),
        pkce_verifier: verifier.secret().clone(),
        issuer_key: key.to_owned(),
        return_to: heading.path().to_owned(),
        created_at: now,
        expires_at: now + TimeDelta::seconds(attempt::LASTS_SECONDS),
    };
    let txn = app.db.write().await?;
    attempts::begin(&txn, now, row).await?;
    txn.commit().await?;
    let mut response = Redirect::to(url.as_str()).into_response();
    set_cookie(&mut response, &attempt::cookie(app, &state, Some(&secret)))?;
    Ok(response)
}

/// What a service sends people back with.
#[derive(Debug, Deserialize)]
struct Returned {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

async fn callback(
    State(app): State<App>,
    Extension(providers): Extension<Arc<Providers>>,
    Path(key): Path<String>,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Response {
    let returned = returned.ok().map(|Query(returned)| returned);
    let state = returned.as_ref().and_then(|returned| returned.state.clone());
    let mut heading = Heading::default();
    let taken = async {
        let config = config(&app, &key)?;
        let returned = returned.ok_or(Refusal::Astray)?;
        arrive(&app, &providers, (&key, config), &headers, returned, &mut heading).await
    };
    let mut response = match taken.await {
        Ok(response) => response,
        Err(refusal) => refusal.answer(&app, &key, &heading).await,
    };
    // Over in any case, for the browser whose attempt it was.
    if let Some(state) = state.filter(|state| attempt::is_of(&app, &headers, state)) {
        let _ = set_cookie(&mut response, &attempt::cookie(&app, &state, None));
    }
    response
}

/// Takes who comes back: checks that they left from this browser, asks the service who they are,
/// and signs them in if there is a place for them. `heading` becomes where they were heading, as
/// soon as that is known.
async fn arrive(
    app: &App,
    providers: &Providers,
    (key, config): (&str, &IssuerConfig),
    headers: &HeaderMap,
    returned: Returned,
    heading: &mut Heading,
) -> Result<Response, Refusal> {
    let now = app.clock.now();
    let state = returned.state.filter(|state| attempt::is_of(app, headers, state));
    let state = state.ok_or(Refusal::Astray)?;
    let txn = app.db.write().await?;
    let attempt = attempts::take(&txn, now, key, &attempt::hash_of(&state)).await?;
    txn.commit().await?;
    let attempt = attempt.ok_or(Refusal::Astray)?;
    *heading = Heading::of(&attempt.return_to);
    // Of several services none may send back what another one gave out.
    if returned.iss.is_some_and(|iss| iss != config.issuer) {
        return Err(Refusal::Token("brought back in the name of another issuer".to_owned()));
    }
    if let Some(error) = returned.error {
        let plain = |c: char| c.is_ascii_lowercase() || c == '_';
        return Err(match error.as_str() {
            "access_denied" => Refusal::Cancelled,
            "temporarily_unavailable" | "server_error" => Refusal::Away(error),
            _ => Refusal::Said(error.chars().filter(|c| plain(*c)).take(60).collect()),
        });
    }
    let code = returned.code.ok_or(Refusal::Said("no code".to_owned()))?;
    let brought = Brought { code, verifier: attempt.pkce_verifier, nonce: attempt.nonce };
    let claims = exchange::claims(app, providers, (key, config), now, brought).await?;
    let session = vouched::admit(app, providers, (key, config), headers, now, &claims).await?;
    let mut response = heading.land();
    set_cookie(&mut response, &session)?;
    Ok(response)
}

fn set_cookie(response: &mut Response, cookie: &str) -> Result<(), Refusal> {
    let cookie = HeaderValue::from_str(cookie).map_err(|why| Refusal::Fault(why.into()))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

#[derive(Template)]
#[template(path = "pages/oidc_signed_out.html")]
struct SignedOut<'a> {
    name: &'a str,
}

/// To the service's own sign-out, or to a page that says that it has none.
async fn sign_out(
    State(app): State<App>,
    Extension(providers): Extension<Arc<Providers>>,
    Path(key): Path<String>,
) -> Response {
    let gone = async {
        let config = config(&app, &key)?;
        let provider = providers.of(&key, config, app.clock.now()).await?;
        let more = provider.metadata.additional_metadata();
        let Some(endpoint) = more.end_session_endpoint.clone() else {
            let page = SignedOut { name: &config.name }.render();
            return Ok(Html(page.map_err(|why| Refusal::Fault(why.into()))?).into_response());
        };
        let back = format!("{}/sign-in", app.config.http.public_url);
        let back = PostLogoutRedirectUrl::new(back).map_err(|why| Refusal::Fault(why.into()))?;
        let request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(config.client_id.clone()))
            .set_post_logout_redirect_uri(back);
        Ok(Redirect::to(request.http_get_url().as_str()).into_response())
    };
    match gone.await {
        Ok(response) => response,
        Err(refusal) => Refusal::answer(refusal, &app, &key, &Heading::default()).await,
    }
}
