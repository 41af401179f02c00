//! Where somebody was heading when they had to sign in. Every way of signing in takes it from
//! `return_to` in the address, keeps it in the database with the link or the attempt, and lands
//! them there; whether it is a page of ours is asked here and nowhere else, coming and going.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Redirect, Response};
use openidconnect::url::form_urlencoded::byte_serialize;
use rules::sign_in::heading::{LANDING, return_path};
use serde::Deserialize;

use crate::app::App;

/// A page of ours that somebody was heading for; none, if they say none or another site's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading(Option<String>);

#[derive(Debug, Deserialize)]
struct Wish {
    return_to: String,
}

impl FromRequestParts<App> for Heading {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let wish = Query::<Wish>::from_request_parts(parts, app).await;
        Ok(wish.map_or_else(|_| Self::default(), |Query(wish)| Self::of(&wish.return_to)))
    }
}

impl Heading {
    /// What somebody says, or what was kept of it.
    #[must_use]
    pub fn of(wanted: &str) -> Self {
        Self(return_path(wanted).map(str::to_owned))
    }

    /// The page, if there is one.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Where they land: that page, or the one that says who they are.
    #[must_use]
    pub fn path(&self) -> &str {
        self.page().unwrap_or(LANDING)
    }

    /// The address of a page of signing in that goes on heading there.
    #[must_use]
    pub fn kept_by(&self, address: &str) -> String {
        match &self.0 {
            Some(page) => {
                let page: String = byte_serialize(page.as_bytes()).collect();
                format!("{address}?return_to={page}")
            }
            None => address.to_owned(),
        }
    }

    /// Sends them there.
    #[must_use]
    pub fn land(&self) -> Response {
        Redirect::to(self.path()).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_is_kept_whole_in_the_address_of_another_page() {
        let heading = Heading::of("/hubs?first=2&after=a+b#top");
        let address = heading.kept_by("/sign-in");
        assert_eq!(address, "/sign-in?return_to=%2Fhubs%3Ffirst%3D2%26after%3Da%2Bb%23top");
        assert_eq!(Heading::of("//other.example").kept_by("/sign-in"), "/sign-in");
        assert_eq!(Heading::of("//other.example").path(), LANDING);
    }
}
