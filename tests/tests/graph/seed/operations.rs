//! Two jobs, one of them paused, with a moment each; two mail lanes, one of them paused; and a message
//! that was sent anew.

use entity::messages::occurrence;
use entity::operations::{job, mail_lane, message_replay, pause};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::rows::put;
use super::{Who, at, id};

/// The first runs, the second is paused.
pub const JOB: u128 = 0xb000;
/// The first is open, the second is paused.
pub const MAIL_LANE: u128 = 0xb010;
/// The first is of the job, the second of the lane.
pub const PAUSE: u128 = 0xb020;
/// A moment of each job.
pub const OCCURRENCE: u128 = 0xb030;

pub async fn rows(txn: &DatabaseTransaction) {
    let now = at("2026-10-05T06:00:00Z");
    for (number, name) in (0..).zip(["plan_reminders", "derive_obligations"]) {
        let row = job::Model {
            id: id(JOB + number),
            name: name.to_owned(),
            about: "Demo job.".to_owned(),
            timetable: "every day at 00:05".to_owned(),
            next_due_at: Some(at("2026-10-05T23:05:00Z")),
            last_began_at: Some(at("2026-10-04T23:05:00Z")),
            last_took_ms: Some(12),
            last_outcome: Some("done".to_owned()),
            last_summary: "3 reminders planned".to_owned(),
            last_done_at: Some(at("2026-10-04T23:05:00Z")),
            last_failed_at: None,
            last_failure: None,
            runs: 5,
            failures: 0,
            failures_in_a_row: 0,
            missed: 1,
            waiting: None,
            waiting_since: None,
            changed_at: now,
        };
        put(txn, row).await;
        let row = occurrence::Model {
            id: id(OCCURRENCE + number),
            schedule_id: name.to_owned(),
            due_at: at("2026-10-04T23:05:00Z"),
            outcome: if number == 0 { "fired" } else { "paused" }.to_owned(),
            summary: "3 reminders planned".to_owned(),
            recorded_at: at("2026-10-04T23:05:04Z"),
            took_ms: (number == 0).then_some(12),
            trial: false,
        };
        put(txn, row).await;
    }
    for (number, name) in (0..).zip(["routine", "survey"]) {
        let row = mail_lane::Model {
            id: id(MAIL_LANE + number),
            name: name.to_owned(),
            about: "Demo lane.".to_owned(),
            waiting: 2,
            waiting_since: Some(at("2026-10-05T05:00:00Z")),
            held: 1,
            held_since: Some(at("2026-10-05T04:00:00Z")),
            changed_at: now,
        };
        put(txn, row).await;
    }
    put(txn, stands_still(0, Some(id(JOB + 1)), None)).await;
    put(txn, stands_still(1, None, Some(id(MAIL_LANE + 1)))).await;
    let row = message_replay::Model {
        id: id(0xb040),
        message_id: id(130),
        replay_id: id(131),
        why: "The address was mended".to_owned(),
        by_person: Some(Who::Admin.person()),
        replayed_at: now,
    };
    put(txn, row).await;
}

fn stands_still(number: u128, job_id: Option<Uuid>, mail_lane_id: Option<Uuid>) -> pause::Model {
    let since = at("2026-10-04T20:00:00Z");
    pause::Model {
        id: id(PAUSE + number),
        job_id,
        mail_lane_id,
        since,
        until: (number == 1).then(|| at("2026-10-06T20:00:00Z")),
        why: "The register is being mended".to_owned(),
        by_person: Some(Who::Admin.person()),
        ended_at: None,
        ended_by: None,
        ended_why: None,
        version: 1,
        changed_at: since,
    }
}
