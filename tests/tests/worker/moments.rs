//! Moments of the timetable that passed or are yet to come.

use entity::messages::occurrence;
use rules::timetable::LocalRule;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::both;
use tests::rise::{Rise, at};
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::jobs::TIMETABLE;
use worker::pass;

use crate::{EIGHT, app, pass_at};

#[tokio::test]
async fn a_run_with_a_later_clock_does_not_keep_jobs_from_running_in_their_time() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let timed = TIMETABLE.iter().filter(|row| row.rule != LocalRule::Beat).count();
        pass_at(&world, EIGHT).await;
        world.clock.set(at("2026-10-12T07:30:00Z"));
        let trial = App { trial: true, ..app(&world).await };
        pass::run(&trial, &CancellationToken::new()).await;
        for day in 6..=13 {
            let pass = pass_at(&world, &format!("2026-10-{day:02}T07:00:00Z")).await;
            let ran: Vec<_> = pass.ran.iter().filter(|(_, due_at, _)| due_at.is_some()).collect();
            assert_eq!(ran.len(), timed, "on day {day}: {ran:?}");
            let again = pass_at(&world, &format!("2026-10-{day:02}T07:00:00Z")).await;
            assert!(again.ran.iter().all(|(_, due_at, _)| due_at.is_none()), "on day {day}");
        }
    })
    .await;
}

#[tokio::test]
async fn moments_that_passed_while_no_worker_ran_are_written_down_as_missed() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        let pass = pass_at(&world, "2026-10-07T07:00:00Z").await;
        assert!(pass.missed > 0);
        let rows = occurrence::Entity::find()
            .filter(occurrence::Column::ScheduleId.eq("derive_obligations"))
            .order_by_asc(occurrence::Column::DueAt)
            .all(world.db.reader())
            .await
            .expect("occurrences");
        let rows: Vec<_> = rows.iter().map(|row| (row.due_at, row.outcome.as_str())).collect();
        assert_eq!(
            rows,
            [
                (at("2026-10-04T23:05:00Z"), "fired"),
                (at("2026-10-05T23:05:00Z"), "missed"),
                (at("2026-10-06T23:05:00Z"), "fired"),
            ]
        );
    })
    .await;
}
