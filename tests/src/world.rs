//! One test's own database.

use std::sync::atomic::{AtomicU32, Ordering};

use migration::{Migrator, MigratorTrait as _};
use runtime::clock::Clock;
use runtime::config::{Config, DatabaseConfig};
use runtime::database::Database;
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;

use crate::postgres;

/// A migrated, empty database, a folder, and a clock standing at Monday 5 October 2026, 07:58 in
/// London.
#[derive(Debug)]
pub struct World {
    /// `SQLite` or `PostgreSQL`, for messages.
    pub name: &'static str,
    /// The database.
    pub db: Database,
    /// A clock to set.
    pub clock: Clock,
    /// A folder that goes when the test ends.
    pub folder: TempDir,
    /// Settings that point at all of this; give it to programs under test.
    pub config: Config,
}

/// Runs a test on SQLite, then on PostgreSQL, unless `cargo verify` said that there is none.
///
/// # Panics
/// A world cannot be made, or the test failed.
pub async fn both(test: impl AsyncFn(World)) {
    // A test is a long story, too long for the stack.
    Box::pin(test(sqlite().await)).await;
    on_postgres(test).await;
}

/// Runs a test on PostgreSQL alone, because it is about many processes that share one database;
/// not at all where `cargo verify` said that there is none.
///
/// # Panics
/// A world cannot be made, or the test failed.
pub async fn on_postgres(test: impl AsyncFn(World)) {
    if postgres::is_left_out() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = new_postgres_database().await;
    Box::pin(test(world("PostgreSQL", url.clone(), folder).await)).await;
    drop_postgres_database(&url).await;
}

/// A world on SQLite alone, for what does not touch the original.
///
/// # Panics
/// It cannot be made.
pub async fn sqlite() -> World {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let url = format!("sqlite://{}", folder.path().join("hubs.db").display());
    world("SQLite", url, folder).await
}

/// Makes an empty PostgreSQL database with a name of its own and returns its address.
///
/// # Panics
/// The server does not answer.
pub async fn new_postgres_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("hubs_{}_{number}", std::process::id());
    maintain(&format!("CREATE DATABASE {name}")).await;
    postgres::address(&name)
}

/// Drops a database whose test passed: some hundreds of them would fill a small disk. That of a test
/// that failed stays, to be looked at while its server runs.
async fn drop_postgres_database(url: &str) {
    let path = url.split('?').next().unwrap_or(url);
    let name = path.rsplit('/').next().expect("an address names its database");
    maintain(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

/// Runs a statement about databases.
async fn maintain(statement: &str) {
    let maintenance = sea_orm::Database::connect(postgres::address("postgres"))
        .await
        .expect("the PostgreSQL of the tests answers");
    maintenance.execute_unprepared(statement).await.expect("the server does it");
    maintenance.close().await.expect("the connection closes");
}

async fn world(name: &'static str, url: String, folder: TempDir) -> World {
    // Whoever asks over HTTP in a test does so with the programs' own cryptography.
    runtime::tls::install();
    let mut config = Config::load(None).expect("the defaults are usable");
    config.database = DatabaseConfig { url, max_connections: 5 };
    // The clock stands: what is spent would never come back.
    config.limits.points = 0;
    config.mail.folder = folder.path().join("mail");
    let db = Database::open(&config.database).await.expect("the database opens");
    Migrator::up(db.migrator(), None).await.expect("the migrations run");
    let start = "2026-10-05T06:58:00Z".parse().expect("a moment");
    World { name, db, clock: Clock::standing_at(start), folder, config }
}
