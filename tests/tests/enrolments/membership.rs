//! Joining a hub, leaving it and going to another.

use entity::enrolments::{Enrol, enrolment, record_met, transfer, withdraw};
use entity::outcome::RefusalCode;
use entity::scope::Scope;
use sea_orm::EntityTrait as _;
use tests::both;
use tests::refusal::refusal;
use tests::rise::{at, day, setting};
use uuid::Uuid;

use crate::Programme;

#[tokio::test]
async fn enrolling_writes_down_what_the_partner_and_its_hub_owe() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let wish = programme.wish().await;
        let row = programme.enrol(&Scope::System, wish).await.expect("enrolled");
        let assessment = programme.obligation(row.id, "self_assessment").await;
        assert_eq!(assessment.due_on, day("2026-09-25"), "the end of week 4 of term 1");
        assert_eq!(assessment.due_at, at("2026-09-25T23:00:00Z"), "midnight in London, in summer");
        let dive = programme.obligation(row.id, "deep_dive_visit").await;
        assert_eq!(dive.due_on, day("2026-10-23"), "the Friday before half-term");
        let duty = programme.obligation(programme.hubs[0].id, "host_open_day").await;
        assert_eq!((duty.owed_by.as_str(), duty.enrolment_id), ("hub", None));
        let kinds: Vec<_> =
            programme.obligations(row.id).await.into_iter().map(|o| o.kind).collect();
        assert!(!kinds.contains(&"attend_open_day".to_owned()), "the hub has published none");
        assert!(!kinds.contains(&"action_plan".to_owned()), "the improvement plan is in its place");
        assert_eq!(programme.rederive().await, 0, "deriving again changes nothing");
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_that_cannot_be_is_refused_by_its_field_and_changes_nothing() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let closed = programme
            .write(async |txn, now| {
                Ok(setting(txn, now, 900_099, "Demo Closed School", "closed").await)
            })
            .await
            .expect("a setting");
        let good = programme.wish().await;
        let nowhere = Uuid::from_u128(7);
        let cases = [
            ("hubId", Enrol { hub_id: nowhere, ..good.clone() }),
            ("cohortId", Enrol { cohort_id: nowhere, ..good.clone() }),
            ("pathwayId", Enrol { pathway_id: nowhere, ..good.clone() }),
            ("partnerSettingId", Enrol { partner_setting_id: nowhere, ..good.clone() }),
            ("partnerSettingId", Enrol { partner_setting_id: closed, ..good.clone() }),
            (
                "partnerSettingId",
                Enrol { partner_setting_id: programme.hubs[0].lead_setting_id, ..good.clone() },
            ),
            ("enrolledOn", Enrol { enrolled_on: day("2027-08-01"), ..good.clone() }),
            ("enrolledOn", Enrol { enrolled_on: day("2016-07-06"), ..good.clone() }),
            ("academyIds", Enrol { academies: vec![nowhere], ..good.clone() }),
        ];
        for (field, wish) in cases {
            assert_eq!(refusal(programme.enrol(&Scope::System, wish).await).1, Some(field));
        }
        let count = enrolment::Entity::find().all(programme.world.db.reader()).await.expect("rows");
        assert!(count.is_empty());
        programme.enrol(&Scope::System, good.clone()).await.expect("enrolled");
        let other_cohort = programme.cohort("january-2026").await;
        for wish in [good.clone(), Enrol { cohort_id: other_cohort, ..good }] {
            let twice = refusal(programme.enrol(&Scope::System, wish).await);
            assert_eq!(twice, (RefusalCode::Conflict, Some("partnerSettingId")));
        }
    })
    .await;
}

#[tokio::test]
async fn a_withdrawal_cancels_what_is_open_and_keeps_what_was_achieved() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let done = programme.obligation(row.id, "self_assessment").await;
        let done = programme
            .write(async |txn, now| {
                let on = day("2026-09-21");
                record_met(txn, &Scope::System, None, now, done.id, Some(1), on, " All staff ")
                    .await
            })
            .await
            .expect("recorded");
        assert_eq!(done.note.as_deref(), Some("All staff"));
        let hub = programme.hubs[0].id;
        assert!(programme.obligations(hub).await.iter().any(|duty| duty.state == "open"));
        let left = programme
            .write(async |txn, now| {
                let on = day("2026-10-02");
                withdraw(txn, &Scope::System, None, now, row.id, Some(1), on, "Merging").await
            })
            .await
            .expect("withdrawn");
        assert_eq!((left.status.as_str(), left.ended_on), ("withdrawn", Some(day("2026-10-02"))));
        for obligation in programme.obligations(row.id).await {
            let kept = obligation.id == done.id;
            assert_eq!(obligation.state, if kept { "met" } else { "cancelled" });
        }
        let duties = programme.obligations(hub).await;
        assert!(duties.iter().all(|duty| duty.state == "cancelled"), "no partner is left to serve");
        let again = programme.enrol(&Scope::System, programme.wish().await).await;
        assert!(again.is_ok(), "who left may come back");
        assert!(programme.obligations(hub).await.iter().any(|duty| duty.state == "open"));
    })
    .await;
}

#[tokio::test]
async fn a_transfer_takes_everything_achieved_and_owed_to_the_new_hub() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let row = programme.enrol(&Scope::System, programme.wish().await).await.expect("enrolled");
        let before = programme.obligations(row.id).await;
        let to = programme.hubs[1].id;
        let moved = programme
            .write(async |txn, now| {
                transfer(txn, &Scope::System, None, now, row.id, None, to, "Nearer").await
            })
            .await
            .expect("transferred");
        assert_eq!((moved.hub_id, moved.version), (to, 2));
        let after = programme.obligations(row.id).await;
        assert_eq!(after.len(), before.len());
        assert!(after.iter().all(|obligation| obligation.hub_id == to));
        let left = programme.obligations(programme.hubs[0].id).await;
        assert!(left.iter().all(|duty| duty.state == "cancelled"));
        assert!(programme.obligations(to).await.iter().any(|duty| duty.state == "open"));
        let again = programme
            .write(async |txn, now| {
                transfer(txn, &Scope::System, None, now, row.id, Some(1), to, "Nearer").await
            })
            .await;
        assert_eq!(refusal(again).0, RefusalCode::Stale);
    })
    .await;
}

#[tokio::test]
async fn who_leaves_before_the_first_day_leaves_today_and_owes_nothing() {
    both(async |world| {
        let programme = Programme::new(world).await;
        let wish = Enrol { enrolled_on: day("2026-11-02"), ..programme.wish().await };
        let row = programme.enrol(&Scope::System, wish).await.expect("enrolled");
        programme
            .write(async |txn, now| {
                let on = day("2026-10-05");
                withdraw(txn, &Scope::System, None, now, row.id, None, on, "Changed plans").await
            })
            .await
            .expect("withdrawn");
        let left = programme.obligations(row.id).await;
        assert!(left.iter().all(|one| one.state == "cancelled"));
    })
    .await;
}
