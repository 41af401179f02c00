//! The api in this process, as it serves its clients, over a [`World`].

use api::app::App;
use api::http::live::Live;
use api::http::{router_with, server};
use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::World;

/// A server; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    /// As in `http://127.0.0.1:41234`.
    pub address: String,
    client: Client,
    stop: CancellationToken,
}

/// The program over a world, with the world's clock.
///
/// # Panics
/// The world's settings cannot be used.
pub async fn app(world: &World) -> App {
    let app = App::open(world.config.clone(), CancellationToken::new()).await;
    App { clock: world.clock.clone(), ..app.expect("the settings can be used") }
}

impl Server {
    /// Serves `app` on a free port.
    ///
    /// # Panics
    /// There is none.
    pub async fn of(app: App) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let live = Live::new(&app.config.live, stop.clone());
        let (settings, ending) = (app.config.http.clone(), stop.clone());
        tokio::spawn(async move {
            server::serve(listener, router_with(app, live), &settings, ending).await;
        });
        Self { address: format!("http://{address}"), client: Client::new(), stop }
    }

    /// A request to `/graphql` with a token.
    pub fn graphql(&self, method: Method, token: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/graphql", self.address)).bearer_auth(token)
    }

    /// A GET request with a token and these parameters.
    ///
    /// # Panics
    /// Never: the address is one.
    pub fn get(&self, token: &str, parameters: &[(&str, &str)]) -> RequestBuilder {
        let address = format!("{}/graphql", self.address);
        let address = Url::parse_with_params(&address, parameters).expect("an address");
        self.client.get(address).bearer_auth(token)
    }

    /// Sends a body as JSON, and takes an answer whose status tells what became of it.
    ///
    /// # Panics
    /// There is no answer.
    pub async fn post(&self, token: &str, body: impl ToString) -> Response {
        self.graphql(Method::POST, token)
            .header("content-type", "application/json")
            .header("accept", "application/graphql-response+json")
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The code of the first error of a response, empty if there is none.
#[must_use]
pub fn code(response: &Value) -> &str {
    match &response["errors"][0] {
        Value::Null => "",
        error => error["extensions"]["code"].as_str().unwrap_or("(an error without a code)"),
    }
}
