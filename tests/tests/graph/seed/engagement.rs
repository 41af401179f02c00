//! The stories of the seeded alerts, and one alert that nobody is shown yet.

use entity::engagement::{alert_event, engagement_alert};
use sea_orm::{DatabaseTransaction, EntityTrait as _, IntoActiveModel as _};

use super::{ALERT_LONDON, ALERT_NORTH, at, id};

pub async fn stories(txn: &DatabaseTransaction) {
    for (number, alert_id) in [(0, ALERT_NORTH), (1, ALERT_LONDON)] {
        let row = alert_event::Model {
            id: id(800 + number),
            alert_id,
            what: "raised".to_owned(),
            by_person: None,
            detail: "1 obligation is overdue".to_owned(),
            happened_at: at("2026-10-05T01:00:00.250Z"),
        };
        let row = row.into_active_model();
        alert_event::Entity::insert(row).exec_without_returning(txn).await.expect("an event");
    }
    let shown = engagement_alert::Entity::find_by_id(ALERT_NORTH);
    let shown = shown.one(txn).await.expect("a read").expect("the north's alert");
    let noticed = engagement_alert::Model {
        id: id(82),
        rule: "no_reachable_contact".to_owned(),
        state: "pending".to_owned(),
        ..shown
    };
    let row = noticed.into_active_model();
    engagement_alert::Entity::insert(row).exec_without_returning(txn).await.expect("an alert");
}
