//! Files with faults, and what somebody should look at.

use api::commands::import_programme;
use api::commands::import_programme::report::Report;
use tests::both;

use super::{CONTACT, ENROLMENT, HUB, LEAD, counts, faults, import, prepared};

fn warnings(report: &Report) -> Vec<(u64, &str)> {
    let of_row = |row: &'_ import_programme::report::RowReport| row.line;
    report
        .rows
        .iter()
        .flat_map(|row| row.warnings.iter().map(move |text| (of_row(row), text.as_str())))
        .collect()
}

#[tokio::test]
async fn every_fault_is_reported_with_its_line_and_column_and_nothing_is_imported() {
    both(async |world| {
        prepared(&world).await;
        let before = counts(&world).await;
        let closed = ENROLMENT.replace("URN:900002", "URN:900060");
        let unknown = ENROLMENT
            .replace("URN:900002", "URN:999999")
            .replace("enhanced", "extended")
            .replace("september-2026", "june-2026")
            .replace("03/09/2026", "soon");
        let trust =
            ENROLMENT.replace("URN:900002", "TRUST:99002").replace("2026,,", "2026,900047,");
        let elsewhere =
            ENROLMENT.replace("elm-park", "oak-lane").replace("URN:900002", "URN:900003");
        let contact = CONTACT
            .replace("ben@oak-lane.example", "ben at oak-lane")
            .replace("behaviour_lead", "boss");
        let lead = LEAD.replace("URN:900001", "URN:900004");
        let rows = [
            HUB,
            ENROLMENT,
            ENROLMENT,
            &closed,
            &unknown,
            &trust,
            &elsewhere,
            &contact,
            &lead,
            "party,rise,,,,,,,,,,,,,,,,,,,,,\n",
        ];
        let report = import(&world, &rows, false).await;
        let places: Vec<(u64, &str)> =
            faults(&report).iter().map(|fault| (fault.0, fault.1)).collect();
        assert_eq!(
            places,
            [
                (4, "partner"),
                (5, "partner"),
                (6, "cohort"),
                (6, "pathway"),
                (6, "partner"),
                (6, "enrolled_on"),
                (7, "partner"),
                (8, "hub"),
                (9, "role"),
                (9, "email"),
                (10, "setting"),
                (11, "record"),
            ],
            "{}: {report}",
            world.name
        );
        assert_eq!(counts(&world).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_file_of_another_shape_is_refused_by_its_header() {
    both(async |world| {
        prepared(&world).await;
        for (text, column) in [
            ("", "record"),
            ("URN,EstablishmentName\n900001,Demo\n", "record"),
            ("record,e-mail\ncontact,x\n", "e-mail"),
            ("record,hub,hub\nhub,a,b\n", "hub"),
            ("record,hub\n,\n", "record"),
        ] {
            let txn = world.db.write().await.expect("a transaction");
            let report =
                import_programme::import(&txn, world.clock.now(), text).await.expect("a report");
            txn.rollback().await.expect("rollback");
            let found = faults(&report);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].1, column, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_somebody_should_look_at_is_a_warning_and_stops_nothing() {
    both(async |world| {
        prepared(&world).await;
        // 900003 and 900006 are in one trust; 900030 is a special school; the hub takes two.
        let hub = HUB.replace("URN:900001", "URN:900003");
        let same_trust = ENROLMENT.replace("URN:900002", "URN:900006");
        let special = ENROLMENT.replace("URN:900002", "URN:900030");
        let report = import(&world, &[&hub, &same_trust, &special, ENROLMENT], false).await;
        assert_eq!(faults(&report), [], "{}", world.name);
        let found = warnings(&report);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4, 5], "{report}");
        assert!(found[0].1.contains("one trust"));
        assert!(found[1].1.contains("same provision"));
        assert!(found[2].1.contains("3 partners and can support 2"));
        assert_eq!(counts(&world).await[3], 3);
    })
    .await;
}

#[tokio::test]
async fn a_row_with_more_cells_than_the_header_is_a_fault() {
    both(async |world| {
        prepared(&world).await;
        let longer = CONTACT.trim_end().to_owned() + ",,,,,,,,,,,,,,,,,,,,,,,,,,over\n";
        let report = import(&world, &[HUB, &longer], false).await;
        let places: Vec<_> = faults(&report).iter().map(|fault| (fault.0, fault.1)).collect();
        assert_eq!(places, [(3, "record")]);
    })
    .await;
}
