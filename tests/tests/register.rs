//! Importing the register of schools.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use api::commands::import_register::{Arguments, ImportError, Report, import};
use entity::enrolments::{enrolment, enrolment_academy};
use entity::hubs::hub;
use entity::id::new_id;
use entity::people::{contact, person, setting};
use entity::programme::{cohort, pathway, programme, school_calendar};
use entity::schools::{
    local_authority, region, register_import, school, school_by_urn, school_link, trust_by_code,
};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use tests::{World, both};

const SAMPLE: &str = "register.csv";
const LATER: &str = "register-later.csv";
const LINKS: &str = "register-links.csv";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
}

/// The policy of RISE, as the set-up stores it.
fn policy() -> serde_json::Value {
    let set_up: rules::programme::SetUp =
        toml::from_str(include_str!("../../set-ups/rise.toml")).expect("RISE");
    serde_json::to_value(set_up.policy).expect("a policy")
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(sample(name)).expect("the sample can be read")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("written");
    encoder.finish().expect("finished")
}

/// Writes a file into the world's folder.
fn file(world: &World, name: &str, bytes: &[u8]) -> PathBuf {
    let path = world.folder.path().join(name);
    std::fs::write(&path, bytes).expect("written");
    path
}

/// A header of a few columns and so many invented schools, the last ones unreadable.
fn many(good: usize, bad: usize) -> Vec<u8> {
    let mut text = "URN,LA (code),EstablishmentName,TypeOfEstablishment (code),\
                    EstablishmentStatus (code),PhaseOfEducation (code)\r\n"
        .to_owned();
    for number in 0..good + bad {
        let status = if number < good { 1 } else { 8 };
        let urn = 910_000 + number;
        write!(text, "{urn},201,Invented School {number},01,{status},2\r\n").expect("written");
    }
    text.into_bytes()
}

async fn run(world: &World, file: PathBuf, links: Option<PathBuf>) -> Result<Report, ImportError> {
    let force = false;
    start(world, &Arguments { file, links, force }).await
}

/// Imports a second later than whatever was before.
async fn start(world: &World, arguments: &Arguments) -> Result<Report, ImportError> {
    let second = chrono::TimeDelta::seconds(1);
    world.clock.set(world.clock.now() + second);
    import(&world.db, world.clock.now(), arguments).await
}

async fn imported(world: &World, name: &str, links: Option<&str>) -> Report {
    run(world, sample(name), links.map(sample))
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", world.name))
}

async fn school_of(world: &World, urn: i32) -> school::Model {
    school_by_urn(world.db.reader(), urn)
        .await
        .expect("read")
        .unwrap_or_else(|| panic!("{urn} is there"))
}

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

async fn setting_of(world: &World, urn: i32) -> Uuid {
    let school = school_of(world, urn).await;
    let row = setting::ActiveModel {
        id: Set(new_id(world.clock.now())),
        kind: Set("school".to_owned()),
        name: Set(school.name),
        school_id: Set(Some(school.id)),
        trust_id: Set(None),
        created_at: Set(world.clock.now()),
    };
    insert(world, row).await.id
}

async fn insert<A>(world: &World, row: A) -> <A::Entity as EntityTrait>::Model
where
    A: ActiveModelTrait + sea_orm::ActiveModelBehavior + Send,
    <A::Entity as EntityTrait>::Model: sea_orm::IntoActiveModel<A>,
{
    let txn = world.db.write().await.expect("a transaction");
    let model = row.insert(&txn).await.expect("inserted");
    txn.commit().await.expect("committed");
    model
}

async fn setting_row(world: &World, id: Uuid) -> setting::Model {
    let row = setting::Entity::find_by_id(id).one(world.db.reader()).await;
    row.expect("read").expect("the setting is there")
}

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
async fn a_converted_school_keeps_its_setting_contacts_enrolments_and_calendar() {
    both(async |world| {
        imported(&world, SAMPLE, Some(LINKS)).await;
        let setting_id = setting_of(&world, 900_004).await;
        let contact = contact_at(&world, setting_id).await;
        let old = school_of(&world, 900_004).await.id;
        let academy = enrolment_naming(&world, setting_id, old).await;
        let calendar = school_calendar::ActiveModel {
            id: Set(new_id(world.clock.now())),
            key: Set("school:900004".to_owned()),
            name: Set("Riverbank's own".to_owned()),
            local_authority_id: Set(None),
            school_id: Set(Some(old)),
        };
        let calendar = insert(&world, calendar).await.id;

        let report = imported(&world, LATER, Some(LINKS)).await;
        assert_eq!(report.moved.len(), 1, "{report}");
        assert_eq!((report.moved[0].from_urn, report.moved[0].to_urn), (900_004, 900_020));
        assert!(report.needs_person.is_empty(), "{report}");
        let new = school_of(&world, 900_020).await.id;
        let moved = setting_row(&world, setting_id).await;
        assert_eq!(
            (moved.school_id, moved.name.as_str()),
            (Some(new), "Riverbank Invented Academy")
        );
        let db = world.db.reader();
        let contact = contact::Entity::find_by_id(contact).one(db).await.expect("read");
        assert_eq!(contact.map(|it| it.setting_id), Some(setting_id));
        let academy = enrolment_academy::Entity::find_by_id(academy).one(db).await;
        assert_eq!(academy.expect("read").map(|it| it.school_id), Some(new));
        let calendar = school_calendar::Entity::find_by_id(calendar).one(db).await;
        let calendar = calendar.expect("read").map(|it| (it.key, it.school_id));
        assert_eq!(calendar, Some(("school:900020".to_owned(), Some(new))));

        let again = imported(&world, LATER, Some(LINKS)).await;
        assert!(again.changed_nothing(), "{again}");
    })
    .await;
}

#[tokio::test]
async fn a_doubtful_succession_is_left_to_a_person() {
    both(async |world| {
        imported(&world, SAMPLE, Some(LINKS)).await;
        let merged = setting_of(&world, 900_005).await;
        let circle = setting_of(&world, 900_007).await;
        let two_ways = setting_of(&world, 900_010).await;
        let report = imported(&world, LATER, Some(LINKS)).await;
        assert!(report.moved.is_empty(), "{report}");
        for (id, urn, reason) in [
            (merged, 900_005, "900001"),
            (circle, 900_007, "circle"),
            (two_ways, 900_010, "900011, 900012"),
        ] {
            let found = report.needs_person.iter().find(|it| it.setting_id == id);
            let told = found.is_some_and(|it| it.urn == urn && it.reason.contains(reason));
            assert!(told, "{urn}: {report}");
            let school = school_of(&world, urn).await.id;
            assert_eq!(setting_row(&world, id).await.school_id, Some(school));
        }
    })
    .await;
}

#[tokio::test]
async fn two_settings_are_never_made_one() {
    both(async |world| {
        imported(&world, LATER, None).await;
        let old = setting_of(&world, 900_004).await;
        let new = setting_of(&world, 900_020).await;
        let report = imported(&world, LATER, Some(LINKS)).await;
        assert!(report.moved.is_empty());
        assert_eq!(report.needs_person.len(), 1, "{report}");
        assert!(report.needs_person[0].reason.contains("another setting"), "{report}");
        let school = school_of(&world, 900_004).await.id;
        assert_eq!(setting_row(&world, old).await.school_id, Some(school));
        let school = school_of(&world, 900_020).await.id;
        assert_eq!(setting_row(&world, new).await.school_id, Some(school));
    })
    .await;
}

#[tokio::test]
async fn settings_that_would_meet_in_one_successor_both_stay() {
    both(async |world| {
        let chain = b"URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n\
            900004,900020,Riverbank Invented Academy,Successor,\"\"\r\n\
            900008,900004,Riverbank Make-Believe School,Successor,\"\"\r\n";
        let chain = file(&world, "links.csv", chain);
        imported(&world, LATER, None).await;
        for urn in [900_004, 900_008] {
            setting_of(&world, urn).await;
        }
        let report = run(&world, sample(LATER), Some(chain)).await.expect("imported");
        assert_eq!((report.moved.len(), report.needs_person.len()), (0, 2), "{report}");
    })
    .await;
}

#[tokio::test]
async fn settings_are_called_what_their_school_or_trust_is_called() {
    both(async |world| {
        imported(&world, SAMPLE, None).await;
        let school = setting_of(&world, 900_001).await;
        let trust = trust_by_code(world.db.reader(), "8001").await.expect("read");
        let row = setting::ActiveModel {
            id: Set(new_id(world.clock.now())),
            kind: Set("trust".to_owned()),
            name: Set("BRIGHT FICTION TRUST".to_owned()),
            school_id: Set(None),
            trust_id: Set(trust.map(|it| it.id)),
            created_at: Set(world.clock.now()),
        };
        let trust = insert(&world, row).await.id;
        let report = imported(&world, LATER, None).await;
        assert_eq!(report.settings_renamed, 2);
        assert_eq!(setting_row(&world, school).await.name, "Northgate Fiction High School");
        assert_eq!(setting_row(&world, trust).await.name, "BRIGHTER FICTION TRUST");
    })
    .await;
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

async fn contact_at(world: &World, setting_id: Uuid) -> Uuid {
    let now = world.clock.now();
    let row = person::ActiveModel {
        id: Set(new_id(now)),
        name: Set("Invented Person".to_owned()),
        email: Set("invented@school.example".to_owned()),
        digest_minute: Set(None),
        optional_mail: Set(true),
        created_at: Set(now),
    };
    let person = insert(world, row).await.id;
    let row = contact::ActiveModel {
        id: Set(new_id(now)),
        person_id: Set(person),
        setting_id: Set(setting_id),
        role: Set("headteacher".to_owned()),
        created_at: Set(now),
        ended_at: Set(None),
    };
    insert(world, row).await.id
}

/// An enrolment of the setting that names an academy; returns the academy's row.
async fn enrolment_naming(world: &World, setting_id: Uuid, school_id: Uuid) -> Uuid {
    let now = world.clock.now();
    let row = programme::ActiveModel {
        id: Set(new_id(now)),
        key: Set("made-up".to_owned()),
        name: Set("Made-up programme".to_owned()),
        description: Set(String::new()),
        policy: Set(policy()),
        created_at: Set(now),
        changed_at: Set(now),
    };
    let programme_id = insert(world, row).await.id;
    let row = cohort::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        key: Set("first".to_owned()),
        name: Set("First".to_owned()),
    };
    let cohort_id = insert(world, row).await.id;
    let row = pathway::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        key: Set("any".to_owned()),
        name: Set("Any".to_owned()),
        description: Set(String::new()),
        partner_kind: Set("any".to_owned()),
        leadership_days_min: Set(None),
        leadership_days_max: Set(None),
    };
    let pathway_id = insert(world, row).await.id;
    let lead = setting_of(world, 900_001).await;
    let row = hub::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        key: Set("northgate".to_owned()),
        name: Set("Northgate".to_owned()),
        lead_setting_id: Set(lead),
        region_id: Set(None),
        wave: Set(None),
        capacity_min: Set(None),
        capacity_max: Set(None),
        opened_on: Set(now.date_naive()),
        closed_on: Set(None),
        version: Set(1),
    };
    let hub_id = insert(world, row).await.id;
    let row = enrolment::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        hub_id: Set(hub_id),
        cohort_id: Set(cohort_id),
        pathway_id: Set(pathway_id),
        partner_setting_id: Set(setting_id),
        status: Set("active".to_owned()),
        enrolled_on: Set(now.date_naive()),
        ended_on: Set(None),
        end_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        changed_at: Set(now),
    };
    let enrolment_id = insert(world, row).await.id;
    let row = enrolment_academy::ActiveModel {
        id: Set(new_id(now)),
        enrolment_id: Set(enrolment_id),
        school_id: Set(school_id),
    };
    insert(world, row).await.id
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
