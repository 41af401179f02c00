//! Alerts, and what people make of them.

use entity::engagement::engagement_alert;
use entity::scope::Scope;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::both;
use tests::rise::{Rise, at};

use crate::{EIGHT, pass_at, report_done};

#[tokio::test]
async fn an_alert_rises_with_its_evidence_and_clears_when_the_work_is_reported() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let partner = rise.partners[0];
        pass_at(&world, EIGHT).await;
        let alerts = async || {
            let rows = engagement_alert::Entity::find()
                .filter(engagement_alert::Column::SubjectId.eq(partner.enrolment));
            rows.all(world.db.reader()).await.expect("alerts")
        };
        let late = rise.obligation(&world, partner.enrolment, "self_assessment").await;
        let first = rise.obligation(&world, partner.enrolment, "initial_actions").await;
        for (rule, owed) in [("self_assessment_missing", &late), ("overdue_obligation", &first)] {
            let rows = alerts().await;
            assert_eq!(rows.len(), 2, "each obligation is flagged once");
            let alert = rows.iter().find(|row| row.rule == rule).expect(rule);
            assert_eq!((alert.state.as_str(), alert.hub_id), ("firing", Some(rise.hub.id)));
            assert!(alert.evidence.to_string().contains(&owed.id.to_string()));
            assert!(!alert.threshold.is_empty());
        }
        report_done(&world, late.id).await;
        let open = async || alerts().await.into_iter().filter(|row| row.state == "firing").count();
        assert_eq!(open().await, 1, "the introduction video is overdue as well");
        report_done(&world, first.id).await;
        for alert in alerts().await {
            assert_eq!((alert.state.as_str(), alert.resolved_at), ("resolved", Some(at(EIGHT))));
        }
    })
    .await;
}

#[tokio::test]
async fn an_acknowledged_alert_stays_so_and_a_stale_or_foreign_hand_is_refused() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        let find = async || {
            let row = engagement_alert::Entity::find()
                .filter(engagement_alert::Column::Rule.eq("overdue_obligation"));
            row.one(world.db.reader()).await.expect("a read").expect("an alert")
        };
        let alert = find().await;
        let acknowledge = async |scope: Scope, version: Option<i32>| {
            let txn = world.db.write().await.expect("a transaction");
            let now = world.clock.now();
            let lead = rise.lead;
            let done = entity::engagement::acknowledge(
                &txn, &scope, lead, now, alert.id, version, "On it",
            )
            .await;
            if done.is_ok() {
                txn.commit().await.expect("commit");
            }
            done.map(|row| row.state).map_err(|error| error.to_string())
        };
        let stranger = Scope::Viewer(entity::scope::Viewer::default());
        assert_eq!(acknowledge(stranger, None).await, Err("There is no such alert.".to_owned()));
        let lead = Scope::Viewer(entity::scope::Viewer {
            person_id: rise.lead,
            hubs: vec![rise.hub.id],
            ..entity::scope::Viewer::default()
        });
        assert!(acknowledge(lead.clone(), Some(alert.version + 1)).await.is_err());
        assert_eq!(acknowledge(lead, Some(alert.version)).await, Ok("acknowledged".to_owned()));
        // By then the documents to be shared are overdue too.
        pass_at(&world, "2026-10-12T07:00:00Z").await;
        let later = find().await;
        assert_eq!(later.state, "acknowledged", "new evidence does not undo it");
        assert_ne!(later.evidence, alert.evidence);
    })
    .await;
}
