//! A row that cannot be read keeps back what is about it, and nothing else.

use entity::messages::{message, message_event};
use entity::programme::programme;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::json;
use tests::rise::{Rise, at};
use tests::{World, both};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::pass;

use crate::{EIGHT, app, bundled, mails, messages, pass_at, reminders, to_head};

const LATER: &str = "2026-10-05T07:20:00Z";

async fn run(world: &World, statement: &str) {
    world.db.migrator().execute_unprepared(statement).await.expect("it is done");
}

/// An id as the database's language writes it.
fn literal(world: &World, id: Uuid) -> String {
    if world.name == "SQLite" { format!("X'{}'", id.simple()) } else { format!("'{id}'") }
}

/// The digest of somebody, and the last step of its story.
async fn digest(world: &World, person: Uuid) -> (message::Model, String) {
    let mut rows = messages(world).await.into_iter();
    let row = rows.rfind(|row| row.person_id == person).expect("a digest");
    let last = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(row.id))
        .order_by_desc(message_event::Column::HappenedAt)
        .one(world.db.reader())
        .await;
    (row, last.expect("a read").expect("a story").detail)
}

#[tokio::test]
async fn an_obligation_that_cannot_be_read_puts_off_the_digests_about_it_alone() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Oak School"]).await;
        let [ash, oak] = [rise.partners[0], rise.partners[1]];
        bundled(&world).await;
        let damaged = reminders(&world, ash.head).await[0].obligation_id;
        let kind = "UPDATE obligation SET action = 'to_nod' WHERE id = ";
        let id = literal(&world, damaged);
        run(&world, &format!("{kind}{id}")).await;
        pass_at(&world, EIGHT).await;
        to_head(&mails(&world), "Demo Oak School");
        assert_eq!(digest(&world, oak.head).await.0.state, "accepted", "{}", world.name);
        let (row, why) = digest(&world, ash.head).await;
        assert_eq!(row.state, "deferred", "{}", world.name);
        assert!(row.send_after > at(EIGHT), "{}", world.name);
        for word in [&damaged.to_string(), "obligation", "to_nod"] {
            assert!(why.contains(word), "{}: {why}", world.name);
        }
        // Nobody else's reminders are held up either, and it goes when the row is mended.
        run(&world, "UPDATE obligation SET action = 'do' WHERE action = 'to_nod'").await;
        pass_at(&world, LATER).await;
        to_head(&mails(&world), "Demo Ash School");
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_keeps_back_no_mail_of_another_programme() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let row = programme::Entity::find_by_id(rise.id).one(world.db.reader()).await;
        let row = row.expect("a read").expect("the programme");
        let mut broken: programme::ActiveModel = row.into();
        broken.id = sea_orm::ActiveValue::Set(Uuid::from_u128(1));
        broken.key = sea_orm::ActiveValue::Set("broken".to_owned());
        broken.policy = sea_orm::ActiveValue::Set(json!({ "digest_at": "never" }));
        let insert = programme::Entity::insert(broken);
        insert.exec_without_returning(world.db.migrator()).await.expect("a programme");
        world.clock.set(at(EIGHT));
        let pass = pass::run(&app(&world).await, &CancellationToken::new()).await;
        to_head(&mails(&world), "Demo Ash School");
        let planning = pass.ran.iter().find(|(job, ..)| *job == worker::jobs::Job::PlanReminders);
        let done = planning.expect("it planned").2.as_ref().expect("it succeeded");
        let trouble = done.trouble.as_deref().expect("it tells of the row");
        assert!(trouble.contains("00000000-0000-0000-0000-000000000001"), "{trouble}");
    })
    .await;
}

#[tokio::test]
async fn a_policy_with_fields_of_a_newer_version_is_read_as_far_as_it_is_known() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let row = programme::Entity::find_by_id(rise.id).one(world.db.reader()).await;
        let mut policy = row.expect("a read").expect("the programme").policy;
        policy["of_a_newer_version"] = json!({ "any": ["thing"] });
        policy["alerts"]["of_a_newer_version"] = json!(3);
        policy["kind"] = json!({ "audit": { "of_a_newer_version": true } });
        programme::Entity::update_many()
            .col_expr(programme::Column::Policy, Expr::value(policy))
            .filter(programme::Column::Id.eq(rise.id))
            .exec(world.db.migrator())
            .await
            .expect("another policy");
        pass_at(&world, EIGHT).await;
        to_head(&mails(&world), "Demo Ash School");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_of_an_unknown_step_keeps_back_nobody_elses_mail() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Oak School"]).await;
        pass_at(&world, "2026-10-05T06:58:00Z").await;
        let ash = rise.partners[0].head;
        let first = literal(&world, reminders(&world, ash).await[0].id);
        let step = "UPDATE reminder SET step = 'of_a_newer_version' WHERE id = ";
        run(&world, &format!("{step}{first}")).await;
        pass_at(&world, EIGHT).await;
        to_head(&mails(&world), "Demo Oak School");
        to_head(&mails(&world), "Demo Ash School");
        let rows = reminders(&world, ash).await;
        assert_eq!(rows[0].state, "planned", "{}", world.name);
        assert!(rows[1..].iter().all(|row| row.state == "sent"), "{}", world.name);
    })
    .await;
}
