//! Calendar entries, as other people's parsers read them.

use entity::events::{Edit, EventEdit, cancel_booking, edit};
use entity::schools::school;
use entity::scope::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::Value;
use tests::notices::{Sent, sent};
use tests::rise::{Rise, at};
use tests::working::pass_at;
use tests::{World, both, node, python};

use super::support::{
    BOOKINGS, NINE, VISITS, agree_by, book_two, cancel_by, head, lead, morning, move_by,
    propose_by, session,
};

/// Where an event is from then on: with everything in it that a calendar marks, and too long for a line.
const PLACE: &str = "Große Halle, \\ 2nd floor; Demo Lead School on the Long-Named Water with a Name \
                     that goes on and on until it has to be folded";

/// The mails with an entry, of a visit before the clocks go back that moves past it, and of a booking
/// before they go forward that is after it and takes place elsewhere in the end: everything happens in
/// the same minute.
async fn story(world: &World) -> Vec<Sent> {
    let rise = Rise::seed(world, &["Demo Ash School"]).await;
    school::Entity::update_many()
        .col_expr(school::Column::Street, Expr::value("1 High Street; Gate B"))
        .col_expr(school::Column::Town, Expr::value("Démo Town"))
        .col_expr(school::Column::County, Expr::value(" "))
        .col_expr(school::Column::Postcode, Expr::value("AB1 2CD"))
        .filter(school::Column::Name.eq("Demo Ash School"))
        .exec(world.db.migrator())
        .await
        .expect("an address");
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
    let place = Edit::Set(Some(format!("{PLACE}\nAB1 2CD")));
    let wish = EventEdit { place, ..EventEdit::default() };
    let txn = world.db.write().await.expect("a transaction");
    let now = world.clock.now();
    edit(&txn, &Scope::System, now, event.id, None, wish).await.expect("elsewhere");
    txn.commit().await.expect("commit");
    pass_at(world, "2026-10-05T08:00:04Z").await;
    let mut mails = sent(world, &VISITS).await;
    mails.extend(sent(world, &BOOKINGS).await);
    mails.retain(|mail| mail.person == rise.partners[0].head && mail.calendar.is_some());
    mails
}

fn column<'a>(found: &'a [Value], name: &str) -> Vec<&'a str> {
    found.iter().map(|one| one[name].as_str().unwrap_or_else(|| panic!("{name}: {one}"))).collect()
}

fn is_as_it_should_be(found: &[Value]) {
    assert_eq!(
        column(found, "method"),
        ["REQUEST", "REQUEST", "REQUEST", "CANCEL", "REQUEST", "REQUEST"]
    );
    let status = ["CONFIRMED", "TENTATIVE", "CONFIRMED", "CANCELLED", "CONFIRMED", "CONFIRMED"];
    assert_eq!(column(found, "status"), status);
    let uids = column(found, "uid");
    assert!(uids[..4].iter().all(|uid| *uid == uids[0] && uid.starts_with("visit-")), "{uids:?}");
    assert!(uids[4].starts_with("booking-") && uids[4] == uids[5]);
    let sequences: Vec<_> = found.iter().filter_map(|one| one["sequence"].as_i64()).collect();
    assert!(sequences[..4].windows(2).all(|pair| pair[0] < pair[1]), "{sequences:?}");
    assert!(sequences[4] < sequences[5], "elsewhere is a change: {sequences:?}");
    let places = column(found, "location");
    let school = "Demo Ash School, 1 High Street; Gate B, Démo Town, AB1 2CD";
    assert!(places[..4].iter().all(|place| *place == school), "{places:?}");
    assert_eq!(places[4..], ["Demo Lead School, Main Hall", &format!("{PLACE}, AB1 2CD")]);
    // Nine in London is eight in UTC before the clocks go back, and nine after it; eight again once
    // they went forward.
    let starts = [
        "2026-10-23T08",
        "2026-11-03T08",
        "2026-11-03T08",
        "2026-11-03T08",
        "2027-04-13T08",
        "2027-04-13T08",
    ];
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

#[tokio::test]
async fn how_to_join_is_in_the_entries_of_those_alone_who_have_a_place() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at(NINE));
        let now = world.clock.now();
        let event = session(&world, &rise, morning("2026-11-19")).await;
        let wish = EventEdit { place: Edit::Set(None), ..EventEdit::default() };
        let txn = world.db.write().await.expect("a transaction");
        edit(&txn, &Scope::System, now, event.id, None, wish).await.expect("online alone");
        txn.commit().await.expect("commit");
        let booking = book_two(&world, &rise, event.id, 0).await;
        pass_at(&world, NINE).await;
        let (scope, _) = head(&world, &rise, 0);
        let txn = world.db.write().await.expect("a transaction");
        cancel_booking(&txn, &scope, now, booking, None, "Illness").await.expect("given up");
        txn.commit().await.expect("commit");
        pass_at(&world, "2026-10-05T08:00:01Z").await;
        let mails = sent(&world, &BOOKINGS).await;
        let texts: Vec<String> = mails
            .iter()
            .filter_map(|mail| mail.calendar.as_ref())
            .map(|(_, text)| text.replace("\r\n ", ""))
            .collect();
        let [brings, takes] = &texts[..] else { panic!("{}: {texts:?}", world.name) };
        let link = "https://meet.example.org/demo/123";
        assert!(brings.contains(&format!("LOCATION:{link}\r\n")), "{brings}");
        assert!(takes.contains("METHOD:CANCEL") && !takes.contains(link), "{takes}");
    })
    .await;
}
