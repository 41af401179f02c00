//! The pages of signing in. GET shows, POST acts; nothing needs JavaScript.
//!
//! | Address | Does |
//! |---|---|
//! | `/sign-in` | says who is signed in, or offers the ways to sign in; takes an address for a link |
//! | `/sign-in/link/{token}` | a link from a mail: shows a button, which signs in, once |
//! | `/sign-in/demo/{token}` | the same for the demonstration's tokens |
//! | `/sign-out` | a button, which ends the browser's session |

use std::convert::Infallible;
use std::net::IpAddr;

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use entity::id::new_id;
use entity::people::sign_in_links::{self, Asked, Asking};
use entity::people::{person, sessions, tokens};
use rules::links::{counted, sign_in_token};
use rules::sign_in::{LINK_WINDOW, SignInMethod};
use sea_orm::EntityTrait as _;
use serde::Deserialize;

use super::oidc::{self, Offer};
use super::session;
use crate::app::App;
use crate::http::pages::parts::{PageError, page, secret};
use crate::http::pages::survey_guesses::{client, network};
use crate::http::principal::hash;

/// Longest address a mail goes to.
const LONGEST_ADDRESS: usize = 254;

/// The routes, to be merged into the pages.
pub fn router() -> Router<App> {
    Router::new()
        .route("/", get(async || Redirect::to("/sign-in")))
        .route("/sign-in", get(show).post(ask))
        .route("/sign-in/link/{token}", get(show_link).post(spend_link))
        .route("/sign-in/demo/{token}", get(show_demo).post(take_demo))
        .route("/sign-out", get(show_sign_out).post(sign_out))
        .layer(map_response(own_referrer))
}

/// Tells pages of ours, and no others, which page a form was on: without that, a browser does not
/// say so to us either.
async fn own_referrer(mut response: Response) -> Response {
    let policy = HeaderValue::from_static("same-origin");
    response.headers_mut().insert(header::REFERRER_POLICY, policy);
    response
}

/// From which network a request comes.
struct From(IpAddr);

impl FromRequestParts<App> for From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self(network(client(parts, app.config.http.proxies))))
    }
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct Ways {
    offers: Vec<Offer>,
    error: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "pages/signed_in.html")]
struct SignedIn<'a> {
    name: &'a str,
}

#[derive(Template)]
#[template(path = "pages/sign_in_button.html")]
struct Button<'a> {
    title: &'a str,
    text: &'a str,
    label: &'a str,
}

#[derive(Template)]
#[template(path = "pages/sign_in_notice.html")]
struct Notice<'a> {
    title: &'a str,
    text: &'a str,
    /// Where else to go; the sign-in page in any case.
    farewell: Option<Offer>,
}

/// What the form of the sign-in page sends.
#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    email: String,
}

async fn show(State(app): State<App>, headers: HeaderMap) -> Result<Response, PageError> {
    if let Some(session) = current(&app, &headers).await? {
        let person = person::Entity::find_by_id(session.person_id).one(app.db.reader()).await?;
        let name = person.map(|person| person.name).unwrap_or_default();
        return Ok(page(StatusCode::OK, &SignedIn { name: &name })?);
    }
    Ok(page(StatusCode::OK, &Ways { offers: oidc::offers(&app), error: None })?)
}

/// Takes an address. What it answers, and what it does until then, tells nobody whose it is.
async fn ask(
    State(app): State<App>,
    From(network): From,
    form: Result<Form<Wish>, FormRejection>,
) -> Result<Response, PageError> {
    let Ok(Form(Wish { email })) = form else { return Err(PageError::BadForm) };
    let email = email.trim().to_lowercase();
    if !is_address(&email) {
        let error = Some("Enter your address, such as name@school.example.");
        let ways = Ways { offers: oidc::offers(&app), error };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &ways)?);
    }
    let secret = secret(&app).await?;
    let secret = secret.as_bytes();
    let now = app.clock.now();
    let id = new_id(now);
    let asking = Asking {
        email: &email,
        id,
        token_hash: &hash(&sign_in_token(secret, id)),
        address_hash: &counted(secret, "address", &email),
        network_hash: &counted(secret, "network", &network.to_string()),
    };
    let txn = app.db.write().await?;
    let asked = sign_in_links::ask(&txn, now, asking).await?;
    txn.commit().await?;
    if asked == Asked::TooMany {
        let text = "Too many links were asked for in a short time, for this address or from your \
                    network. Wait an hour, then try again.";
        let notice = Notice { title: "Please wait a while", text, farewell: None };
        let mut response = page(StatusCode::TOO_MANY_REQUESTS, &notice)?;
        let wait = HeaderValue::from(LINK_WINDOW.num_seconds());
        response.headers_mut().insert(header::RETRY_AFTER, wait);
        return Ok(response);
    }
    app.signal.changed().await;
    let text = "If this is the address of somebody at a school in the programme, a mail with a \
                link is on its way to it. The link works once, for ten minutes. If no mail comes, \
                look among the unwanted ones; leads and administrators sign in with their account \
                instead.";
    let notice = Notice { title: "Look at your mail", text, farewell: None };
    Ok(page(StatusCode::OK, &notice)?)
}

/// Whether this looks like an address; whether it is one, the mail finds out.
fn is_address(email: &str) -> bool {
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    email.len() <= LONGEST_ADDRESS
        && email.chars().all(plain)
        && email.split_once('@').is_some_and(|(name, place)| {
            !name.is_empty() && !place.is_empty() && !place.contains('@')
        })
}

async fn show_link(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let found = sign_in_links::find(app.db.reader(), &hash(&token), app.clock.now()).await?;
    if found.is_none() {
        return opens_nothing();
    }
    let text = "This signs you in on this device. If you did not ask for it, close this page.";
    let button = Button { title: "Sign in to Hubs", text, label: "Sign in" };
    Ok(page(StatusCode::OK, &button)?)
}

async fn spend_link(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !session::is_of_ours(&app, &Method::POST, &headers) {
        return not_ours();
    }
    let now = app.clock.now();
    let token_hash = hash(&token);
    let txn = app.db.write().await?;
    let Some(person) = sign_in_links::spend(&txn, now, &token_hash).await? else {
        sign_in_links::refuse(&txn, now, &token_hash).await?;
        txn.commit().await?;
        return opens_nothing();
    };
    let cookie =
        session::open(&app, &txn, &headers, now, person, SignInMethod::MagicLink, None).await?;
    txn.commit().await?;
    app.signal.changed().await;
    signed_in(&cookie)
}

async fn show_demo(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let found = tokens::find_demo(app.db.reader(), &hash(&token), app.clock.now()).await?;
    let Some((_, name)) = found else { return opens_nothing() };
    let title = format!("Sign in as {name}");
    let text = "This is a demonstration: nobody here is real.";
    Ok(page(StatusCode::OK, &Button { title: &title, text, label: "Sign in" })?)
}

async fn take_demo(
    State(app): State<App>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !session::is_of_ours(&app, &Method::POST, &headers) {
        return not_ours();
    }
    let now = app.clock.now();
    let txn = app.db.write().await?;
    let Some((person, _)) = tokens::find_demo(&txn, &hash(&token), now).await? else {
        return opens_nothing();
    };
    let cookie = session::open(&app, &txn, &headers, now, person, SignInMethod::Demo, None).await?;
    txn.commit().await?;
    app.signal.changed().await;
    signed_in(&cookie)
}

async fn show_sign_out() -> Result<Response, PageError> {
    let text = "This ends your session on this device.";
    let button = Button { title: "Sign out of Hubs", text, label: "Sign out" };
    Ok(page(StatusCode::OK, &button)?)
}

async fn sign_out(State(app): State<App>, headers: HeaderMap) -> Result<Response, PageError> {
    if !session::is_of_ours(&app, &Method::POST, &headers) {
        return not_ours();
    }
    let session = current(&app, &headers).await?;
    if let Some(session) = &session {
        let txn = app.db.write().await?;
        let (by, id) = (session.person_id, session.id);
        sessions::revoke(&txn, app.clock.now(), by, id, "signedOut").await?;
        txn.commit().await?;
        // Its live connections end now.
        app.signal.changed().await;
    }
    let issuer = session.and_then(|session| session.issuer);
    let farewell = issuer.and_then(|issuer| oidc::farewell(&app, &issuer));
    let text = "Your session on this device has ended.";
    let mut response =
        page(StatusCode::OK, &Notice { title: "You are signed out", text, farewell })?;
    set_cookie(&mut response, &session::cookie(&app, None))?;
    Ok(response)
}

/// The session of the browser that asks, if it is in force.
async fn current(
    app: &App,
    headers: &HeaderMap,
) -> Result<Option<entity::people::session::Model>, PageError> {
    let Some(hash) = session::hash_of(app, headers) else { return Ok(None) };
    Ok(sessions::find(app.db.reader(), &hash, app.clock.now()).await?)
}

fn signed_in(cookie: &str) -> Result<Response, PageError> {
    let mut response = Redirect::to("/sign-in").into_response();
    set_cookie(&mut response, cookie)?;
    Ok(response)
}

fn set_cookie(response: &mut Response, cookie: &str) -> Result<(), PageError> {
    let cookie = HeaderValue::from_str(cookie).map_err(|error| PageError::Fault(error.into()))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

fn opens_nothing() -> Result<Response, PageError> {
    let text = "A link signs in once, for ten minutes, and only the latest one does. Ask for a \
                new one.";
    let notice = Notice { title: "This link does not sign you in", text, farewell: None };
    Ok(page(StatusCode::GONE, &notice)?)
}

/// Nobody is signed in, or out, by a page of somebody else's.
fn not_ours() -> Result<Response, PageError> {
    let text = "Your browser says that this did not come from a page of ours. Open the link again.";
    let notice = Notice { title: "Nothing was done", text, farewell: None };
    Ok(page(StatusCode::FORBIDDEN, &notice)?)
}
