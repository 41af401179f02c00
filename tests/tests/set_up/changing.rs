//! A set-up that was changed, and a calendar that was.

use api::commands::import_bank_holidays;
use entity::enrolments::obligation;
use entity::programme::loader::Deed;
use entity::programme::{commitment_template, event};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::{World, both};

use super::{BANK_HOLIDAYS, RISE, day, demo, everything, load};

/// The file without the events whose keys start so.
fn without_events(text: &str, key: &str) -> String {
    without("event", text, key)
}

/// The file without the survey campaigns whose keys start so.
fn without_campaigns(text: &str, key: &str) -> String {
    without("campaign", text, key)
}

fn without(table: &str, text: &str, key: &str) -> String {
    let head = format!("[[{table}]]\nkey = \"{key}");
    let mut text = text.to_owned();
    while let Some(start) = text.find(&head) {
        let end = start + text[start..].find("\n\n").expect("an end");
        text.replace_range(start..end, "");
    }
    text
}

/// Obligations of a commitment of RISE.
async fn obligations(world: &World, key: &str) -> Vec<obligation::Model> {
    let template = commitment_template::Entity::find()
        .filter(commitment_template::Column::Key.eq(key))
        .one(world.db.reader())
        .await
        .expect("a read")
        .expect("the commitment");
    obligation::Entity::find()
        .filter(obligation::Column::TemplateId.eq(template.id))
        .order_by_asc(obligation::Column::Id)
        .all(world.db.reader())
        .await
        .expect("a read")
}

#[tokio::test]
async fn a_moved_week_moves_what_is_open_and_leaves_what_was_met() {
    both(async |world| {
        demo(&world).await;
        let before = obligations(&world, "enhanced.self-assessment").await;
        let later = RISE.replace("due = { end_of_week = 4 }", "due = { end_of_week = 7 }");
        let report = load(&world, &later).await.expect("it loads");
        let places: Vec<_> = report.changes.iter().map(|change| change.place.as_str()).collect();
        assert_eq!(
            places,
            ["commitment regional.self-assessment", "commitment enhanced.self-assessment"]
        );
        let after = obligations(&world, "enhanced.self-assessment").await;
        let mut moved = 0;
        for (old, new) in before.iter().zip(&after) {
            if old.state == "open" {
                assert_eq!((old.due_on, new.due_on), (day("2026-09-25"), day("2026-10-16")));
                assert_eq!(new.revision, old.revision + 1);
                moved += 1;
            } else {
                assert_eq!(old, new);
            }
        }
        assert_eq!(moved, 2, "{}: the demo has two late ones", world.name);
        assert!(report.obligations_changed > moved);
    })
    .await;
}

#[tokio::test]
async fn a_moved_event_gets_a_new_version_and_moves_who_attends() {
    both(async |world| {
        demo(&world).await;
        let session = async || {
            let of = event::Column::Key.eq("september-2026-cpd-2");
            let found = event::Entity::find().filter(of).one(world.db.reader()).await;
            found.expect("a read").expect("the event")
        };
        let before = session().await;
        let moved = RISE
            .replace("starts_at = \"2026-10-08T13:30:00\"", "starts_at = \"2026-10-13T13:30:00\"")
            .replace("ends_at = \"2026-10-08T15:30:00\"", "ends_at = \"2026-10-13T15:30:00\"");
        let report = load(&world, &moved).await.expect("it loads");
        let places: Vec<_> = report.changes.iter().map(|change| change.place.as_str()).collect();
        assert_eq!(places, ["event september-2026-cpd-2"]);
        let event = session().await;
        assert_eq!(event.version, before.version + 1);
        assert_eq!(event.starts_at.to_rfc3339(), "2026-10-13T12:30:00+00:00");
        let attending = obligation::Entity::find()
            .filter(obligation::Column::EventId.eq(event.id))
            .all(world.db.reader())
            .await
            .expect("a read");
        assert!(attending.len() > 10);
        assert!(attending.iter().all(|row| row.due_on >= day("2026-10-13")));
    })
    .await;
}

#[tokio::test]
async fn what_leaves_the_file_is_retired_or_cancelled_and_what_was_done_stays() {
    both(async |world| {
        demo(&world).await;
        let met = |rows: &[obligation::Model]| rows.iter().filter(|row| row.state == "met").count();
        let before = met(&obligations(&world, "enhanced.baseline-surveys").await);
        assert_eq!(before, 6);
        let start = RISE.find("[[pathway.commitment]]\nkey = \"baseline-surveys\"").expect("there");
        let end = start + RISE[start..].find("\n\n").expect("an end");
        let without = format!("{}{}", &RISE[..start], &RISE[end..]);
        // What was launched stays as it went out.
        let without = without_campaigns(&without, "january-2026-baseline");
        let without = without_campaigns(&without, "september-2026-baseline");
        let start = without.find("[[event]]\nkey = \"september-2026-cpd-6\"").expect("there");
        let end = start + without[start..].find("\n\n").expect("an end");
        let without = format!("{}{}", &without[..start], &without[end..]);
        let report = load(&world, &without).await.expect("it loads");
        let deeds: Vec<_> = report
            .changes
            .iter()
            .map(|change| (change.deed, change.place.as_str()))
            .filter(|(deed, _)| *deed != Deed::Changed)
            .collect();
        assert_eq!(
            deeds,
            [
                (Deed::Retired, "commitment enhanced.baseline-surveys"),
                (Deed::Cancelled, "event september-2026-cpd-6"),
            ]
        );
        let after = obligations(&world, "enhanced.baseline-surveys").await;
        assert_eq!(met(&after), before);
        assert!(after.iter().all(|row| row.state == "met" || row.state == "cancelled"));
        let back = load(&world, RISE).await.expect("it loads");
        assert!(back.obligations_changed > 0);
        let after = obligations(&world, "enhanced.baseline-surveys").await;
        assert!(after.iter().all(|row| row.state == "met" || row.state == "open"));
    })
    .await;
}

#[tokio::test]
async fn a_term_or_cohort_that_something_hangs_on_cannot_leave_the_file() {
    both(async |world| {
        demo(&world).await;
        let before = everything(&world).await;
        let summer = "  { name = \"Summer 2027\", starts_on = \"2027-04-12\", ends_on = \"2027-07-21\", half_term = [\"2027-05-31\", \"2027-06-04\"] },\n";
        let fewer = RISE.replacen(summer, "", 1);
        assert_ne!(fewer, RISE);
        let fewer = without_events(&fewer, "september-2026-cpd");
        let problem = load(&world, &fewer).await.expect_err("a refusal");
        assert!(problem.contains("term 3 of cohort september-2026"), "{problem}");
        let start = RISE.find("[[cohort]]\nkey = \"january-2026\"").expect("there");
        let end = start + RISE[start..].find("\n]\n").expect("an end") + 3;
        let fewer = format!("{}{}", &RISE[..start], &RISE[end..]);
        let fewer = without_events(&fewer, "january-2026-cpd");
        let fewer = without_campaigns(&fewer, "january-2026");
        let problem = load(&world, &fewer).await.expect_err("a refusal");
        assert!(problem.contains("cohort january-2026"), "{problem}");
        assert_eq!(everything(&world).await, before, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_new_bank_holiday_is_added_once_and_moves_what_was_due_on_it() {
    both(async |world| {
        demo(&world).await;
        let now = world.clock.now();
        let txn = world.db.write().await.expect("a transaction");
        let known = import_bank_holidays::load(&txn, now, BANK_HOLIDAYS).await.expect("it loads");
        assert_eq!((known.days, known.added.len(), known.obligations_changed), (32, 0, 0));
        let invented = r#"{"england-and-wales": {"division": "england-and-wales", "events": [
            {"title": "Invented holiday", "date": "2026-10-09", "notes": "", "bunting": true}]}}"#;
        let report = import_bank_holidays::load(&txn, now, invented).await.expect("it loads");
        assert_eq!(report.added, [(day("2026-10-09"), "Invented holiday".to_owned())]);
        assert!(report.obligations_changed > 0);
        let again = import_bank_holidays::load(&txn, now, invented).await.expect("it loads");
        assert_eq!((again.added.len(), again.obligations_changed), (0, 0));
        txn.commit().await.expect("commit");
        let surveys = obligations(&world, "enhanced.baseline-surveys").await;
        let open: Vec<_> = surveys.iter().filter(|row| row.state == "open").collect();
        assert_eq!(open.len(), 2);
        assert!(open.iter().all(|row| row.due_on == day("2026-10-08")));
        let txn = world.db.write().await.expect("a transaction");
        assert!(import_bank_holidays::load(&txn, now, "{}").await.is_err());
    })
    .await;
}
