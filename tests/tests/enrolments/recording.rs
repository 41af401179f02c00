//! What is recorded by hand, and put right.

use entity::enrolments::{excuse, record_met, reopen};
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use tests::both;
use tests::refusal::refusal;
use tests::rise::day;
use uuid::Uuid;

use crate::Programme;

#[tokio::test]
async fn recording_checks_the_day_and_replaces_the_first_record_only_knowingly() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let owed = programme.obligation(row.id, "self_assessment").await;
        let record_as = async |on: &str, note: &str, version: Option<i32>| {
            let on = day(on);
            programme
                .write(async |txn, now| {
                    record_met(txn, &Scope::System, None, now, owed.id, version, on, note).await
                })
                .await
        };
        let record = async |on: &str, note: &str| record_as(on, note, None).await;
        assert_eq!(refusal(record("2026-10-06", "").await).1, Some("metOn"), "in the future");
        assert_eq!(refusal(record("2025-01-01", "").await).1, Some("metOn"), "long ago");
        assert_eq!(refusal(record("2026-10-01", &"x".repeat(2_001)).await).1, Some("note"));
        assert_eq!(refusal(record("2026-10-01", "a\0b").await).1, Some("note"), "no NUL");
        let first = record("2026-10-01", "first").await.expect("recorded");
        let stale = record_as("2026-10-01", " first ", Some(1)).await;
        assert_eq!(stale.expect("the same again is harmless"), first);
        for (on, note) in [("2026-10-02", "first"), ("2026-10-01", "second"), ("2026-10-01", "")] {
            let Err(StoreError::Refused(why)) = record(on, note).await else {
                panic!("{on} {note} was not refused")
            };
            assert_eq!((why.code, why.field), (RefusalCode::Conflict, Some("metOn")));
            let begins = "This was recorded as met on 1 October 2026 already. ";
            assert!(why.message.starts_with(begins), "{}", why.message);
        }
        let stale = record_as("2026-10-02", "first", Some(1)).await;
        assert_eq!(refusal(stale), (RefusalCode::Stale, Some("expectedVersion")));
        assert_eq!(programme.obligation(row.id, "self_assessment").await, first);
        let corrected = record_as("2026-10-02", "second", Some(first.version)).await;
        let corrected = corrected.expect("corrected");
        assert_eq!((corrected.state.as_str(), corrected.version), ("met", first.version + 1));
        assert_eq!(corrected.met_on, Some(day("2026-10-02")));
        assert_eq!(corrected.note.as_deref(), Some("second"));
        let excused = programme
            .write(async |txn, now| {
                excuse(txn, &Scope::System, None, now, owed.id, None, "Too late").await
            })
            .await;
        assert_eq!(refusal(excused).0, RefusalCode::Conflict);
    })
    .await;
}

#[tokio::test]
async fn what_was_recorded_by_hand_or_excused_in_error_is_opened_again_by_who_runs_the_hub() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let owed = programme.obligation(row.id, "self_assessment").await;
        let hub = programme.hubs[0].id;
        let lead = Scope::Viewer(Viewer { hubs: vec![hub], ..Viewer::default() });
        let school = Viewer { settings: vec![programme.partners[0]], ..Viewer::default() };
        let school = Scope::Viewer(school);
        let evaluator = Scope::Viewer(Viewer { evaluator: true, ..Viewer::default() });
        let reopen_as = async |scope: &Scope, id: Uuid, version: Option<i32>, reason: &str| {
            programme
                .write(async |txn, now| reopen(txn, scope, None, now, id, version, reason).await)
                .await
        };
        let open = refusal(reopen_as(&lead, owed.id, None, "Wrong school").await);
        assert_eq!(open, (RefusalCode::Conflict, Some("obligationId")), "it is open");
        let met = programme
            .write(async |txn, now| {
                let on = day("2026-10-01");
                record_met(txn, &school, None, now, owed.id, None, on, "All staff").await
            })
            .await
            .expect("recorded");
        for (scope, version, reason, expected) in [
            (&school, None, "Oops", (RefusalCode::Forbidden, Some("obligationId"))),
            (&evaluator, None, "Oops", (RefusalCode::NotFound, Some("obligationId"))),
            (&lead, None, " ", (RefusalCode::Invalid, Some("reason"))),
            (&lead, Some(1), "Oops", (RefusalCode::Stale, Some("expectedVersion"))),
        ] {
            assert_eq!(refusal(reopen_as(scope, owed.id, version, reason).await), expected);
        }
        assert_eq!(programme.obligation(row.id, "self_assessment").await, met);
        let again = reopen_as(&lead, owed.id, Some(met.version), " Wrong school ").await;
        let again = again.expect("opened again");
        assert_eq!((again.state.as_str(), again.met_on), ("open", None));
        assert_eq!(again.note.as_deref(), Some("Wrong school"));
        assert_eq!(again.revision, met.revision + 1, "reminders are planned anew");
        let excused = programme
            .write(async |txn, now| excuse(txn, &lead, None, now, owed.id, None, "Flood").await)
            .await
            .expect("excused");
        let again = reopen_as(&lead, owed.id, Some(excused.version), "It was dry").await;
        assert_eq!(again.expect("opened again").state, "open");
        // A hub does not let itself off, so it does not take that back either.
        let duty = programme.obligation(hub, "host_open_day").await;
        programme
            .write(async |txn, now| {
                excuse(txn, &Scope::System, None, now, duty.id, None, "Building work").await
            })
            .await
            .expect("excused");
        let own = refusal(reopen_as(&lead, duty.id, None, "Done").await);
        assert_eq!(own, (RefusalCode::Forbidden, Some("obligationId")));
        let region = programme.hubs[0].region_id.expect("it has one");
        let above = Scope::Viewer(Viewer { regions: vec![region], ..Viewer::default() });
        let again = reopen_as(&above, duty.id, None, "Done earlier").await.expect("opened again");
        assert_eq!((again.state.as_str(), again.revision), ("open", duty.revision + 1));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_done_yet_cannot_be_recorded() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let today = day("2026-10-05");
        let rows = programme.obligations(row.id).await;
        let later = rows.iter().find(|one| one.opens_on.is_some_and(|first| first > today));
        let later = later.expect("the final surveys open in the last weeks").id;
        let recorded = programme
            .write(async |txn, now| {
                record_met(txn, &Scope::System, None, now, later, None, today, "").await
            })
            .await;
        assert_eq!(refusal(recorded), (RefusalCode::Invalid, Some("metOn")));
    })
    .await;
}
