//! Hubs that open, partners that move to them, and people who leave.

use chrono::{DateTime, Utc};
use entity::enrolments::transfer;
use entity::hubs::{HubWish, hub, put_hub};
use entity::people::contact;
use entity::scope::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use crate::World;
use crate::rise::{Rise, day, setting};

/// Opens a hub of a programme, of one key and name, which a setting leads.
///
/// # Panics
/// It is refused.
pub async fn open_hub(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    (key, name): (&str, &str),
    lead_setting_id: Uuid,
) -> hub::Model {
    let wish = HubWish {
        programme_id,
        key: key.to_owned(),
        name: name.to_owned(),
        lead_setting_id,
        region_id: None,
        wave: None,
        capacity: (None, None),
        opened_on: day("2026-06-01"),
        email: Some(format!("{key}.hub@example.org")),
    };
    put_hub(txn, now, wish).await.expect("a hub").0
}

/// A second hub, Demo Other Hub.
///
/// # Panics
/// It is refused.
pub async fn another_hub(txn: &DatabaseTransaction, now: DateTime<Utc>, rise: &Rise) -> hub::Model {
    let lead = setting(txn, now, 900_090, "Demo Other Lead School", "open").await;
    open_hub(txn, now, rise.id, ("other", "Demo Other Hub"), lead).await
}

/// Moves the first partner to a second hub.
///
/// # Panics
/// It is refused.
pub async fn move_to_another_hub(world: &World, rise: &Rise) {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let (other, id) = (another_hub(&txn, now, rise).await, rise.partners[0].enrolment);
    let moved = transfer(&txn, &Scope::System, None, now, id, None, other.id, "Nearer").await;
    moved.expect("moved");
    txn.commit().await.expect("commit");
}

/// Somebody is no contact of any school any more.
///
/// # Panics
/// The database fails.
pub async fn leaves(world: &World, person: Uuid) {
    contact::Entity::update_many()
        .col_expr(contact::Column::EndedAt, Expr::value(world.clock.now()))
        .filter(contact::Column::PersonId.eq(person))
        .exec(world.db.migrator())
        .await
        .expect("left");
}
