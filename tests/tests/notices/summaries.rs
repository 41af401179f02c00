//! A hub lead's week and a programme admin's day.

use entity::engagement::{alert_event, engagement_alert};
use entity::hubs::hub;
use entity::id::new_id;
use entity::messages::choices::choose;
use rules::messages::MessageKind;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use serde_json::json;
use tests::notices::{sent, story};
use tests::rise::{Rise, at};
use tests::working::{messages, pass_at};
use tests::{World, both};
use uuid::Uuid;

use super::support::{agree_by, book_two, head, lead, morning, propose_by, session, shown};

/// Raises an alert about the first partner.
async fn raise(world: &World, rise: &Rise, moment: &str) -> Uuid {
    let enrolment = rise.partners[0].enrolment;
    let now = at(moment);
    let row = engagement_alert::Model {
        id: new_id(now),
        rule: "another_version".to_owned(),
        rule_version: 1,
        subject_kind: "enrolment".to_owned(),
        subject_id: enrolment,
        enrolment_id: Some(enrolment),
        hub_id: Some(rise.hub.id),
        contact_id: None,
        period: "whole".to_owned(),
        state: "firing".to_owned(),
        summary: "2 things are overdue, the oldest since 25 September 2026".to_owned(),
        threshold: "5 working days".to_owned(),
        evidence: json!([]),
        raised_at: now,
        changed_at: now,
        acknowledged_at: None,
        acknowledged_by: None,
        acknowledgement_note: None,
        resolved_at: None,
        version: 1,
        snoozed_until: None,
        snoozed_by: None,
        snooze_reason: None,
        clearing_since: None,
        left_hub_id: None,
        left_at: None,
        reopened: 0,
    };
    let id = row.id;
    let txn = world.db.write().await.expect("a transaction");
    let row = row.into_active_model();
    engagement_alert::Entity::insert(row).exec_without_returning(&txn).await.expect("an alert");
    txn.commit().await.expect("commit");
    step(world, id, "raised", "firing", moment).await;
    id
}

async fn step(world: &World, alert: Uuid, what: &str, state: &str, moment: &str) {
    let txn = world.db.write().await.expect("a transaction");
    let event = alert_event::Model {
        id: new_id(at(moment)),
        alert_id: alert,
        what: what.to_owned(),
        by_person: None,
        detail: "It is so".to_owned(),
        happened_at: at(moment),
    };
    let event = event.into_active_model();
    alert_event::Entity::insert(event).exec_without_returning(&txn).await.expect("an event");
    engagement_alert::Entity::update_many()
        .col_expr(engagement_alert::Column::State, Expr::value(state))
        .filter(engagement_alert::Column::Id.eq(alert))
        .exec(&txn)
        .await
        .expect("its state");
    txn.commit().await.expect("commit");
}

#[tokio::test]
async fn a_hub_lead_has_the_week_once_on_its_first_working_day_at_their_hour() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        rise.want_summaries(&world).await;
        world.clock.set(at("2026-10-02T08:00:00Z"));
        let visit = propose_by(&world, &rise, lead(&world, &rise), morning("2026-10-08")).await;
        agree_by(&world, head(&world, &rise, 0), visit.id).await;
        // A lead hears of their partners' bookings here, and in no mail of its own.
        let event = session(&world, &rise, morning("2026-11-19")).await;
        book_two(&world, &rise, event.id, 0).await;
        book_two(&world, &rise, event.id, 1).await;
        raise(&world, &rise, "2026-10-02T08:00:00Z").await;
        // Saturday and Sunday are no days for it; on Monday it waits for eight o'clock.
        for moment in ["2026-10-03T08:00:00Z", "2026-10-04T08:00:00Z", "2026-10-05T06:00:00Z"] {
            pass_at(&world, moment).await;
            assert_eq!(sent(&world, &["hub_week"]).await.len(), 0, "{moment}");
        }
        pass_at(&world, "2026-10-05T07:00:00Z").await;
        let mails = sent(&world, &["hub_week"]).await;
        let [mail] = &mails[..] else { panic!("{}: {} mails", world.name, mails.len()) };
        assert_eq!(mail.person, rise.lead);
        shown(mail);
        let booked = sent(&world, &["event_booked"]).await;
        assert!(booked.iter().all(|mail| mail.person != rise.lead));
        for moment in ["2026-10-05T09:00:00Z", "2026-10-06T08:00:00Z", "2026-10-09T08:00:00Z"] {
            pass_at(&world, moment).await;
        }
        assert_eq!(sent(&world, &["hub_week"]).await.len(), 1);
        pass_at(&world, "2026-10-12T08:00:00Z").await;
        let mails = sent(&world, &["hub_week"]).await;
        assert_eq!(mails.len(), 2, "the next week has its own");
        assert!(!mails[1].text.contains("Places booked"), "told once: {}", mails[1].text);
    })
    .await;
}

#[tokio::test]
async fn a_hub_lead_reads_nothing_of_a_hub_that_somebody_else_runs() {
    both(async |world| {
        let mut rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        world.clock.set(at("2026-10-02T08:00:00Z"));
        session(&world, &rise, morning("2026-10-08")).await;
        let (key, name) = ("demo-other".to_owned(), "Demo Other Hub".to_owned());
        let (id, lead_setting_id) = (new_id(world.clock.now()), rise.partners[0].setting);
        rise.hub = hub::Model { id, key, name, lead_setting_id, ..rise.hub };
        let txn = world.db.write().await.expect("a transaction");
        let row = rise.hub.clone().into_active_model();
        hub::Entity::insert(row).exec_without_returning(&txn).await.expect("a hub");
        txn.commit().await.expect("commit");
        session(&world, &rise, morning("2026-10-09")).await;
        pass_at(&world, "2026-10-05T07:00:00Z").await;
        let mails = sent(&world, &["hub_week"]).await;
        let [mail] = &mails[..] else { panic!("{}: {} mails", world.name, mails.len()) };
        assert_eq!(mail.person, rise.lead);
        assert!(mail.text.contains("Demo Hub"), "{}", mail.text);
        assert!(!mail.text.contains("Demo Other Hub"), "{}", mail.text);
    })
    .await;
}

#[tokio::test]
async fn an_admin_hears_of_each_change_of_an_alert_once_and_nothing_when_there_is_none() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        // What joining late raised by itself.
        pass_at(&world, "2026-10-05T07:00:00Z").await;
        assert_eq!(sent(&world, &["alert_digest"]).await.len(), 1);
        pass_at(&world, "2026-10-06T07:00:00Z").await;
        assert_eq!(sent(&world, &["alert_digest"]).await.len(), 1, "nothing happened since");

        let alert = raise(&world, &rise, "2026-10-06T10:00:00Z").await;
        pass_at(&world, "2026-10-07T07:00:00Z").await;
        pass_at(&world, "2026-10-08T07:00:00Z").await;
        let mails = sent(&world, &["alert_digest"]).await;
        let [_, mail] = &mails[..] else { panic!("{}: {} mails", world.name, mails.len()) };
        assert_eq!(mail.person, rise.admin);
        shown(mail);
        step(&world, alert, "reopened", "firing", "2026-10-08T10:00:00Z").await;
        pass_at(&world, "2026-10-09T07:00:00Z").await;
        step(&world, alert, "resolved", "resolved", "2026-10-09T10:00:00Z").await;
        for day in ["2026-10-10", "2026-10-11", "2026-10-12", "2026-10-13"] {
            pass_at(&world, &format!("{day}T11:00:00Z")).await;
        }
        let mails = sent(&world, &["alert_digest"]).await;
        let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.as_str()).collect();
        let wanted = [
            "Alerts: 2 new; 2 open",
            "Alerts: 1 new; 3 open",
            "Alerts: 1 escalated; 3 open",
            "Alerts: 1 resolved; 2 open",
        ];
        assert_eq!(subjects, wanted, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn optional_mails_say_how_to_have_no_more_of_them_and_duties_do_not() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        raise(&world, &rise, "2026-10-04T10:00:00Z").await;
        pass_at(&world, "2026-10-05T07:00:00Z").await;
        let optional = sent(&world, &["hub_week", "alert_digest"]).await;
        assert_eq!(optional.len(), 2, "{}", world.name);
        for mail in &optional {
            let address = mail.header("List-Unsubscribe").expect("an address");
            let address = address.trim_matches(['<', '>']);
            assert!(address.ends_with(&format!("/unsubscribe/{}", mail.kind)), "{address}");
            assert!(mail.html.contains(address) && mail.text.contains(address));
            let post = mail.header("List-Unsubscribe-Post");
            assert_eq!(post.as_deref(), Some("List-Unsubscribe=One-Click"));
        }
        let digests = sent(&world, &["digest"]).await;
        assert!(!digests.is_empty());
        assert!(digests.iter().all(|mail| mail.header("List-Unsubscribe").is_none()));
    })
    .await;
}

#[tokio::test]
async fn summaries_lead_to_the_front_end_where_there_is_one() {
    both(async |mut world| {
        world.config.http.front_end_url = "https://app.hubs.example/".to_owned();
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        raise(&world, &rise, "2026-10-04T10:00:00Z").await;
        pass_at(&world, "2026-10-05T07:00:00Z").await;
        for mail in sent(&world, &["hub_week", "alert_digest"]).await {
            let link = "Look closer in Hubs: https://app.hubs.example/\r\n";
            assert!(mail.text.contains(link), "{}: {}", mail.kind, mail.text);
            assert!(mail.html.contains("href=\"https://app.hubs.example/\""), "{}", mail.html);
        }
    })
    .await;
}

#[tokio::test]
async fn who_does_not_want_a_summary_gets_none_even_if_it_waits_already() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        raise(&world, &rise, "2026-10-04T10:00:00Z").await;
        let now = world.clock.now();
        let txn = world.db.write().await.expect("a transaction");
        let kind = MessageKind::HubWeek;
        assert!(choose(&txn, now, rise.lead, kind, false).await.expect("said"));
        assert!(!choose(&txn, now, rise.lead, kind, false).await.expect("said again"));
        txn.commit().await.expect("commit");
        pass_at(&world, "2026-10-05T06:00:00Z").await;
        let waiting: Vec<_> = messages(&world).await.into_iter().map(|row| row.kind).collect();
        assert_eq!(waiting, ["alert_digest"], "{}", world.name);
        let txn = world.db.write().await.expect("a transaction");
        choose(&txn, now, rise.admin, MessageKind::AlertDigest, false).await.expect("said");
        txn.commit().await.expect("commit");
        pass_at(&world, "2026-10-05T07:00:00Z").await;
        let all = messages(&world).await;
        let digest = all.iter().find(|row| row.kind == "alert_digest").expect("it was queued");
        assert_eq!(digest.state, "cancelled");
        assert_eq!(story(&world, digest.id).await, "They do not want this kind of mail.");
    })
    .await;
}
