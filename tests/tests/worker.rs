//! The worker, driven pass by pass: what it sends, to whom, and that it does nothing twice.

use entity::engagement::engagement_alert;
use entity::enrolments::{self, record_met};
use entity::messages::facts::Book;
use entity::messages::{digests, message, message_event, occurrence, outbox, reminder};
use entity::people::person;
use entity::scope::Scope;
use rules::messages::MessageState;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use tests::mails::{Mail, delivered};
use tests::rise::{Rise, at, day};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::app::App;
use worker::pass::{self, Pass};

/// Monday 5 October 2026, 08:00 in London.
const EIGHT: &str = "2026-10-05T07:00:00Z";

async fn app(world: &World) -> App {
    App::open(world.config.clone(), world.clock.clone(), CancellationToken::new())
        .await
        .expect("the worker opens")
}

/// One pass at `moment`, in which every job succeeds.
async fn pass_at(world: &World, moment: &str) -> Pass {
    world.clock.set(at(moment));
    let pass = pass::run(&app(world).await, &CancellationToken::new()).await;
    for (job, _, done) in &pass.ran {
        if let Err(error) = done {
            panic!("{}: {job:?}: {error:#}", world.name);
        }
    }
    pass
}

fn mails(world: &World) -> Vec<Mail> {
    delivered(&world.config.mail.folder)
}

/// The one mail to the head of a school.
fn to_head<'a>(mails: &'a [Mail], school: &str) -> &'a Mail {
    let school = school.to_lowercase().replace(' ', ".");
    let address = format!("head.of.{school}@example.org");
    let [mail] = &mails.iter().filter(|mail| mail.to == address).collect::<Vec<_>>()[..] else {
        panic!("one mail to {address}, not {mails:#?}")
    };
    mail
}

async fn messages(world: &World) -> Vec<message::Model> {
    let rows = message::Entity::find().order_by_asc(message::Column::Id);
    rows.all(world.db.reader()).await.expect("messages")
}

/// The states a message went through, in order.
async fn story(world: &World, id: Uuid) -> Vec<String> {
    message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(id))
        .order_by_asc(message_event::Column::HappenedAt)
        .all(world.db.reader())
        .await
        .expect("events")
        .into_iter()
        .map(|event| event.state)
        .collect()
}

async fn reminders(world: &World, person: Uuid) -> Vec<reminder::Model> {
    reminder::Entity::find()
        .filter(reminder::Column::PersonId.eq(person))
        .order_by_asc(reminder::Column::Id)
        .all(world.db.reader())
        .await
        .expect("reminders")
}

async fn excuse(world: &World, obligation: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let now = world.clock.now();
    enrolments::excuse(&txn, &Scope::System, None, now, obligation, None, "Closed by a flood")
        .await
        .expect("excused");
    txn.commit().await.expect("commit");
}

async fn report_done(world: &World, obligation: Uuid) {
    let txn = world.db.write().await.expect("a transaction");
    let now = world.clock.now();
    record_met(&txn, &Scope::System, None, now, obligation, None, day("2026-10-02"), "")
        .await
        .expect("recorded");
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
        let names: Vec<String> = (1..=12).map(|number| format!("Demo School {number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Rise::seed(&world, &names).await;
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

/// Plans and bundles at eight, and leaves the messages lying.
async fn bundled(world: &World) {
    pass_at(world, "2026-10-05T06:58:00Z").await;
    world.clock.set(at(EIGHT));
    let txn = world.db.write().await.expect("a transaction");
    let book = Book::load(&txn).await.expect("the book");
    digests::bundle(&txn, world.clock.now(), &book).await.expect("digests");
    txn.commit().await.expect("commit");
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
async fn a_run_with_a_later_clock_does_not_keep_jobs_from_running_in_their_time() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        pass_at(&world, "2026-10-12T07:30:00Z").await;
        for day in 6..=13 {
            let pass = pass_at(&world, &format!("2026-10-{day:02}T07:00:00Z")).await;
            let ran: Vec<_> = pass.ran.iter().filter(|(_, due_at, _)| due_at.is_some()).collect();
            assert_eq!(ran.len(), 6, "on day {day}: {ran:?}");
            let again = pass_at(&world, &format!("2026-10-{day:02}T07:00:00Z")).await;
            assert!(again.ran.iter().all(|(_, due_at, _)| due_at.is_none()), "on day {day}");
        }
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
async fn a_message_that_fails_does_not_keep_the_others() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let all = messages(&world).await;
        // The database refuses to hand over the first of the two.
        message::Entity::update_many()
            .col_expr(message::Column::Attempts, Expr::value(70))
            .filter(message::Column::Id.eq(all[0].id))
            .exec(world.db.migrator())
            .await
            .expect("marked");
        let refuse = match world.db.reader().get_database_backend() {
            DbBackend::Sqlite => {
                "CREATE TRIGGER refuse BEFORE UPDATE ON message \
                 WHEN NEW.attempts = 71 AND NEW.state = 'handoff' \
                 BEGIN SELECT RAISE(ABORT, 'refused'); END"
            }
            _ => {
                "ALTER TABLE message ADD CONSTRAINT refuse \
                 CHECK (attempts <> 71 OR state <> 'handoff')"
            }
        };
        world.db.migrator().execute_unprepared(refuse).await.expect("a trap");
        let pass = pass_at(&world, EIGHT).await;
        assert!(pass.to_string().contains("1 message delivered, 1 message failed"), "{pass}");
        assert_eq!(mails(&world).len(), all.len() - 1);
    })
    .await;
}

#[tokio::test]
async fn the_lease_is_renewed_for_the_hand_over() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let lease = claim_and_die(&world, None).await;
        let txn = world.db.write().await.expect("a transaction");
        let set = <message::ActiveModel as Default>::default();
        let now = world.clock.now();
        assert!(outbox::begin_hand_over(&txn, now, lease, 600, "", set).await.expect("handoff"));
        assert_eq!(outbox::settle_cut_off(&txn, now).await.expect("settled"), 0);
    })
    .await;
}

/// Takes a message under a lease that ends at once, as a worker does that dies in the next moment.
async fn claim_and_die(world: &World, then: Option<&str>) -> outbox::Lease {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let claimed = outbox::claim(&txn, now, "dying", 0, 1).await.expect("a claim");
    let lease = outbox::Lease { id: claimed[0].message.id, epoch: claimed[0].message.lease_epoch };
    if let Some(body) = then {
        let set = message::ActiveModel {
            body: sea_orm::ActiveValue::Set(Some(body.as_bytes().to_vec())),
            message_id_header: sea_orm::ActiveValue::Set(Some("<kept@hubs.example>".to_owned())),
            ..<message::ActiveModel as Default>::default()
        };
        let to = MessageState::Handoff;
        assert!(outbox::advance(&txn, now, lease, to, "", set).await.expect("handoff"));
    }
    txn.commit().await.expect("commit");
    lease
}

const KEPT: &str = "From: a@example.org\r\nTo: b@example.org\r\nSubject: kept\r\n\
    Message-ID: <kept@hubs.example>\r\nMIME-Version: 1.0\r\n\
    Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n\
    text\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--x--\r\n";

#[tokio::test]
async fn a_hand_over_that_was_cut_off_is_repeated_once_with_the_same_bytes() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let dead = claim_and_die(&world, Some(KEPT)).await;
        pass_at(&world, EIGHT).await;
        let file = world.config.mail.folder.join(format!("{}.eml", dead.id));
        assert_eq!(std::fs::read_to_string(file).expect("the mail"), KEPT);
        let states = ["pending", "leased", "handoff", "uncertain", "leased", "handoff", "accepted"];
        assert_eq!(story(&world, dead.id).await, states);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_cut_off_twice_is_held_for_a_person() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let dead = claim_and_die(&world, Some(KEPT)).await;
        let txn = world.db.write().await.expect("a transaction");
        outbox::settle_cut_off(&txn, world.clock.now()).await.expect("settled");
        txn.commit().await.expect("commit");
        // The other message is due as well; the uncertain one comes first by its id or after it.
        let mut again = claim_and_die(&world, Some(KEPT)).await;
        if again.id != dead.id {
            again = claim_and_die(&world, Some(KEPT)).await;
        }
        assert_eq!(again.id, dead.id);
        pass_at(&world, EIGHT).await;
        let file = world.config.mail.folder.join(format!("{}.eml", dead.id));
        assert!(!file.exists());
        let all = messages(&world).await;
        let held = all.iter().find(|row| row.id == dead.id).expect("the message");
        assert_eq!(held.state, "held");
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_is_taken_over_and_its_old_holder_changes_nothing() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let stale = claim_and_die(&world, None).await;
        pass_at(&world, EIGHT).await;
        let before = messages(&world).await;
        assert!(before.iter().all(|row| row.state == "accepted"));
        for to in [MessageState::Handoff, MessageState::Cancelled, MessageState::Accepted] {
            let txn = world.db.write().await.expect("a transaction");
            let set = <message::ActiveModel as Default>::default();
            let moved = outbox::advance(&txn, world.clock.now(), stale, to, "", set).await;
            assert!(!moved.expect("an answer"));
            txn.commit().await.expect("commit");
        }
        assert_eq!(messages(&world).await, before);
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_still_runs_is_left_alone() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let txn = world.db.write().await.expect("a transaction");
        let held = outbox::claim(&txn, world.clock.now(), "busy", 600, 100).await.expect("a claim");
        txn.commit().await.expect("commit");
        assert!(!held.is_empty());
        pass_at(&world, EIGHT).await;
        assert!(mails(&world).is_empty());
    })
    .await;
}

#[tokio::test]
async fn mail_that_could_not_be_written_is_tried_again_and_waits_for_the_next_day_after_hours() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        // A file where the folder should be.
        std::fs::write(&world.config.mail.folder, "in the way").expect("a file");
        pass_at(&world, EIGHT).await;
        for row in messages(&world).await {
            assert_eq!((row.state.as_str(), row.attempts), ("deferred", 1));
            let pause = row.send_after - at(EIGHT);
            assert!((60..=75).contains(&pause.num_seconds()), "{pause}");
        }
        // Still so when quiet hours begin: the reminders wait for tomorrow's digest.
        pass_at(&world, "2026-10-05T18:30:00Z").await;
        for row in messages(&world).await {
            assert_eq!(row.state, "expired");
        }
        std::fs::remove_file(&world.config.mail.folder).expect("removed");
        pass_at(&world, "2026-10-06T07:00:00Z").await;
        let mails = mails(&world);
        assert!(to_head(&mails, "Demo Ash School").text.contains("self-assessment"));
        let rows = reminders(&world, rise.partners[0].head).await;
        // A step whose successor's day has come is not sent any more.
        assert!(rows.iter().all(|row| row.state == "sent" || row.state == "expired"));
        let late = rise.obligation(&world, rise.partners[0].enrolment, "self_assessment").await;
        let about = rows.iter().find(|row| row.obligation_id == late.id);
        assert_eq!(about.expect("a reminder").state, "sent");
    })
    .await;
}

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

#[tokio::test]
async fn moments_that_passed_while_no_worker_ran_are_written_down_as_missed() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        let pass = pass_at(&world, "2026-10-07T07:00:00Z").await;
        assert!(pass.missed > 0);
        let rows = occurrence::Entity::find()
            .filter(occurrence::Column::ScheduleId.eq("derive_obligations"))
            .order_by_asc(occurrence::Column::DueAt)
            .all(world.db.reader())
            .await
            .expect("occurrences");
        let rows: Vec<_> = rows.iter().map(|row| (row.due_at, row.outcome.as_str())).collect();
        assert_eq!(
            rows,
            [
                (at("2026-10-04T23:05:00Z"), "fired"),
                (at("2026-10-05T23:05:00Z"), "missed"),
                (at("2026-10-06T23:05:00Z"), "fired"),
            ]
        );
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
