//! From rows to alerts.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use entity::engagement::{
    Assessed, alert_event, assess_enrolment, assess_programme, engagement_alert,
};
use entity::enrolments::{obligation, settle_enrolment};
use entity::id::new_id;
use entity::messages::suppressions::{Ground, release, suppress};
use entity::scope::Scope;
use entity::surveys::{survey_campaign, survey_invitation};
use entity::visits::visit;
use rules::messages::suppression::SuppressionReason;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
};
use serde_json::json;
use tests::both;
use tests::rise::{Rise, at, day};
use uuid::Uuid;

use crate::{MORNING, alerts, assess, by, seed, story, write};

#[tokio::test]
async fn who_named_only_somebody_whose_address_takes_no_mail_has_no_reachable_contact() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let now = at(MORNING);
        let address = "head.of.demo.ash.school@example.org";
        let list = async |reason| {
            let ground = Ground { reason, note: "", message_id: None, by: None };
            write(&world, async |txn| suppress(txn, now, address, ground).await)
                .await
                .expect("on the list")
        };
        let rule = "no_reachable_contact";
        // Of what is a duty, a complaint keeps nothing back.
        list(SuppressionReason::Complaint).await;
        assess(&world, &rise, MORNING).await;
        assert!(alerts(&world).await.iter().all(|row| row.rule != rule), "{}", world.name);
        let row = list(SuppressionReason::HardBounce).await;
        assess(&world, &rise, "2026-10-06T09:00:00Z").await;
        assert_eq!(by(&world, rule).await.state, "pending", "{}", world.name);
        write(&world, async |txn| {
            release(txn, &Scope::System, None, now, row.id, None, "It works").await
        })
        .await
        .expect("released");
        assess(&world, &rise, "2026-10-06T10:00:00Z").await;
        assert!(alerts(&world).await.iter().all(|row| row.rule != rule), "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn of_assessments_at_once_one_raises_the_alert() {
    both(async |world| {
        let rise = seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        let pass = || write(&world, async |txn| assess_programme(txn, at(MORNING), rise.id).await);
        let (one, two, three) = tokio::join!(Box::pin(pass()), Box::pin(pass()), Box::pin(pass()));
        let raised: usize =
            [one, two, three].into_iter().map(|done| done.expect("assessed").raised).sum();
        assert_eq!(raised, 4, "{}", world.name);
        if world.name == "PostgreSQL" {
            // Two that overlap for certain: neither sees what the other has not committed.
            let late = rise.obligation(&world, rise.partners[0].enrolment, "self_assessment").await;
            let alert = engagement_alert::Column::Rule.eq("self_assessment_missing");
            write(&world, async |txn| {
                alert_event::Entity::delete_many().exec(txn).await?;
                engagement_alert::Entity::delete_many().filter(alert).exec(txn).await?;
                Ok(())
            })
            .await
            .expect("gone");
            let first = world.db.write().await.expect("a transaction");
            let second = world.db.write().await.expect("a transaction");
            let of = rise.partners[0].enrolment;
            assess_enrolment(&first, at(MORNING), of).await.expect("assessed");
            let (waited, committed) =
                tokio::join!(assess_enrolment(&second, at(MORNING), of), first.commit());
            committed.expect("commit");
            waited.expect("assessed");
            second.commit().await.expect("commit");
            let mine: Vec<_> = alerts(&world)
                .await
                .into_iter()
                .filter(|row| row.evidence.to_string().contains(&late.id.to_string()))
                .collect();
            assert_eq!(mine.len(), 1, "{mine:#?}");
        }
        let rows = alerts(&world).await;
        let keys: BTreeSet<_> =
            rows.iter().map(|row| (row.subject_id, &row.rule, &row.period)).collect();
        assert_eq!(keys.len(), rows.len(), "{}", world.name);
        for row in rows.iter().filter(|row| row.rule == "overdue_obligation") {
            assert!(story(&world, row.id).await.len() <= 1, "{}", world.name);
        }
    })
    .await;
}

fn cancelled_support_day(rise: &Rise, enrolment_id: Uuid, now: DateTime<Utc>) -> visit::Model {
    visit::Model {
        id: new_id(now),
        programme_id: rise.id,
        enrolment_id,
        hub_id: rise.hub.id,
        kind: "support_day".to_owned(),
        state: "cancelled".to_owned(),
        visitor_id: None,
        purpose: "Look at the morning routines".to_owned(),
        starts_at: at("2026-10-01T08:00:00Z"),
        ends_at: at("2026-10-01T15:00:00Z"),
        half_days: 3,
        proposed_by: "hub".to_owned(),
        agreed_at: None,
        held_on: None,
        half_days_used: None,
        attendees: json!([]),
        summary: None,
        cancelled_by: Some("partner".to_owned()),
        cancelled_at: Some(now),
        cancellation_reason: Some("Inspection".to_owned()),
        sequence: 1,
        version: 2,
        created_at: now,
        changed_at: now,
    }
}

async fn open_survey(txn: &DatabaseTransaction, rise: &Rise, enrolment_id: Uuid) -> Uuid {
    let now = at(MORNING);
    let campaign = survey_campaign::Model {
        id: new_id(now),
        programme_id: rise.id,
        key: "baseline".to_owned(),
        title: "Baseline survey".to_owned(),
        wave: "baseline".to_owned(),
        cohort_id: None,
        pathway_id: None,
        template_id: None,
        event_id: None,
        state: "open".to_owned(),
        launches_itself: false,
        anonymous: true,
        enough_responses: 10,
        remind_days: json!([]),
        opens_on: day("2026-10-05"),
        closes_on: day("2026-11-20"),
        launched_at: Some(now),
        closed_at: None,
        published_at: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    let id = campaign.id;
    let row = campaign.into_active_model();
    survey_campaign::Entity::insert(row).exec_without_returning(txn).await.expect("a campaign");
    for (group, responses) in [("pupils", 0), ("staff", 3)] {
        let invitation = survey_invitation::Model {
            id: new_id(now),
            campaign_id: id,
            enrolment_id,
            respondent_group: group.to_owned(),
            expected: Some(40),
            responses,
            first_on: None,
            enough_on: None,
            told_at: None,
            created_at: now,
            changed_at: now,
            version: 1,
        };
        let row = invitation.into_active_model();
        survey_invitation::Entity::insert(row).exec_without_returning(txn).await.expect("a group");
    }
    id
}

#[tokio::test]
async fn every_kind_of_row_reaches_the_rules_for_one_subject_as_for_all() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        let [ash, birch] = [rise.partners[0].enrolment, rise.partners[1].enrolment];
        // In the week after half-term, more than half of the autumn being over.
        let now = at("2026-11-03T08:00:00Z");
        let (turned_down, campaign) = write(&world, async |txn| {
            let row = cancelled_support_day(&rise, ash, now);
            let id = row.id;
            let row = row.into_active_model();
            visit::Entity::insert(row).exec_without_returning(txn).await?;
            let campaign = open_survey(txn, &rise, ash).await;
            // One by one, then all: the answer is the same.
            settle_enrolment(txn, now, ash).await?;
            settle_enrolment(txn, now, birch).await?;
            Ok((id, campaign))
        })
        .await
        .expect("settled");
        let seen = async || {
            let rows = alerts(&world).await;
            rows.into_iter()
                .map(|row| {
                    (row.subject_id, row.rule, row.period, row.state, row.evidence.to_string())
                })
                .collect::<BTreeSet<_>>()
        };
        let one_by_one = seen().await;
        let told: Vec<(Uuid, &str, &str, &str)> = one_by_one
            .iter()
            .map(|(subject, rule, period, state, _)| {
                (*subject, rule.as_str(), period.as_str(), state.as_str())
            })
            .collect();
        let hub = rise.hub.id;
        let cohort = "september-2026/term-1";
        for expected in [
            (ash, "overdue_obligation", "whole", "firing"),
            (ash, "self_assessment_missing", "whole", "firing"),
            (ash, "cpd_behind", "whole", "firing"),
            (ash, "support_days_behind", "term-1", "firing"),
            (ash, "survey_not_started", "whole", "firing"),
            (ash, "survey_low_response", "whole", "pending"),
            (birch, "cpd_behind", "whole", "firing"),
            (hub, "no_open_day_offered", cohort, "firing"),
            (hub, "support_days_not_delivered", cohort, "pending"),
        ] {
            assert!(told.contains(&expected), "{}: {expected:?} in {told:#?}", world.name);
        }
        for (subject, rule) in [(birch, "support_days_behind"), (birch, "survey_not_started")] {
            let raised = told.iter().any(|one| one.0 == subject && one.1 == rule);
            assert!(!raised, "{}: {rule}", world.name);
        }
        let evidence = |rule: &str| {
            let found = one_by_one.iter().find(|one| one.1 == rule);
            found.map(|one| one.4.clone()).unwrap_or_default()
        };
        assert!(evidence("support_days_behind").contains(&turned_down.to_string()));
        assert!(evidence("survey_not_started").contains(&campaign.to_string()));
        let short = evidence("support_days_not_delivered");
        assert!(
            short.contains("Demo Birch School") && !short.contains("Demo Ash School"),
            "{short}"
        );

        let all = write(&world, async |txn| assess_programme(txn, now, rise.id).await).await;
        assert_eq!(all.expect("assessed"), Assessed::default(), "{}", world.name);
        assert_eq!(seen().await, one_by_one, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_cannot_be_read_stops_nobody_else() {
    both(async |world| {
        let rise = seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        let [ash, birch] = [rise.partners[0].enrolment, rise.partners[1].enrolment];
        let odd = rise.obligation(&world, ash, "self_assessment").await;
        write(&world, async |txn| {
            obligation::Entity::update_many()
                .col_expr(obligation::Column::Kind, Expr::value("juggling"))
                .filter(obligation::Column::Id.eq(odd.id))
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
        .expect("written");
        let done = assess(&world, &rise, MORNING).await;
        assert_eq!(done.raised, 2, "{}: {done:?}", world.name);
        assert!(alerts(&world).await.iter().all(|row| row.subject_id == birch), "{}", world.name);
        let [(subject, fault)] = &done.unreadable[..] else { panic!("{done:?}") };
        assert_eq!(*subject, ash);
        assert!(fault.contains(&odd.id.to_string()) && fault.contains("juggling"), "{fault}");
    })
    .await;
}
