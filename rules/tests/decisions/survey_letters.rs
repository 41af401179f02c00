use rules::people::ContactRole::{self, BehaviourLead, Headteacher, SeniorLeader};
use rules::surveys::RespondentGroup::{Leaders, Pupils, Staff};
use rules::surveys::campaign::opens_early;
use rules::surveys::letters::{Known, in_words, letters};

use crate::support::{day, id};

const ROLES: [ContactRole; 2] = [Headteacher, BehaviourLead];

fn known(person: u128, role: ContactRole, reached: bool) -> Known {
    Known { person: id(person), role, reached }
}

#[test]
fn a_group_has_its_code_in_the_letter_where_no_link_reaches_anybody() {
    let head = known(1, Headteacher, true);
    let gone = known(1, Headteacher, false);
    let lead = known(2, BehaviourLead, true);
    let by_link = &[(Leaders, true)][..];
    let mixed = &[(Pupils, false), (Leaders, true)][..];
    for (groups, contacts, coded, letter, unreached) in [
        // A link of one's own is enough.
        (by_link, &[head][..], &[][..], &[][..], &[][..]),
        // Nobody is a leader there: the code goes to those the programme writes to.
        (by_link, &[lead], &[Leaders], &[2], &[]),
        // The leader's address takes no mail.
        (by_link, &[gone, lead], &[Leaders], &[1, 2], &[]),
        (by_link, &[gone], &[Leaders], &[1], &[Leaders]),
        (by_link, &[], &[Leaders], &[], &[Leaders]),
        (mixed, &[head], &[Pupils], &[1], &[]),
        (mixed, &[lead], &[Pupils, Leaders], &[2], &[]),
        (&[(Staff, true), (Leaders, true)], &[head], &[Staff], &[1], &[]),
        // A senior leader answers by link and is not written to: nobody gets the pupils' code.
        (mixed, &[known(3, SeniorLeader, true)], &[Pupils], &[], &[Pupils]),
    ] {
        let found = letters(groups, contacts, &ROLES);
        assert_eq!(found.coded, coded, "{groups:?} {contacts:?}");
        let readers: Vec<_> = letter.iter().map(|number| id(*number)).collect();
        assert_eq!(found.letter.into_iter().collect::<Vec<_>>(), readers, "{contacts:?}");
        assert_eq!(found.unreached, unreached, "{groups:?} {contacts:?}");
    }
}

#[test]
fn a_warning_says_who_at_a_school_cannot_answer_and_why() {
    let mixed = [(Pupils, false), (Staff, false), (Leaders, true)];
    for (contacts, warning) in [
        (&[known(1, Headteacher, true)][..], None),
        (
            &[],
            Some(
                "Nobody at this school can answer: it has no contact in a role that the programme \
                 writes to.",
            ),
        ),
        (
            &[known(1, Headteacher, false)],
            Some(
                "Nobody at this school can answer: no mail reaches the contacts that the programme \
                 writes to.",
            ),
        ),
        (
            &[known(3, SeniorLeader, true)],
            Some(
                "Nobody at this school gets the code for its pupils and staff: it has no contact in \
                 a role that the programme writes to.",
            ),
        ),
    ] {
        assert_eq!(letters(&mixed, contacts, &ROLES).warning().as_deref(), warning);
    }
    assert_eq!(in_words(&[Pupils, Staff, Leaders]), "pupils, staff and senior leaders");
}

#[test]
fn a_launch_before_its_day_says_that_it_opens_today() {
    let opens = day("2026-10-09");
    let told = opens_early(opens, day("2026-10-05")).unwrap();
    assert!(told.contains("5 October 2026") && told.contains("9 October 2026"), "{told}");
    assert_eq!(opens_early(opens, opens), None);
    assert_eq!(opens_early(opens, day("2026-10-12")), None);
}
