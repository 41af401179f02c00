//! Critical alerts: told of at once, to whom they concern, and once.

use entity::engagement::{acknowledge, engagement_alert};
use entity::people::contact;
use entity::scope::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::notices::sent;
use tests::rise::{Rise, at};
use tests::working::{messages, pass_at};
use tests::{World, both};

use super::support::shown;

const KIND: &str = "critical_alert";

/// The only contact of each partner leaves.
async fn all_leave(world: &World, rise: &Rise) {
    let heads = rise.partners.iter().map(|partner| partner.head);
    contact::Entity::update_many()
        .col_expr(contact::Column::EndedAt, Expr::value(at("2026-10-05T09:00:00Z")))
        .filter(contact::Column::PersonId.is_in(heads))
        .exec(world.db.migrator())
        .await
        .expect("they left");
}

/// From Monday to the night of Wednesday, when it has been so for two working days.
async fn until_it_is_shown(world: &World) {
    for moment in ["2026-10-05T10:00:00Z", "2026-10-06T10:00:00Z", "2026-10-07T01:30:00Z"] {
        pass_at(world, moment).await;
    }
}

#[tokio::test]
async fn who_runs_the_hub_and_the_admins_are_told_at_once_even_at_night_and_once() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T08:00:00Z").await;
        all_leave(&world, &rise).await;
        until_it_is_shown(&world).await;
        // The next heartbeat.
        pass_at(&world, "2026-10-07T01:30:15Z").await;
        let mails = sent(&world, &[KIND]).await;
        let mut readers: Vec<_> = mails.iter().map(|mail| mail.person).collect();
        readers.sort_unstable();
        let mut wanted = [rise.lead, rise.admin];
        wanted.sort_unstable();
        assert_eq!(readers, wanted, "{}", world.name);
        let to_lead = mails.iter().find(|mail| mail.person == rise.lead).expect("a mail");
        shown(to_lead);
        assert_eq!(to_lead.header("List-Unsubscribe"), None, "it is a duty");
        for moment in ["2026-10-07T02:30:00Z", "2026-10-08T10:00:00Z", "2026-10-12T10:00:00Z"] {
            pass_at(&world, moment).await;
        }
        assert_eq!(sent(&world, &[KIND]).await.len(), 2, "{}: told once", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_somebody_has_taken_on_before_it_goes_is_not_told() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T08:00:00Z").await;
        all_leave(&world, &rise).await;
        until_it_is_shown(&world).await;
        let waiting = messages(&world).await.into_iter().filter(|row| row.kind == KIND);
        assert!(waiting.clone().all(|row| row.state == "pending"), "{}", world.name);
        assert_eq!(waiting.count(), 2);
        let alert = engagement_alert::Entity::find()
            .filter(engagement_alert::Column::Rule.eq("no_reachable_contact"))
            .one(world.db.reader())
            .await
            .expect("a read")
            .expect("an alert");
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        acknowledge(&txn, &Scope::System, rise.admin, now, alert.id, None, "")
            .await
            .expect("taken");
        txn.commit().await.expect("commit");
        pass_at(&world, "2026-10-07T01:30:15Z").await;
        assert_eq!(sent(&world, &[KIND]).await.len(), 0, "{}", world.name);
        let ended = messages(&world).await.into_iter().filter(|row| row.kind == KIND);
        assert!(ended.map(|row| row.state).all(|state| state == "cancelled"), "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn many_at_once_are_one_thing_that_went_wrong_and_the_days_mail_names_them_all() {
    both(async |world| {
        let names: Vec<String> = (1..=7).map(|number| format!("Demo School {number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let rise = Rise::seed(&world, &names).await;
        rise.want_summaries(&world).await;
        pass_at(&world, "2026-10-05T08:00:00Z").await;
        all_leave(&world, &rise).await;
        until_it_is_shown(&world).await;
        pass_at(&world, "2026-10-07T01:30:15Z").await;
        let mails = sent(&world, &[KIND]).await;
        for reader in [rise.lead, rise.admin] {
            let told = mails.iter().filter(|mail| mail.person == reader).count();
            assert_eq!(told, 5, "{}", world.name);
        }
        pass_at(&world, "2026-10-07T07:00:00Z").await;
        let digests = sent(&world, &["alert_digest"]).await;
        let last = digests.last().expect("the day's mail");
        for name in names {
            let line = format!("{name} (Demo Hub): Nobody at this partner can be reached by mail.");
            assert!(last.text.contains(&line), "{}: {}", world.name, last.text);
        }
    })
    .await;
}
