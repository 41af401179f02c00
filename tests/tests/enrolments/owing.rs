//! What is owed, and until when.

use chrono::Days;
use entity::enrolments::{Enrol, record_met};
use entity::outcome::RefusalCode;
use entity::programme::loader;
use entity::scope::Scope;
use tests::both;
use tests::refusal::refusal;
use tests::rise::{at, day};

use crate::Programme;

#[tokio::test]
async fn a_moved_term_moves_what_is_open_raises_its_revision_and_leaves_what_was_met() {
    both(async |world| {
        let mut programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let met = programme.obligation(row.id, "initial_actions").await;
        programme
            .write(async |txn, now| {
                let on = day("2026-09-10");
                record_met(txn, &Scope::System, None, now, met.id, None, on, "").await
            })
            .await
            .expect("recorded");
        let met = programme.obligation(row.id, "initial_actions").await;
        let open = programme.obligation(row.id, "self_assessment").await;
        let cohorts = &mut programme.set_up.cohorts;
        let term =
            &mut cohorts.iter_mut().find(|c| c.key == "september-2026").expect("it").terms[0];
        term.starts_on = term.starts_on + Days::new(7);
        let set_up = programme.set_up.clone();
        let report = programme
            .write(async |txn, now| loader::load(txn, now, &set_up).await)
            .await
            .expect("loads");
        assert!(report.obligations_changed > 0);
        let moved = programme.obligation(row.id, "self_assessment").await;
        assert_eq!(moved.due_on, open.due_on + Days::new(7));
        assert_eq!((moved.id, moved.revision), (open.id, open.revision + 1));
        assert_eq!(programme.obligation(row.id, "initial_actions").await, met);
    })
    .await;
}

#[tokio::test]
async fn the_day_after_a_cpd_session_its_recording_is_owed() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let session = async || {
            let rows = programme.obligations(row.id).await;
            rows.into_iter().find(|o| o.occurrence == "september-2026-cpd-2").expect("the session")
        };
        let before = session().await;
        assert_eq!((before.action.as_str(), before.due_on), ("attend", day("2026-10-08")));
        let early = programme
            .write(async |txn, now| {
                let on = day("2026-10-05");
                record_met(txn, &Scope::System, None, now, before.id, None, on, "").await
            })
            .await;
        assert_eq!(
            refusal(early),
            (RefusalCode::Conflict, Some("obligationId")),
            "it has not taken place"
        );
        programme.world.clock.set(at("2026-10-08T23:05:00Z"));
        assert!(programme.rederive().await > 0);
        let after = session().await;
        assert_eq!((after.action.as_str(), after.due_on), ("watch_recording", day("2026-10-22")));
        assert_eq!((after.id, after.revision), (before.id, before.revision + 1));
    })
    .await;
}

#[tokio::test]
async fn a_hub_owes_only_what_its_partners_need_and_nothing_from_before_they_came() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let late = Enrol {
            cohort_id: programme.cohort("january-2026").await,
            pathway_id: programme.pathway("regional").await,
            enrolled_on: day("2026-10-05"),
            ..programme.wish().await
        };
        programme.enrol(&Scope::System, late).await.expect("enrolled");
        let duties = programme.obligations(programme.hubs[0].id).await;
        let today = day("2026-10-05");
        assert!(duties.iter().all(|duty| duty.due_on > today), "no duty of a term gone by");
        assert!(duties.iter().any(|duty| duty.kind == "keep_in_touch"));
        assert!(
            duties.iter().all(|duty| duty.kind != "deliver_support_days"),
            "Regional partners have no support days"
        );
    })
    .await;
}
