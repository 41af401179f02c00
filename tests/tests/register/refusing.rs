//! Files that are refused, or need force.

use api::commands::import_register::Arguments;
use entity::people::setting;
use entity::schools::{local_authority, register_import, school, school_link};
use sea_orm::entity::prelude::*;
use tests::{World, both};

use crate::{
    LATER, LINKS, SAMPLE, bytes, file, gzipped, imported, many, run, sample, school_of, setting_of,
    start,
};

/// Everything an import may touch, to compare.
async fn everything(world: &World) -> String {
    let db = world.db.reader();
    let schools = school::Entity::find().all(db).await.expect("schools");
    let links = school_link::Entity::find().all(db).await.expect("links");
    let trusts = entity::schools::trust::Entity::find().all(db).await;
    let authorities = local_authority::Entity::find().all(db).await;
    let imports = register_import::Entity::find().all(db).await;
    let settings = setting::Entity::find().all(db).await.expect("settings");
    format!("{schools:?}{links:?}{trusts:?}{authorities:?}{imports:?}{settings:?}")
}

#[tokio::test]
async fn a_file_that_is_empty_cut_off_or_foreign_changes_nothing() {
    both(async |world| {
        imported(&world, SAMPLE, Some(LINKS)).await;
        setting_of(&world, 900_004).await;
        let before = everything(&world).await;
        let whole = bytes(LATER);
        let packed = gzipped(&whole);
        let links = bytes(LINKS);
        let open = many(100, 0);
        let header = whole.iter().position(|it| *it == b'\n').expect("a line") + 1;
        let quote = whole.len() - whole.iter().rev().position(|it| *it == b'"').expect("one");
        let mut crossed = packed.clone();
        let middle = crossed.len() / 2;
        crossed[middle] ^= 0x55;
        let table: &[(&str, &[u8], &str)] = &[
            ("nothing", b"", "is empty"),
            ("a header only", &whole[..header], "is empty"),
            ("half a row", &whole[..whole.len() - 60], "cut off"),
            ("an open quote", &whole[..quote - 3], "cut off"),
            ("an open cell", &open[..open.len() - 3], "cut off"),
            ("half a gzip", &packed[..packed.len() / 2], "cut off"),
            ("a gzip without its check", &packed[..packed.len() - 6], "cut off"),
            ("a damaged gzip", &crossed, "cut off or damaged"),
            ("another table", b"name,postcode\r\nNorthgate,ZZ1 1ZZ\r\n", "not an extract"),
            ("the links file", &links, "lacks EstablishmentName"),
            ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not an extract"),
        ];
        for (name, bytes, words) in table {
            for force in [false, true] {
                let arguments = Arguments {
                    file: file(&world, "bad.csv", bytes),
                    links: Some(sample(LINKS)),
                    force,
                };
                let result = start(&world, &arguments).await;
                let error = result.expect_err(name).to_string();
                assert!(error.contains(words), "{name}: {error}");
                assert!(error.ends_with("Nothing was changed."), "{name}: {error}");
            }
            assert_eq!(everything(&world).await, before, "{}: {name}", world.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_bad_links_file_stops_the_establishments_too() {
    both(async |world| {
        let before = everything(&world).await;
        let whole = bytes(LINKS);
        let table: &[(&str, &[u8])] = &[
            ("", b""),
            ("cut off", &whole[..whole.len() - 12]),
            ("lacks LinkURN", &bytes(SAMPLE)),
            ("not one row", b"URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\nx,1,a,b,\r\n"),
        ];
        for (words, bytes) in table {
            let links = file(&world, "links.csv", bytes);
            let result = run(&world, sample(SAMPLE), Some(links)).await;
            let error = result.expect_err(words).to_string();
            assert!(error.contains(words), "{words}: {error}");
            assert_eq!(everything(&world).await, before, "{}: {words}", world.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_much_smaller_file_needs_force_and_closes_nothing() {
    both(async |world| {
        let all = file(&world, "all.csv", &many(100, 0));
        run(&world, all, None).await.expect("imported");
        let before = everything(&world).await;
        let few = file(&world, "few.csv", &many(89, 0));
        let error = run(&world, few.clone(), None).await.expect_err("refused");
        assert!(error.to_string().contains("89 rows, the last one had 100"), "{error}");
        assert_eq!(everything(&world).await, before);

        let arguments = Arguments { file: few, links: None, force: true };
        let report = start(&world, &arguments).await.expect("forced");
        assert_eq!((report.schools.unchanged, report.schools.absent), (89, 11));
        assert_eq!(school_of(&world, 910_099).await.status, "open");
        let nearly = file(&world, "nearly.csv", &many(81, 0));
        run(&world, nearly, None).await.expect("90 percent of the last import will do");
    })
    .await;
}

#[tokio::test]
async fn too_many_unreadable_rows_need_force() {
    both(async |world| {
        let before = everything(&world).await;
        let bad = file(&world, "bad.csv", &many(100, 21));
        let error = run(&world, bad.clone(), None).await.expect_err("refused");
        assert!(error.to_string().contains("21 of 121 rows"), "{error}");
        assert_eq!(everything(&world).await, before);
        let arguments = Arguments { file: bad, links: None, force: true };
        let report = start(&world, &arguments).await.expect("forced");
        assert_eq!((report.schools.added, report.schools.rejected.count), (100, 21));
        assert_eq!(report.schools.rejected.first.len(), 20);
        assert!(report.to_string().contains("and 1 more rejected rows"), "{report}");
    })
    .await;
}
