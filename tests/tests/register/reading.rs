//! What a file becomes, and what a later one changes.

use api::commands::import_register::{Arguments, import};
use entity::schools::{
    local_authority, region, register_import, school, school_by_urn, trust_by_code,
};
use sea_orm::entity::prelude::*;
use tests::both;

use crate::{LATER, LINKS, SAMPLE, bytes, file, gzipped, imported, many, run, sample, school_of};

#[tokio::test]
async fn an_extract_becomes_schools_trusts_and_authorities() {
    both(async |world| {
        let report = imported(&world, SAMPLE, Some(LINKS)).await;
        assert_eq!((report.schools.rows, report.schools.added), (13, 12));
        assert_eq!((report.trusts_added, report.authorities_added), (2, 2));
        let rejected = &report.schools.rejected;
        assert_eq!((rejected.count, rejected.first[0].line), (1, 14));
        assert_eq!(
            rejected.first[0].reason,
            "EstablishmentStatus (code) is \"9\": not a known status"
        );
        let links = report.links.as_ref().expect("links were given");
        assert_eq!((links.added, links.rejected.count), (7, 1));
        assert_eq!(links.rejected.first[0].line, 9);

        let academy = school_of(&world, 900_002).await;
        assert_eq!(academy.name, "Collège Été Fictif");
        assert_eq!(academy.establishment_number, Some(4001));
        let db = world.db.reader();
        let trust = trust_by_code(db, "8001").await.expect("read").expect("it");
        assert_eq!(academy.trust_id, Some(trust.id));
        assert_eq!((&*trust.name, &*trust.kind), ("BRIGHT FICTION TRUST", "multi_academy"));

        let converting = school_of(&world, 900_004).await;
        assert_eq!(converting.establishment_number, None);
        assert_eq!(converting.status, "proposed_to_close");
        let county = local_authority::Entity::find()
            .filter(local_authority::Column::Code.eq(850))
            .one(db)
            .await
            .expect("read")
            .expect("the padded code is a number");
        let region = region::Entity::find_by_id(county.region_id.expect("in a region"))
            .one(db)
            .await
            .expect("read")
            .expect("there");
        assert_eq!(region.code, "J");

        let overseas = school_of(&world, 900_009).await;
        assert_eq!((overseas.local_authority_id, overseas.region_id), (None, None));
        assert_eq!(school_of(&world, 900_007).await.type_name, "Not recorded");
        assert_eq!(school_of(&world, 900_001).await.opened_on, None);
        let longer = school_of(&world, 900_006).await;
        assert_eq!(longer.ofsted_rating.as_deref(), Some("Good"));
    })
    .await;
}

#[tokio::test]
async fn a_second_import_of_the_same_files_changes_nothing_and_says_so() {
    both(async |world| {
        let first = imported(&world, SAMPLE, Some(LINKS)).await;
        assert!(!first.to_string().contains("Nothing changed"), "{first}");
        let before = school::Entity::find().all(world.db.reader()).await.expect("read");
        world.clock.set(world.clock.now() + chrono::TimeDelta::days(1));
        let mut same = bytes(SAMPLE);
        same.truncate(same.len() - 2);
        let gz = file(&world, "again.csv.gz", &gzipped(&same));
        let second = run(&world, gz, Some(sample(LINKS))).await.expect("imported");
        assert!(second.changed_nothing(), "{second}");
        assert_eq!((second.schools.unchanged, second.schools.absent), (12, 0));
        assert!(second.to_string().starts_with("Nothing changed"), "{second}");
        let after = school::Entity::find().all(world.db.reader()).await.expect("read");
        assert_eq!(before, after);
        let imports = register_import::Entity::find().all(world.db.reader()).await;
        assert_eq!(imports.expect("read").len(), 4, "both imports of both files are on record");
    })
    .await;
}

#[tokio::test]
async fn a_later_extract_changes_closes_adds_and_renames() {
    both(async |world| {
        imported(&world, SAMPLE, None).await;
        let kept = school_of(&world, 900_004).await.id;
        let report = imported(&world, LATER, None).await;
        let schools = &report.schools;
        assert_eq!((schools.added, schools.changed, schools.closed), (1, 1, 2), "{report}");
        assert_eq!((schools.unchanged, schools.absent), (8, 1), "{report}");
        assert_eq!((report.trusts_changed, report.trusts_added), (1, 0));
        let closed = school_of(&world, 900_004).await;
        assert_eq!((closed.id, closed.status.as_str()), (kept, "closed"));
        assert_eq!(closed.closed_on, Some("2026-08-31".parse().expect("a day")));
        let missing = school_of(&world, 900_009).await;
        assert_eq!(missing.status, "open", "what is not in the file is never closed");
        let trust = trust_by_code(world.db.reader(), "8001").await.expect("read");
        assert_eq!(trust.map(|it| it.name).as_deref(), Some("BRIGHTER FICTION TRUST"));
    })
    .await;
}

#[tokio::test]
async fn a_school_given_twice_is_taken_once() {
    both(async |world| {
        let mut twice = many(3, 0);
        twice.extend_from_slice(b"910001,201,Its Double,01,2,2\r\n910007,201\r\n");
        twice.extend_from_slice(b"910008,201,Last School,01,1,2\r\n");
        let twice = file(&world, "twice.csv", &twice);
        let report = run(&world, twice, None).await.expect("imported");
        let lines: Vec<_> = report.schools.rejected.first.iter().map(|it| it.line).collect();
        assert_eq!((report.schools.added, lines), (4, vec![5, 6]), "{report}");
        assert_eq!(school_of(&world, 910_001).await.name, "Invented School 1");
    })
    .await;
}

#[tokio::test]
async fn a_column_that_a_later_file_lacks_keeps_what_was_known() {
    both(async |world| {
        let wide = "URN,LA (code),GOR (code),EstablishmentName,EstablishmentStatus (code),TypeOfEstablishment (code),\
                    PhaseOfEducation (code),OfstedRating (name),Town\n\
                    900001,981,B,Demo Elm School,1,1,2,Good,Northmoor\n";
        let narrow = "URN,LA (code),GOR (code),EstablishmentName,EstablishmentStatus (code),\
                      TypeOfEstablishment (code),PhaseOfEducation (code),Town\n\
                      900001,981,B,Demo Elm School,1,1,2,Westmere\n";
        for text in [wide, narrow, narrow] {
            let file = world.folder.path().join("columns.csv");
            std::fs::write(&file, text).expect("written");
            let arguments = Arguments { file, links: None, force: false };
            import(&world.db, world.clock.now(), &arguments).await.expect("imported");
        }
        let elm = school_by_urn(world.db.reader(), 900_001).await.expect("a read").expect("there");
        assert_eq!(elm.ofsted_rating.as_deref(), Some("Good"), "{}", world.name);
        assert_eq!(elm.town.as_deref(), Some("Westmere"), "what the file has is taken over");
    })
    .await;
}
