//! Mails, and the pages of visits and bookings that they open, in a real browser: at the width of a
//! phone and wider, light and dark, looked at by an accessibility checker.
//!
//! The mails are those of the snapshots, so that each kind is among them. Screenshots lie in
//! `target/mails` and `target/arranged-pages` afterwards.

use tests::arranged::{book_two, lead, morning, propose_by, session};
use tests::browser;
use tests::mails::snapshots;
use tests::notices::sent;
use tests::programs::serve;
use tests::rise::Rise;
use tests::working::pass_at;
use tests::{World, both};

#[tokio::test]
async fn every_kind_of_mail_is_readable_at_every_width_in_light_and_dark() {
    if browser::is_absent() {
        return;
    }
    let world = tests::world::sqlite().await;
    let folder = world.folder.path().join("looks");
    std::fs::create_dir(&folder).expect("a folder can be made");
    let mails = snapshots();
    assert!(mails.len() >= 20, "{}", mails.len());
    for mail in &mails {
        std::fs::write(folder.join(format!("{}.html", mail.name)), &mail.html).expect("written");
    }
    let folder = folder.display().to_string();
    let seen = browser::seen("mails.mjs", &world, "mails", &[&folder]).await;
    let faults = seen["faults"].as_array().expect("faults");
    assert!(faults.is_empty(), "{faults:#?}");
    assert_eq!(seen["pages"].as_array().expect("pages").len(), mails.len() * 4);
}

#[tokio::test]
async fn the_pages_of_a_visit_and_a_booking_work_by_keyboard_at_every_width() {
    if browser::is_absent() {
        return;
    }
    both(async |world| {
        let name = "Demo Ash School of the Very Long Name by the River";
        let rise = Rise::seed(&world, &[name]).await;
        let (visit, booking) = links(&world, &rise).await;
        let (api, address) = serve(&world, "2026-10-05T09:05:00");
        let [visit, booking] = [visit, booking].map(|path| format!("{address}{path}"));
        let links = [visit.as_str(), booking.as_str()];
        let seen = browser::seen("arranged.mjs", &world, "arranged-pages", &links).await;
        drop(api);
        let faults = seen["faults"].as_array().expect("faults");
        assert!(faults.is_empty(), "{faults:#?}");
        let pages = seen["pages"].as_array().expect("pages");
        assert_eq!(pages.len(), 4 * 4 + 1, "every page was looked at in every way: {pages:#?}");
    })
    .await;
}

/// Where the mails of a proposed visit and of booked places lead to.
async fn links(world: &World, rise: &Rise) -> (String, String) {
    propose_by(world, rise, lead(world, rise), morning("2026-10-19")).await;
    let event = session(world, rise, morning("2026-11-19")).await;
    book_two(world, rise, event.id, 0).await;
    pass_at(world, "2026-10-05T08:00:00Z").await;
    let mails = sent(world, &["visit_proposed", "event_booked"]).await;
    let link = |kind: &str| {
        let mail = mails.iter().find(|mail| mail.kind == kind).expect("a mail");
        let mut words = mail.text.split_whitespace();
        let link = words.find_map(|word| word.strip_prefix(world.config.http.public_url.as_str()));
        link.expect("a link").to_owned()
    };
    (link("visit_proposed"), link("event_booked"))
}
