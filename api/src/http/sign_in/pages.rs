//! The pages of signing in. GET shows, POST acts, from a page of ours alone; nothing needs
//! JavaScript.
//!
//! | Address | Does |
//! |---|---|
//! | `/sign-in` | says who is signed in, or offers the ways to sign in; takes an address for a link |
//! | `/sign-in/account` | the same for who runs a hub or more, whom a link by mail does not let in |
//! | `/sign-in/link/{token}` | a link from a mail: shows a button, which signs in, once |
//! | `/sign-in/demo/{token}` | the same for the demonstration's tokens |
//! | `/sign-out` | a button, which ends the browser's session |
//! | `/sign-out/others` | ends the person's other sessions |

use std::convert::Infallible;
use std::net::IpAddr;

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{Redirect, Response};
use axum::routing::get;
use entity::id::new_id;
use entity::people::sign_in_links::{self, Asked, Asking};
use rules::links::{counted, sign_in_token};
use rules::sign_in::LINK_WINDOW;
use serde::Deserialize;

use super::heading::Heading;
use super::oidc::{self, Offer};
use super::{accounts, by_link, own_page, session};
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
        .route("/sign-in/account", get(accounts::show))
        .route("/sign-in/link/{token}", get(by_link::show_link).post(by_link::spend_link))
        .route("/sign-in/demo/{token}", get(by_link::show_demo).post(by_link::take_demo))
        .route("/sign-out", get(own_page::show_sign_out).post(own_page::sign_out))
        .route("/sign-out/others", get(own_page::home).post(own_page::sign_out_others))
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
struct Ways<'a> {
    offers: Vec<Offer>,
    /// Where to, once signed in.
    return_to: Option<&'a str>,
    /// What was typed, and what is wrong with it.
    email: &'a str,
    error: Option<&'static str>,
}

impl<'a> Ways<'a> {
    fn to(app: &App, heading: &'a Heading) -> Self {
        let offers = oidc::offers(app, heading);
        Self { offers, return_to: heading.page(), email: "", error: None }
    }
}

#[derive(Template)]
#[template(path = "pages/sign_in_asked.html")]
struct AskedFor<'a> {
    email: &'a str,
    again: String,
    has_accounts: bool,
}

#[derive(Template)]
#[template(path = "pages/sign_in_button.html")]
pub(super) struct Button<'a> {
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) label: &'a str,
}

#[derive(Template)]
#[template(path = "pages/sign_in_notice.html")]
pub(super) struct Notice<'a> {
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    /// The sign-in page, heading where they were.
    pub(super) back: String,
    /// Where else to go.
    pub(super) farewell: Option<Offer>,
}

impl<'a> Notice<'a> {
    pub(super) fn new(title: &'a str, text: &'a str) -> Self {
        Self { title, text, back: "/sign-in".to_owned(), farewell: None }
    }
}

/// What the form of the sign-in page sends.
#[derive(Debug, Deserialize)]
struct Wish {
    #[serde(default)]
    email: String,
    #[serde(default)]
    return_to: String,
}

async fn show(
    State(app): State<App>,
    heading: Heading,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    match own_page::signed_in(&app, &headers).await? {
        Some(session) => own_page::show(&app, &session, &heading).await,
        None => Ok(page(StatusCode::OK, &Ways::to(&app, &heading))?),
    }
}

/// Takes an address. What it answers, and what it does until then, tells nobody whose it is.
async fn ask(
    State(app): State<App>,
    From(network): From,
    headers: HeaderMap,
    form: Result<Form<Wish>, FormRejection>,
) -> Result<Response, PageError> {
    // Else any page could spend what a school's network may ask for.
    if !session::is_of_ours(&app, &Method::POST, &headers) {
        return not_ours();
    }
    let Ok(Form(Wish { email: typed, return_to })) = form else { return Err(PageError::BadForm) };
    let heading = Heading::of(&return_to);
    let email = typed.trim().to_lowercase();
    if !is_address(&email) {
        let error = Some("Enter your address, such as name@school.example.");
        let ways = Ways { email: typed.trim(), error, ..Ways::to(&app, &heading) };
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
        return_to: heading.path(),
    };
    let txn = app.db.write().await?;
    let asked = sign_in_links::ask(&txn, now, asking).await?;
    txn.commit().await?;
    if asked == Asked::TooMany {
        let text = "Too many links were asked for in a short time, for this address or from your \
                    network. Wait an hour, then try again.";
        let back = heading.kept_by("/sign-in");
        let notice = Notice { back, ..Notice::new("Please wait a while", text) };
        let mut response = page(StatusCode::TOO_MANY_REQUESTS, &notice)?;
        let wait = HeaderValue::from(LINK_WINDOW.num_seconds());
        response.headers_mut().insert(header::RETRY_AFTER, wait);
        return Ok(response);
    }
    app.signal.changed().await;
    let again = heading.kept_by("/sign-in");
    let has_accounts = !app.config.sign_in.issuers.is_empty();
    Ok(page(StatusCode::OK, &AskedFor { email: &email, again, has_accounts })?)
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

pub(super) fn set_cookie(response: &mut Response, cookie: &str) -> Result<(), PageError> {
    let cookie = HeaderValue::from_str(cookie).map_err(|error| PageError::Fault(error.into()))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(())
}

/// Nobody is signed in or out, and no link is asked for, by a page of somebody else's.
pub(super) fn not_ours() -> Result<Response, PageError> {
    let text = "Your browser says that this did not come from a page of ours. Open your link \
                again, or start from the sign-in page.";
    Ok(page(StatusCode::FORBIDDEN, &Notice::new("Nothing was done", text))?)
}
