//! Hostile requests: each is answered, or refused with an error that says what kind it is.

use api::read::{Request, answer};
use axum::http::Method;
use entity::people::grants::Grant;
use entity::scope::Scope;
use serde_json::{Value, json};
use tests::both;
use tests::hostile::requests;
use tests::server::{Server, app, code};
use tests::socket::{PROTOCOL, Socket};
use tests::tokens::token_for;

/// Largest body.
const MOST: usize = 100_000;

#[tokio::test]
async fn whatever_is_asked_is_answered_or_refused_with_its_code() {
    both(async |world| {
        let app = app(&world).await;
        for hostile in requests() {
            let Ok(request) = serde_json::from_str::<Request>(&hostile.body) else {
                assert_eq!(hostile.code, "BAD_REQUEST", "{}", hostile.name);
                continue;
            };
            // serde takes a list for an object; the door does not.
            if !hostile.body.starts_with('{') {
                continue;
            }
            let answer = answer(&app, &Scope::System, app.clock.now(), &request, false).await;
            let response: Value = serde_json::from_slice(&answer.body).expect("JSON");
            assert_eq!(code(&response), hostile.code, "{}: {response}", hostile.name);
        }
    })
    .await;
}

#[tokio::test]
async fn whatever_is_sent_is_answered_or_refused_with_its_code() {
    both(async |world| {
        let server = Server::of(app(&world).await).await;
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        for hostile in requests() {
            let expected =
                if hostile.body.len() > MOST { "PAYLOAD_TOO_LARGE" } else { hostile.code };
            let response = server.post(&token, &hostile.body).await;
            let status = response.status().as_u16();
            let response: Value = response.json().await.expect("JSON");
            assert_eq!(code(&response), expected, "{}: {response}", hostile.name);
            let said = match expected {
                "" => 200,
                "PAYLOAD_TOO_LARGE" => 413,
                _ => 400,
            };
            assert_eq!(status, said, "{}", hostile.name);
            assert!(response.get("data").is_none() || expected.is_empty(), "{response}");
        }
        let alive = server.post(&token, json!({ "query": "{ __typename }" })).await;
        assert_eq!(alive.status(), 200);
    })
    .await;
}

#[tokio::test]
async fn each_way_to_ask_wrongly_has_its_code_and_status() {
    const FORM: &str = "application/x-www-form-urlencoded";
    const PARTS: &str = "multipart/form-data; boundary=x";
    const JSON: &str = "application/json";
    both(async |world| {
        let server = Server::of(app(&world).await).await;
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let query = json!({ "query": "{ __typename }" }).to_string();
        let parts = "--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{}\r\n--x--";
        let foreign = "https://evil.example";
        let own = server.address.clone();
        let (post, put) = (Method::POST, Method::PUT);
        for (method, header, value, body, token, status, expected) in [
            (&post, "content-type", JSON, query.as_str(), token.as_str(), 200, ""),
            (&post, "content-type", "application/json; charset=utf-8", &query, &token, 200, ""),
            (
                &post,
                "content-type",
                "application/json; charset=utf-16",
                &query,
                &token,
                415,
                "UNSUPPORTED_MEDIA_TYPE",
            ),
            (
                &post,
                "content-type",
                FORM,
                "query=%7B__typename%7D",
                &token,
                415,
                "UNSUPPORTED_MEDIA_TYPE",
            ),
            (&post, "content-type", PARTS, parts, &token, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (&post, "content-type", "text/plain", &query, &token, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (&post, "x-nothing", "x", &query, &token, 415, "UNSUPPORTED_MEDIA_TYPE"),
            (&post, "accept", "text/html", &query, &token, 406, "NOT_ACCEPTABLE"),
            (&put, "content-type", JSON, &query, &token, 405, "METHOD_NOT_ALLOWED"),
            (&post, "origin", foreign, &query, &token, 403, "FORBIDDEN"),
            (&post, "origin", "null", &query, &token, 403, "FORBIDDEN"),
            (&post, "origin", &own, &query, &token, 200, ""),
            (&post, "content-type", JSON, &query, "wrong", 401, "UNAUTHENTICATED"),
        ] {
            let mut request = server.graphql(method.clone(), token).header(header, value);
            if ["accept", "origin"].contains(&header) {
                request = request.header("content-type", JSON);
            }
            let response = request.body(body.to_owned()).send().await.expect("an answer");
            assert_eq!(response.status(), status, "{method} {header}: {value}");
            let response: Value = response.json().await.expect("JSON");
            assert_eq!(code(&response), expected, "{method} {header}: {value}: {response}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_get_request_reads_and_never_acts_and_foreign_pages_get_neither_answer_nor_socket() {
    both(async |world| {
        let server = Server::of(app(&world).await).await;
        let token = token_for(&world, "ada@hubs.example", Grant::ProgrammeAdmin).await;
        let deep = format!("{{\"v\":{}", "[".repeat(20_000));
        for (name, value, query, origin, status, expected) in [
            ("variables", "{}", "{ __typename }", None, 200, ""),
            ("variables", "[]", "{ __typename }", None, 400, "BAD_REQUEST"),
            ("variables", deep.as_str(), "{ __typename }", None, 400, "BAD_REQUEST"),
            ("extensions", "1", "{ __typename }", None, 400, "BAD_REQUEST"),
            ("query", "{ viewer { id } }", "{ __typename }", None, 400, "BAD_REQUEST"),
            ("variables", "", "mutation { __typename }", None, 405, "METHOD_NOT_ALLOWED"),
            ("operationName", "x", "{ __typename }", None, 200, "OPERATION_NOT_FOUND"),
            ("variables", "", "{ __typename }", Some("https://evil.example"), 403, "FORBIDDEN"),
        ] {
            let parameters = [("query", query), (name, value)];
            let mut request = server.get(&token, &parameters);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let response = request.send().await.expect("an answer");
            assert_eq!(response.status(), status, "{name} {query}");
            let response: Value = response.json().await.expect("JSON");
            assert_eq!(code(&response), expected, "{name} {query}: {response}");
        }
        let headers = [("sec-websocket-protocol", PROTOCOL), ("origin", "https://evil.example")];
        assert!(Socket::connect(&server.address, &headers).await.is_err());
    })
    .await;
}
