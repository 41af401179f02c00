//! What a mail server means by not taking a message.

use rules::messages::replies::{Asked, Refused, judge, refused_for_long};

use crate::support::at;

#[test]
fn a_refusal_means_what_was_asked() {
    for (asked, code, status, expected) in [
        (Asked::Opening, 535, Some((5, 7, 8)), Refused::All),
        (Asked::Opening, 554, None, Refused::All),
        (Asked::Sender, 550, Some((5, 7, 1)), Refused::All),
        (Asked::Sender, 553, None, Refused::All),
        (Asked::Sender, 552, Some((5, 3, 4)), Refused::ForGood),
        (Asked::Sender, 451, None, Refused::ForNow),
        (Asked::Recipient, 450, Some((4, 2, 1)), Refused::ForNow),
        (Asked::Recipient, 421, None, Refused::All),
        (Asked::Recipient, 451, Some((4, 7, 1)), Refused::All),
        (Asked::Recipient, 550, Some((5, 1, 1)), Refused::NoAddress),
        (Asked::Recipient, 550, Some((5, 1, 10)), Refused::NoAddress),
        (Asked::Recipient, 550, Some((5, 1, 0)), Refused::PerhapsNoAddress),
        (Asked::Recipient, 553, Some((5, 1, 8)), Refused::All),
        (Asked::Recipient, 550, None, Refused::PerhapsNoAddress),
        (Asked::Recipient, 552, Some((5, 2, 2)), Refused::ForGood),
        (Asked::Recipient, 554, None, Refused::ForGood),
        (Asked::Recipient, 554, Some((5, 7, 1)), Refused::Policy),
        (Asked::Message, 452, None, Refused::ForNow),
        (Asked::Message, 550, None, Refused::ForGood),
        (Asked::Message, 550, Some((5, 7, 26)), Refused::Policy),
        (Asked::Message, 550, Some((5, 1, 7)), Refused::All),
        (Asked::Message, 354, None, Refused::All),
    ] {
        assert_eq!(judge(asked, code, status), expected, "{asked:?} {code} {status:?}");
    }
}

#[test]
fn vague_words_about_an_address_are_believed_when_they_have_been_said_for_most_of_a_day() {
    let now = at("2026-10-06T08:00");
    let (yesterday, today) = (at("2026-10-05T08:00"), at("2026-10-06T07:00"));
    let (refused, taken) = (true, false);
    for (earlier, believed) in [
        (vec![], None),
        (vec![(refused, today)], None),
        (vec![(refused, yesterday)], Some(yesterday)),
        (vec![(refused, today), (refused, yesterday)], Some(yesterday)),
        (vec![(taken, today), (refused, yesterday)], None),
        (vec![(refused, today), (taken, today), (refused, yesterday)], None),
    ] {
        assert_eq!(refused_for_long(earlier.clone(), now), believed, "{earlier:?}");
    }
}
