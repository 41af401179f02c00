use rules::messages::bulletin::{
    Audience, Candidate, LONGEST_SUBJECT, LONGEST_TEXT, Unwilling, audience, expires_at, faults,
    settled, waits,
};
use rules::messages::preview::{PREVIEW_LASTS, Preview, Sending, TokenFault, check, seal};
use rules::messages::suppression::SuppressionReason;
use rules::people::ContactRole;

use crate::support::{at, id};

const SECRET: &[u8] = b"a secret of some length for tests";
const NOW: &str = "2026-07-31T14:00";
const ROLES: [ContactRole; 1] = [ContactRole::Headteacher];

fn candidate(person: u128) -> Candidate {
    Candidate {
        person_id: id(person),
        setting_id: id(500 + person),
        role: ContactRole::Headteacher,
        active: true,
        unwilling: None,
        suppressed: None,
        goes_at: at(NOW),
    }
}

#[test]
fn a_bulletin_goes_to_those_the_programme_writes_to_and_says_why_not_to_others() {
    let suppressed = Some(SuppressionReason::HardBounce);
    for (one, why) in [
        (candidate(1), None),
        (Candidate { active: false, ..candidate(1) }, Some("does not take part")),
        (Candidate { role: ContactRole::TrustLead, ..candidate(1) }, Some("in their role")),
        (Candidate { unwilling: Some(Unwilling::AnyOptional), ..candidate(1) }, Some("not a duty")),
        (
            Candidate { unwilling: Some(Unwilling::ThisKind), ..candidate(1) },
            Some("no messages to partners"),
        ),
        (Candidate { suppressed, ..candidate(1) }, Some("came back for good")),
    ] {
        let found = audience(&[one], &ROLES, at(NOW));
        match why {
            None => assert_eq!(found.recipients, [(id(1), id(501))]),
            Some(why) => {
                assert_eq!(found.recipients, []);
                assert!(found.excluded[0].2.contains(why), "{:?}", found.excluded);
            }
        }
    }
}

#[test]
fn a_bulletin_waits_for_the_end_of_a_holiday_and_whoever_sends_it_is_told() {
    let (now, soon, september) = (at(NOW), at("2026-08-03T08:00"), at("2026-09-02T08:00"));
    let reader = |person, goes_at| Candidate { goes_at, ..candidate(person) };
    let found = audience(&[reader(1, soon), reader(2, september)], &ROLES, now);
    assert_eq!(found.recipients.len(), 2);
    assert!(expires_at(september) > september);
    for (goes_at, told) in [
        (&[][..], None),
        (&[soon], None),
        (
            &[soon, september],
            Some("Of 2 readers 1 get it only when their school works again, the last on"),
        ),
        (&[september], Some("Nobody gets it before their school works again, the last on")),
    ] {
        let found = waits(goes_at, now);
        assert_eq!(found.is_some(), told.is_some(), "{found:?}");
        let found = found.unwrap_or_default();
        assert!(found.starts_with(told.unwrap_or_default()), "{found}");
        assert!(told.is_none() || found.contains("2 September 2026"), "{found}");
    }
    // A calendar that nobody keeps holds no day on which it could go.
    let never = audience(&[reader(1, at("2027-09-04T14:00"))], &ROLES, now);
    assert!(never.excluded[0].2.contains("no working day"), "{never:?}");
}

#[test]
fn somebody_at_several_partners_gets_it_once_if_one_of_them_takes_part() {
    let paused = Candidate { active: false, ..candidate(1) };
    let other = Candidate { setting_id: id(900), ..candidate(1) };
    let found = audience(&[paused.clone(), other, candidate(2)], &ROLES, at(NOW));
    assert_eq!(found.recipients, [(id(1), id(900)), (id(2), id(502))]);
    assert_eq!(found.excluded, []);
    assert_eq!(audience(&[paused.clone(), paused], &ROLES, at(NOW)).excluded.len(), 1);
}

#[test]
fn a_subject_and_a_text_that_cannot_be_sent_are_refused_by_name() {
    let long = "x".repeat(LONGEST_SUBJECT);
    assert_eq!(faults("Hall open", "Dear all,\r\n\r\nit is.\tYes"), None);
    assert_eq!(faults(&long, "Text"), None);
    for (subject, text, field) in [
        (" ", "Text", "subject"),
        ("A\nBcc: x", "Text", "subject"),
        (&format!("{long}x"), "Text", "subject"),
        ("Hall", " \n", "text"),
        ("Hall", "a\0b", "text"),
        ("Hall", &"x".repeat(LONGEST_TEXT + 1), "text"),
    ] {
        let fault = faults(subject, text).unwrap();
        assert_eq!(fault.0, field, "{subject:?}");
    }
}

fn shown<'a>(sending: Sending, words: [&'a str; 2], audience: &'a Audience) -> Preview<'a> {
    Preview { sending, words, audience }
}

#[test]
fn a_previews_token_lets_go_only_what_it_showed_and_says_what_differs() {
    let now = at("2026-10-05T09:00");
    let bulletin = Sending::Bulletin(id(50));
    let found = audience(&[candidate(1), candidate(2)], &ROLES, at(NOW));
    let first = shown(bulletin, ["Hall", "Open"], &found);
    let token = seal(SECRET, &first, id(9), now + PREVIEW_LASTS);
    assert_eq!(check(SECRET, &token, &first, id(9), now), Ok(()));
    let others = audience(&[candidate(1), candidate(3), candidate(4)], &ROLES, at(NOW));
    let elsewhere = Candidate { setting_id: id(900), ..candidate(2) };
    let elsewhere = audience(&[candidate(1), elsewhere], &ROLES, at(NOW));
    let changed = TokenFault::OtherRecipients { fewer: 1, more: 2 };
    for (differs, fault) in [
        (shown(bulletin, ["Hall", "Open"], &others), changed),
        (
            shown(bulletin, ["Hall", "Open"], &elsewhere),
            TokenFault::OtherRecipients { fewer: 1, more: 1 },
        ),
        (
            shown(bulletin, ["Hall", "Open"], &Audience::default()),
            TokenFault::OtherRecipients { fewer: 2, more: 0 },
        ),
        (shown(bulletin, ["Hall", "Shut"], &found), TokenFault::OtherWords),
        (shown(bulletin, ["HallO", "pen"], &found), TokenFault::OtherWords),
        (shown(Sending::Launch(id(50)), ["Hall", "Open"], &found), TokenFault::OtherSending),
        (shown(Sending::Bulletin(id(51)), ["Hall", "Open"], &found), TokenFault::OtherSending),
    ] {
        assert_eq!(check(SECRET, &token, &differs, id(9), now), Err(fault), "{differs:?}");
    }
    assert_eq!(check(SECRET, &token, &first, id(8), now), Err(TokenFault::OtherPerson));
    let late = now + PREVIEW_LASTS;
    assert_eq!(check(SECRET, &token, &first, id(9), late), Err(TokenFault::Expired));
    assert_eq!(
        changed.told(bulletin),
        "Others would get it than the preview showed: 1 would get it no more, 2 would get it who \
         did not. Look at a new one, then send it."
    );
    let expired = TokenFault::Expired.told(bulletin);
    assert!(expired.starts_with("The preview is no longer valid: it is older than 30 minutes."));
}

#[test]
fn a_token_that_was_changed_anywhere_is_none_of_ours() {
    let now = at("2026-10-05T09:00");
    let found = audience(&[candidate(1)], &ROLES, at(NOW));
    let first = shown(Sending::Launch(id(50)), ["Survey", "1"], &found);
    let token = seal(SECRET, &first, id(9), now + PREVIEW_LASTS);
    assert_eq!(check(b"another", &token, &first, id(9), now), Err(TokenFault::Unknown));
    for garbled in ["", "x", "AAAA", &token[1..], &token[..token.len() - 2], "\u{e9}"] {
        assert_eq!(check(SECRET, garbled, &first, id(9), now), Err(TokenFault::Unknown));
    }
    for place in 0..token.len() - 1 {
        let mut other = token.clone().into_bytes();
        other[place] = if other[place] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        assert_eq!(check(SECRET, &other, &first, id(9), now), Err(TokenFault::Unknown), "{place}");
    }
}

#[test]
fn a_token_of_very_many_fits_into_a_request_and_still_notices_one_more() {
    let now = at("2026-10-05T09:00");
    let many = |count: u128| {
        let recipients = (1..=count).map(|one| (id(one), id(one))).collect();
        Audience { recipients, ..Audience::default() }
    };
    for (count, fault) in [
        (5_000, TokenFault::OtherRecipients { fewer: 0, more: 0 }),
        (30_000, TokenFault::OtherRecipients { fewer: 0, more: 0 }),
        (4_000, TokenFault::OtherRecipients { fewer: 0, more: 1 }),
    ] {
        let (before, after) = (many(count), many(count + 1));
        let before = shown(Sending::Launch(id(50)), ["Survey", "1"], &before);
        let token = seal(SECRET, &before, id(9), now + PREVIEW_LASTS);
        assert!(token.len() < 30_000, "{count}: {}", token.len());
        assert_eq!(check(SECRET, &token, &before, id(9), now), Ok(()));
        let after = shown(Sending::Launch(id(50)), ["Survey", "1"], &after);
        assert_eq!(check(SECRET, &token, &after, id(9), now), Err(fault), "{count}");
    }
}

#[test]
fn what_is_kept_of_a_bulletin_does_not_depend_on_blanks_around_it() {
    assert_eq!(settled(" Hall ", "\nOpen.\r\nShut.\n"), ["Hall", "Open.\nShut."]);
}
