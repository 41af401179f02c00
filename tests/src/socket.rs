//! A client that speaks GraphQL over a socket, for tests.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The subprotocol.
pub const PROTOCOL: &str = "graphql-transport-ws";
/// Longest wait for anything; only a failing test waits that long.
const LIMIT: Duration = Duration::from_mins(1);

/// A socket to a server under test.
#[derive(Debug)]
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

/// What a server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Message(Value),
    /// The socket is closed, with this code.
    Closed(u16),
}

impl Socket {
    /// Connects to the server at `address`, as in `http://127.0.0.1:41234`, with these headers.
    ///
    /// # Errors
    /// The server refuses.
    ///
    /// # Panics
    /// A header is none.
    pub async fn connect(address: &str, headers: &[(&'static str, &str)]) -> Result<Self, Error> {
        let address = format!("{}/graphql", address.replacen("http", "ws", 1));
        let mut request = address.into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        let (socket, _) = connect_async(request).await?;
        Ok(Self(socket))
    }

    /// A socket that is ready to subscribe, as whom the token signs in.
    ///
    /// # Panics
    /// The server refuses.
    pub async fn ready(address: &str, token: &str) -> Self {
        let headers = [("sec-websocket-protocol", PROTOCOL)];
        let mut socket = Self::connect(address, &headers).await.expect("a socket");
        let authorization = format!("Bearer {token}");
        let init =
            json!({ "type": "connection_init", "payload": { "Authorization": authorization } });
        socket.say(&init).await;
        assert_eq!(socket.hear().await, Heard::Message(json!({ "type": "connection_ack" })));
        socket
    }

    /// Sends a message.
    ///
    /// # Panics
    /// The connection is gone.
    pub async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.expect("it is sent");
    }

    /// Begins an operation.
    ///
    /// # Panics
    /// The connection is gone.
    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.say(&json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// Waits for the next thing the server says; its pings are answered and passed over.
    ///
    /// # Panics
    /// It says nothing for a minute, goes without a word, or says what is no JSON.
    pub async fn hear(&mut self) -> Heard {
        let limit = Instant::now() + LIMIT;
        loop {
            let heard = timeout_at(limit, self.0.next()).await.expect("the server says something");
            match heard.expect("it does not go without a word").expect("it can be understood") {
                Message::Text(text) => {
                    return Heard::Message(serde_json::from_str(&text).expect("JSON"));
                }
                Message::Close(frame) => {
                    return Heard::Closed(frame.expect("a code").code.into());
                }
                _ => {}
            }
        }
    }

    /// The payload of the next message, which must be of this type and about this operation.
    ///
    /// # Panics
    /// It is another.
    pub async fn payload(&mut self, kind: &str, id: &str) -> Value {
        match self.hear().await {
            Heard::Message(mut message) if message["type"] == kind && message["id"] == id => {
                message["payload"].take()
            }
            other => panic!("not a \"{kind}\" of {id}: {other:?}"),
        }
    }

    /// The data of the next answer to an operation.
    ///
    /// # Panics
    /// It says something else, or there are errors.
    pub async fn data(&mut self, id: &str) -> Value {
        let mut payload = self.payload("next", id).await;
        assert_eq!(payload.get("errors"), None, "{payload:#}");
        payload["data"].take()
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// It says something else.
    pub async fn closed(&mut self) -> u16 {
        match self.hear().await {
            Heard::Closed(code) => code,
            Heard::Message(message) => panic!("not closed: {message:#}"),
        }
    }
}
