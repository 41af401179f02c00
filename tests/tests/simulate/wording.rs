//! How a report reads: in the order of the day, each thing said once, in whole lines.

use tests::rise::day;
use uuid::Uuid;
use worker::simulate::report::{Alert, Because, Day, Mail, Named, NotSent, Report, VERSION};

fn mail(at: &str) -> Mail {
    let because = Because {
        whose: None,
        what: None,
        obligation_id: None,
        step: None,
        reason: "A demo reason.".to_owned(),
    };
    Mail {
        at: at.to_owned(),
        kind: "digest".to_owned(),
        to: Named { id: Uuid::nil(), name: "Demo Head".to_owned() },
        subject: "Demo subject".to_owned(),
        because: vec![because],
    }
}

fn kept_back(at: &str) -> NotSent {
    NotSent {
        at: at.to_owned(),
        kind: "digest".to_owned(),
        to: Named { id: Uuid::nil(), name: "Demo Lead".to_owned() },
        state: "suppressed".to_owned(),
        reason: "It came back.".to_owned(),
    }
}

fn alert(at: &str, change: &str) -> Alert {
    Alert {
        at: at.to_owned(),
        change: change.to_owned(),
        id: Uuid::nil(),
        rule: "event_missed".to_owned(),
        subject_kind: "enrolment".to_owned(),
        subject: Named { id: Uuid::nil(), name: "Demo School".to_owned() },
        summary: "An event was missed.".to_owned(),
    }
}

#[test]
fn a_day_is_told_in_the_order_of_its_times_and_what_is_kept_back_each_day_once() {
    let monday = Day {
        day: day("2026-10-05"),
        mails: vec![mail("08:00"), mail("16:00")],
        not_sent: vec![kept_back("08:00")],
        alerts: vec![alert("02:00", "raised"), alert("15:00", "clearing")],
    };
    let tuesday = Day {
        day: day("2026-10-06"),
        mails: vec![],
        not_sent: vec![kept_back("08:00")],
        alerts: vec![],
    };
    let (from, to) = (monday.day, tuesday.day);
    let days = vec![monday, tuesday];
    assert_eq!(
        Report { version: VERSION, from, to, paused: Vec::new(), days }.to_string(),
        "What would happen from Monday 5 October 2026 to Tuesday 6 October 2026 if nobody did \
         anything more.\n\
         \nMonday 5 October 2026\n  \
           02:00  alert raised: event missed at Demo School. An event was missed.\n  \
           08:00  mail to Demo Head: Demo subject\n         \
                  - A demo reason.\n  \
           08:00  digest to Demo Lead not sent (suppressed): It came back.\n  \
           15:00  alert seems over: event missed at Demo School. An event was missed.\n  \
           16:00  mail to Demo Head: Demo subject\n         \
                  - A demo reason.\n\
         \nNot sent again and again, of which only the first is told above:\n  \
           2 mails to Demo Lead (suppressed): It came back.\n\
         \nIn all: 2 mails to 1 person, 2 mails not sent, 1 alert raised, 0 cleared.\n"
    );
}
