//! Why somebody who went to a sign-in service is not signed in: a page for them, a reference for
//! whoever they ask, and nothing about them in the log.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use entity::audit::{Deed, record};
use entity::outcome::StoreError;
use rand::RngCore as _;
use rules::people::admission::Reason;

use crate::app::App;
use crate::http::sign_in::heading::Heading;

/// Why somebody is not signed in.
#[derive(Debug)]
pub enum Refusal {
    /// No such service in the settings.
    NoSuchService,
    /// Too many attempts from one network.
    Slowed,
    /// Nobody left from this browser with what is brought back, or too long ago.
    Astray,
    /// They went back at the service.
    Cancelled,
    /// The service sends them back with an error, of this name.
    Said(String),
    /// The service does not answer as it must.
    Away(String),
    /// The service does not take its own code, for this reason.
    Code(String),
    /// The service's token is not one that can be believed.
    Token(String),
    /// The service vouches for them, and they have no place here.
    Unwanted(Reason),
    /// A fault of ours.
    Fault(anyhow::Error),
}

impl From<sea_orm::DbErr> for Refusal {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Fault(error.into())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

#[derive(Template)]
#[template(path = "pages/oidc_refused.html")]
struct Page<'a> {
    title: &'a str,
    advice: &'a str,
    reference: &'a str,
    /// The sign-in page, unless they had better wait.
    again: Option<String>,
}

impl Refusal {
    /// A word for it, and what only the log tells.
    fn told(&self) -> (&'static str, String) {
        match self {
            Self::NoSuchService => ("no_such_service", String::new()),
            Self::Slowed => ("slowed", String::new()),
            Self::Astray => ("astray", String::new()),
            Self::Cancelled => ("cancelled", String::new()),
            Self::Said(error) => ("service_error", error.clone()),
            Self::Away(why) => ("service_away", why.clone()),
            Self::Code(why) => ("code_refused", why.clone()),
            Self::Token(why) => ("token_refused", why.clone()),
            Self::Unwanted(reason) => (reason.into(), String::new()),
            Self::Fault(error) => ("fault", format!("{error:#}")),
        }
    }

    /// Status, title and advice of its page.
    fn words(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NoSuchService => (
                StatusCode::NOT_FOUND,
                "There is no such way to sign in",
                "Start again from the sign-in page.",
            ),
            Self::Slowed => (
                StatusCode::TOO_MANY_REQUESTS,
                "Please wait a few minutes",
                "There were many attempts to sign in from your network. Try again in ten minutes.",
            ),
            Self::Astray => (
                StatusCode::BAD_REQUEST,
                "Please sign in again",
                "We cannot tell where you came from: it took longer than ten minutes, the page was \
                 opened twice, or you began in another browser.",
            ),
            Self::Cancelled => (
                StatusCode::FORBIDDEN,
                "You did not sign in",
                "You went back before you had signed in. Nothing was changed.",
            ),
            Self::Said(_) | Self::Code(_) | Self::Token(_) => (
                StatusCode::BAD_GATEWAY,
                "We could not check who you are",
                "The sign-in service did not confirm it in a way that we accept. Try again; if it \
                 happens twice, tell whoever runs Hubs for your programme.",
            ),
            Self::Away(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The sign-in service does not answer",
                "Try again in a few minutes. Nothing is wrong with your account.",
            ),
            Self::Unwanted(Reason::NotInProgramme) => (
                StatusCode::FORBIDDEN,
                "Your organisation is not in a programme",
                "You are signed in for an organisation that neither leads a hub nor is supported by \
                 one. If you work for several, sign in again and choose another. If yours should be \
                 here, ask the hub that supports it.",
            ),
            Self::Unwanted(Reason::NoRole) => (
                StatusCode::FORBIDDEN,
                "You have no access to Hubs yet",
                "We know who you are, but nobody has given you a role here. At a school or trust, ask \
                 the person who approves access to DfE Sign-in there. Otherwise ask whoever runs \
                 Hubs for your programme.",
            ),
            Self::Unwanted(Reason::NoAddress) => (
                StatusCode::FORBIDDEN,
                "Your e-mail address is not confirmed",
                "Confirm your address with the sign-in service, then sign in again.",
            ),
            Self::Unwanted(Reason::OtherService) => (
                StatusCode::FORBIDDEN,
                "Please sign in another way",
                "Your role in Hubs needs another way to sign in than this one. Go to the sign-in \
                 page and choose the other.",
            ),
            Self::Fault(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Something went wrong on our side",
                "Nothing was changed. Try again in a few minutes.",
            ),
        }
    }

    /// Logs and audits it, and answers with its page. `key` names the service in the settings;
    /// whoever tries again goes on to where they were heading.
    pub async fn answer(self, app: &App, key: &str, heading: &Heading) -> Response {
        let reference = format!("{:08x}", rand::rng().next_u32());
        let (word, more) = self.told();
        if matches!(self, Self::Fault(_)) {
            tracing::error!(reference, key, word, "not signed in: {more}");
        } else {
            tracing::warn!(reference, key, word, "not signed in: {more}");
        }
        // Whoever was not even at a service has done nothing worth a row.
        if !matches!(self, Self::NoSuchService | Self::Slowed)
            && let Err(error) = audit(app, &format!("{key}: {word}, reference {reference}")).await
        {
            tracing::error!(reference, "a refusal could not be audited: {error:#}");
        }
        let (status, title, advice) = self.words();
        let again = (!matches!(self, Self::Slowed)).then(|| heading.kept_by("/sign-in"));
        let page = Page { title, advice, reference: &reference, again };
        match page.render() {
            Ok(page) => (status, Html(page)).into_response(),
            Err(_) => (status, title).into_response(),
        }
    }
}

async fn audit(app: &App, detail: &str) -> Result<(), sea_orm::DbErr> {
    let txn = app.db.write().await?;
    let deed = Deed { action: "signInRefused", detail, ..Deed::default() };
    record(&txn, None, app.clock.now(), deed).await?;
    txn.commit().await
}
