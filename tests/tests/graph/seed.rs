//! A small, plainly invented programme: two hubs in two regions and somebody in every role.

mod audit;
mod engagement;
pub mod events;
pub mod mail;
pub mod operations;
mod programme;
mod rows;
pub mod support;
pub mod surveys;

use std::sync::Arc;

use api::app::App;
use api::read::{Request, answer, ids};
use chrono::{DateTime, NaiveDate, Utc};
use entity::people::principal;
use entity::scope::{Scope, Viewer};
use runtime::allowance::Allowances;
use runtime::signal::Signal;
use serde_json::{Value, json};
use tests::World;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Regions are there from the first migration on.
pub const NORTH: Uuid = id(0x7000_8000_0000_0000_0001);
pub const LONDON: Uuid = id(0x7000_8000_0000_0000_0007);
pub const BIRCH: Uuid = id(12);
pub const LEAD_NORTH: Uuid = id(30);
pub const LEAD_LONDON: Uuid = id(31);
pub const PARTNER_BIRCH: Uuid = id(32);
pub const PARTNER_TRUST: Uuid = id(33);
pub const PARTNER_CEDAR: Uuid = id(34);
pub const COHORT: Uuid = id(41);
pub const PATHWAY: Uuid = id(45);
pub const HUB_NORTH: Uuid = id(50);
pub const HUB_LONDON: Uuid = id(51);
pub const ENROLMENT_BIRCH: Uuid = id(60);
pub const ENROLMENT_TRUST: Uuid = id(61);
pub const ENROLMENT_CEDAR: Uuid = id(62);
/// Obligations of Birch, due on 1, 2, 12, 13 and 14 October; 75 is Cedar's, 76 the north hub's.
pub const OBLIGATION: u128 = 70;
pub const ALERT_NORTH: Uuid = id(80);
pub const ALERT_LONDON: Uuid = id(81);

/// Everybody, by what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Admin,
    RegionalLead,
    HubLead,
    SchoolUser,
    Evaluator,
}

pub const ALL: [Who; 5] =
    [Who::Admin, Who::RegionalLead, Who::HubLead, Who::SchoolUser, Who::Evaluator];

impl Who {
    pub fn person(self) -> Uuid {
        id(90 + self as u128)
    }

    pub fn token(self) -> String {
        format!("token of {self:?}")
    }
}

pub const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

/// The global id of a row.
pub fn global(type_name: &str, row: Uuid) -> String {
    ids::global(type_name, row)
}

/// The program, over a seeded world.
pub async fn app(world: &World) -> App {
    let app = App {
        config: world.config.clone(),
        db: world.db.clone(),
        clock: world.clock.clone(),
        documents: Arc::default(),
        signal: Signal::start("", CancellationToken::new()).expect("a signal"),
        allowances: Allowances::open("").expect("no Redis is asked"),
    };
    let txn = world.db.write().await.expect("a transaction");
    rows::register(&txn).await;
    rows::settings(&txn).await;
    rows::people(&txn, world.clock.now()).await;
    programme::set_up(&txn).await;
    programme::hubs(&txn).await;
    programme::enrolments(&txn).await;
    programme::consequences(&txn).await;
    events::rows(&txn).await;
    engagement::stories(&txn).await;
    support::rows(&txn).await;
    surveys::surveys(&txn).await;
    mail::rows(&txn).await;
    audit::entries(&txn).await;
    operations::rows(&txn).await;
    txn.commit().await.expect("a commit");
    app
}

/// Asks a query as somebody and returns the response.
pub async fn ask(app: &App, who: Who, query: &str, variables: Value) -> Value {
    let viewer = principal::viewer(app.db.reader(), who.person()).await.expect("roles");
    let body = bytes(app, viewer, query, variables).await;
    serde_json::from_slice(&body).expect("the response is JSON")
}

/// As [`ask`], for any viewer, and the response as it is sent.
pub async fn bytes(app: &App, viewer: Viewer, query: &str, variables: Value) -> Vec<u8> {
    let request: Request =
        serde_json::from_value(json!({ "query": query, "variables": variables })).expect("request");
    answer(app, &Scope::Viewer(viewer), app.clock.now(), &request, false).await.body
}

/// As [`ask`]; there must be no errors, and the data is returned.
pub async fn data(app: &App, who: Who, query: &str) -> Value {
    let mut response = ask(app, who, query, json!({})).await;
    assert_eq!(response.get("errors"), None, "{query}\n{response:#}");
    response["data"].take()
}
