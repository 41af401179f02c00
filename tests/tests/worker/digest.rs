//! The digest: when it goes out, and what it says.

use entity::enrolments;
use entity::messages::reminder;
use entity::people::person;
use entity::programme::programme;
use entity::scope::Scope;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use tests::rise::{Rise, at};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::pass;

use crate::{
    EIGHT, app, bundled, mails, messages, pass_at, reminders, report_done, story, to_head,
};

async fn excuse(world: &World, obligation: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let now = world.clock.now();
    enrolments::excuse(&txn, &Scope::System, None, now, obligation, None, "Closed by a flood")
        .await
        .expect("excused");
    txn.commit().await.expect("commit");
}

#[tokio::test]
async fn the_digest_goes_out_at_eight_with_exactly_what_is_due() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, "2026-10-05T06:58:00Z").await;
        assert!(mails(&world).is_empty(), "nothing goes out before the digest's hour");
        let planned = reminders(&world, rise.partners[0].head).await;
        assert!(planned.iter().all(|row| row.state == "planned"));

        pass_at(&world, EIGHT).await;
        let mails = mails(&world);
        let mail = to_head(&mails, "Demo Ash School");
        let titles: Vec<_> = mail.text.lines().filter_map(|line| line.strip_prefix("* ")).collect();
        assert_eq!(
            titles,
            [
                "Watch the introduction video and review your attendance reports",
                "Complete the self-assessment",
                "Attend the CPD session, with a senior leader: Using data to target action",
                "Run the baseline surveys of pupils' and staff's perceptions of behaviour",
            ]
        );
        assert_eq!(titles.len(), planned.len());
        let sent = reminders(&world, rise.partners[0].head).await;
        assert!(sent.iter().all(|row| row.state == "sent"));
    })
    .await;
}

#[tokio::test]
async fn nothing_goes_out_twice_when_the_worker_runs_again() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        let (before, rows) = (mails(&world).len(), messages(&world).await.len());
        for moment in [EIGHT, "2026-10-05T07:00:30Z", "2026-10-05T12:30:00Z"] {
            pass_at(&world, moment).await;
        }
        assert_eq!((mails(&world).len(), messages(&world).await.len()), (before, rows));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_at_once_send_each_mail_once() {
    both(async |world| {
        Rise::seed_many(&world, 12).await;
        world.clock.set(at(EIGHT));
        let mut workers = Vec::new();
        for _ in 0..3 {
            let app = app(&world).await;
            workers.push(tokio::spawn(async move {
                for _ in 0..3 {
                    pass::run(&app, &CancellationToken::new()).await;
                }
            }));
        }
        for worker in workers {
            worker.await.expect("a worker ends");
        }
        // Whatever one of them left because another was at it, a last pass must finish.
        pass_at(&world, EIGHT).await;
        assert_eq!(mails(&world).len(), 13, "one for each head and one for the lead");
        for row in messages(&world).await {
            assert_eq!(row.state, "accepted");
            assert_eq!(story(&world, row.id).await, ["pending", "leased", "handoff", "accepted"]);
        }
        let planned = reminder::Entity::find().all(world.db.reader()).await.expect("reminders");
        assert!(planned.iter().all(|row| row.state == "sent"));
    })
    .await;
}

#[tokio::test]
async fn what_was_done_after_planning_is_not_mentioned() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let partner = rise.partners[0];
        pass_at(&world, "2026-10-05T06:58:00Z").await;
        let done = rise.obligation(&world, partner.enrolment, "self_assessment").await;
        report_done(&world, done.id).await;
        pass_at(&world, EIGHT).await;
        let mails = mails(&world);
        let mail = to_head(&mails, "Demo Ash School");
        assert!(mail.text.contains("introduction video"));
        assert!(!mail.text.contains(&done.title), "{}", mail.text);
        let rows = reminders(&world, partner.head).await;
        let about = rows.iter().find(|row| row.obligation_id == done.id).expect("it was planned");
        assert_eq!((about.state.as_str(), about.reason.as_str()), ("cancelled", "It is done."));
    })
    .await;
}

#[tokio::test]
async fn a_digest_of_which_nothing_is_wanted_any_more_is_cancelled() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        for row in reminders(&world, rise.partners[0].head).await {
            excuse(&world, row.obligation_id).await;
        }
        pass_at(&world, EIGHT).await;
        assert!(mails(&world).is_empty());
        for row in messages(&world).await {
            assert_eq!(row.state, "cancelled");
        }
        let rows = reminders(&world, rise.partners[0].head).await;
        assert!(rows.iter().all(|row| row.state == "cancelled"));
    })
    .await;
}

#[tokio::test]
async fn a_reminder_called_off_comes_back_when_it_is_wanted_again() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let head = rise.partners[0].head;
        pass_at(&world, "2026-10-05T05:30:00Z").await;
        let planned = reminders(&world, head).await;
        let call_off = reminder::Entity::update_many()
            .col_expr(reminder::Column::State, Expr::value("cancelled"))
            .col_expr(reminder::Column::Reason, Expr::value("Paused."))
            .filter(reminder::Column::PersonId.eq(head));
        call_off.exec(world.db.migrator()).await.expect("called off");
        pass_at(&world, "2026-10-05T06:45:00Z").await;
        let again = reminders(&world, head).await;
        assert_eq!(again.len(), planned.len());
        for (row, before) in again.iter().zip(&planned) {
            assert_eq!((row.id, row.state.as_str()), (before.id, "planned"));
            assert_eq!(row.reason, before.reason);
        }
        pass_at(&world, EIGHT).await;
        pass_at(&world, "2026-10-05T07:45:00Z").await;
        let sent = reminders(&world, head).await;
        assert!(sent.iter().all(|row| row.state == "sent"), "what was sent is not planned again");
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_cannot_be_written_says_so_on_its_reminders() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let head = rise.partners[0].head;
        person::Entity::update_many()
            .col_expr(person::Column::Email, Expr::value("no address"))
            .filter(person::Column::Id.eq(head))
            .exec(world.db.migrator())
            .await
            .expect("a bad address");
        pass_at(&world, EIGHT).await;
        let rows = reminders(&world, head).await;
        assert!(!rows.is_empty());
        for row in rows {
            assert_eq!(row.state, "cancelled");
            assert_eq!(row.reason, "No mail can be written to this address.");
        }
    })
    .await;
}

#[tokio::test]
async fn a_digest_says_the_same_in_text_and_html() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        let mails = mails(&world);
        let to_lead = mails.iter().find(|mail| mail.to == "demo.lead@example.org");
        for (name, mail) in [
            ("digest_to_a_head", to_head(&mails, "Demo Ash School")),
            ("digest_to_a_lead", to_lead.expect("a mail to the lead")),
        ] {
            for link in mail.links() {
                assert!(mail.html.contains(link), "{link}");
            }
            let token = |text: &str| {
                let mut out = String::new();
                for piece in text.split_inclusive(['/', ' ', '"', '\n']) {
                    let (word, end) = piece.split_at(piece.len() - 1);
                    let is_token = word.len() > 40 && !word.contains([';', ':', '<', '.']);
                    out.push_str(if is_token { "TOKEN" } else { word });
                    out.push_str(end);
                }
                out
            };
            let whole = format!("Subject: {}\n\n{}\n\n{}", mail.subject, mail.text, mail.html);
            insta::assert_snapshot!(name, token(&whole.replace('\r', "")));
        }
    })
    .await;
}

#[tokio::test]
async fn one_kind_is_reminded_of_as_the_programme_says_of_it() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let row = programme::Entity::find_by_id(rise.id).one(world.db.reader()).await;
        let mut policy = row.expect("a read").expect("the programme").policy;
        policy["kind"] = json!({
            "self_assessment": { "recipients": ["trust_lead"], "escalate_to_hub_after": 5 },
            "perception_survey": { "remind_before": [1] },
        });
        programme::Entity::update_many()
            .col_expr(programme::Column::Policy, Expr::value(policy))
            .filter(programme::Column::Id.eq(rise.id))
            .exec(world.db.migrator())
            .await
            .expect("another policy");
        pass_at(&world, EIGHT).await;
        let mails = mails(&world);
        let head = to_head(&mails, "Demo Ash School");
        // The first is nobody's to do here, and told to the hub five days late; the second is due in
        // four.
        assert!(head.text.contains("introduction video"), "{}", head.text);
        for other in ["self-assessment", "baseline surveys"] {
            assert!(!head.text.contains(other), "{}: {}", world.name, head.text);
        }
        let lead = mails.iter().find(|mail| mail.to == "demo.lead@example.org");
        assert!(lead.expect("a mail to the lead").text.contains("self-assessment"));
    })
    .await;
}
