//! Programmes, school calendars and bank holidays from files.

mod changing;
mod reading;

use api::commands::{load_demo, set_up};
use chrono::NaiveDate;
use entity::enrolments::obligation;
use entity::programme::loader::{Deed, SetUpReport};
use entity::programme::{event, programme};
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::{World, both};

const RISE: &str = include_str!("../../../set-ups/rise.toml");
const BANK_HOLIDAYS: &str = include_str!("../../../demo/bank-holidays.json");

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// Loads a set-up as the command does: commits what loads, rolls back what does not.
async fn load(world: &World, text: &str) -> Result<SetUpReport, String> {
    let txn = world.db.write().await.expect("a transaction");
    match set_up::load(&txn, world.clock.now(), text).await {
        Ok(report) => {
            txn.commit().await.expect("commit");
            Ok(report)
        }
        Err(error) => {
            txn.rollback().await.expect("rollback");
            Err(format!("{error:#}"))
        }
    }
}

async fn demo(world: &World) {
    load_demo::load(&world.db, world.clock.now()).await.expect("the demo loads");
}

async fn everything(
    world: &World,
) -> (Vec<programme::Model>, Vec<event::Model>, Vec<obligation::Model>) {
    let db = world.db.reader();
    (
        programme::Entity::find()
            .order_by_asc(programme::Column::Id)
            .all(db)
            .await
            .expect("a read"),
        event::Entity::find().order_by_asc(event::Column::Id).all(db).await.expect("a read"),
        obligation::Entity::find()
            .order_by_asc(obligation::Column::Id)
            .all(db)
            .await
            .expect("a read"),
    )
}

#[tokio::test]
async fn loading_a_set_up_again_changes_nothing() {
    both(async |world| {
        for (name, text) in set_up::SHIPPED {
            let first = load(&world, text).await.expect("it loads");
            assert!(
                first.changes.iter().all(
                    |change| change.deed == Deed::Added || change.place.starts_with("calendar")
                )
            );
            let again = load(&world, text).await.expect("it loads again");
            assert_eq!(again.changes, [], "{} {name}", world.name);
            assert_eq!(again.obligations_changed, 0);
        }
        for (name, text) in set_up::SHIPPED {
            let third = load(&world, text).await.expect("it loads a third time");
            assert_eq!(third.changes, [], "{} {name}", world.name);
        }
    })
    .await;
}
