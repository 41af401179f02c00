//! Asking whether there is anything to bundle: whoever asks takes the lock of all who write facts only
//! if there is.

use entity::messages::digests::waiting;
use entity::messages::reminder;
use entity::people::person;
use sea_orm::EntityTrait as _;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use tests::both;
use tests::rise::{Rise, at, day, half_term};

use crate::{EIGHT, pass_at};

#[tokio::test]
async fn nothing_is_locked_for_what_waits_for_its_hour_its_day_or_tomorrow() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T05:30:00Z").await;
        let db = world.db.reader();
        let planned = reminder::Entity::find().all(db).await.expect("reminders");
        assert!(planned.iter().any(|row| row.send_on == day("2026-10-05")), "{}", world.name);
        let asked = async |moment: &str| waiting(db, at(moment)).await.expect("an answer");
        for (moment, expected) in [
            ("2026-10-05T05:30:00Z", false),
            ("2026-10-05T06:59:59Z", false),
            (EIGHT, true),
            ("2026-10-05T16:59:00Z", true),
            // It is quiet, and tomorrow has its own hour.
            ("2026-10-05T17:00:00Z", false),
            ("2026-10-06T06:00:00Z", false),
            ("2026-10-06T07:00:00Z", true),
            // Nobody works on a Saturday.
            ("2026-10-10T08:00:00Z", false),
        ] {
            assert_eq!(asked(moment).await, expected, "{}: {moment}", world.name);
        }
        // Everybody wants theirs in the afternoon.
        person::Entity::update_many()
            .col_expr(person::Column::DigestMinute, Expr::value(14 * 60))
            .exec(world.db.migrator())
            .await
            .expect("chosen");
        assert!(!asked(EIGHT).await, "{}", world.name);
        assert!(asked("2026-10-05T13:00:00Z").await, "{}", world.name);
        // And all of them are on holiday.
        for setting in [rise.hub.lead_setting_id, rise.partners[0].setting] {
            half_term(&world, setting, "2026-10-05", "2026-10-09").await;
        }
        assert!(!asked("2026-10-05T13:00:00Z").await, "{}", world.name);
        person::Entity::update_many()
            .col_expr(person::Column::DigestMinute, Expr::value(None::<i32>))
            .filter(person::Column::DigestMinute.is_not_null())
            .exec(world.db.migrator())
            .await
            .expect("chosen");
        // Who has had the day's waits for the next.
        pass_at(&world, "2026-10-12T07:00:00Z").await;
        assert!(!asked("2026-10-12T07:01:00Z").await, "{}", world.name);
    })
    .await;
}
