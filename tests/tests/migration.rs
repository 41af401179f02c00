//! The schema on both databases.

use migration::{Migrator, MigratorTrait as _};
use tests::both;

#[tokio::test]
async fn the_schema_goes_up_down_and_up_again() {
    both(async |world| {
        let db = world.db.migrator();
        Migrator::down(db, None).await.expect("down");
        Migrator::up(db, None).await.expect("up again");
        assert!(Migrator::get_pending_migrations(db).await.expect("status").is_empty());
    })
    .await;
}
