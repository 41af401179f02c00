//! The page on which those sign in who run a hub, a region or a programme.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use runtime::issuers::IssuerKind;

use super::heading::Heading;
use super::oidc::{self, Offer};
use super::own_page;
use crate::app::App;
use crate::http::pages::parts::{PageError, page};

#[derive(Template)]
#[template(path = "pages/sign_in_account.html")]
struct Accounts {
    /// Services of the staff, who run programmes, regions and hubs.
    staff: Vec<Offer>,
    /// Services of schools, by which who leads a hub gets in as well.
    schools: Vec<Offer>,
    /// Where a link is mailed.
    by_mail: String,
}

/// Where mails lead whom a link by mail lets in nowhere: those who run a hub, a region or a programme.
pub(super) async fn show(
    State(app): State<App>,
    heading: Heading,
    headers: HeaderMap,
) -> Result<Response, PageError> {
    if let Some(session) = own_page::signed_in(&app, &headers).await? {
        return own_page::show(&app, &session, &heading).await;
    }
    let accounts = Accounts {
        staff: oidc::offers_of(&app, &heading, IssuerKind::Staff),
        schools: oidc::offers_of(&app, &heading, IssuerKind::DfeSignIn),
        by_mail: heading.kept_by("/sign-in"),
    };
    Ok(page(StatusCode::OK, &accounts)?)
}
