//! Signing in by a link: one from a mail, which does it once, or one of the demonstration.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use entity::people::{person, sign_in_links, tokens};
use rules::sign_in::SignInMethod;
use sea_orm::EntityTrait as _;

use super::heading::Heading;
use super::pages::{Button, Notice, not_ours, set_cookie};
use super::session;
use crate::app::App;
use crate::http::pages::parts::{PageError, page};
use crate::http::principal::hash;

pub(super) async fn show_link(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let hash = hash(&token);
    let found = sign_in_links::find(app.db.reader(), &hash, app.clock.now()).await?;
    let Some(person) = found.and_then(|link| link.person_id) else {
        return link_is_dead(&app, &hash).await;
    };
    let person = person::Entity::find_by_id(person).one(app.db.reader()).await?;
    let name = person.map(|person| person.name).unwrap_or_default();
    // Somebody else's link would sign them in as somebody else: they see it before they press.
    let title = format!("Sign in as {name}");
    let text = "This signs you in to Hubs on this device. If that is not you, or you did not ask \
                for it, close this page.";
    Ok(page(StatusCode::OK, &Button { title: &title, text, label: "Sign in" })?)
}

pub(super) async fn spend_link(
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
    let link = sign_in_links::spend(&txn, now, &token_hash).await?;
    let Some((person, link)) = link.and_then(|link| Some((link.person_id?, link))) else {
        sign_in_links::refuse(&txn, now, &token_hash).await?;
        txn.commit().await?;
        return link_is_dead(&app, &token_hash).await;
    };
    let cookie =
        session::open(&app, &txn, &headers, now, person, SignInMethod::MagicLink, None).await?;
    txn.commit().await?;
    app.signal.changed().await;
    signed_in(&Heading::of(&link.return_to), &cookie)
}

pub(super) async fn show_demo(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Result<Response, PageError> {
    let found = tokens::find_demo(app.db.reader(), &hash(&token), app.clock.now()).await?;
    let Some((_, name)) = found else { return opens_nothing(&Heading::default()) };
    let title = format!("Sign in as {name}");
    let text = "This is a demonstration: nobody here is real.";
    Ok(page(StatusCode::OK, &Button { title: &title, text, label: "Sign in" })?)
}

pub(super) async fn take_demo(
    State(app): State<App>,
    Path(token): Path<String>,
    heading: Heading,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !session::is_of_ours(&app, &Method::POST, &headers) {
        return not_ours();
    }
    let now = app.clock.now();
    let txn = app.db.write().await?;
    let Some((person, _)) = tokens::find_demo(&txn, &hash(&token), now).await? else {
        return opens_nothing(&Heading::default());
    };
    let cookie = session::open(&app, &txn, &headers, now, person, SignInMethod::Demo, None).await?;
    txn.commit().await?;
    app.signal.changed().await;
    signed_in(&heading, &cookie)
}

/// Sends somebody who is signed in to where they were heading.
fn signed_in(heading: &Heading, cookie: &str) -> Result<Response, PageError> {
    let mut response = heading.land();
    set_cookie(&mut response, cookie)?;
    Ok(response)
}

/// A link came too late, or a second time: whoever asks for a new one is still heading there.
async fn link_is_dead(app: &App, token_hash: &str) -> Result<Response, PageError> {
    let return_to = sign_in_links::return_to(app.db.reader(), token_hash).await?;
    opens_nothing(&Heading::of(&return_to.unwrap_or_default()))
}

fn opens_nothing(heading: &Heading) -> Result<Response, PageError> {
    let text = "A link signs in once, for ten minutes, and only the latest one does. Ask for a \
                new one.";
    let back = heading.kept_by("/sign-in");
    let notice = Notice { back, ..Notice::new("This link does not sign you in", text) };
    Ok(page(StatusCode::GONE, &notice)?)
}
