use chrono::TimeDelta;
use rules::messages::bulletin::{
    Audience, Candidate, LONGEST_SUBJECT, LONGEST_TEXT, TokenFault, audience, check, faults,
    fingerprint, seal,
};
use rules::messages::suppression::SuppressionReason;
use rules::people::ContactRole;

use crate::support::{at, id};

const SECRET: &[u8] = b"a secret of some length for tests";
const ROLES: [ContactRole; 1] = [ContactRole::Headteacher];

fn candidate(person: u128) -> Candidate {
    Candidate {
        person_id: id(person),
        setting_id: id(500 + person),
        role: ContactRole::Headteacher,
        active: true,
        takes_optional: true,
        suppressed: None,
    }
}

#[test]
fn a_bulletin_goes_to_those_the_programme_writes_to_and_says_why_not_to_others() {
    let suppressed = Some(SuppressionReason::HardBounce);
    for (one, why) in [
        (candidate(1), None),
        (Candidate { active: false, ..candidate(1) }, Some("does not take part")),
        (Candidate { role: ContactRole::TrustLead, ..candidate(1) }, Some("in their role")),
        (Candidate { takes_optional: false, ..candidate(1) }, Some("not a duty")),
        (Candidate { suppressed, ..candidate(1) }, Some("came back for good")),
    ] {
        let found = audience(&[one], &ROLES);
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
fn somebody_at_several_partners_gets_it_once_if_one_of_them_takes_part() {
    let paused = Candidate { active: false, ..candidate(1) };
    let other = Candidate { setting_id: id(900), ..candidate(1) };
    let found = audience(&[paused.clone(), other, candidate(2)], &ROLES);
    assert_eq!(found.recipients, [(id(1), id(900)), (id(2), id(502))]);
    assert_eq!(found.excluded, []);
    assert_eq!(audience(&[paused.clone(), paused], &ROLES).excluded.len(), 1);
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

#[test]
fn a_previews_token_lets_go_only_what_it_showed_to_whom_by_whom_and_when() {
    let now = at("2026-10-05T09:00");
    let found = audience(&[candidate(1), candidate(2)], &ROLES);
    let print =
        |found: &Audience, subject, text| fingerprint("bulletin", id(50), found, subject, text);
    let shown = print(&found, "Hall", "Open");
    let token = seal(SECRET, &shown, id(9), now + TimeDelta::minutes(30));
    assert_eq!(check(SECRET, &token, &shown, id(9), now), Ok(()));
    let fewer = audience(&[candidate(1)], &ROLES);
    for other in [
        print(&fewer, "Hall", "Open"),
        print(&found, "Hall", "Shut"),
        print(&found, "HallO", "pen"),
        fingerprint("campaign", id(50), &found, "Hall", "Open"),
        fingerprint("bulletin", id(51), &found, "Hall", "Open"),
    ] {
        assert_eq!(check(SECRET, &token, &other, id(9), now), Err(TokenFault::Differs));
    }
    assert_eq!(check(SECRET, &token, &shown, id(8), now), Err(TokenFault::Differs));
    assert_eq!(check(b"another", &token, &shown, id(9), now), Err(TokenFault::Differs));
    for garbled in ["", "x", "AAAA", &token[1..]] {
        assert_eq!(check(SECRET, garbled, &shown, id(9), now), Err(TokenFault::Differs));
    }
    let late = now + TimeDelta::minutes(30);
    assert_eq!(check(SECRET, &token, &shown, id(9), late), Err(TokenFault::Expired));
}
