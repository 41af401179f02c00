//! What is asked: four operations, each in many variants, so that no answer is the last one again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::data::{self, Of, REGIONS, Size};

/// One request.
#[derive(Debug)]
pub struct Ask {
    /// The bearer token.
    pub token: String,
    /// The body.
    pub body: String,
}

/// A screen that a front end asks for.
#[derive(Debug)]
pub struct Operation {
    /// Its name in the report, and its operation name.
    pub name: &'static str,
    /// Its variants.
    pub asks: Vec<Ask>,
}

/// A school with hub and enrolment.
const POINT: &str = "query point($id: ID!) {
  node(id: $id) {
    ... on School {
      id urn name phase town
      setting {
        id name
        enrolments(first: 1) { nodes { id status enrolledOn hub { id key name } } }
      }
    }
  }
}";

/// 40 partners with school, enrolment, this term's obligations, last three visits, open alerts.
const DASHBOARD: &str = "query dashboard($hub: ID!, $term: ID!) {
  node(id: $hub) {
    ... on Hub {
      id key name
      enrolments(first: 40, filter: { status: [ACTIVE, PAUSED] }) {
        nodes {
          id status enrolledOn
          partner { id name school { urn name phase town } }
          obligations(first: 20, filter: { term: $term }) {
            nodes { id kind title state dueOn overdue }
          }
          visits(first: 3, orderBy: STARTS_AT_DESC) { nodes { id kind state startsAt } }
          alerts(first: 5, filter: { open: true }) { nodes { id rule state summary raisedAt } }
        }
      }
    }
  }
}";

/// 50 ordered alerts with school and hub.
const INBOX: &str = "query inbox {
  alerts(first: 50, filter: { open: true }, orderBy: RAISED_AT_DESC) {
    nodes {
      id rule state summary threshold raisedAt version
      hub { id name }
      enrolment { id partner { id name school { urn name town } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}";

/// 10 hubs of 40 partners of 12 obligations.
const HEAVY: &str = "query heavy {
  hubs(first: 10) {
    nodes {
      id key name
      enrolments(first: 40) {
        nodes {
          id status
          partner { name }
          obligations(first: 12) { nodes { id title kind state dueOn dueAt } }
        }
      }
    }
  }
}";

/// The global id of a row.
pub fn global(of: &str, id: Uuid) -> String {
    let mut bytes = of.as_bytes().to_vec();
    bytes.push(b':');
    bytes.extend_from_slice(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn ask(name: &str, query: &str, token: usize, variables: &Value) -> Ask {
    let body = json!({ "operationName": name, "query": query, "variables": variables });
    Ask { token: data::token(token), body: body.to_string() }
}

/// All operations.
pub fn all(size: Size) -> Vec<Operation> {
    let hubs = (0..size.hubs * 2 / 3).take(32);
    let point = hubs.clone().flat_map(|hub| {
        (0..size.partners(hub)).map(move |partner| {
            let school = size.hubs + size.first_enrolment(hub) + partner;
            let id = global("School", data::id(Of::School, school));
            ask("point", POINT, hub, &json!({ "id": id }))
        })
    });
    let dashboard = hubs.flat_map(|hub| {
        (0..data::TERMS).map(move |term| {
            let id = global("Hub", data::id(Of::Hub, hub));
            let term = global("ProgrammeTerm", data::id(Of::Term, term));
            ask("dashboard", DASHBOARD, hub, &json!({ "hub": id, "term": term }))
        })
    });
    let regional = |name: &'static str, query: &'static str| {
        let asks = (0..REGIONS).map(|region| ask(name, query, size.hubs + region, &json!({})));
        Operation { name, asks: shuffled(asks.collect()) }
    };
    vec![
        Operation { name: "point", asks: shuffled(point.collect()) },
        Operation { name: "dashboard", asks: shuffled(dashboard.collect()) },
        regional("inbox", INBOX),
        regional("heavy", HEAVY),
    ]
}

/// In another order, always the same.
fn shuffled(mut asks: Vec<Ask>) -> Vec<Ask> {
    let count = asks.len();
    for at in 0..count {
        asks.swap(at, (at * 7_919 + 13) % count);
    }
    asks
}
