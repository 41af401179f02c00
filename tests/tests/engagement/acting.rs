//! What people and days make of alerts.

use chrono::{DateTime, Utc};
use entity::engagement::{Assessed, acknowledge, engagement_alert, snooze, wake};
use entity::enrolments::obligation;
use entity::outcome::RefusalCode;
use entity::people::contact;
use entity::scope::{Scope, Viewer};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::refusal::refusal;
use tests::rise::{Rise, at, day};
use tests::{World, both};
use uuid::Uuid;

use crate::{MORNING, alerts, assess, by, seed, story, write};

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
