//! Mails signed by DKIM, as another implementation reads them.

use std::process::Command;

use serde_json::Value;
use tests::programs::{program, refuse, root};
use tests::{both, python};

use super::{EIGHT, LATER, at, pass_at, rows, seeded};

/// A key to sign with: the name of its files, and its kind as it is published.
#[derive(Clone, Copy)]
struct Key(&'static str, &'static str);

const RSA: Key = Key("dkim", "rsa");
const ED25519: Key = Key("dkim-ed25519", "ed25519");

fn verified(Key(name, kind): Key, file: &std::path::Path) -> Value {
    let public = std::fs::read_to_string(root().join(format!("tests/keys/{name}.public.txt")));
    let mut command: Command = python::program("python");
    command.arg(root().join("tests/python/verify_dkim.py")).arg(file);
    let output = command.arg(public.expect("a key").trim()).arg(kind).output().expect("it runs");
    let problem = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{problem}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[tokio::test]
async fn a_mail_is_signed_once_and_another_implementation_verifies_it() {
    signed_and_verified(RSA).await;
}

#[tokio::test]
async fn a_mail_signed_with_an_ed25519_key_is_verified_too() {
    signed_and_verified(ED25519).await;
}

async fn signed_and_verified(key: Key) {
    if python::is_absent() {
        return;
    }
    both(async |world| {
        let (mut world, server) = seeded(world, 1, 1).await;
        world.config.mail.dkim_domain = "hubs.example".into();
        world.config.mail.dkim_selector = "demo2026".into();
        let file = root().join(format!("tests/keys/{}.pem", key.0)).display().to_string();
        world.config.mail.dkim_key = serde_json::from_value(file.into()).expect("a setting");
        let step = tests::smtp::Step::Body;
        server.plan(step, None, tests::smtp::Fault::TakeAndDrop, 1);
        pass_at(&world, EIGHT).await;
        pass_at(&world, LATER).await;
        let taken = server.taken();
        assert_eq!(taken.len(), 3, "one of the two arrives twice");
        let again: Vec<_> = taken.iter().filter(|mail| mail.to == taken[0].to).collect();
        assert_eq!(again[0].bytes, again[1].bytes, "signed once");
        for row in rows(&world).await {
            let file = world.folder.path().join("mail.eml");
            let bytes = row.body.expect("stored");
            std::fs::write(&file, &bytes).expect("a file");
            let found = verified(key, &file);
            assert_eq!(found["valid"], true, "{found:#}");
            assert_eq!(found["asked"][0], "demo2026._domainkey.hubs.example");
            let signed = found["signed"].as_array().expect("names");
            let headers =
                ["from", "reply-to", "to", "subject", "date", "message-id", "list-unsubscribe"];
            for name in headers {
                assert!(signed.iter().any(|it| it == name), "{name}: {found:#}");
            }
            // Whatever is changed in it, or put before it, is seen.
            let text = String::from_utf8(bytes).expect("ASCII");
            // By the worker's clock, also what arrived later only.
            assert!(text.contains(&format!("; t={};", at(EIGHT).timestamp())), "{text}");
            for (from, to) in [
                ("Subject: ", "Subject: Urgent! "),
                (
                    "Auto-Submitted: ",
                    "List-Unsubscribe: <https://evil.example>\r\nAuto-Submitted: ",
                ),
                ("Auto-Submitted: ", "Reply-To: <evil@evil.example>\r\nAuto-Submitted: "),
                ("Subject: ", "Subject: Urgent!\r\nSubject: "),
                ("From: ", "From: <evil@evil.example>\r\nFrom: "),
                ("Hello ", "Hello, "),
            ] {
                assert!(text.contains(from), "{from}");
                std::fs::write(&file, text.replacen(from, to, 1)).expect("a file");
                assert_eq!(verified(key, &file)["valid"], false, "{to}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_key_that_cannot_be_used_stops_the_start_and_is_not_repeated() {
    both(async |world| {
        let file = world.folder.path().join("key.pem");
        std::fs::write(&file, "no key").expect("a file");
        let file = file.display().to_string();
        let public = "-----BEGIN PUBLIC KEY-----\nc2VjcmV0\n-----END PUBLIC KEY-----";
        for key in ["nowhere.pem", &file, public] {
            let mut worker = program(&world, "worker", &["run", "--once"]);
            worker
                .env("HUBS__MAIL__DKIM_DOMAIN", "hubs.example")
                .env("HUBS__MAIL__DKIM_SELECTOR", "demo2026")
                .env("HUBS__MAIL__DKIM_KEY", key);
            let words = refuse(worker);
            assert!(words.contains("mail.dkim_key"), "{words}");
            assert!(!words.contains("c2VjcmV0"), "{words}");
        }
    })
    .await;
}
