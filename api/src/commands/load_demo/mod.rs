//! `api load-demo`: the invented demo programme, as it stands on Monday 5 October 2026.

mod engagement;
mod events;
mod people;
mod plans;
mod story;
mod surveys;
mod visits;

use std::io::Write as _;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use entity::audit;
use entity::enrolments::enrolment;
use entity::id::new_id;
use entity::people::{person, setting};
use entity::programme::programme;
use entity::schools::school;
use runtime::database::Database;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
};

pub use self::people::DemoToken;
use super::{import_bank_holidays, import_register, set_up};
use crate::app::App;

const REGISTER: &[u8] = include_bytes!("../../../../demo/register.csv");
const BANK_HOLIDAYS: &str = include_str!("../../../../demo/bank-holidays.json");
const PROGRAMME: &str = include_str!("../../../../demo/programme.csv");

/// Runs the command: prints a line of role, name and token, divided by tabs, for each role.
///
/// # Errors
/// A database that holds something else, or a database fault.
pub async fn run(app: &App) -> anyhow::Result<()> {
    let tokens = load(&app.db, app.clock.now()).await?;
    app.signal.changed().await;
    let mut out = std::io::stdout().lock();
    for DemoToken { role, name, token } in tokens {
        writeln!(out, "{}\t{name}\t{token}", <&str>::from(role))?;
    }
    Ok(())
}

/// Loads the demo where it is not loaded yet, and issues fresh tokens in place of earlier ones.
///
/// # Errors
/// A database that holds something else, or a database fault.
pub async fn load(db: &Database, now: DateTime<Utc>) -> anyhow::Result<Vec<DemoToken>> {
    if !is_loaded(db).await? {
        import_demo_register(db, now).await?;
        let txn = db.write_facts().await?;
        import_bank_holidays::load(&txn, now, BANK_HOLIDAYS).await?;
        for (name, text) in set_up::SHIPPED {
            set_up::load(&txn, story::beginning(), text)
                .await
                .with_context(|| format!("the shipped set-up {name}"))?;
        }
        // Loaded later, it still stands as on its day; what time changed since is the worker's to see.
        let told = now.min(story::end());
        story::tell(&txn, told, PROGRAMME).await?;
        surveys::tell(&txn, told).await?;
        people::add(&txn, told).await?;
        engagement::tell(&txn, told).await?;
        audit::record_command(&txn, now, "load-demo", None, "the invented programme").await?;
        txn.commit().await?;
    }
    let txn = db.write_facts().await?;
    let tokens = people::issue_tokens(&txn, now).await?;
    txn.commit().await?;
    Ok(tokens)
}

/// Whether the demo is there already; anything else in its place is refused.
async fn is_loaded(db: &Database) -> anyhow::Result<bool> {
    let admin = person::Entity::find()
        .filter(person::Column::Email.eq(people::ADMIN))
        .count(db.reader())
        .await?;
    if admin > 0 {
        return Ok(true);
    }
    let programmes = programme::Entity::find().count(db.reader()).await?;
    let people = person::Entity::find().count(db.reader()).await?;
    anyhow::ensure!(
        programmes == 0 && people == 0,
        "this database holds a programme that is not the demo; name an empty one in DATABASE_URL"
    );
    Ok(false)
}

/// The register comes in as it always does, from a file.
async fn import_demo_register(db: &Database, now: DateTime<Utc>) -> anyhow::Result<()> {
    let file = std::env::temp_dir().join(format!("hubs-demo-register-{}.csv", new_id(now)));
    std::fs::write(&file, REGISTER)
        .with_context(|| format!("{} cannot be written", file.display()))?;
    let arguments = import_register::Arguments { file: file.clone(), links: None, force: false };
    let imported = import_register::import(db, now, &arguments).await;
    std::fs::remove_file(&file)?;
    imported.context("the demo's register")?;
    Ok(())
}

/// The enrolment of a school of the demo.
async fn enrolled(txn: &DatabaseTransaction, urn: i32) -> anyhow::Result<enrolment::Model> {
    let schools = Query::select()
        .column(school::Column::Id)
        .from(school::Entity)
        .and_where(school::Column::Urn.eq(urn))
        .to_owned();
    let settings = Query::select()
        .column(setting::Column::Id)
        .from(setting::Entity)
        .and_where(setting::Column::SchoolId.in_subquery(schools))
        .to_owned();
    let found = enrolment::Entity::find()
        .filter(enrolment::Column::PartnerSettingId.in_subquery(settings))
        .one(txn)
        .await?;
    found.with_context(|| format!("the enrolment of the demo's school {urn}"))
}
