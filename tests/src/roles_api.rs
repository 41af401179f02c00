//! DfE Sign-in's roles API as its documentation describes it: it checks who asks, and gives answers
//! that lie in `tests/data/dfe_roles`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::programs::root;

/// The service it knows.
pub const SERVICE: &str = "3F2A6C10-0000-4000-8000-000000000001";
/// What signs questions to it.
pub const SECRET: &str = "a secret of the roles API";
/// Who may ask.
pub const CLIENT: &str = "hubs-schools";

/// A running one.
#[derive(Clone, Debug)]
pub struct RolesApi {
    /// Where it answers.
    pub address: String,
    state: Arc<Mutex<Told>>,
}

#[derive(Debug, Default)]
struct Told {
    /// Answers by organisation and account.
    answers: HashMap<(String, String), String>,
    /// Whether it fails.
    fails: bool,
    /// How often it was asked.
    asked: usize,
}

impl RolesApi {
    /// Starts it, with no answers: 404 to everything.
    ///
    /// # Panics
    /// It cannot be started.
    pub async fn start() -> Self {
        let state = Arc::<Mutex<Told>>::default();
        let router = Router::new()
            .route("/services/{service}/organisations/{organisation}/users/{user}", get(answer))
            .with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    /// From now on it answers with a file of `tests/data/dfe_roles`; with none, 404.
    ///
    /// # Panics
    /// There is no such file.
    pub fn say(&self, organisation: &str, account: &str, file: Option<&str>) {
        let key = (organisation.to_owned(), account.to_owned());
        let mut told = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        told.fails = false;
        match file {
            Some(file) => {
                let file = root().join("tests/data/dfe_roles").join(file);
                let text = std::fs::read_to_string(file).expect("a recorded answer");
                told.answers.insert(key, text);
            }
            None => drop(told.answers.remove(&key)),
        }
    }

    /// From now on it fails.
    pub fn fail(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).fails = true;
    }

    /// How often it was asked so far by somebody who may.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).asked
    }
}

async fn answer(
    State(state): State<Arc<Mutex<Told>>>,
    Path((service, organisation, user)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = bearer.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if !may_ask(token) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut told = state.lock().unwrap_or_else(PoisonError::into_inner);
    told.asked += 1;
    if told.fails {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let found = told.answers.get(&(organisation, user)).filter(|_| service == SERVICE);
    let Some(text) = found.cloned() else { return StatusCode::NOT_FOUND.into_response() };
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// Whether a token is signed with the secret, for this API, by the client.
fn may_ask(token: &str) -> bool {
    let Some((signed, seal)) = token.rsplit_once('.') else { return false };
    let Some((head, body)) = signed.split_once('.') else { return false };
    let read = |part: &str| -> Option<Value> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let (Some(head), Some(claims)) = (read(head), read(body)) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(signed.as_bytes());
    let seal = URL_SAFE_NO_PAD.decode(seal).unwrap_or_default();
    head["alg"] == "HS256"
        && claims["iss"] == CLIENT
        && claims["aud"] == "signin.education.gov.uk"
        && mac.verify_slice(&seal).is_ok()
}
