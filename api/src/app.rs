//! What every request and command works with.

use std::sync::Arc;

use anyhow::Context as _;
use migration::{Migrator, MigratorTrait as _};
use runtime::allowance::Allowances;
use runtime::clock::Clock;
use runtime::config::Config;
use runtime::database::Database;
use runtime::signal::Signal;

use crate::read::trusted::Documents;

/// The running program: settings, database, clock, change signal and allowances.
#[derive(Clone)]
pub struct App {
    /// Settings.
    pub config: Config,
    /// Database, migrated.
    pub db: Database,
    /// Clock.
    pub clock: Clock,
    /// Change signal.
    pub signal: Signal,
    /// What each caller may still ask for.
    pub allowances: Allowances,
    /// Documents that clients may name by their hashes; read where they are served.
    pub documents: Arc<Documents>,
}

impl App {
    /// As [`App::open`], for what only works on a database that is there already.
    ///
    /// # Errors
    /// A SQLite file that is not there, and as [`App::open`].
    pub async fn open_existing(
        config: Config,
        stop: tokio_util::sync::CancellationToken,
    ) -> anyhow::Result<Self> {
        Database::open_existing(&config.database).await?.close().await?;
        Self::open(config, stop).await
    }

    /// Opens what the settings name and migrates the database.
    ///
    /// # Errors
    /// A setting that cannot be used, a database that does not answer, a migration that fails.
    pub async fn open(
        config: Config,
        stop: tokio_util::sync::CancellationToken,
    ) -> anyhow::Result<Self> {
        let clock = config.clock()?;
        let db = Database::open(&config.database)
            .await
            .context("the database of the setting database.url (DATABASE_URL) does not answer")?;
        Migrator::up(db.migrator(), None).await?;
        let signal = Signal::start(&config.redis.url, stop)?;
        let allowances = Allowances::open(&config.redis.url)?;
        Ok(Self { config, db, clock, signal, allowances, documents: Arc::default() })
    }
}
