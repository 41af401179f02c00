//! Jobs and mail lanes that are paused, and go on.

use entity::operations::pauses::{self, Kind, What};
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::Scope;
use rules::timetable::Outcome::{Fired, Paused};
use tests::both;
use tests::mails::delivered;
use tests::rise::{Rise, at};
use worker::commands::jobs::look;
use worker::jobs::Job;

use super::{EIGHT, app, go_on, job, messages, outcomes, pass_at, stand_still};

#[tokio::test]
async fn a_paused_job_lets_its_moments_pass_and_goes_on_at_the_next_after_it_is_resumed() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T06:50:00Z").await;
        let paused = stand_still(&world, "plan_reminders", None).await;
        let pass = pass_at(&world, "2026-10-05T07:20:00Z").await;
        assert_eq!((pass.paused, pass.missed), (2, 0), "07:00 and 07:15");
        assert!(pass.ran.iter().all(|(job, ..)| *job != Job::PlanReminders));
        // Nobody looks for a while, and somebody ends it meanwhile.
        world.clock.set(at("2026-10-05T07:35:00Z"));
        go_on(&world, Kind::Job, paused.id).await;
        let pass = pass_at(&world, "2026-10-05T07:50:00Z").await;
        assert_eq!((pass.paused, pass.missed), (1, 0), "07:30 passed in it, 07:45 after it");
        let outcomes = outcomes(&world, Job::PlanReminders).await;
        let told: Vec<_> = outcomes.iter().map(|(_, outcome)| *outcome).collect();
        assert_eq!(told, [Fired, Paused, Paused, Paused, Fired], "{}", world.name);
        assert_eq!(job(&world, Job::PlanReminders).await.missed, 0);
    })
    .await;
}

#[tokio::test]
async fn a_pause_with_an_end_is_over_then_and_a_second_one_is_refused_until_it_is() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T06:50:00Z").await;
        let until = Some(at("2026-10-05T07:10:00Z"));
        let paused = stand_still(&world, "deliver", until).await;
        let pass = pass_at(&world, EIGHT).await;
        assert!(pass.ran.iter().all(|(job, ..)| *job != Job::Deliver));
        let waiting = job(&world, Job::Deliver).await;
        assert_eq!((waiting.waiting, waiting.waiting_since), (Some(2), Some(at(EIGHT))));
        let txn = world.db.write_facts().await.expect("a transaction");
        let now = world.clock.now();
        let what = What::Job(waiting.id);
        let again = pauses::pause(&txn, &Scope::System, None, now, what, "Again", None).await;
        assert!(matches!(again, Err(StoreError::Refused(it)) if it.code == RefusalCode::Conflict));
        txn.rollback().await.expect("undone");
        let pass = pass_at(&world, "2026-10-05T07:10:00Z").await;
        assert!(pass.ran.iter().any(|(job, ..)| *job == Job::Deliver));
        assert_eq!(delivered(&world.config.mail.folder).len(), 2);
        let txn = world.db.write_facts().await.expect("a transaction");
        let now = world.clock.now();
        let which = (Kind::Job, paused.id);
        let over = pauses::resume(&txn, &Scope::System, None, now, which, None, "Late").await;
        assert!(matches!(over, Err(StoreError::Refused(it)) if it.code == RefusalCode::Conflict));
    })
    .await;
}

#[tokio::test]
async fn mail_of_a_paused_lane_waits_and_that_of_others_goes() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T06:50:00Z").await;
        let paused = stand_still(&world, "routine", None).await;
        stand_still(&world, "survey", None).await;
        pass_at(&world, EIGHT).await;
        assert!(delivered(&world.config.mail.folder).is_empty(), "{}", world.name);
        assert!(messages(&world).await.iter().all(|row| row.state == "pending"));
        let told = look(&app(&world).await).await.expect("it is told");
        let lane = told.mail_lanes.iter().find(|lane| lane.name == "routine").expect("the lane");
        assert_eq!((lane.waiting, lane.waiting_since), (2, Some(at(EIGHT))));
        assert!(lane.paused.is_some());
        go_on(&world, Kind::MailLane, paused.id).await;
        pass_at(&world, "2026-10-05T07:05:00Z").await;
        assert_eq!(delivered(&world.config.mail.folder).len(), 2);
    })
    .await;
}
