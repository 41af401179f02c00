//! Alerts follow what they are about.

use entity::engagement::engagement_alert;
use entity::enrolments::{settle_programme, transfer};
use entity::hubs::hub;
use entity::id::new_id;
use entity::programme::{bank_holidays, loader};
use entity::scope::Scope;
use rules::programme::SetUp;
use sea_orm::{ConnectionTrait as _, EntityTrait as _, IntoActiveModel as _};
use tests::both;
use tests::rise::{Rise, at, day};

use crate::{MORNING, alerts, assess, by, seed, write};

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
async fn alerts_follow_a_changed_set_up_and_new_bank_holidays_in_the_same_transaction() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        assess(&world, &rise, MORNING).await;
        assert_eq!(by(&world, "self_assessment_missing").await.state, "firing");
        let text = include_str!("../../../set-ups/rise.toml");
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
