//! Importing the register of schools.

mod reading;
mod refusing;
mod succeeding;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use api::commands::import_register::{Arguments, ImportError, Report, import};
use entity::id::new_id;
use entity::people::setting;
use entity::schools::{school, school_by_urn};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use tests::World;

const SAMPLE: &str = "register.csv";

const LATER: &str = "register-later.csv";

const LINKS: &str = "register-links.csv";

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)
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
