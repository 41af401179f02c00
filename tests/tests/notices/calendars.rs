//! Calendar entries, as other people's parsers read them.

use serde_json::Value;
use tests::notices::{Sent, sent};
use tests::rise::{Rise, at};
use tests::working::pass_at;
use tests::{World, both, node, python};

use super::support::{
    BOOKINGS, NINE, VISITS, agree_by, book_two, cancel_by, head, lead, morning, move_by,
    propose_by, session,
};

/// The mails with an entry, of a visit before the clocks go back that moves past it, and of a booking
/// before they go forward that is after it: everything happens in the same minute.
async fn story(world: &World) -> Vec<Sent> {
    let rise = Rise::seed(world, &["Demo Ash School"]).await;
    world.clock.set(at(NINE));
    let visit = propose_by(world, &rise, lead(world, &rise), morning("2026-10-23")).await;
    agree_by(world, head(world, &rise, 0), visit.id).await;
    pass_at(world, NINE).await;
    move_by(world, lead(world, &rise), visit.id, morning("2026-11-03")).await;
    pass_at(world, "2026-10-05T08:00:01Z").await;
    agree_by(world, head(world, &rise, 0), visit.id).await;
    pass_at(world, "2026-10-05T08:00:02Z").await;
    cancel_by(world, head(world, &rise, 0), visit.id).await;
    let event = session(world, &rise, morning("2027-04-13")).await;
    book_two(world, &rise, event.id, 0).await;
    pass_at(world, "2026-10-05T08:00:03Z").await;
    let mut mails = sent(world, &VISITS).await;
    mails.extend(sent(world, &BOOKINGS).await);
    mails.retain(|mail| mail.person == rise.partners[0].head && mail.calendar.is_some());
    mails
}

fn column<'a>(found: &'a [Value], name: &str) -> Vec<&'a str> {
    found.iter().map(|one| one[name].as_str().unwrap_or_else(|| panic!("{name}: {one}"))).collect()
}

fn is_as_it_should_be(found: &[Value]) {
    assert_eq!(column(found, "method"), ["REQUEST", "REQUEST", "REQUEST", "CANCEL", "REQUEST"]);
    let status = ["CONFIRMED", "TENTATIVE", "CONFIRMED", "CANCELLED", "CONFIRMED"];
    assert_eq!(column(found, "status"), status);
    let uids = column(found, "uid");
    assert!(uids[..4].iter().all(|uid| *uid == uids[0] && uid.starts_with("visit-")), "{uids:?}");
    assert!(uids[4].starts_with("booking-"));
    let sequences: Vec<_> = found.iter().filter_map(|one| one["sequence"].as_i64()).collect();
    assert!(sequences[..4].windows(2).all(|pair| pair[0] < pair[1]), "{sequences:?}");
    // Nine in London is eight in UTC before the clocks go back, and nine after it; eight again once
    // they went forward.
    let starts =
        ["2026-10-23T08", "2026-11-03T08", "2026-11-03T08", "2026-11-03T08", "2027-04-13T08"];
    for (found, wanted) in column(found, "start").iter().zip(starts) {
        assert_eq!(*found, format!("{wanted}:00:00Z"));
    }
    for (start, end) in column(found, "start").iter().zip(column(found, "end")) {
        assert_eq!(end, start.replace("T08", "T11"));
    }
    let stamps = column(found, "stamp");
    assert_eq!(stamps.first(), Some(&NINE), "the stamp is the clock's");
    let summary = "Talking about routines; corridors, \"doors\" & bells";
    assert_eq!(column(found, "summary")[4], summary);
    assert!(
        column(found, "attendee")
            .iter()
            .all(|one| *one == "mailto:head.of.demo.ash.school@example.org")
    );
    assert!(column(found, "organizer").iter().all(|one| one.starts_with("mailto:")));
}

#[tokio::test]
async fn pythons_icalendar_reads_every_entry_as_it_is_meant() {
    if python::is_absent() {
        return;
    }
    both(async |world| {
        let mails = story(&world).await;
        let mut script = python::program("python");
        script.arg(tests::programs::root().join("tests/python/read_calendar.py"));
        script.args(mails.iter().map(|mail| &mail.file));
        let output = script.output().expect("python can be run");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        is_as_it_should_be(&found);
        for one in &found {
            assert_eq!(one["type_method"], one["method"], "inside and in the type of the part");
            assert_eq!(one["errors"], Value::Array(Vec::new()));
            assert!(one["longest"].as_u64().is_some_and(|longest| longest <= 75), "{one}");
        }
    })
    .await;
}

#[tokio::test]
async fn ical_js_reads_every_entry_as_it_is_meant() {
    if node::is_absent() {
        return;
    }
    both(async |world| {
        let mails = story(&world).await;
        let texts: Vec<_> =
            mails.iter().filter_map(|mail| mail.calendar.as_ref()).map(|(_, text)| text).collect();
        let texts = serde_json::to_string(&texts).expect("JSON");
        let told = node::run("calendars.mjs", &[("ENTRIES", &texts)]).await;
        let found: Vec<Value> = serde_json::from_str(&told).expect("it prints JSON");
        is_as_it_should_be(&found);
    })
    .await;
}
