use std::collections::BTreeSet;

use proptest::prelude::*;
use rules::messages::feedback::{
    Effect, Feedback, FeedbackKind, Known, effect, shows_it_was_taken,
};
use rules::messages::suppression::{SuppressionReason, normalised};
use rules::messages::{MessageKind, MessageState, report, verp};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::support::{at, day};

const SECRET: &[u8] = b"a secret of some length for tests";

fn known(state: MessageState) -> Known {
    Known { state, hard: false, soft_days: BTreeSet::new(), released_at: None }
}

fn judged(kind: FeedbackKind, known: &Known) -> (Option<MessageState>, Option<SuppressionReason>) {
    let Effect { state, suppress, .. } =
        effect(Feedback { kind, at: at("2026-10-06T09:00") }, known);
    (state, suppress)
}

#[test]
fn each_report_does_what_it_says_to_a_message_in_each_state() {
    use FeedbackKind::{Complaint, Delayed, HardBounce, SoftBounce};
    use MessageState::{Accepted, Bounced, Complained, Expired, Leased};
    let hard = Some(SuppressionReason::HardBounce);
    let complaint = Some(SuppressionReason::Complaint);
    for (kind, state, expected) in [
        (HardBounce, Accepted, (Some(Bounced), hard)),
        (SoftBounce, Accepted, (Some(Bounced), None)),
        (Complaint, Accepted, (Some(Complained), complaint)),
        (Delayed, Accepted, (None, None)),
        // One that came back for now has come back for good: the address goes, the state stands.
        (HardBounce, Bounced, (None, hard)),
        (SoftBounce, Complained, (None, None)),
        (Complaint, Bounced, (None, complaint)),
        // One that is to go again, and may have gone: the address is known to be none.
        (HardBounce, Leased, (None, hard)),
        (SoftBounce, Expired, (None, None)),
    ] {
        assert_eq!(judged(kind, &known(state)), expected, "{kind:?} of one {state:?}");
    }
}

#[test]
fn a_report_shows_that_a_message_was_taken_of_which_nobody_knew() {
    for state in MessageState::VARIANTS {
        let cut_off =
            matches!(state, MessageState::Handoff | MessageState::Uncertain | MessageState::Held);
        let again = *state == MessageState::Leased;
        for (doubted, unknown) in [(false, cut_off), (true, cut_off || again)] {
            assert_eq!(shows_it_was_taken(*state, doubted), unknown, "{state:?} {doubted}");
            if unknown {
                assert!(rules::messages::may_become(*state, MessageState::Accepted), "{state:?}");
            }
        }
    }
}

#[test]
fn a_return_for_now_after_one_for_good_changes_nothing() {
    let known = Known {
        hard: true,
        soft_days: [day("2026-10-01"), day("2026-10-02")].into(),
        ..known(MessageState::Bounced)
    };
    assert_eq!(judged(FeedbackKind::SoftBounce, &known), (None, None));
}

#[test]
fn an_address_is_given_up_on_the_third_day_on_which_mail_came_back() {
    let soft = Some(SuppressionReason::SoftBounces);
    for (days, expected) in [
        (vec![], None),
        (vec!["2026-10-01"], None),
        (vec!["2026-10-01", "2026-10-06"], None),
        (vec!["2026-10-01", "2026-10-02"], soft),
        (vec!["2026-10-01", "2026-10-02", "2026-10-03"], soft),
    ] {
        let known = Known {
            soft_days: days.iter().map(|text| day(text)).collect(),
            ..known(MessageState::Accepted)
        };
        assert_eq!(judged(FeedbackKind::SoftBounce, &known).1, expected, "{days:?}");
    }
}

#[test]
fn what_happened_before_somebody_let_the_address_go_does_not_put_it_back() {
    for (released_at, expected) in [
        ("2026-10-06T08:59", Some(SuppressionReason::HardBounce)),
        ("2026-10-06T09:00", None),
        ("2026-10-07T09:00", None),
    ] {
        let known = Known { released_at: Some(at(released_at)), ..known(MessageState::Accepted) };
        let (state, suppress) = judged(FeedbackKind::HardBounce, &known);
        assert_eq!((state, suppress), (Some(MessageState::Bounced), expected), "{released_at}");
    }
}

#[test]
fn a_complaint_keeps_back_what_is_no_duty_and_everything_else_keeps_back_all() {
    for reason in SuppressionReason::VARIANTS {
        let complaint = *reason == SuppressionReason::Complaint;
        assert!(reason.withholds(MessageKind::Bulletin), "{reason:?}");
        assert_eq!(reason.withholds(MessageKind::Digest), !complaint, "{reason:?}");
        assert_eq!(reason.outranks(SuppressionReason::Complaint), !complaint, "{reason:?}");
        assert!(!reason.outranks(SuppressionReason::HardBounce), "{reason:?}");
        assert!(reason.kept_back().starts_with("No mail goes to this address: "));
    }
    assert_eq!(normalised(" Ada@School.Example "), "ada@school.example");
}

proptest! {
    #[test]
    fn whatever_comes_in_whatever_order_a_message_goes_nowhere_it_may_not(
        kinds in prop::collection::vec(prop::sample::select(FeedbackKind::VARIANTS), 0..12),
        state in prop::sample::select(MessageState::VARIANTS),
    ) {
        let mut known = known(state);
        for kind in kinds {
            let effect = effect(Feedback { kind, at: at("2026-10-06T09:00") }, &known);
            if let Some(to) = effect.state {
                prop_assert!(rules::messages::may_become(known.state, to));
                prop_assert!(matches!(to, MessageState::Bounced | MessageState::Complained));
                known.state = to;
            }
            known.hard |= kind == FeedbackKind::HardBounce;
        }
    }
}

/// A report as mail servers write them.
fn sample(action: &str, status: &str, message: Uuid) -> String {
    let to = verp::token(SECRET, message);
    format!(
        "Return-Path: <>\r\nDelivered-To: bounces+{to}@hubs.example\r\nFrom: MAILER-DAEMON@mx.example\r\n\
         To: bounces+{to}@hubs.example\r\nDate: Tue, 6 Oct 2026 08:00:00 +0000\r\n\
         Message-ID: <1@mx.example>\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nIt did not arrive.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.example\r\nArrival-Date: Tue, 6 Oct 2026 07:00:00 +0000\r\n\r\n\
         Final-Recipient: rfc822; ada@school.example\r\nAction: {action}\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n\r\n\
         --b\r\nContent-Type: message/rfc822\r\n\r\n\
         From: Hubs <no-reply@hubs.example>\r\nTo: Ada <ada@school.example>\r\n\
         Message-ID: <0199@hubs.example>\r\nSubject: Your list\r\n\r\nHello\r\n--b--\r\n"
    )
}

fn complaint() -> String {
    "From: fbl@mail.example\r\nTo: abuse@hubs.example\r\nDate: Tue, 6 Oct 2026 08:00:00 +0000\r\n\
     MIME-Version: 1.0\r\n\
     Content-Type: multipart/report; report-type=feedback-report; boundary=\"b\"\r\n\r\n\
     --b\r\nContent-Type: text/plain\r\n\r\nA complaint.\r\n\
     --b\r\nContent-Type: message/feedback-report\r\n\r\n\
     Feedback-Type: abuse\r\nUser-Agent: Demo/1\r\nVersion: 1\r\n\r\n\
     --b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
     From: Hubs <no-reply@hubs.example>\r\nMessage-ID: <0199@hubs.example>\r\n\r\n--b--\r\n"
        .to_owned()
}

#[test]
fn a_delivery_report_is_read_with_its_status_and_its_message() {
    let message = Uuid::from_u128(7);
    for (action, status, kind, told) in [
        ("failed", "5.1.1", FeedbackKind::HardBounce, "5.1.1"),
        ("failed", "5.1.1 (no such user)", FeedbackKind::HardBounce, "5.1.1"),
        ("Failed", "5.4.4", FeedbackKind::HardBounce, "5.4.4"),
        ("failed", "5.1.10", FeedbackKind::HardBounce, "5.1.10"),
        // About our own address, a host that did not answer, a full network, time that ran out.
        ("failed", "5.1.8", FeedbackKind::SoftBounce, "5.1.8"),
        ("failed", "5.4.1", FeedbackKind::SoftBounce, "5.4.1"),
        ("failed", "5.4.5", FeedbackKind::SoftBounce, "5.4.5"),
        ("failed", "5.4.7", FeedbackKind::SoftBounce, "5.4.7"),
        ("failed", "5.2.2", FeedbackKind::SoftBounce, "5.2.2"),
        ("failed", "4.4.7", FeedbackKind::SoftBounce, "4.4.7"),
        ("delayed", "4.4.1", FeedbackKind::Delayed, "4.4.1"),
        // The diagnosis tells what the status does not.
        ("failed", "unknown", FeedbackKind::HardBounce, "5.1.1"),
    ] {
        let read = report::read(sample(action, status, message).as_bytes(), SECRET).unwrap();
        assert_eq!((read.kind, read.status.as_str()), (kind, told), "{action} {status}");
        assert_eq!(read.message, Some(message));
        assert_eq!(read.message_id.as_deref(), Some("0199@hubs.example"));
        assert_eq!(read.recipient.as_deref(), Some("ada@school.example"));
        assert_eq!(read.at, Some(at("2026-10-06T09:00")));
    }
}

#[test]
fn what_is_no_report_is_none() {
    let message = Uuid::from_u128(7);
    for text in [
        String::new(),
        "From: ada@school.example\r\nSubject: Out of office\r\n\r\nBack on Monday.\r\n".to_owned(),
        sample("delivered", "2.0.0", message),
        sample("relayed", "2.0.0", message),
        complaint().replace("abuse\r\nUser", "not-spam\r\nUser"),
        complaint().replace("abuse\r\nUser", "auth-failure\r\nUser"),
        complaint().replace("abuse\r\nUser", "virus\r\nUser"),
        complaint().replace("abuse\r\nUser", "fraud\r\nUser"),
        complaint().replace("abuse\r\nUser", "other\r\nUser"),
    ] {
        assert_eq!(report::read(text.as_bytes(), SECRET), None, "{text}");
    }
    let long = sample("failed", "5.1.1", message) + &"x".repeat(report::LARGEST);
    assert_eq!(report::read(long.as_bytes(), SECRET), None);
}

#[test]
fn a_complaint_is_read_with_its_message() {
    let read = report::read(complaint().as_bytes(), SECRET).unwrap();
    assert_eq!((read.kind, read.message), (FeedbackKind::Complaint, None));
    assert_eq!(read.message_id.as_deref(), Some("0199@hubs.example"));
}

#[test]
fn a_complaint_names_its_message_by_the_return_path_that_the_mail_had() {
    let token = verp::token(SECRET, Uuid::from_u128(7));
    let with = |field: &str| complaint().replace("Version: 1", &format!("{field}\r\nVersion: 1"));
    let from = with(&format!("Original-Mail-From: <bounces+{token}@hubs.example>"));
    let read = report::read(from.as_bytes(), SECRET).unwrap();
    assert_eq!((read.message, read.recipient), (Some(Uuid::from_u128(7)), None));
    let to = with("Original-Rcpt-To: <Ada@School.example>");
    let read = report::read(to.as_bytes(), SECRET).unwrap();
    assert_eq!((read.message, read.recipient.as_deref()), (None, Some("ada@school.example")));
}

#[test]
fn a_report_about_several_recipients_is_about_none_of_ours() {
    let whole = sample("failed", "5.1.1", Uuid::from_u128(7));
    let first = "Final-Recipient: rfc822; ada@school.example\r\n";
    for (fields, expected) in [
        ("Final-Recipient: rfc822; ADA@school.example\r\n", Some("ada@school.example")),
        // It was passed on to somewhere else, where it failed.
        (
            "Final-Recipient: rfc822; x@elsewhere.example\r\n\
             Original-Recipient: rfc822;ada@school.example\r\n",
            Some("ada@school.example"),
        ),
        (
            "Final-Recipient: rfc822; bob@school.example\r\nAction: failed\r\n\r\n\
             Final-Recipient: rfc822; ada@school.example\r\n",
            None,
        ),
        ("", None),
    ] {
        let text = whole.replace(first, fields);
        let read = report::read(text.as_bytes(), SECRET).unwrap();
        assert_eq!(read.recipient.as_deref(), expected, "{fields}");
    }
}

#[test]
fn an_id_that_no_mail_can_have_is_none() {
    for id in ["0199\0@hubs.example".to_owned(), "x".repeat(999)] {
        let text = complaint().replace("0199@hubs.example", &id);
        let read = report::read(text.as_bytes(), SECRET).unwrap();
        assert_eq!(read.message_id, None, "{id:?}");
    }
}

#[test]
fn the_same_report_has_the_same_key_and_another_another() {
    let (one, other) = (sample("failed", "5.1.1", Uuid::from_u128(7)), complaint());
    let key = |text: &str| report::read(text.as_bytes(), SECRET).unwrap().key;
    assert_eq!(key(&one), key(&one.replace("Subject: Undelivered", "Subject: undelivered")));
    assert_ne!(key(&one), key(&one.replace("<1@mx.example>", "<2@mx.example>")));
    assert_ne!(key(&one), key(&other));
    assert_ne!(key(&other), key(&other.replace("A complaint.", "Another.")));
}

#[test]
fn only_a_return_path_with_a_genuine_seal_names_its_message() {
    let message = Uuid::from_u128(7);
    let token = verp::token(SECRET, message);
    for text in [
        format!("bounces+{token}@hubs.example"),
        format!("<BOUNCES+{}@hubs.example>", token.to_uppercase()),
        format!("a-b-c {token}.x@hubs.example"),
    ] {
        assert_eq!(report::named(&text, SECRET), Some(message), "{text}");
    }
    for text in [
        format!("bounces+{}@hubs.example", verp::token(b"another secret", message)),
        format!("bounces+{}@hubs.example", &token[..token.len() - 1]),
        "-".to_owned(),
        "é-é-é----------------é".repeat(9),
    ] {
        assert_eq!(report::named(&text, SECRET), None, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_not_and_nothing_else(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = report::read(&bytes, SECRET);
        let _ = report::recipient(&bytes);
    }

    #[test]
    fn a_report_spoilt_anywhere_is_read_or_not_and_names_no_other_message(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
        of_complaint in any::<bool>(),
    ) {
        let message = Uuid::from_u128(7);
        let text = if of_complaint { complaint() } else { sample("failed", "5.1.1", message) };
        let mut bytes = text.into_bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(bytes.len() - cut.index(bytes.len()) / 4);
        if let Some(read) = report::read(&bytes, SECRET) {
            prop_assert!(read.message.is_none_or(|named| named == message));
        }
    }
}
