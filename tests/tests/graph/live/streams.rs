//! Event streams.

use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Value, json};
use tests::both;

use super::{ALERTS, Server};
use crate::seed::{ALERT_NORTH, Who, app};

/// The events of a stream: name and data, comments left out.
pub struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    pub async fn of(server: &Server, who: Who, query: &str, variables: Value) -> Self {
        let response = Client::new()
            .post(format!("{}/graphql", server.address))
            .bearer_auth(who.token())
            .header(ACCEPT, "text/event-stream")
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CONTENT_TYPE], "text/event-stream; charset=utf-8");
        Self { response, text: String::new() }
    }

    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let Some(event) = event.strip_prefix("event: ") else {
                    continue;
                };
                let (name, data) = event.split_once("\ndata:").expect("data");
                let data = serde_json::from_str(data.trim()).unwrap_or_default();
                return Some((name.to_owned(), data));
            }
            let more = self.response.chunk().await.expect("the stream ends well")?;
            self.text.push_str(std::str::from_utf8(&more).expect("text"));
        }
    }
}

#[tokio::test]
async fn an_event_stream_tells_the_same_and_ends_with_a_word() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.connections_per_person = 2;
        let server = Server::with(app).await;
        let mut events = Events::of(&server, Who::HubLead, ALERTS, json!({})).await;
        let (name, event) = events.next().await.expect("an event");
        assert_eq!((name.as_str(), &event["data"]["told"]["alert"]), ("next", &Value::Null));
        server.acknowledge(ALERT_NORTH, "Will call").await;
        let (_, event) = events.next().await.expect("an event");
        assert_eq!(event["data"]["told"]["alert"]["version"], 2);

        let bad = "subscription { nonsense }";
        let mut refused = Events::of(&server, Who::HubLead, bad, json!({})).await;
        let (name, event) = refused.next().await.expect("an event");
        assert_eq!(name, "next");
        assert!(event["errors"][0]["message"].to_string().contains("nonsense"), "{event:#}");
        assert_eq!(refused.next().await.expect("an event").0, "complete");
        assert_eq!(refused.next().await, None);
        drop(refused);

        let mut query = Events::of(&server, Who::Admin, "{ viewer { name } }", json!({})).await;
        let (_, event) = query.next().await.expect("an event");
        assert_eq!(event["data"]["viewer"]["name"], "Admin Example");
        assert_eq!(query.next().await.expect("an event").0, "complete");

        server.revoke(Who::HubLead).await;
        let (_, event) = events.next().await.expect("an event");
        assert!(event["errors"][0]["message"].to_string().contains("sign in"), "{event:#}");
        assert_eq!(events.next().await.expect("an event").0, "complete");
        assert_eq!(events.next().await, None);
    })
    .await;
}

#[tokio::test]
async fn a_stream_that_may_not_be_opened_is_refused_with_its_status() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.connections_per_person = 1;
        let server = Server::with(app).await;
        let graphql = format!("{}/graphql", server.address);
        let client = Client::new();
        let post = || client.post(&graphql).header(ACCEPT, "text/event-stream");
        let body = json!({ "query": ALERTS });
        let response = post().json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 401);
        let as_admin = || post().bearer_auth(Who::Admin.token());
        let foreign = as_admin().header("origin", "https://evil.example").json(&body);
        assert_eq!(foreign.send().await.expect("an answer").status(), 403);
        let mutation =
            "mutation { alertAcknowledge(input: { alertId: \"x\" }) { userErrors { code } } }";
        let get = reqwest::Url::parse_with_params(&graphql, [("query", mutation)]).expect("a URL");
        let get = client.get(get).header(ACCEPT, "text/event-stream");
        let response = get.bearer_auth(Who::Admin.token()).send().await.expect("an answer");
        assert_eq!(response.status(), 405);
        let mut first = Events::of(&server, Who::Admin, ALERTS, json!({})).await;
        first.next().await.expect("an event");
        let response = as_admin().json(&body).send().await.expect("an answer");
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], "10");
        // Without asking for a stream, a subscription is told how to be had.
        let plain = client.post(&graphql).bearer_auth(Who::Admin.token()).json(&body);
        let response = plain.send().await.expect("an answer");
        assert_eq!(response.status(), 400);
        let told: Value = response.json().await.expect("JSON");
        assert!(told["errors"][0]["message"].to_string().contains("text/event-stream"));
    })
    .await;
}
