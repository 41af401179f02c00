//! From facts in the tables to alerts, and what people and days make of them.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::engagement::{
    Assessed, acknowledge, alert_event, assess_enrolment, assess_programme, engagement_alert,
    snooze, wake,
};
use entity::enrolments::{obligation, settle_enrolment, settle_programme, transfer};
use entity::hubs::hub;
use entity::id::new_id;
use entity::messages::suppressions::{Ground, release, suppress};
use entity::outcome::{RefusalCode, StoreError};
use entity::people::contact;
use entity::programme::{bank_holidays, loader};
use entity::scope::{Scope, Viewer};
use entity::surveys::{survey_campaign, survey_invitation};
use entity::visits::visit;
use rules::messages::suppression::SuppressionReason;
use rules::programme::SetUp;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::json;
use tests::rise::{Rise, at, day};
use tests::{World, both};
use uuid::Uuid;

/// Runs a write in a transaction of its own: committed when it succeeds, else rolled back.
async fn write<T>(
    world: &World,
    deed: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let txn = world.db.write().await?;
    let done = deed(&txn).await?;
    txn.commit().await?;
    Ok(done)
}

/// The programme as before its first assessment: enrolling a partner has assessed it already.
async fn seed(world: &World, partners: &[&str]) -> Rise {
    let rise = Rise::seed(world, partners).await;
    write(world, async |txn| {
        alert_event::Entity::delete_many().exec(txn).await?;
        engagement_alert::Entity::delete_many().exec(txn).await?;
        Ok(())
    })
    .await
    .expect("forgotten");
    rise
}

async fn assess(world: &World, rise: &Rise, now: &str) -> Assessed {
    write(world, async |txn| assess_programme(txn, at(now), rise.id).await).await.expect("assessed")
}

async fn alerts(world: &World) -> Vec<engagement_alert::Model> {
    let rows = engagement_alert::Entity::find().order_by_asc(engagement_alert::Column::Id);
    rows.all(world.db.reader()).await.expect("a read")
}

async fn by(world: &World, rule: &str) -> engagement_alert::Model {
    let found: Vec<_> = alerts(world).await.into_iter().filter(|row| row.rule == rule).collect();
    assert_eq!(found.len(), 1, "{rule}: {found:#?}");
    found.into_iter().next().expect("an alert")
}

/// The steps of an alert, in order.
async fn story(world: &World, alert: Uuid) -> Vec<String> {
    let rows = alert_event::Entity::find()
        .filter(alert_event::Column::AlertId.eq(alert))
        .order_by_asc(alert_event::Column::HappenedAt)
        .order_by_asc(alert_event::Column::Id);
    let rows = rows.all(world.db.reader()).await.expect("a read");
    rows.into_iter().map(|row| row.what).collect()
}

/// Makes an obligation be in a state, as nothing in the product does so plainly.
async fn put_state(world: &World, id: Uuid, state: &str) {
    write(world, async |txn| {
        obligation::Entity::update_many()
            .col_expr(obligation::Column::State, Expr::value(state))
            .filter(obligation::Column::Id.eq(id))
            .exec(txn)
            .await?;
        Ok(())
    })
    .await
    .expect("written");
}

fn lead(rise: &Rise) -> Scope {
    Scope::Viewer(Viewer { person_id: rise.lead, hubs: vec![rise.hub.id], ..Viewer::default() })
}

fn refusal<T>(outcome: Result<T, StoreError>) -> (RefusalCode, Option<&'static str>) {
    match outcome {
        Err(StoreError::Refused(refusal)) => (refusal.code, refusal.field),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

const MORNING: &str = "2026-10-05T08:00:00Z";

#[tokio::test]
async fn an_alert_goes_with_its_partner_and_notes_the_hub_it_left() {
    both(async |world| {
        let rise = seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        assess(&world, &rise, MORNING).await;
        let enrolment = rise.partners[0].enrolment;
        let now = at("2026-10-05T09:00:00Z");
        let to = write(&world, async |txn| {
            let other = hub::Model {
                id: new_id(now),
                key: "demo-other".to_owned(),
                lead_setting_id: rise.partners[1].setting,
                ..rise.hub.clone()
            };
            hub::Entity::insert(other.clone().into_active_model())
                .exec_without_returning(txn)
                .await?;
            transfer(txn, &Scope::System, None, now, enrolment, None, other.id, "Nearer").await?;
            Ok(other.id)
        });
        let to = to.await.expect("transferred");
        let of_partner = |row: &engagement_alert::Model| row.enrolment_id == Some(enrolment);
        let moved: Vec<_> = alerts(&world).await.into_iter().filter(of_partner).collect();
        assert!(!moved.is_empty(), "{}", world.name);
        for alert in moved {
            assert_eq!(alert.hub_id, Some(to));
            assert_eq!(alert.left_hub_id, Some(rise.hub.id), "{}", world.name);
            assert_eq!(alert.left_at, Some(alert.changed_at));
        }
    })
    .await;
}

#[tokio::test]
async fn a_snoozed_alert_stays_quiet_while_its_fact_goes_and_comes_back_until_its_day() {
    both(async |world| {
        let rise = seed(&world, &["Demo Ash School"]).await;
        let done = assess(&world, &rise, MORNING).await;
        assert_eq!(done.raised, 2, "{}: {done:?}", world.name);
        assert_eq!(assess(&world, &rise, MORNING).await, Assessed::default(), "twice is once");
        let alert = by(&world, "self_assessment_missing").await;
        let snoozed = write(&world, async |txn| {
            let until = day("2026-10-14");
            let reason = "Next week";
            let (scope, version) = (lead(&rise), Some(alert.version));
            snooze(txn, &scope, rise.lead, at(MORNING), alert.id, version, until, reason).await
        });
        assert_eq!(snoozed.await.expect("snoozed").state, "snoozed");

        let late = rise.obligation(&world, rise.partners[0].enrolment, "self_assessment").await;
        put_state(&world, late.id, "excused").await;
        assert_eq!(assess(&world, &rise, "2026-10-06T08:00:00Z").await.resolved, 1);
        assert_eq!(by(&world, "self_assessment_missing").await.state, "resolved");
        put_state(&world, late.id, "open").await;
        assert_eq!(assess(&world, &rise, "2026-10-07T08:00:00Z").await.reopened, 1);
        let back = by(&world, "self_assessment_missing").await;
        assert_eq!((back.id, back.state.as_str(), back.reopened), (alert.id, "snoozed", 1));
        assert_eq!(back.snooze_reason.as_deref(), Some("Next week"));

        assert_eq!(assess(&world, &rise, "2026-10-13T22:59:00Z").await.woken, 0);
        assert_eq!(assess(&world, &rise, "2026-10-13T23:00:00Z").await.woken, 1, "{}", world.name);
        let awake = by(&world, "self_assessment_missing").await;
        assert_eq!((awake.state.as_str(), awake.snoozed_until), ("firing", None));
        assert_eq!(awake.snooze_reason, None);
        let told = story(&world, alert.id).await;
        assert_eq!(told, ["raised", "snoozed", "resolved", "reopened", "woken"], "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn who_took_an_alert_on_first_keeps_their_note_and_wrong_hands_are_refused() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        assess(&world, &rise, MORNING).await;
        let alert = by(&world, "self_assessment_missing").await;
        let now = at(MORNING);
        let take = async |scope: Scope, by: Uuid, version: Option<i32>, note: &str| {
            write(&world, async |txn| {
                acknowledge(txn, &scope, by, now, alert.id, version, note).await
            })
            .await
        };
        let first = take(lead(&rise), rise.lead, Some(1), "Ringing them").await.expect("taken on");
        let again = take(lead(&rise), rise.admin, None, " ").await.expect("taken on already");
        assert_eq!(again, first, "{}", world.name);
        let other = take(lead(&rise), rise.admin, None, "Visiting").await.expect("a new note");
        assert_eq!(other.acknowledgement_note.as_deref(), Some("Visiting"));
        assert_eq!(other.acknowledged_by, Some(rise.admin));
        let told = story(&world, alert.id).await;
        assert_eq!(told, ["raised", "acknowledged", "acknowledged"]);

        let nobody = || Scope::Viewer(Viewer::default());
        let evaluator = Scope::Viewer(Viewer { evaluator: true, ..Viewer::default() });
        let school =
            Scope::Viewer(Viewer { settings: vec![rise.partners[0].setting], ..Viewer::default() });
        for scope in [nobody(), evaluator, school] {
            let missing = (RefusalCode::NotFound, Some("alertId"));
            assert_eq!(refusal(take(scope.clone(), rise.lead, None, "").await), missing);
            let woken =
                write(&world, async |txn| wake(txn, &scope, rise.lead, now, alert.id, None).await);
            assert_eq!(refusal(woken.await), missing);
        }
        let stale = take(lead(&rise), rise.lead, Some(1), "Late").await;
        assert_eq!(refusal(stale), (RefusalCode::Stale, Some("expectedVersion")));
        let aside = async |until: &str, reason: &str| {
            write(&world, async |txn| {
                let until = day(until);
                snooze(txn, &lead(&rise), rise.lead, now, alert.id, None, until, reason).await
            })
            .await
        };
        let invalid = |field| (RefusalCode::Invalid, Some(field));
        assert_eq!(refusal(aside("2026-10-05", "Later").await), invalid("until"));
        assert_eq!(refusal(aside("2027-01-04", "Later").await), invalid("until"));
        assert_eq!(refusal(aside("2026-10-06", "").await), invalid("reason"));
        assert!(aside("2027-01-03", "Later").await.is_ok(), "the ninetieth day");

        let late = rise.obligation(&world, rise.partners[0].enrolment, "self_assessment").await;
        put_state(&world, late.id, "excused").await;
        assess(&world, &rise, MORNING).await;
        let over = take(lead(&rise), rise.lead, None, "Too late").await;
        assert_eq!(refusal(over), (RefusalCode::Conflict, Some("alertId")), "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_comes_and_goes_is_shown_when_it_lasts_and_forgotten_when_it_does_not() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let partner = rise.partners[0];
        let leaves = async |ended_at: Option<DateTime<Utc>>| {
            write(&world, async |txn| {
                contact::Entity::update_many()
                    .col_expr(contact::Column::EndedAt, Expr::value(ended_at))
                    .filter(contact::Column::SettingId.eq(partner.setting))
                    .exec(txn)
                    .await?;
                Ok(())
            })
            .await
            .expect("written");
        };
        let rule = "no_reachable_contact";
        leaves(Some(at(MORNING))).await;
        assess(&world, &rise, "2026-10-05T09:00:00Z").await;
        let noticed = by(&world, rule).await;
        assert_eq!(noticed.state, "pending");
        for scope in [lead(&rise), Scope::Viewer(Viewer { admin: true, ..Viewer::default() })] {
            let seen = engagement_alert::Entity::find().filter(scope.alerts());
            let seen = seen.all(world.db.reader()).await.expect("a read");
            assert!(seen.iter().all(|row| row.rule != rule) && !seen.is_empty(), "{}", world.name);
        }
        leaves(None).await;
        assess(&world, &rise, "2026-10-06T09:00:00Z").await;
        assert!(alerts(&world).await.iter().all(|row| row.rule != rule), "as if it had never been");
        assert!(story(&world, noticed.id).await.is_empty());

        leaves(Some(at("2026-10-06T12:00:00Z"))).await;
        for (now, raised) in [("2026-10-06T13:00:00Z", 0), ("2026-10-07T09:00:00Z", 0)] {
            assert_eq!(assess(&world, &rise, now).await.raised, raised, "{now}");
        }
        assert_eq!(assess(&world, &rise, "2026-10-08T09:00:00Z").await.raised, 1);
        let shown = by(&world, rule).await;
        assert_eq!((shown.state.as_str(), shown.raised_at), ("firing", at("2026-10-08T09:00:00Z")));
        leaves(None).await;
        for (now, state) in [
            ("2026-10-09T09:00:00Z", "clearing"),
            ("2026-10-15T09:00:00Z", "clearing"),
            ("2026-10-16T09:00:00Z", "resolved"),
        ] {
            assess(&world, &rise, now).await;
            assert_eq!(by(&world, rule).await.state, state, "{now}, {}", world.name);
        }
        let told = story(&world, shown.id).await;
        assert_eq!(told, ["noticed", "raised", "clearing", "resolved"]);
    })
    .await;
}

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
async fn alerts_follow_a_changed_set_up_and_new_bank_holidays_in_the_same_transaction() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        assess(&world, &rise, MORNING).await;
        assert_eq!(by(&world, "self_assessment_missing").await.state, "firing");
        let text = include_str!("../../set-ups/rise.toml");
        let load = async |text: &str| {
            let mut set_up: SetUp = toml::from_str(text).expect("a set-up");
            // Campaigns need their questionnaires, which are loaded by a command of the api.
            set_up.campaigns.clear();
            write(&world, async |txn| loader::load(txn, at(MORNING), &set_up).await)
                .await
                .expect("it loads");
        };
        let patient =
            text.replace("self_assessment_overdue_by = 5", "self_assessment_overdue_by = 7");
        assert_ne!(patient, text);
        load(&patient).await;
        assert_eq!(by(&world, "self_assessment_missing").await.state, "resolved", "{}", world.name);
        load(text).await;
        let back = by(&world, "self_assessment_missing").await;
        assert_eq!((back.state.as_str(), back.reopened), ("firing", 1), "{}", world.name);
        // Overdue by six working days, less two that turn out to be none.
        let days = ["2026-09-29", "2026-09-30"].map(|on| (day(on), "Demo holiday".to_owned()));
        write(&world, async |txn| {
            bank_holidays::add(txn, at(MORNING), &days).await?;
            bank_holidays::settle_all(txn, at(MORNING)).await
        })
        .await
        .expect("settled");
        assert_eq!(by(&world, "self_assessment_missing").await.state, "resolved", "{}", world.name);
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

#[tokio::test]
async fn the_end_of_taking_part_ends_its_alerts_and_those_of_a_term_gone_too() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        assess(&world, &rise, MORNING).await;
        write(&world, async |txn| {
            txn.execute_unprepared("UPDATE engagement_alert SET period = 'term-9'").await?;
            Ok(())
        })
        .await
        .expect("written");
        let done = assess(&world, &rise, MORNING).await;
        assert_eq!((done.raised, done.resolved), (2, 2), "{}: {done:?}", world.name);
        write(&world, async |txn| {
            let of = rise.partners[0].enrolment;
            let now = at(MORNING);
            entity::enrolments::withdraw(
                txn,
                &Scope::System,
                None,
                now,
                of,
                None,
                day("2026-10-05"),
                "Closing",
            )
            .await
        })
        .await
        .expect("withdrawn");
        write(&world, async |txn| settle_programme(txn, at(MORNING), rise.id).await)
            .await
            .expect("settled");
        let rows = alerts(&world).await;
        assert!(rows.iter().all(|row| row.state == "resolved"), "{}: {rows:#?}", world.name);
    })
    .await;
}
