//! Weeks in which anything happens between any two looks of the worker: things are done, excused,
//! moved; partners pause; addresses are kept back; people choose other hours; the mail server is away;
//! a worker dies between making a digest and sending it. After every pass, what was sent is checked
//! against a small record of what was sent before and the facts as they were.

use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use entity::enrolments::{self, enrolment, obligation};
use entity::messages::facts::Book;
use entity::messages::{digests, message, reminder, suppressions};
use entity::people::person;
use entity::scope::Scope;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rules::calendar::local;
use rules::reminders::{is_quiet, next_send_time};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use tests::rise::{Partner, Rise};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::pass;

use crate::{app, mails, messages};

const STEPS: usize = 160;

#[derive(Clone, Debug)]
enum Event {
    /// Some open obligation of a partner is met.
    Done(usize, usize),
    Excused(usize, usize),
    /// Its due day moves by so many days.
    Moved(usize, usize, i64),
    /// A partner pauses, or goes on.
    Standing(usize),
    /// Mail is kept from a head, or let go again.
    Suppression(usize),
    /// A head wants the digest at another minute of the day.
    Hour(usize, i32),
    /// The mail server goes away, or comes back.
    Server,
    /// A worker makes the digests of the hour, and dies.
    OnlyBundled,
    Nothing,
}

fn steps() -> impl Strategy<Value = (Event, i64)> {
    let (partner, which) = (0_usize..4, 0_usize..20);
    let event = prop_oneof![
        3 => (partner.clone(), which.clone()).prop_map(|(p, o)| Event::Done(p, o)),
        1 => (partner.clone(), which.clone()).prop_map(|(p, o)| Event::Excused(p, o)),
        3 => (partner.clone(), which, -9_i64..15).prop_map(|(p, o, d)| Event::Moved(p, o, d)),
        1 => partner.clone().prop_map(Event::Standing),
        1 => partner.clone().prop_map(Event::Suppression),
        1 => (partner, 0_i32..24 * 60).prop_map(|(p, minute)| Event::Hour(p, minute)),
        1 => Just(Event::Server),
        3 => Just(Event::OnlyBundled),
        3 => Just(Event::Nothing),
    ];
    (event, prop_oneof![5_i64..90, 60_i64..(14 * 60)])
}

/// One of the open obligations of a partner that are due first.
async fn open(txn: &DatabaseTransaction, partner: Partner, nth: usize) -> obligation::Model {
    let open = obligation::Entity::find()
        .filter(obligation::Column::EnrolmentId.eq(partner.enrolment))
        .filter(obligation::Column::State.eq("open"))
        .order_by_asc(obligation::Column::DueOn)
        .order_by_asc(obligation::Column::Id);
    let open = open.all(txn).await.expect("obligations");
    open[nth % open.len().min(8)].clone()
}

async fn happens(world: &World, rise: &Rise, event: &Event) {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let by = &Scope::System;
    match *event {
        Event::Done(partner, nth) => {
            let id = open(&txn, rise.partners[partner], nth).await.id;
            let today = local(now).date();
            let met = enrolments::record_met(&txn, by, None, now, id, None, today, "").await;
            if met.is_err() {
                // It is about an event that is yet to come.
                return txn.rollback().await.expect("undone");
            }
        }
        Event::Excused(partner, nth) => {
            let id = open(&txn, rise.partners[partner], nth).await.id;
            let why = "Closed by a flood";
            enrolments::excuse(&txn, by, None, now, id, None, why).await.expect("excused");
        }
        Event::Moved(partner, nth, days) => {
            let row = open(&txn, rise.partners[partner], nth).await;
            obligation::Entity::update_many()
                .col_expr(obligation::Column::DueOn, Expr::val(row.due_on + TimeDelta::days(days)))
                .col_expr(
                    obligation::Column::Revision,
                    Expr::col(obligation::Column::Revision).add(1),
                )
                .filter(obligation::Column::Id.eq(row.id))
                .exec(&txn)
                .await
                .expect("moved");
        }
        Event::Standing(partner) => {
            let id = rise.partners[partner].enrolment;
            let row = enrolment::Entity::find_by_id(id).one(&txn).await.expect("a read");
            let why = "Works at the school";
            if row.expect("enrolled").status == "active" {
                enrolments::pause(&txn, by, None, now, id, None, why).await.expect("paused");
            } else {
                enrolments::resume(&txn, by, None, now, id, None, why).await.expect("resumed");
            }
        }
        Event::Suppression(partner) => {
            let head = rise.partners[partner].head;
            match kept_back(&txn, head).await {
                None => drop(suppressions::add(&txn, by, None, now, head, "Asked").await),
                Some(id) => {
                    let released = suppressions::release(&txn, by, None, now, id, None, "Asked");
                    released.await.expect("released");
                }
            }
        }
        Event::Hour(partner, minute) => {
            let row = person::ActiveModel {
                id: Unchanged(rise.partners[partner].head),
                digest_minute: Set(Some(minute)),
                ..Default::default()
            };
            row.update(&txn).await.expect("chosen");
        }
        Event::OnlyBundled => {
            let book = Book::load(&txn).await.expect("the book");
            digests::bundle(&txn, now, &book).await.expect("digests");
        }
        Event::Server | Event::Nothing => {}
    }
    txn.commit().await.expect("commit");
}

/// The line of the list that keeps mail from somebody.
async fn kept_back(db: &impl sea_orm::ConnectionTrait, id: Uuid) -> Option<Uuid> {
    use entity::messages::suppression::{Column, Entity};
    let row = person::Entity::find_by_id(id).one(db).await.expect("a read").expect("a person");
    let lines =
        Entity::find().filter(Column::Address.eq(row.email)).filter(Column::ReleasedAt.is_null());
    lines.one(db).await.expect("a read").map(|line| line.id)
}

/// What was sent so far.
#[derive(Default)]
struct Sent {
    digests: BTreeSet<Uuid>,
    /// Who had a digest on which London day.
    days: BTreeSet<(Uuid, NaiveDate)>,
    /// Which reminder of which revision of which obligation went to whom.
    reminders: BTreeSet<(Uuid, i32, String, Uuid)>,
}

impl Sent {
    /// Checks the digests that the last pass sent, each against the facts as they are.
    async fn check(&mut self, world: &World, told: &str) {
        let (now, db) = (world.clock.now(), world.db.reader());
        let at = local(now);
        let book = Book::load(db).await.expect("the book");
        for row in messages(world).await {
            if row.kind != "digest" || row.state != "accepted" || !self.digests.insert(row.id) {
                continue;
            }
            assert_eq!(row.changed_at, now, "{told}");
            assert!(self.days.insert((row.person_id, at.date())), "{told}: two in a day");
            assert!(kept_back(db, row.person_id).await.is_none(), "{told}: to a closed address");
            let items = reminder::Entity::find().filter(reminder::Column::MessageId.eq(row.id));
            let items = items.filter(reminder::Column::State.eq("sent"));
            let items = items.all(db).await.expect("reminders");
            assert!(!items.is_empty(), "{told}: a digest of nothing");
            for item in &items {
                let about = obligation::Entity::find_by_id(item.obligation_id);
                let about = about.one(db).await.expect("a read").expect("an obligation");
                assert_eq!(about.state, "open", "{told}: {}", about.title);
                assert_eq!(about.revision, item.revision, "{told}: {} has moved", about.title);
                assert!(takes_part(world, &about).await, "{told}: {} rests", about.title);
                let one = (about.id, item.revision, item.step.clone(), item.person_id);
                assert!(self.reminders.insert(one), "{told}: {} again", about.title);
                let policy = book.policy(about.programme_id).expect("a policy");
                assert!(!is_quiet(policy, at.time()), "{told}: at {at}");
            }
            reads_so(world, &row, items.len(), told);
        }
        // Every school here keeps to the same days.
        if self.days.iter().any(|(_, day)| *day == at.date()) {
            let calendar = book.calendar(Uuid::nil());
            assert!(calendar.is_working_day(at.date()), "{told}: on {at}");
        }
    }
}

/// The mail tells of just so many things.
fn reads_so(world: &World, row: &message::Model, items: usize, told: &str) {
    let id = row.message_id_header.as_deref().expect("a Message-ID");
    let mails = mails(world);
    let mine: Vec<_> = mails.iter().filter(|mail| id.contains(&mail.message_id)).collect();
    assert_eq!(mine.len(), 1, "{told}: {id}");
    let lines = mine[0].text.lines().filter(|line| line.starts_with("* ")).count();
    assert_eq!(lines, items, "{told}: {}", mine[0].text);
}

async fn takes_part(world: &World, about: &obligation::Model) -> bool {
    let Some(id) = about.enrolment_id else { return true };
    let row = enrolment::Entity::find_by_id(id).one(world.db.reader()).await.expect("a read");
    row.is_some_and(|row| row.status == "active")
}

/// Whatever waits has a reason to: its day or its reader's hour is still ahead, or its reader has
/// had today's digest.
async fn check_waiting(world: &World, sent: &Sent, told: &str) {
    let (now, db) = (world.clock.now(), world.db.reader());
    let today = local(now).date();
    let book = Book::load(db).await.expect("the book");
    let waiting = reminder::Entity::find()
        .filter(reminder::Column::State.eq("planned"))
        .filter(reminder::Column::SendOn.lte(today));
    let made = messages(world).await;
    for row in waiting.all(db).await.expect("reminders") {
        let had = made.iter().any(|one| {
            one.kind == "digest" && one.person_id == row.person_id && one.local_day == Some(today)
        });
        assert!(had || !sent.days.contains(&(row.person_id, today)), "{told}");
        let reader = person::Entity::find_by_id(row.person_id).one(db).await.expect("a read");
        let minute = reader.expect("a person").digest_minute;
        let minute = minute.map(|minute| u32::try_from(minute).expect("a minute"));
        let about = obligation::Entity::find_by_id(row.obligation_id).one(db).await;
        let about = about.expect("a read").expect("an obligation");
        let policy = book.policy(about.programme_id).expect("a policy");
        let at = next_send_time(policy, &book.calendar(Uuid::nil()), minute, now);
        assert!(had || at > now, "{told}: {} waits for nothing", about.title);
    }
}

#[tokio::test]
async fn whatever_happens_between_two_looks_each_reminder_goes_once_in_its_hour_and_only_if_wanted()
{
    both(async |world| {
        let names = ["Demo Ash School", "Demo Oak School", "Demo Elm School", "Demo Fir School"];
        let rise = Rise::seed(&world, &names).await;
        let (folder, away) = (&world.config.mail.folder, world.folder.path().join("away"));
        std::fs::create_dir_all(folder).expect("a folder");
        let mut runner = TestRunner::deterministic();
        let (mut sent, mut present) = (Sent::default(), true);
        let app = app(&world).await;
        for number in 0..STEPS {
            let (event, minutes) = steps().new_tree(&mut runner).expect("a step").current();
            let told = format!("{} step {number}, {event:?}, {}", world.name, world.clock.now());
            happens(&world, &rise, &event).await;
            if matches!(event, Event::Server) {
                // A file where the folder should be takes no mail.
                if present {
                    std::fs::rename(folder, &away).expect("moved");
                    std::fs::write(folder, "in the way").expect("a file");
                } else {
                    std::fs::remove_file(folder).expect("removed");
                    std::fs::rename(&away, folder).expect("moved");
                }
                present = !present;
            }
            let pass = pass::run(&app, &CancellationToken::new()).await;
            for (job, _, done) in &pass.ran {
                assert!(done.is_ok(), "{told}: {job:?}: {done:?}");
            }
            sent.check(&world, &told).await;
            check_waiting(&world, &sent, &told).await;
            world.clock.set(world.clock.now() + TimeDelta::minutes(minutes));
        }
        // Of what was sent and what was not, there was enough of either.
        let reminders = reminder::Entity::find().all(world.db.reader()).await.expect("reminders");
        let of = |state: &str| reminders.iter().filter(|row| row.state == state).count();
        assert_eq!(of("sent"), sent.reminders.len(), "{}", world.name);
        assert!(of("sent") > 30 && of("cancelled") > 5, "{}: {:?}", world.name, of("sent"));
    })
    .await;
}
