//! Signing in at a real sign-in service, as a browser does it: the service is oidc-provider, run by
//! Node; our pages are asked in this process, so that the test sets their clock.

use std::collections::BTreeMap;

use api::app::App;
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use chrono::TimeDelta;
use runtime::clock::Clock;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::World;
use crate::node::{CLIENTS, command, install};
use crate::programs::{PUBLIC_URL, Running};
use crate::roles_api::{self, RolesApi};

/// What DfE Sign-in calls the organisation of the first partner.
pub const ORGANISATION: &str = "13F20E54-0000-4000-8000-000000000002";

/// A sign-in service.
#[derive(Debug)]
pub struct Service {
    program: Running,
    /// Where it answers, and what its tokens name.
    pub issuer: String,
}

/// An answer to a browser.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its status.
    pub status: StatusCode,
    /// Where it sends the browser.
    pub location: Option<String>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its text.
    pub text: String,
}

impl Service {
    /// Starts one with these accounts, by name.
    ///
    /// # Panics
    /// It does not start.
    pub async fn start(accounts: &Value) -> Self {
        let mut node = command(CLIENTS, "node");
        node.arg("oidc_provider.mjs")
            .env("PUBLIC_URL", PUBLIC_URL)
            .env("ACCOUNTS", accounts.to_string());
        let started = tokio::task::spawn_blocking(move || {
            install(CLIENTS);
            let mut program = Running::start(node);
            let line = program.wait_for("listening on http://");
            (program, line)
        });
        let (program, line) = started.await.expect("it starts");
        let issuer = line.split_whitespace().last().expect("an address").to_owned();
        Self { program, issuer }
    }

    /// From now on its tokens are spoilt in this way; see `tests/clients/oidc_provider.mjs`.
    ///
    /// # Panics
    /// It does not answer.
    pub async fn spoil(&self, how: &str) {
        let answer = reqwest::get(format!("{}/spoil?how={how}", self.issuer)).await;
        assert!(answer.expect("an answer").status().is_success());
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.program.kill();
    }
}

/// What somebody of a school says of themselves.
#[must_use]
pub fn of_school(email: &str, category: &str, urn: &str, uid: &str) -> Value {
    json!({
        "email": email,
        "email_verified": true,
        "given_name": "Demo",
        "family_name": "Person",
        "organisation": {
            "id": ORGANISATION,
            "name": "As DfE Sign-in calls it",
            "category": { "id": category, "name": "Some category" },
            "urn": Some(urn).filter(|urn| !urn.is_empty()),
            "uid": Some(uid).filter(|uid| !uid.is_empty()),
            "ukprn": "10099999",
            "legacyId": "1",
            "companyRegistrationNumber": null,
        },
    })
}

/// Our pages, at the real time, with the services `dfe` and `staff` in their settings.
pub struct Door {
    /// The pages.
    pub router: Router,
    /// The program.
    pub app: App,
}

impl Door {
    /// Opens it over a world, whose clock it sets to a little after the real time, which the service
    /// goes by: nothing that it gives out comes from the future, however long the test takes.
    /// Without a roles API the service `dfe` has none.
    ///
    /// # Panics
    /// It does not open.
    pub async fn open(world: &World, issuer: &str, roles: Option<&RolesApi>) -> Self {
        world.clock.set(Clock::machine().now() + TimeDelta::minutes(5));
        let mut dfe = format!(
            "kind = 'dfe_sign_in'\nname = 'DfE Sign-in'\nissuer = '{issuer}'\n\
             client_id = '{}'\nclient_secret = 'a secret of schools'\n",
            roles_api::CLIENT
        );
        if let Some(roles) = roles {
            let more = format!(
                "school_user_roles = 'HUBS_SCHOOL_LEADER HUBS_SCHOOL_USER'\nroles_url = '{}'\n\
                 roles_service = '{}'\nroles_secret = '{}'\n",
                roles.address,
                roles_api::SERVICE,
                roles_api::SECRET
            );
            dfe.push_str(&more);
        }
        let staff = format!(
            "kind = 'staff'\nname = 'Staff of the programme'\nissuer = '{issuer}'\n\
             client_id = 'hubs-staff'\nclient_secret = 'a secret of staff'\n"
        );
        let mut config = world.config.clone();
        PUBLIC_URL.clone_into(&mut config.http.public_url);
        for (key, settings) in [("dfe", dfe), ("staff", staff)] {
            let settings = toml::from_str(&settings).expect("settings");
            config.sign_in.issuers.insert(key.to_owned(), settings);
        }
        let mut app = App::open(config, CancellationToken::new()).await.expect("it opens");
        app.clock = world.clock.clone();
        Self { router: api::http::router(app.clone()), app }
    }
}

/// A browser, with its cookies at ours and at the service.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    ours: BTreeMap<String, String>,
    theirs: BTreeMap<String, String>,
}

impl Browser {
    /// A cookie that we gave it, by how its name ends.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let mut ours = self.ours.iter();
        ours.find(|(own, _)| own.contains(name)).map(|(_, value)| value.as_str())
    }

    /// Opens an address, ours or the service's.
    ///
    /// # Panics
    /// Nothing answers.
    pub async fn open(&mut self, door: &Door, address: &str) -> Seen {
        self.ask(door, address, None).await
    }

    /// Sends something, of this type, from a page of ours to an address of ours.
    ///
    /// # Panics
    /// Nothing answers.
    pub async fn send(&mut self, door: &Door, path: &str, of_type: &str, body: &str) -> Seen {
        self.ask(door, path, Some((of_type, body))).await
    }

    async fn ask(&mut self, door: &Door, address: &str, form: Option<(&str, &str)>) -> Seen {
        let own = address.strip_prefix(PUBLIC_URL);
        let own = own.or(Some(address).filter(|address| address.starts_with('/')));
        let jar = if own.is_some() { &mut self.ours } else { &mut self.theirs };
        let cookies: Vec<_> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let seen = match own {
            Some(path) => ask_us(door, path, &cookies, form).await,
            None => ask_them(address, &cookies).await,
        };
        for set in seen.headers.get_all(header::SET_COOKIE) {
            let set = set.to_str().expect("text");
            let (pair, attributes) = set.split_once(';').expect("attributes");
            let (name, value) = pair.split_once('=').expect("a pair");
            if own.is_some() {
                assert!(name.starts_with("__Host-"), "{set}");
                for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
                    assert!(attributes.contains(part), "{set}");
                }
            }
            if value.is_empty() {
                jar.remove(name);
            } else {
                jar.insert(name.to_owned(), value.to_owned());
            }
        }
        seen
    }

    /// Leaves for the service with this key, signs in there as an account, and says where the
    /// service sends it back to.
    ///
    /// # Panics
    /// The service does something else.
    pub async fn go_as(&mut self, door: &Door, key: &str, account: &str) -> String {
        let seen =
            self.open(door, &format!("/sign-in/oidc/{key}?return_to=/graphql%3Fa%3Db")).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        let mut at = seen.location.expect("the service's address");
        let issuer = at.split("/auth").next().expect("an issuer").to_owned();
        for _ in 0..6 {
            if at.starts_with(PUBLIC_URL) {
                return at;
            }
            if at.starts_with('/') {
                at = format!("{issuer}{at}");
            }
            if at.contains("/interaction/") {
                at = format!("{at}?as={account}");
            }
            let seen = self.open(door, &at).await;
            at = seen.location.unwrap_or_else(|| panic!("{at}: {} {}", seen.status, seen.text));
        }
        panic!("the service goes round in circles: {at}");
    }

    /// Signs in at the service with this key as an account, and says what it sees of us then.
    ///
    /// # Panics
    /// The service does something else.
    pub async fn sign_in(&mut self, door: &Door, key: &str, account: &str) -> Seen {
        let back = self.go_as(door, key, account).await;
        self.open(door, &back).await
    }
}

async fn ask_us(door: &Door, path: &str, cookies: &str, form: Option<(&str, &str)>) -> Seen {
    let request = match form {
        None => Request::get(path),
        Some((of_type, _)) => Request::post(path)
            .header(header::CONTENT_TYPE, of_type)
            .header("sec-fetch-site", "same-origin"),
    };
    let body = form.map_or_else(Body::empty, |(_, body)| Body::from(body.to_owned()));
    let request = request
        .header(header::COOKIE, cookies)
        .header(header::USER_AGENT, "Demo browser")
        .body(body)
        .expect("a request");
    let response = door.router.clone().oneshot(request).await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
    seen(status, headers, String::from_utf8_lossy(&body).into_owned())
}

async fn ask_them(address: &str, cookies: &str) -> Seen {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let client = client.build().expect("a client");
    let response = client.get(address).header(header::COOKIE, cookies).send().await;
    let response = response.expect("the service answers");
    let (status, headers) = (response.status(), response.headers().clone());
    seen(status, headers, response.text().await.expect("text"))
}

fn seen(status: StatusCode, headers: HeaderMap, text: String) -> Seen {
    let location = headers.get(header::LOCATION);
    let location = location.map(|value| value.to_str().expect("text").to_owned());
    Seen { status, location, headers, text }
}
