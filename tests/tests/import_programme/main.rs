//! Hubs, events, enrolments and contacts from a spreadsheet.

mod refusing;

use std::path::PathBuf;

use api::commands::import_programme::report::{Outcome, Report};
use api::commands::{import_programme, import_register, set_up};
use entity::enrolments::{enrolment, enrolment_academy, obligation, withdraw};
use entity::hubs::hub;
use entity::people::{contact, person, role_grant, setting};
use entity::programme::event;
use entity::scope::Scope;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use tests::{World, both};

const RISE: &str = include_str!("../../../set-ups/rise.toml");
const BEHAVIOUR_HUBS: &str = include_str!("../../../set-ups/behaviour-hubs.toml");

const HEADER: &str = "record,programme,hub,hub_name,lead,region,capacity_max,opened_on,partner,pathway,cohort,enrolled_on,academies,setting,person,email,role,event,kind,title,starts_at,ends_at,published_at\n";
const HUB: &str = "hub,rise,elm-park,Demo Elm Park hub,URN:900001,,2,2026-06-01,,,,,,,,,,,,,,,\n";
const ENROLMENT: &str =
    "enrolment,rise,elm-park,,,,,,URN:900002,enhanced,september-2026,03/09/2026,,,,,,,,,,,\n";
const LEAD: &str =
    "contact,rise,elm-park,,,,,,,,,,,URN:900001,Ada Example,Ada@elm-park.example,hub_lead,,,,,,\n";
const CONTACT: &str =
    "contact,,,,,,,,,,,,,URN:900002,Ben Example,ben@oak-lane.example,behaviour_lead,,,,,,\n";
const OPEN_DAY: &str = "event,rise,elm-park,,,,,,,,,,,,,,,elm-park-autumn,open_day,Open day,2026-11-10 09:30,2026-11-10 14:30,2026-09-01 09:00\n";

/// A world with the demo's register and both shipped programmes.
async fn prepared(world: &World) {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/register.csv"));
    let arguments = import_register::Arguments { file, links: None, force: false };
    import_register::import(&world.db, world.clock.now(), &arguments).await.expect("the register");
    let txn = world.db.write().await.expect("a transaction");
    for text in [RISE, BEHAVIOUR_HUBS] {
        set_up::load(&txn, world.clock.now(), text).await.expect("a set-up");
    }
    txn.commit().await.expect("commit");
}

/// Imports as the command does: with faults, or only to check, everything is rolled back.
async fn import(world: &World, rows: &[&str], check: bool) -> Report {
    let text = format!("{HEADER}{}", rows.concat());
    let txn = world.db.write().await.expect("a transaction");
    let report = import_programme::import(&txn, world.clock.now(), &text).await.expect("a report");
    if report.faults() == 0 && !check {
        txn.commit().await.expect("commit");
    } else {
        txn.rollback().await.expect("rollback");
    }
    report
}

/// Rows of every table an import can write to.
async fn counts(world: &World) -> [u64; 8] {
    let db = world.db.reader();
    [
        hub::Entity::find().count(db).await.expect("a read"),
        event::Entity::find().count(db).await.expect("a read"),
        setting::Entity::find().count(db).await.expect("a read"),
        enrolment::Entity::find().count(db).await.expect("a read"),
        obligation::Entity::find().count(db).await.expect("a read"),
        person::Entity::find().count(db).await.expect("a read"),
        contact::Entity::find().count(db).await.expect("a read"),
        role_grant::Entity::find().count(db).await.expect("a read"),
    ]
}

/// Line, column and problem of every fault.
fn faults(report: &Report) -> Vec<(u64, &str, &str)> {
    let mut found = Vec::new();
    for row in &report.rows {
        if let Outcome::Faulty(faults) = &row.outcome {
            for fault in faults {
                found.push((row.line, fault.column.as_str(), fault.problem.as_str()));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_file_becomes_hubs_enrolments_obligations_and_roles_whatever_the_order_of_its_rows() {
    both(async |world| {
        prepared(&world).await;
        let report = import(&world, &[LEAD, CONTACT, ENROLMENT, OPEN_DAY, HUB], false).await;
        assert_eq!(faults(&report), [], "{}", world.name);
        assert!(report.rows.iter().all(|row| row.outcome == Outcome::Added));
        assert_eq!(report.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
        assert!(report.obligations_changed > 20);
        let db = world.db.reader();
        let ada = person::Entity::find()
            .filter(person::Column::Email.eq("ada@elm-park.example"))
            .one(db)
            .await
            .expect("a read")
            .expect("the address is kept in lower case");
        let grants = role_grant::Entity::find().all(db).await.expect("a read");
        let hub = hub::Entity::find().one(db).await.expect("a read").expect("a hub");
        assert!(hub.region_id.is_some(), "the lead school's region");
        let lead: Vec<_> = grants.iter().filter(|grant| grant.person_id == ada.id).collect();
        assert_eq!(lead.len(), 1);
        assert_eq!((lead[0].role.as_str(), lead[0].hub_id), ("hub_lead", Some(hub.id)));
        let enrolled = enrolment::Entity::find().one(db).await.expect("a read").expect("one");
        let other: Vec<_> = grants.iter().filter(|grant| grant.person_id != ada.id).collect();
        assert_eq!(other.len(), 1);
        assert_eq!(
            (other[0].role.as_str(), other[0].setting_id),
            ("school_user", Some(enrolled.partner_setting_id))
        );
        let open_day = obligation::Entity::find()
            .filter(obligation::Column::EnrolmentId.eq(enrolled.id))
            .filter(obligation::Column::Kind.eq("attend_open_day"))
            .count(db)
            .await
            .expect("a read");
        assert_eq!(open_day, 1, "the open day of the same file is owed");
    })
    .await;
}

#[tokio::test]
async fn the_address_at_which_a_hub_is_reached_is_one_that_every_mail_server_takes() {
    both(async |world| {
        prepared(&world).await;
        let header = "record,programme,hub,hub_name,lead,opened_on,hub_email\n";
        let load = async |email: &str| {
            let row =
                format!("hub,rise,elm-park,Demo Elm Park hub,URN:900001,2026-06-01,{email}\n");
            let txn = world.db.write().await.expect("a transaction");
            let text = format!("{header}{row}");
            let report = import_programme::import(&txn, world.clock.now(), &text).await;
            let report = report.expect("a report");
            let faults: Vec<_> = faults(&report).iter().map(|it| it.1.to_owned()).collect();
            if faults.is_empty() {
                txn.commit().await.expect("commit");
            } else {
                txn.rollback().await.expect("rollback");
            }
            faults
        };
        assert_eq!(load("Hub@Elm-Park.example").await, [""; 0], "{}", world.name);
        let hub = hub::Entity::find().one(world.db.reader()).await.expect("a read").expect("one");
        assert_eq!(hub.email.as_deref(), Some("hub@elm-park.example"));
        for email in ["hub", "hüb@elm-park.example", "a@b.example b@c.example", "a@b@c.example"] {
            assert_eq!(load(email).await, ["hub_email"], "{}: {email}", world.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_check_reports_the_same_and_changes_nothing() {
    both(async |world| {
        prepared(&world).await;
        let before = counts(&world).await;
        let rows = [HUB, OPEN_DAY, ENROLMENT, LEAD, CONTACT];
        let checked = import(&world, &rows, true).await;
        assert_eq!(counts(&world).await, before, "{}", world.name);
        let imported = import(&world, &rows, false).await;
        assert_eq!(checked, imported);
        assert_ne!(counts(&world).await, before);
    })
    .await;
}

#[tokio::test]
async fn importing_again_changes_nothing_even_after_a_partner_has_left() {
    both(async |world| {
        prepared(&world).await;
        let rows = [HUB, OPEN_DAY, ENROLMENT, LEAD, CONTACT];
        import(&world, &rows, false).await;
        let before = counts(&world).await;
        let again = import(&world, &rows, false).await;
        assert!(again.is_unchanged(), "{}: {again}", world.name);
        assert_eq!(again.obligations_changed, 0);
        assert_eq!(counts(&world).await, before);
        let enrolled =
            enrolment::Entity::find().one(world.db.reader()).await.expect("a read").expect("one");
        let txn = world.db.write().await.expect("a transaction");
        let (now, today) = (world.clock.now(), world.clock.now().date_naive());
        withdraw(&txn, &Scope::System, None, now, enrolled.id, None, today, "Merged.")
            .await
            .expect("it leaves");
        txn.commit().await.expect("commit");
        let again = import(&world, &rows, false).await;
        assert!(again.is_unchanged(), "{}: {again}", world.name);
        assert_eq!(counts(&world).await[3], 1, "it is not enrolled again");
    })
    .await;
}

#[tokio::test]
async fn a_changed_row_changes_what_it_is_about() {
    both(async |world| {
        prepared(&world).await;
        import(&world, &[HUB, OPEN_DAY, CONTACT], false).await;
        let hub = HUB.replace("Demo Elm Park hub", "Demo Elm Park and Oak Lane hub");
        let moved = OPEN_DAY.replace("2026-11-10", "2026-11-17");
        let renamed = CONTACT.replace("Ben Example", "Benjamin Example");
        let report = import(&world, &[&hub, &moved, &renamed], false).await;
        assert!(report.rows.iter().all(|row| row.outcome == Outcome::Changed), "{report}");
        let db = world.db.reader();
        let row = hub::Entity::find().one(db).await.expect("a read").expect("a hub");
        assert_eq!((row.name.as_str(), row.version), ("Demo Elm Park and Oak Lane hub", 2));
        let row = event::Entity::find()
            .filter(event::Column::HubId.is_not_null())
            .one(db)
            .await
            .expect("a read")
            .expect("an event");
        assert_eq!(row.version, 2);
        assert_eq!(person::Entity::find().count(db).await.expect("a read"), 1);
    })
    .await;
}

#[tokio::test]
async fn a_trust_names_its_own_academies() {
    both(async |world| {
        prepared(&world).await;
        let hub = "hub,behaviour-hubs,coast,Demo Coast hub,TRUST:99001,South East,3,2025-09-01,,,,,,,,,,,,,,,\n";
        let row = |academies: &str| {
            format!("enrolment,behaviour-hubs,coast,,,,,,TRUST:99002,mat,mats-autumn-2025,2025-09-01,{academies},,,,,,,,,,\n")
        };
        for wrong in ["", "900001", "900047 900047", "900047 many"] {
            let report = import(&world, &[hub, &row(wrong)], false).await;
            let found = faults(&report);
            assert_eq!(found.len(), 1, "{wrong}: {report}");
            assert_eq!((found[0].0, found[0].1), (3, "academies"), "{wrong}");
        }
        let report = import(&world, &[hub, &row("900047; 900048")], false).await;
        assert_eq!(faults(&report), [], "{}", world.name);
        let count = enrolment_academy::Entity::find().count(world.db.reader()).await.expect("a read");
        assert_eq!(count, 2);
        let report = import(&world, &[hub, &row("900048 900047")], false).await;
        assert!(report.is_unchanged(), "{report}");
    })
    .await;
}
