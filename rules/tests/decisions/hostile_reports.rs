//! Reports that are made to be hard to read: as large as any that is looked at, nested without end, of
//! one piece that never ends. Each is read or not, and the tests end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use rules::messages::report::{LARGEST, read, recipient};

const SECRET: &[u8] = b"a secret of some length for tests";
const HEAD: &str =
    "From: MAILER-DAEMON@mx.example\r\nTo: bounces@hubs.example\r\nMIME-Version: 1.0\r\n";
const STATUS: &str = "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n\
                      Action: failed\r\nStatus: 5.1.1\r\n\r\n";

/// So many times the same, up to the largest report.
fn filled(head: &str, part: &str) -> Vec<u8> {
    let room = LARGEST.saturating_sub(head.len());
    let times = room / part.len().max(1);
    [head, &part.repeat(times)].concat().into_bytes()
}

/// A report within a report, and so on, as deep as there is room for.
fn nested(part: impl Fn(usize) -> String) -> Vec<u8> {
    let mut text = HEAD.to_owned();
    for depth in 0.. {
        let next = part(depth);
        if text.len() + next.len() + STATUS.len() > LARGEST {
            break;
        }
        text.push_str(&next);
    }
    text.push_str(STATUS);
    text.into_bytes()
}

/// The same in base64, where no boundary shows.
fn hidden(bytes: &[u8]) -> Vec<u8> {
    let head = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let shorter = &bytes[..bytes.len() / 2];
    [HEAD, head, &STANDARD.encode(shorter)].concat().into_bytes()
}

#[test]
fn a_report_that_is_made_to_be_hard_to_read_is_read_or_not() {
    let mixed = format!("{HEAD}Content-Type: multipart/report; boundary=\"b\"\r\n\r\n");
    let seal = format!("{}-{}", "0".repeat(32), "0".repeat(16));
    let all = [
        ("a header without end", filled(HEAD, "x")),
        ("headers without end", filled(HEAD, "To: a@b.example\r\n")),
        ("a header of one field folded without end", filled("Subject: x", "\r\n x")),
        ("return paths without end", filled("To: ", &format!("{seal}."))),
        ("hyphens without end", filled("Delivered-To: ", "-")),
        ("message ids without end", filled("Message-ID: ", "<1@mx.example>")),
        ("parts without end", filled(&mixed, "--b\r\n\r\n")),
        ("parts of reports without end", filled(&mixed, &format!("--b\r\n{STATUS}"))),
        (
            "blocks without end",
            filled(&format!("{mixed}--b\r\n{STATUS}"), "Action: failed\r\n\r\n"),
        ),
        ("boundaries that look alike", filled(&mixed, "--b-\r\n--bb\r\n--\r\n")),
        ("encoded words without end", filled("Subject: ", "=?utf-8?q?=FF?= ")),
        ("bytes that are no text", [mixed.as_bytes(), &vec![0xff; LARGEST / 2]].concat()),
        (
            "multiparts in multiparts",
            nested(|depth| {
                format!(
                    "Content-Type: multipart/mixed; boundary=\"b{depth}\"\r\n\r\n--b{depth}\r\n"
                )
            }),
        ),
        (
            "multiparts with one boundary",
            nested(|_| "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".to_owned()),
        ),
        (
            "messages in messages, in an encoding",
            hidden(&nested(|_| "Content-Type: message/rfc822\r\n\r\n".to_owned())),
        ),
        ("messages in messages", nested(|_| "Content-Type: message/rfc822\r\n\r\n".to_owned())),
        (
            "encoded messages in messages",
            nested(|_| {
                "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                    .to_owned()
            }),
        ),
    ];
    for (name, bytes) in all {
        assert!(bytes.len() <= LARGEST, "{name}");
        let first = read(&bytes, SECRET);
        assert_eq!(first, read(&bytes, SECRET), "{name}: the same bytes, the same report");
        assert!(first.is_none_or(|report| report.message.is_none()), "{name}: nobody is named");
        let _ = recipient(&bytes);
    }
}

/// A line that reports are made of, whole or not, or something else.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "Content-Type: multipart/report; boundary=b",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"c\"",
        "Content-Type: message/delivery-status",
        "Content-Type: message/global-delivery-status; charset=x-unknown",
        "Content-Type: message/rfc822",
        "Content-Type: text/rfc822-headers",
        "Content-Type: message/feedback-report",
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: quoted-printable",
        "--b",
        "--b--",
        "--c",
        "Action: failed",
        "Action:",
        "Action: delayed (still)",
        "Status: 5.1.1",
        "Status: 65536.99999999999999999999.0",
        "Diagnostic-Code: smtp; 550 5.1.1 \u{e9}",
        "Feedback-Type: abuse",
        "Message-ID: <1@mx.example>",
        "Message-ID:",
        "Message-ID: <a\0b@mx.example>",
        "Date: Tue, 99 Oct 99999 99:99:99 +9999",
        "To: =?utf-8?b?////?= <>",
        " folded",
        "",
    ]);
    prop_oneof![
        9 => known.prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn lines_of_reports_in_any_order_are_read_or_not(
        lines in prop::collection::vec(line(), 0..60),
        ending in prop::sample::select(vec!["\r\n", "\n", "\r"]),
    ) {
        let bytes = lines.join(ending.as_bytes());
        let told = read(&bytes, SECRET);
        prop_assert_eq!(&told, &read(&bytes, SECRET));
        if let Some(told) = told {
            // What is kept of it is short and plain, whatever was in it.
            prop_assert!(told.status.len() <= 17 && told.key.len() == 69, "{:?}", told);
            prop_assert!(told.message.is_none());
            prop_assert!(told.message_id.is_none_or(|id| id.len() <= 998 && !id.contains('\0')));
        }
        let _ = recipient(&bytes);
    }
}
