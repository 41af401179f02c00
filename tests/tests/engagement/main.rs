//! From facts in the tables to alerts, and what people and days make of them.

mod acting;
mod assessing;
mod following;

use entity::engagement::{Assessed, alert_event, assess_programme, engagement_alert};
use entity::outcome::StoreError;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use tests::World;
use tests::rise::{Rise, at};
use uuid::Uuid;

/// Runs a write in a transaction of its own: committed when it succeeds, else rolled back.
async fn write<T>(
    world: &World,
    deed: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let txn = world.db.write().await?;
    let done = deed(&txn).await?;
    txn.commit().await?;
    Ok(done)
}

/// The programme as before its first assessment: enrolling a partner has assessed it already.
async fn seed(world: &World, partners: &[&str]) -> Rise {
    let rise = Rise::seed(world, partners).await;
    write(world, async |txn| {
        alert_event::Entity::delete_many().exec(txn).await?;
        engagement_alert::Entity::delete_many().exec(txn).await?;
        Ok(())
    })
    .await
    .expect("forgotten");
    rise
}

async fn assess(world: &World, rise: &Rise, now: &str) -> Assessed {
    write(world, async |txn| assess_programme(txn, at(now), rise.id).await).await.expect("assessed")
}

async fn alerts(world: &World) -> Vec<engagement_alert::Model> {
    let rows = engagement_alert::Entity::find().order_by_asc(engagement_alert::Column::Id);
    rows.all(world.db.reader()).await.expect("a read")
}

async fn by(world: &World, rule: &str) -> engagement_alert::Model {
    let found: Vec<_> = alerts(world).await.into_iter().filter(|row| row.rule == rule).collect();
    assert_eq!(found.len(), 1, "{rule}: {found:#?}");
    found.into_iter().next().expect("an alert")
}

/// The steps of an alert, in order.
async fn story(world: &World, alert: Uuid) -> Vec<String> {
    let rows = alert_event::Entity::find()
        .filter(alert_event::Column::AlertId.eq(alert))
        .order_by_asc(alert_event::Column::HappenedAt)
        .order_by_asc(alert_event::Column::Id);
    let rows = rows.all(world.db.reader()).await.expect("a read");
    rows.into_iter().map(|row| row.what).collect()
}

const MORNING: &str = "2026-10-05T08:00:00Z";
