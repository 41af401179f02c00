//! GraphQL over HTTP, as a client meets it.

use api::app::App;
use reqwest::header::{ACCEPT, ALLOW, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tests::{World, both, programs};

use crate::seed::{Who, app};

/// A server over a seeded world.
struct Door {
    address: String,
    client: Client,
}

impl Door {
    async fn open(app: App) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = axum::serve(listener, api::http::router(app));
        tokio::spawn(async move { serving.await });
        Self { address: format!("http://{address}"), client: Client::new() }
    }

    fn at(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.address))
    }

    /// A request as the admin.
    fn graphql(&self, method: Method) -> RequestBuilder {
        self.at(method, "/graphql").header(AUTHORIZATION, format!("Bearer {}", Who::Admin.token()))
    }

    async fn post(&self, body: impl ToString) -> Response {
        self.graphql(Method::POST)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/graphql-response+json")
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }
}

async fn message(response: Response) -> String {
    let body: Value = response.json().await.expect("JSON");
    assert_eq!(body.get("data"), None, "{body:#}");
    body["errors"][0]["message"].as_str().expect("a message").to_owned()
}

#[tokio::test]
async fn a_token_opens_the_door_and_nothing_else_does() {
    both(async |world| {
        let door = Door::open(app(&world).await).await;
        let query = json!({ "query": "{ viewer { name } hubs { totalCount } }" });
        let response = door.post(&query).await;
        assert_eq!(response.status(), 200);
        let media = response.headers()[CONTENT_TYPE].to_str().expect("text").to_owned();
        assert!(media.starts_with("application/graphql-response+json"), "{media}");
        let body: Value = response.json().await.expect("JSON");
        let seen = json!({ "viewer": { "name": "Admin Example" }, "hubs": { "totalCount": 2 } });
        assert_eq!(body["data"], seen);
        assert_eq!(body["extensions"]["cost"]["requested"], 3, "{body}");

        for header in [None, Some("Bearer wrong"), Some("Basic dG9rZW4="), Some("Bearer")] {
            let mut request = door.at(Method::POST, "/graphql").json(&query);
            if let Some(header) = header {
                request = request.header(AUTHORIZATION, header);
            }
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), 401, "{header:?}");
            assert!(message(response).await.contains("Authorization: Bearer"));
        }
        world.clock.set(world.clock.now() + chrono::TimeDelta::hours(2));
        assert_eq!(door.post(&query).await.status(), 401, "the token has run out");
    })
    .await;
}

#[tokio::test]
async fn each_kind_of_bad_request_has_its_status() {
    both(async |world| {
        let door = Door::open(app(&world).await).await;
        let query = json!({ "query": "{ viewer { id } }" });
        for (body, status) in [
            ("{ not json".to_owned(), 400),
            (format!("[{query}]"), 400),
            ("{}".to_owned(), 400),
            (json!({ "query": "{ nonsense }" }).to_string(), 400),
            (json!({ "query": "{ viewer { id } }", "variables": 3 }).to_string(), 400),
            (format!("{{\"query\":\"{}\"}}", " ".repeat(100_000)), 413),
        ] {
            let response = door.post(&body).await;
            assert_eq!(response.status(), status, "{}", &body[..body.len().min(60)]);
        }
        let plain = door.graphql(Method::POST).header(CONTENT_TYPE, "text/plain");
        let response = plain.body(query.to_string()).send().await.expect("an answer");
        assert_eq!(response.status(), 415);
        let response = door.graphql(Method::PUT).json(&query).send().await.expect("an answer");
        assert_eq!(response.status(), 405);
        assert_eq!(response.headers()[ALLOW], "GET, POST");
        let odd = door.graphql(Method::POST).header(ACCEPT, "text/html").json(&query);
        assert_eq!(odd.send().await.expect("an answer").status(), 406);
        // With the older media type a request that could be read is answered with 200.
        let wrong = json!({ "query": "{ nonsense }" });
        let old = door.graphql(Method::POST).header(ACCEPT, "application/json").json(&wrong);
        let response = old.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert!(message(response).await.contains("nonsense"));
    })
    .await;
}

#[tokio::test]
async fn get_asks_and_never_acts() {
    both(async |world| {
        let door = Door::open(app(&world).await).await;
        let ask = async |query: &str| {
            let address = format!("{}/graphql", door.address);
            let parameters = [("query", query), ("variables", "{\"n\": 1}")];
            let address = reqwest::Url::parse_with_params(&address, parameters).expect("a URL");
            let request = door.client.get(address);
            let request = request.header(AUTHORIZATION, format!("Bearer {}", Who::Admin.token()));
            request.send().await.expect("an answer")
        };
        let response = ask("query($n: Int) { hubs(first: $n) { nodes { name } } }").await;
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.expect("JSON");
        assert_eq!(body["data"]["hubs"]["nodes"], json!([{ "name": "London Hub" }]));
        let response =
            ask("mutation { alertAcknowledge(input: { alertId: \"x\" }) { userErrors { code } } }")
                .await;
        assert_eq!(response.status(), 405);
        assert!(message(response).await.contains("POST"));
    })
    .await;
}

#[tokio::test]
async fn health_is_told_and_every_answer_names_its_request() {
    both(async |world| {
        let door = Door::open(app(&world).await).await;
        let get = async |path: &str| {
            let request = door.at(Method::GET, path).header("x-request-id", "abc-123");
            request.send().await.expect("an answer")
        };
        let response = get("/healthz").await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-request-id"], "abc-123");
        let response = get("/readyz").await;
        assert_eq!(response.status(), 200);
        let parts: Value = response.json().await.expect("JSON");
        // The door stands; that no worker has been seen is told and no error.
        let expected = json!({
            "status": "degraded",
            "database": "up",
            "schema": "up",
            "redis": "not used",
            "worker": { "state": "none seen", "alive": 0, "lastSeenSecondsAgo": null },
            "mail": { "state": "up", "waiting": 0, "oldestWaitingSeconds": null },
        });
        assert_eq!(parts, expected);
        let odd = door.at(Method::GET, "/nowhere").header("x-request-id", "a b;c");
        let response = odd.send().await.expect("an answer");
        assert_eq!(response.status(), 404);
        let made = response.headers()["x-request-id"].to_str().expect("text").to_owned();
        assert_eq!(made.len(), 32, "{made}");
    })
    .await;
}

#[tokio::test]
async fn a_database_that_went_away_is_told_by_readyz_and_masked_in_answers() {
    both(async |world| {
        let app = app(&world).await;
        let door = Door::open(app.clone()).await;
        app.db.reader().clone().close().await.expect("closing");
        let get = door.at(Method::GET, "/readyz").send().await.expect("an answer");
        assert_eq!(get.status(), 503);
        let parts: Value = get.json().await.expect("JSON");
        assert_eq!(parts["database"], "down");
        let response = door.post(json!({ "query": "{ viewer { id } }" })).await;
        assert_eq!(response.status(), 503);
        assert!(message(response).await.contains("try again"));
        let alive = door.at(Method::GET, "/healthz").send().await.expect("an answer");
        assert_eq!(alive.status(), 200);
    })
    .await;
}

#[tokio::test]
async fn a_taken_port_gets_a_sentence_and_a_free_one_is_told() {
    both(async |world: World| {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = taken.local_addr().expect("an address").to_string();
        let mut command = programs::program(&world, "api", &["serve"]);
        command.env("HUBS__HTTP__LISTEN", &address);
        let words = programs::refuse(command);
        assert!(words.contains(&format!("{address} is already in use")), "{words}");

        let (mut api, address) = programs::serve(&world, "2026-10-05T08:00:00");
        let alive = reqwest::get(format!("{address}/healthz")).await.expect("an answer");
        assert_eq!(alive.status(), 200);
        assert!(api.stop().success());
    })
    .await;
}
