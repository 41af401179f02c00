//! Connections: what a client may do with them, and who is left when they keep us waiting.

use api::app::App;
use entity::people::grants::Grant;
use serde_json::{Value, json};
use tests::World;
use tests::both;
use tests::node;
use tests::programs::serve;
use tests::server::{Server, app};
use tests::socket::{Heard, Socket};
use tests::tokens::token_for;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn it_is_a_server_as_graphql_over_http_has_it() {
    if node::is_absent() {
        return;
    }
    both(async |world| {
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let (_api, address) = serve(&world, "2026-10-05T08:00:00");
        let told = node::run("audits.mjs", &[("API", &address), ("TOKEN", &token)]).await;
        let audits: Vec<Value> = serde_json::from_str(&told).expect("outcomes");
        let failed: Vec<&Value> = audits.iter().filter(|audit| audit["status"] != "ok").collect();
        assert!(failed.is_empty(), "{failed:#?}");
        assert_eq!(audits.len(), 61);
    })
    .await;
}

/// A program that waits for nobody longer than a second.
async fn impatient(world: &World) -> App {
    let mut app = app(world).await;
    app.config.http.head_seconds = 1;
    app.config.http.timeout_seconds = 1;
    app.config.http.write_seconds = 1;
    app
}

async fn connect(server: &Server) -> TcpStream {
    let address = server.address.strip_prefix("http://").expect("an address");
    TcpStream::connect(address).await.expect("a connection")
}

/// Sends `text` and returns what is answered until the connection is closed by the server.
async fn until_closed(mut stream: TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).await.expect("it is sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("it is closed");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn whoever_keeps_us_waiting_is_left() {
    both(async |world| {
        let server = Server::of(impatient(&world).await).await;
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let graphql = format!(
            "POST /graphql HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: 100\r\n\r\n{{\"query\":"
        );
        let stream = graphql
            .replace("accept", "x")
            .replace("content-type", "accept: text/event-stream\r\ncontent-type");
        for (name, sent, expected) in [
            ("says nothing", "", ""),
            ("stops in the first line", "POST /grap", ""),
            ("stops in a header", "POST /graphql HTTP/1.1\r\nhost: x\r\nautho", ""),
            ("stops in a body", &graphql, "504"),
            ("stops in the body of a stream", &stream, "504"),
            (
                "stops in a form",
                "POST /survey HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\
                 content-type: application/x-www-form-urlencoded\r\n\r\ncod",
                "408",
            ),
            ("asks no more", "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", "200"),
        ] {
            let told = until_closed(connect(&server).await, sent).await;
            let status = told.split(' ').nth(1).unwrap_or_default();
            assert_eq!(status, expected, "who {name}: {told}");
            if expected == "504" {
                assert!(told.contains("\"code\":\"TIMEOUT\",\"requestId\":\""), "{told}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_takes_nothing_of_what_we_send_is_left() {
    both(async |world| {
        let server = Server::of(impatient(&world).await).await;
        let mut stream = connect(&server).await;
        let one = "GET /survey HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
        // Answers pile up until we wait to write; then we go, and there is nobody to ask.
        while stream.write_all(one.as_bytes()).await.is_ok() {}
    })
    .await;
}

#[tokio::test]
async fn when_all_connections_are_taken_the_next_waits_its_turn() {
    both(async |world| {
        let mut app = impatient(&world).await;
        app.config.http.connections = 1;
        let server = Server::of(app).await;
        let mut first = connect(&server).await;
        first.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("it is sent");
        let mut byte = [0];
        first.read_exact(&mut byte).await.expect("it is answered");
        let ask = "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let second = until_closed(connect(&server).await, ask).await;
        assert!(second.starts_with("HTTP/1.1 200"), "{second}");
        // Its turn came when the first had gone.
        let mut rest = Vec::new();
        first.read_to_end(&mut rest).await.expect("it is closed");
    })
    .await;
}

#[tokio::test]
async fn a_socket_flooded_with_messages_is_closed() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.messages_per_second = 2;
        let server = Server::of(app).await;
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        // The first message said who it is; the clock stands, so that none is forgiven.
        let mut socket = Socket::ready(&server.address, &token).await;
        for _ in 0..20 {
            socket.say(&json!({ "type": "ping" })).await;
        }
        let mut pongs = 0;
        let code = loop {
            match socket.hear().await {
                Heard::Message(_) => pongs += 1,
                Heard::Closed(code) => break code,
            }
        };
        // What waited to be told when the socket closed may be lost.
        assert!(pongs < 20, "{pongs}");
        assert_eq!(code, 1008);
    })
    .await;
}
