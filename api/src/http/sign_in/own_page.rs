//! The page of somebody who is signed in: who they are, what they may see, where else they are
//! signed in, and the ways out.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Utc};
use entity::people::grants::{self, Held};
use entity::people::principal::{self, Proof};
use entity::people::{person, session as row, sessions};
use rules::calendar::{in_words, local, time_in_words};
use rules::people::Role;
use rules::sign_in::browser_name;
use sea_orm::EntityTrait as _;

use super::heading::Heading;
use super::pages::{Button, Notice, not_ours, set_cookie};
use super::{oidc, session};
use crate::app::App;
use crate::http::pages::parts::{PageError, page};

/// Most sessions that are listed.
const MOST: u64 = 20;

#[derive(Template)]
#[template(path = "pages/signed_in.html")]
struct SignedIn<'a> {
    name: &'a str,
    email: &'a str,
    /// Where they were heading.
    on: Option<&'a str>,
    parts: Vec<Part>,
    browsers: Vec<Browser>,
}

/// What somebody is, and what they see by it.
struct Part {
    what: String,
    sees: &'static str,
}

/// A browser somebody is signed in with.
struct Browser {
    name: String,
    used: String,
    is_this: bool,
}

/// The session of the browser that asks, if it is in force.
pub(super) async fn session(
    app: &App,
    headers: &HeaderMap,
) -> Result<Option<row::Model>, PageError> {
    let Some(hash) = session::hash_of(app, headers) else { return Ok(None) };
    Ok(sessions::find(app.db.reader(), &hash, app.clock.now()).await?)
}

/// The same, if the graph would take it: a link no longer lets in whoever has become more than a
/// school user.
pub(super) async fn signed_in(
    app: &App,
    headers: &HeaderMap,
) -> Result<Option<row::Model>, PageError> {
    let Some(hash) = session::hash_of(app, headers) else { return Ok(None) };
    let (db, proof) = (app.db.reader(), Proof::Session(hash));
    match principal::prove(db, &proof, app.clock.now()).await? {
        Some(_) => session(app, headers).await,
        None => Ok(None),
    }
}

/// The page of whoever has this session.
pub(super) async fn show(
    app: &App,
    session: &row::Model,
    heading: &Heading,
) -> Result<Response, PageError> {
    let (db, id) = (app.db.reader(), session.person_id);
    let person = person::Entity::find_by_id(id).one(db).await?;
    let person = person.ok_or_else(|| PageError::Fault(anyhow::anyhow!("a session of nobody")))?;
    let open = sessions::of_person(db, app.clock.now(), id, MOST).await?;
    let browsers = open.into_iter().map(|one| Browser {
        name: browser_name(&one.user_agent),
        used: when(one.last_seen_at),
        is_this: one.id == session.id,
    });
    let signed_in = SignedIn {
        name: &person.name,
        email: &person.email,
        on: heading.page(),
        parts: grants::held(db, id).await?.into_iter().map(part).collect(),
        browsers: browsers.collect(),
    };
    Ok(page(StatusCode::OK, &signed_in)?)
}

fn part(Held { role, place }: Held) -> Part {
    let (title, sees) = match role {
        Role::ProgrammeAdmin => ("Programme administrator", "You see everything."),
        Role::RegionalLead => ("Regional lead", "You see the hubs and schools of this region."),
        Role::HubLead => (
            "Hub lead",
            "You see this hub, its partners, and the documents and results they share with it.",
        ),
        Role::SchoolUser => {
            ("School user", "You see what concerns it; if it is a trust, all its schools as well.")
        }
        Role::ExternalEvaluator => {
            ("External evaluator", "You see survey results and anonymised figures.")
        }
    };
    let what = place.map_or_else(|| title.to_owned(), |place| format!("{title}, {place}"));
    Part { what, sees }
}

fn when(moment: DateTime<Utc>) -> String {
    let local = local(moment);
    format!("{} at {}", in_words(local.date()), time_in_words(local.time()))
}

pub(super) async fn home() -> Redirect {
    Redirect::to("/sign-in")
}

pub(super) async fn show_sign_out(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if session(&app, &headers).await?.is_none() {
        let text = "There is nothing to sign out of on this device.";
        return Ok(page(StatusCode::OK, &Notice::new("You are not signed in", text))?);
    }
    let text = "This ends your session on this device.";
    let button = Button { title: "Sign out of Hubs", text, label: "Sign out" };
    Ok(page(StatusCode::OK, &button)?)
}

pub(super) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !session::is_of_ours(&app, &Method::POST, &headers) {
        return not_ours();
    }
    let session = session(&app, &headers).await?;
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
    let notice = Notice { farewell, ..Notice::new("You are signed out", text) };
    let mut response = page(StatusCode::OK, &notice)?;
    set_cookie(&mut response, &session::cookie(&app, None))?;
    Ok(response)
}

/// Ends the person's sessions in other browsers.
pub(super) async fn sign_out_others(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if !session::is_of_ours(&app, &Method::POST, &headers) {
        return not_ours();
    }
    if let Some(own) = signed_in(&app, &headers).await? {
        let (now, person) = (app.clock.now(), own.person_id);
        let txn = app.db.write().await?;
        sessions::revoke_all(&txn, now, Some(person), person, Some(own.id)).await?;
        txn.commit().await?;
        app.signal.changed().await;
    }
    Ok(home().await.into_response())
}
