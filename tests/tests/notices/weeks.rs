//! The days on which a hub lead's week goes: the second where nobody saw to it on the first, and the
//! days of whichever hub works for who leads two.

use entity::hubs::hub;
use entity::id::new_id;
use entity::operations::pauses::{self, What};
use entity::people::role_grant;
use entity::scope::Scope;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};
use tests::both;
use tests::notices::sent;
use tests::rise::{Rise, at, half_term};
use tests::working::pass_at;
use tokio_util::sync::CancellationToken;
use worker::app::App;
use worker::ledger;

use super::support::{morning, session};

#[tokio::test]
async fn a_week_that_nobody_saw_to_on_its_first_day_is_summed_up_on_the_second() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        world.clock.set(at("2026-10-02T08:00:00Z"));
        session(&world, &rise, morning("2026-10-15")).await;
        pass_at(&world, "2026-10-02T09:00:00Z").await;
        let now = world.clock.now();
        let app = App::open(world.config.clone(), world.clock.clone(), CancellationToken::new());
        ledger::register(&app.await.expect("the worker opens")).await.expect("the jobs are told");
        let txn = world.db.write().await.expect("a transaction");
        let job = What::named(&txn, "hub_weeks").await.expect("a read").expect("a job");
        let until = Some(at("2026-10-05T18:00:00Z"));
        let paused = pauses::pause(&txn, &Scope::System, None, now, job, "A look first", until);
        paused.await.expect("paused");
        txn.commit().await.expect("commit");
        for moment in ["2026-10-05T07:00:00Z", "2026-10-05T16:00:00Z"] {
            pass_at(&world, moment).await;
        }
        assert_eq!(sent(&world, &["hub_week"]).await.len(), 0, "{}", world.name);
        for moment in ["2026-10-06T07:00:00Z", "2026-10-07T07:00:00Z", "2026-10-08T07:00:00Z"] {
            pass_at(&world, moment).await;
            assert_eq!(sent(&world, &["hub_week"]).await.len(), 1, "{}: {moment}", world.name);
        }
    })
    .await;
}

#[tokio::test]
async fn who_leads_two_hubs_has_the_week_while_one_of_them_is_on_holiday() {
    both(async |world| {
        let mut rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        world.clock.set(at("2026-10-02T08:00:00Z"));
        // By name it comes before the other, and its lead school is on holiday.
        let (key, name) = ("demo-another".to_owned(), "Demo Another Hub".to_owned());
        let (id, lead_setting_id) = (new_id(world.clock.now()), rise.partners[0].setting);
        let working = rise.hub.clone();
        let resting = hub::Model { id, key, name, lead_setting_id, ..working.clone() };
        let txn = world.db.write().await.expect("a transaction");
        let row = resting.clone().into_active_model();
        hub::Entity::insert(row).exec_without_returning(&txn).await.expect("a hub");
        let grant = role_grant::ActiveModel {
            id: Set(new_id(world.clock.now())),
            person_id: Set(rise.lead),
            role: Set("hub_lead".to_owned()),
            region_id: Set(None),
            hub_id: Set(Some(resting.id)),
            setting_id: Set(None),
            granted_at: Set(world.clock.now()),
            revoked_at: Set(None),
        };
        grant.insert(&txn).await.expect("a grant");
        txn.commit().await.expect("commit");
        half_term(&world, lead_setting_id, "2026-10-05", "2026-10-09").await;
        session(&world, &rise, morning("2026-10-15")).await;
        rise.hub = resting;
        session(&world, &rise, morning("2026-10-16")).await;

        pass_at(&world, "2026-10-05T07:00:00Z").await;
        let mails = sent(&world, &["hub_week"]).await;
        let [mail] = &mails[..] else { panic!("{}: {} mails", world.name, mails.len()) };
        assert_eq!(mail.person, rise.lead);
        for hub in ["Demo Hub", "Demo Another Hub"] {
            assert!(mail.text.contains(hub), "{}: {}", world.name, mail.text);
        }
    })
    .await;
}
