//! The register of an event, from a file to what partners owe.

use api::commands::import_attendance;
use api::commands::import_programme::report::{Outcome, Report};
use entity::enrolments::obligation;
use entity::events::event_attendance;
use entity::schools::school;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::rise::{Rise, day};
use tests::{World, both};
use uuid::Uuid;

/// A session of 17 September; the partners have the URNs 900002, 900003 and 900004.
const SESSION: &str = "september-2026-cpd-1";
const HEADER: &str = "event,urn,attended,people,senior_leader,recording_watched_on\n";

async fn seeded(world: &World) -> Rise {
    Rise::seed(world, &["Demo Ash", "Demo Birch", "Demo Cedar"]).await
}

/// Imports as the command does: with faults, or only to check, everything is rolled back.
async fn import(world: &World, text: &str, check: bool) -> Report {
    let txn = world.db.write().await.expect("a transaction");
    let report = import_attendance::import(&txn, world.clock.now(), text).await.expect("a report");
    if report.faults() == 0 && !check {
        txn.commit().await.expect("commit");
    } else {
        txn.rollback().await.expect("rollback");
    }
    report
}

/// Line, column and problem of every fault.
fn faults(report: &Report) -> Vec<(u64, &str)> {
    let mut found = Vec::new();
    for row in &report.rows {
        if let Outcome::Faulty(faults) = &row.outcome {
            found.extend(faults.iter().map(|fault| (row.line, fault.column.as_str())));
        }
    }
    found
}

async fn kept(world: &World) -> Vec<(Uuid, String, i32, bool, i32)> {
    let rows = event_attendance::Entity::find()
        .order_by_asc(event_attendance::Column::EnrolmentId)
        .order_by_asc(event_attendance::Column::Mode)
        .all(world.db.reader())
        .await
        .expect("a read");
    rows.into_iter()
        .map(|row| (row.enrolment_id, row.mode, row.people, row.senior_leader, row.version))
        .collect()
}

async fn state(world: &World, enrolment: Uuid) -> (String, Option<chrono::NaiveDate>) {
    let row = obligation::Entity::find()
        .filter(obligation::Column::SubjectId.eq(enrolment))
        .filter(obligation::Column::Occurrence.eq(SESSION))
        .one(world.db.reader())
        .await
        .expect("a read")
        .expect("it is owed");
    (row.state, row.met_on)
}

#[tokio::test]
async fn a_register_meets_what_it_says_was_attended_or_watched() {
    both(async |world| {
        let rise = seeded(&world).await;
        let text = format!(
            "{HEADER}{SESSION},900002,yes,3,yes,\r\n{SESSION},900003,yes,,no,\r\n\
             {SESSION},900004,no,2,,02/10/2026\r\n"
        );
        let before = kept(&world).await;
        let checked = import(&world, &text, true).await;
        assert_eq!(kept(&world).await, before, "{}: a check changes nothing", world.name);
        let report = import(&world, &text, false).await;
        assert_eq!(checked, report);
        let (checked, told) = (checked.of_check().to_string(), report.to_string());
        assert!(checked.contains(&format!("line 2: would add {SESSION} 900002")), "{checked}");
        assert!(checked.contains("3 would be added, 0 would be changed, 0 unchanged"), "{checked}");
        assert!(checked.ends_with("would be added, moved or closed: nothing was changed.\n"));
        assert!(told.contains("\n3 added, 0 changed, 0 unchanged, 0 fault(s); "), "{told}");
        assert!(!told.contains("would") && !told.contains("nothing"), "{told}");
        assert_eq!(faults(&report), [], "{report}");
        assert!(report.rows.iter().all(|row| row.outcome == Outcome::Added), "{report}");
        assert!(report.obligations_changed >= 2, "{report}");
        let [ash, birch, cedar] = [0, 1, 2].map(|number: usize| rise.partners[number].enrolment);
        assert_eq!(state(&world, ash).await, ("met".to_owned(), Some(day("2026-09-17"))));
        assert_eq!(state(&world, birch).await.0, "open", "no senior leader was there");
        assert_eq!(state(&world, cedar).await, ("met".to_owned(), Some(day("2026-10-02"))));
        let again = import(&world, &text, false).await;
        assert!(again.is_unchanged(), "{again}");
        assert_eq!(again.obligations_changed, 0);
    })
    .await;
}

#[tokio::test]
async fn a_later_register_puts_right_what_it_tells_and_keeps_the_rest() {
    both(async |world| {
        let rise = seeded(&world).await;
        let first = format!("{HEADER}{SESSION},900002,yes,3,yes,\n{SESSION},900003,yes,2,no,\n");
        import(&world, &first, false).await;
        // Without the columns, and with fewer partners.
        let second = format!("attended,event,partner\nyes,{SESSION},URN:900002\n");
        let report = import(&world, &second, false).await;
        assert!(report.is_unchanged(), "{report}");
        let third = format!("{HEADER}{SESSION},900002,no,,,\n{SESSION},900003,yes,,yes,\n");
        let report = import(&world, &third, false).await;
        assert!(report.rows.iter().all(|row| row.outcome == Outcome::Changed), "{report}");
        let [ash, birch] = [0, 1].map(|number: usize| rise.partners[number].enrolment);
        let mut expected =
            [(ash, "absent".to_owned(), 0, false, 2), (birch, "attended".to_owned(), 2, true, 2)];
        expected.sort();
        assert_eq!(kept(&world).await, expected);
        assert_eq!(state(&world, ash).await.0, "open", "it is owed again");
        assert_eq!(state(&world, birch).await.0, "met");
    })
    .await;
}

#[tokio::test]
async fn every_fault_is_reported_with_its_line_and_column_and_nothing_is_imported() {
    both(async |world| {
        seeded(&world).await;
        let rows = [
            format!("{SESSION},900002,yes,2,yes,"),
            format!("{SESSION},900002,no,,,"),
            "no-such-session,900003,yes,,,".to_owned(),
            "september-2026-cpd-2,900003,yes,,,".to_owned(),
            "january-2026-cpd-5,900003,yes,,,".to_owned(),
            format!("{SESSION},999999,yes,,,"),
            format!("{SESSION},900001,yes,,,"),
            format!("{SESSION},URN,perhaps,many,si,soon"),
            format!("{SESSION},900003,,2,yes,"),
            format!("{SESSION},900003,no,2,yes,"),
            format!("{SESSION},,yes,2,yes,"),
            format!("{SESSION},900004,yes,0,yes,06/10/2026"),
            format!("{SESSION},900003,yes,1,no,,over"),
        ];
        let report = import(&world, &format!("{HEADER}{}\n", rows.join("\n")), false).await;
        let expected = [
            (3, "urn"),
            (4, "event"),
            (5, "event"),
            (6, "urn"),
            (7, "urn"),
            (8, "urn"),
            (9, "urn"),
            (9, "attended"),
            (9, "people"),
            (9, "senior_leader"),
            (9, "recording_watched_on"),
            (10, "attended"),
            (11, "urn"),
            (11, "people"),
            (11, "senior_leader"),
            (12, "urn"),
            (13, "people"),
            (14, "record"),
            (14, "urn"),
        ];
        let mut found = faults(&report);
        found.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{}: {report}", world.name);
        assert!(kept(&world).await.is_empty());
        for (text, column) in [
            ("", "event"),
            ("urn,attended\n900002,yes\n", "event"),
            ("event,e-mail\na,b\n", "e-mail"),
            ("event,urn,urn\na,b,c\n", "urn"),
            ("event,urn\n,\n", "event"),
        ] {
            assert_eq!(faults(&import(&world, text, false).await), [(1, column)], "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_partner_that_is_in_the_register_of_schools_alone_is_no_partner() {
    both(async |world| {
        seeded(&world).await;
        let lead = school::Entity::find().filter(school::Column::Urn.eq(900_001));
        assert!(lead.one(world.db.reader()).await.expect("a read").is_some());
        let text = format!("event,programme,urn,attended\n{SESSION},rise,900001,yes\n");
        let report = import(&world, &text, false).await;
        assert_eq!(faults(&report), [(2, "urn")], "{report}");
        let text = format!("event,programme,urn,attended\n{SESSION},other,900002,yes\n");
        assert_eq!(faults(&import(&world, &text, false).await), [(2, "programme")]);
    })
    .await;
}
