//! Pages of other origins: those in the settings ask the graph and read what it answers, all others
//! do not, and nobody but us signs anybody in.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, Method, StatusCode};
use runtime::config::Config;
use tests::both;

use crate::{Door, OURS};

const FRONT: &str = "https://app.example";
const OTHER: &str = "http://localhost:5173";

fn allowed(config: &mut Config) {
    config.live.origins = format!("{FRONT} {OTHER}");
}

/// The words of a header that holds a list, in small letters.
fn words(headers: &HeaderMap, name: &str) -> BTreeSet<String> {
    let values = headers.get_all(name).iter().map(|value| value.to_str().expect("text"));
    values.flat_map(|value| value.split(',')).map(|word| word.trim().to_lowercase()).collect()
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What a browser is told of who may read an answer.
fn shared_with(headers: &HeaderMap) -> Option<&str> {
    let origin = headers.get("access-control-allow-origin")?;
    assert_eq!(headers.get_all("access-control-allow-origin").iter().count(), 1);
    assert_eq!(headers["access-control-allow-credentials"], "true");
    Some(origin.to_str().expect("text"))
}

#[tokio::test]
async fn an_origin_of_the_settings_may_read_every_answer_and_no_other_may() {
    both(async |world| {
        let door = Door::with(world, allowed).await;
        let cookie = door.signed_in().await;
        let session = ("cookie", cookie.as_str());
        let json = ("content-type", "application/json");
        let stream = ("accept", "text/event-stream");
        let query = r#"{"query":"{ viewer { email } }"}"#;
        let read = "/graphql?query=%7Bviewer%7Bemail%7D%7D";
        let (ok, no) = (StatusCode::OK, StatusCode::FORBIDDEN);
        for (origin, reads, own, other) in [
            (FRONT, Some(FRONT), ok, StatusCode::UNAUTHORIZED),
            (OTHER, Some(OTHER), ok, StatusCode::UNAUTHORIZED),
            ("http://127.0.0.1:8000", None, ok, StatusCode::UNAUTHORIZED),
            ("https://evil.example", None, no, no),
            ("https://app.example.evil.example", None, no, no),
            ("https://app.example:8443", None, no, no),
            ("http://app.example", None, no, no),
            ("HTTPS://APP.EXAMPLE", None, no, no),
            ("https://evil-app.example", None, no, no),
            ("null", None, no, no),
            ("*", None, no, no),
            ("", None, no, no),
            (&format!("{FRONT} {OTHER}"), None, no, no),
        ] {
            let from = ("origin", origin);
            for (method, path, headers, body) in [
                (Method::POST, "/graphql", &[from, json, session][..], query),
                (Method::POST, "/graphql", &[from, json, session, stream], query),
                (Method::GET, read, &[from, session], ""),
            ] {
                let seen = door.ask(method.clone(), path, headers, body).await;
                assert_eq!(seen.status, own, "{origin} {method}: {}", seen.text);
                assert_eq!(shared_with(&seen.headers), reads, "{origin} {method}");
                assert!(words(&seen.headers, "vary").contains("origin"), "{:?}", seen.headers);
                if reads.is_some() {
                    let exposed = words(&seen.headers, "access-control-expose-headers");
                    assert_eq!(exposed, set(&["retry-after", "x-request-id"]));
                }
            }
            // A refusal can be read as well: else a page could not tell why.
            let seen = door.ask(Method::POST, "/graphql", &[from, json], query).await;
            assert_eq!((seen.status, shared_with(&seen.headers)), (other, reads), "{origin}");
        }
        // What browsers say of a page of the same site, beside its origin.
        let same_site = ("sec-fetch-site", "same-site");
        let seen = door.viewer(&[("origin", FRONT), same_site, session]).await;
        assert_eq!(seen.status, ok, "{}", seen.text);
        assert_eq!(door.viewer(&[same_site, session]).await.status, no);
    })
    .await;
}

#[tokio::test]
async fn a_browser_that_asks_first_is_told_what_an_origin_of_the_settings_may_send() {
    both(async |world| {
        let door = Door::with(world, allowed).await;
        let wants = [
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        for origin in [FRONT, OTHER] {
            let asks = [&wants[..], &[("origin", origin)]].concat();
            let seen = door.ask(Method::OPTIONS, "/graphql", &asks, "").await;
            assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
            assert_eq!(shared_with(&seen.headers), Some(origin));
            let methods = words(&seen.headers, "access-control-allow-methods");
            assert_eq!(methods, set(&["get", "post"]));
            let headers = words(&seen.headers, "access-control-allow-headers");
            let expected = [
                "accept",
                "apollo-require-preflight",
                "authorization",
                "content-type",
                "graphql-preflight",
                "x-request-id",
            ];
            assert_eq!(headers, set(&expected));
            assert_eq!(seen.headers["access-control-max-age"], "3600");
            assert!(words(&seen.headers, "vary").contains("origin"));
        }
        for foreign in
            ["https://evil.example", "http://app.example", "null", "http://127.0.0.1:8000"]
        {
            let asks = [&wants[..], &[("origin", foreign)]].concat();
            let seen = door.ask(Method::OPTIONS, "/graphql", &asks, "").await;
            assert_eq!(seen.status, StatusCode::METHOD_NOT_ALLOWED, "{foreign}");
            let told = seen.headers.keys().any(|name| name.as_str().starts_with("access-control"));
            assert!(!told, "{foreign}: {:?}", seen.headers);
        }
        let seen = door.ask(Method::OPTIONS, "/graphql", &wants, "").await;
        assert_eq!(seen.status, StatusCode::METHOD_NOT_ALLOWED, "no page asks");
    })
    .await;
}

#[tokio::test]
async fn no_page_of_another_origin_reads_or_uses_the_pages_of_signing_in() {
    both(async |world| {
        let door = Door::with(world, allowed).await;
        let cookie = door.signed_in().await;
        let from = [("origin", FRONT), ("cookie", cookie.as_str())];
        for path in ["/sign-in", "/sign-out", "/sign-out/others", "/sign-in/link/x"] {
            for method in [Method::GET, Method::POST, Method::OPTIONS] {
                let seen = door.ask(method.clone(), path, &from, "").await;
                assert_eq!(shared_with(&seen.headers), None, "{method} {path}");
                if method == Method::POST {
                    assert_eq!(seen.status, StatusCode::FORBIDDEN, "{path}");
                }
            }
        }
        assert!(door.is_signed_in(&cookie).await);
    })
    .await;
}

#[tokio::test]
async fn without_origins_in_the_settings_nothing_is_shared() {
    both(async |world| {
        let door = Door::open(world).await;
        let cookie = door.signed_in().await;
        let asks = [("origin", FRONT), ("access-control-request-method", "POST")];
        let seen = door.ask(Method::OPTIONS, "/graphql", &asks, "").await;
        assert_eq!(
            (seen.status, shared_with(&seen.headers)),
            (StatusCode::METHOD_NOT_ALLOWED, None)
        );
        let seen = door.viewer(&[("origin", FRONT), ("cookie", &cookie)]).await;
        assert_eq!((seen.status, shared_with(&seen.headers)), (StatusCode::FORBIDDEN, None));
        let seen = door.viewer(&[OURS, ("cookie", &cookie)]).await;
        assert_eq!((seen.status, shared_with(&seen.headers)), (StatusCode::OK, None));
    })
    .await;
}
