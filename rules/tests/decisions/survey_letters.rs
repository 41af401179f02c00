use chrono::NaiveDate;
use rules::enrolments::EnrolmentStatus;
use rules::messages::MessageKind;
use rules::surveys::CampaignState;
use rules::surveys::letters::{LetterFacts, unwanted};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn wanted(kind: MessageKind) -> LetterFacts {
    LetterFacts {
        kind,
        campaign: CampaignState::Open,
        closes_on: day("2026-10-16"),
        today: day("2026-10-16"),
        enrolment: EnrolmentStatus::Active,
        school_closed: false,
        contact: true,
        enough: false,
        answered: false,
    }
}

#[test]
fn a_letter_is_wanted_until_what_it_asks_for_is_done_or_over() {
    use MessageKind::{SurveyInvitation, SurveyLink, SurveyReminder};
    type Change = fn(&mut LetterFacts);
    let table: &[(&str, Change, [bool; 3])] = &[
        ("on the last day", |_| {}, [true, true, true]),
        ("the day after", |facts| facts.today = day("2026-10-17"), [false; 3]),
        ("not launched", |facts| facts.campaign = CampaignState::Draft, [false; 3]),
        ("closed", |facts| facts.campaign = CampaignState::Closed, [false; 3]),
        ("published", |facts| facts.campaign = CampaignState::Published, [false; 3]),
        ("paused", |facts| facts.enrolment = EnrolmentStatus::Paused, [false; 3]),
        ("withdrawn", |facts| facts.enrolment = EnrolmentStatus::Withdrawn, [false; 3]),
        ("completed", |facts| facts.enrolment = EnrolmentStatus::Completed, [false; 3]),
        ("school closed", |facts| facts.school_closed = true, [false; 3]),
        ("left the school", |facts| facts.contact = false, [false; 3]),
        ("enough answered", |facts| facts.enough = true, [true, true, false]),
        ("answered oneself", |facts| facts.answered = true, [true, false, true]),
    ];
    for (name, change, expected) in table {
        for (kind, expected) in [SurveyInvitation, SurveyLink, SurveyReminder].iter().zip(expected) {
            let mut facts = wanted(*kind);
            change(&mut facts);
            assert_eq!(unwanted(&facts).is_none(), *expected, "{kind:?} {name}");
        }
    }
}
