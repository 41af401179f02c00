//! The copy that a simulation works on: a SQLite file in a folder of its own, gone with it.

use anyhow::Context as _;
use entity::messages::message;
use entity::snapshot;
use migration::{Migrator, MigratorTrait as _};
use runtime::database::Database;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DbBackend, DbErr, EntityTrait as _, QueryFilter as _};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// A database to try things out on.
#[derive(Debug)]
pub struct Copy {
    /// Its database.
    pub db: Database,
    /// Goes when this does.
    _folder: TempDir,
}

impl Copy {
    /// Copies `original` as it stands at one moment, reading only.
    ///
    /// # Errors
    /// A database that this version did not prepare, no room for the copy, or a database fault.
    pub async fn of(original: &Database) -> anyhow::Result<Self> {
        let prepared = snapshot::migrations(original.reader()).await?;
        let ours: BTreeSet<String> =
            Migrator::migrations().iter().map(|one| one.name().to_owned()).collect();
        anyhow::ensure!(
            !prepared.is_empty(),
            "the database is not prepared yet: start `api serve` first"
        );
        anyhow::ensure!(
            prepared == ours,
            "the database was prepared by another version: start `api serve` of this version first"
        );
        let folder = tempfile::Builder::new()
            .prefix("hubs-simulation-")
            .tempdir()
            .context("no temporary folder can be made for the copy of the database")?;
        let room = || format!("the database cannot be copied to {}", folder.path().display());
        let db = fill(original, &folder).await.with_context(room)?;
        Ok(Self { db, _folder: folder })
    }
}

async fn fill(original: &Database, folder: &TempDir) -> Result<Database, DbErr> {
    let file = folder.path().join("hubs.db");
    let db = if original.backend() == DbBackend::Sqlite {
        snapshot::write_sqlite(original.migrator(), &file).await?;
        Database::scratch(&file).await?
    } else {
        let db = Database::scratch(&file).await?;
        Migrator::up(db.migrator(), None).await?;
        let from = original.snapshot().await?;
        let to = db.write().await?;
        snapshot::copy(&from, &to).await?;
        to.commit().await?;
        from.commit().await?;
        db
    };
    // No worker of the original works here: what one holds there is free here.
    let txn = db.write().await?;
    message::Entity::update_many()
        .col_expr(message::Column::LeasedUntil, Expr::val(chrono::DateTime::UNIX_EPOCH))
        .filter(message::Column::LeasedUntil.is_not_null())
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(db)
}
