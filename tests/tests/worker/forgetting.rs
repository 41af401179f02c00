//! What mails said is forgotten when it has been kept for long enough, and their stories stay.

use entity::messages::feedback::{Named, Source, Taken, Told, take};
use entity::messages::{forgetting, mail_feedback, message, message_event, story, suppression};
use entity::people::person;
use rules::messages::feedback::FeedbackKind;
use rules::messages::fingerprint;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QueryOrder as _, QueryTrait as _, Statement,
};
use tests::rise::{Rise, at};
use tests::{World, both};

use crate::{EIGHT, messages, pass_at};

/// The night before the texts of the 5th of October have been kept for thirty days, and that after.
const NIGHT_BEFORE: &str = "2026-11-04T03:00:00Z";
const NIGHT_AFTER: &str = "2026-11-05T03:00:00Z";

async fn with_text(world: &World) -> usize {
    messages(world).await.iter().filter(|row| row.body.is_some()).count()
}

#[tokio::test]
async fn a_text_is_deleted_when_it_has_been_kept_for_long_and_its_story_says_so() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        pass_at(&world, EIGHT).await;
        let before = messages(&world).await;
        assert!(before.iter().all(|row| row.state == "accepted" && row.body.is_some()));
        pass_at(&world, NIGHT_BEFORE).await;
        let kept = messages(&world).await;
        assert!(
            kept.iter()
                .filter(|row| row.created_at < at("2026-10-06T00:00:00Z"))
                .all(|row| row.body.is_some()),
            "{}",
            world.name
        );
        let pass = pass_at(&world, NIGHT_AFTER).await;
        assert!(pass.to_string().contains("3 texts of mails deleted"), "{pass}");
        for old in before {
            let row = message::Entity::find_by_id(old.id).one(world.db.reader()).await;
            let row = row.expect("a read").expect("the message");
            let hash = fingerprint(old.body.as_deref().expect("bytes"));
            assert_eq!(row, message::Model { body: None, ..old }, "nothing else changes");
            assert_eq!(row.body_hash.as_ref(), Some(&hash), "{}", world.name);
            let story = story::of_message(world.db.reader(), world.clock.now(), row.id)
                .await
                .expect("a read");
            let events = story.expect("a story").events;
            let told: Vec<_> = events.iter().map(|event| event.state.as_str()).collect();
            assert_eq!(told, ["pending", "leased", "handoff", "accepted", "accepted"]);
            let words = format!("Its text was deleted after 30 days. Its SHA-256 was {hash}.");
            assert_eq!(events[4].detail, words, "{}", world.name);
        }
        let pass = pass_at(&world, "2026-11-05T03:15:00Z").await;
        assert!(!pass.to_string().contains("deleted"), "once: {pass}");
    })
    .await;
}

#[tokio::test]
async fn what_is_not_at_its_end_and_what_was_heard_of_lately_keeps_its_text() {
    both(async |world| {
        let names = ["Demo Ash School", "Demo Birch School", "Demo Cedar School"];
        Rise::seed(&world, &names).await;
        pass_at(&world, EIGHT).await;
        let all = messages(&world).await;
        let states = ["uncertain", "deferred", "held"];
        for (row, state) in all.iter().zip(states) {
            message::Entity::update_many()
                .col_expr(message::Column::State, Expr::val(state))
                .filter(message::Column::Id.eq(row.id))
                .exec(world.db.migrator())
                .await
                .expect("set");
        }
        message::Entity::update_many()
            .col_expr(message::Column::ChangedAt, Expr::val(at(NIGHT_BEFORE)))
            .filter(message::Column::Id.eq(all[3].id))
            .exec(world.db.migrator())
            .await
            .expect("heard of");
        let txn = world.db.write().await.expect("a transaction");
        let now = at(NIGHT_AFTER);
        assert_eq!(
            forgetting::texts(&txn, now, 30, 99).await.expect("deleted"),
            1,
            "{}",
            world.name
        );
        txn.commit().await.expect("commit");
        let left: Vec<_> =
            messages(&world).await.into_iter().filter(|row| row.body.is_none()).collect();
        assert_eq!(left.len(), 1);
        assert_eq!((left[0].id, left[0].state.as_str()), (all[2].id, "held"));
    })
    .await;
}

#[tokio::test]
async fn texts_are_found_by_their_index_and_deleted_in_parts_the_oldest_first() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        pass_at(&world, EIGHT).await;
        let (txn, now) = (world.db.write().await.expect("a transaction"), at(NIGHT_AFTER));
        let statement = forgetting::kept(now, 2).build(world.db.backend());
        let is_sqlite = world.db.backend() == DbBackend::Sqlite;
        if !is_sqlite {
            // With so few rows it would rather read them all.
            txn.execute_unprepared("SET LOCAL enable_seqscan = off").await.expect("set");
            txn.execute_unprepared("SET LOCAL enable_bitmapscan = off").await.expect("set");
        }
        let ask = if is_sqlite { "EXPLAIN QUERY PLAN" } else { "EXPLAIN" };
        let asked = Statement { sql: format!("{ask} {}", statement.sql), ..statement };
        let plan = txn.query_all_raw(asked).await.expect("a plan");
        let column = if is_sqlite { 3 } else { 0 };
        let plan: Vec<String> =
            plan.iter().map(|row| row.try_get_by_index(column).expect("text")).collect();
        let plan = plan.join("\n");
        assert!(plan.contains("message_kept_idx") && !plan.contains("TEMP B-TREE"), "{plan}");
        for (deleted, left) in [(2, 1), (1, 0), (0, 0)] {
            assert_eq!(forgetting::texts(&txn, now, 30, 2).await.expect("deleted"), deleted);
            let kept = message::Entity::find().filter(message::Column::Body.is_not_null());
            assert_eq!(kept.count(&txn).await.expect("a count"), left, "{}", world.name);
        }
        txn.commit().await.expect("commit");
    })
    .await;
}

/// A bounce for good of a message, told by the mail service.
async fn bounces(world: &World, row: &message::Model, key: &str) {
    let told = Told {
        key: key.to_owned(),
        kind: FeedbackKind::HardBounce,
        source: Source::Webhook,
        message: Named::Sealed(row.id),
        status: "5.1.1".to_owned(),
        at: None,
    };
    let txn = world.db.write().await.expect("a transaction");
    assert_eq!(take(&txn, world.clock.now(), &told).await.expect("taken"), Taken::New);
    txn.commit().await.expect("commit");
}

#[tokio::test]
async fn a_report_about_a_forgotten_mail_puts_nobody_on_the_list_and_its_address_is_forgotten_too()
{
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        pass_at(&world, EIGHT).await;
        let [first, second] = &messages(&world).await[..] else { panic!("two messages") };
        bounces(&world, first, "in time").await;
        let listed = async || {
            let rows = suppression::Entity::find().all(world.db.reader()).await.expect("the list");
            rows.into_iter().map(|row| row.address).collect::<Vec<_>>()
        };
        let known = listed().await;
        assert_eq!(known.len(), 1);
        let addresses = async || {
            let rows = mail_feedback::Entity::find().all(world.db.reader()).await.expect("reports");
            rows.into_iter().filter_map(|row| row.address).collect::<Vec<_>>()
        };
        assert_eq!(addresses().await, known);
        pass_at(&world, NIGHT_AFTER).await;
        assert_eq!(addresses().await, Vec::<String>::new(), "{}", world.name);
        // By now its reader has another address, which is not the one that is dead.
        person::Entity::update_many()
            .col_expr(person::Column::Email, Expr::val("another@example.org"))
            .filter(person::Column::Id.eq(second.person_id))
            .exec(world.db.migrator())
            .await
            .expect("changed");
        bounces(&world, second, "late").await;
        assert_eq!(listed().await, known, "{}", world.name);
        let story = message_event::Entity::find()
            .filter(message_event::Column::MessageId.eq(second.id))
            .order_by_desc(message_event::Column::HappenedAt)
            .one(world.db.reader())
            .await
            .expect("events");
        assert_eq!(story.expect("a story").state, "bounced");
        assert_eq!(
            with_text(&world).await,
            messages(&world).await.iter().filter(|row| row.created_at > at(EIGHT)).count()
        );
    })
    .await;
}
