//! Messages that cannot be read, damaged by hand in every way that either database allows: they wait
//! for a person and keep nobody else waiting.

use std::collections::BTreeMap;

use entity::messages::{message, message_event, reminder};
use entity::operations::replays::replay;
use entity::scope::Scope;
use sea_orm::{
    ColumnTrait as _, ConnectOptions, ConnectionTrait as _, Database, DbBackend, EntityTrait as _,
    QueryFilter as _, QueryOrder as _,
};
use tests::{World, both};
use uuid::Uuid;

use super::{EIGHT, all_arrived, pass_at, rows, seeded, start_over};

/// A message, what is done to it, how that is mended, and what its story says of it.
struct Damage {
    message: Uuid,
    done: String,
    mended: String,
    told: &'static str,
}

fn literal(world: &World, id: Uuid) -> String {
    match world.db.backend() {
        DbBackend::Sqlite => format!("x'{}'", id.simple()),
        _ => format!("'{id}'"),
    }
}

/// Writes as somebody does who repairs a database by hand: no key is checked.
async fn by_hand(world: &World, sql: &str) {
    let one = ConnectOptions::new(&world.config.database.url).max_connections(1).to_owned();
    let db = Database::connect(one).await.expect("a connection");
    let unchecked = match world.db.backend() {
        DbBackend::Sqlite => "PRAGMA foreign_keys = OFF",
        _ => "SET session_replication_role = replica",
    };
    db.execute_unprepared(unchecked).await.expect("unchecked");
    db.execute_unprepared(sql).await.expect("written");
    db.close().await.expect("closed");
}

/// A reminder in a message, about an obligation that no other message is about.
async fn reminder_of(world: &World, id: Uuid) -> reminder::Model {
    let all = reminder::Entity::find().all(world.db.reader()).await.expect("reminders");
    let others = |row: &reminder::Model| {
        all.iter().filter(|it| it.obligation_id == row.obligation_id).count()
    };
    let mine = all.iter().find(|row| row.message_id == Some(id) && others(row) == 1);
    mine.expect("a reminder of its own").clone()
}

/// Each of the first messages damaged in another way.
async fn damages(world: &World) -> Vec<Damage> {
    let heads: Vec<_> = rows(world).await;
    let of = |nth: usize| (heads[nth].id, literal(world, heads[nth].id));
    let mut all = Vec::new();
    for (nth, damage, told) in [
        // How often a mail server put it off before does not count.
        (0, "attempts = 70, kind = 'telegram'", "the word \"telegram\" is not known"),
        (1, "kind = 'visit_agreed'", "it is about nothing"),
    ] {
        let (message, id) = of(nth);
        let done = format!("UPDATE message SET {damage} WHERE id = {id}");
        let mended = format!("UPDATE message SET kind = 'digest' WHERE id = {id}");
        all.push(Damage { message, done, mended, told });
    }
    let mut persons = vec![(2, literal(world, Uuid::from_u128(7)), "its recipient is missing")];
    if world.db.backend() == DbBackend::Sqlite {
        // Where a column may hold anything, the row itself may be none.
        persons.push((3, "x'0102'".to_owned(), "person_id"));
    }
    for (nth, person, told) in persons {
        let (message, id) = of(nth);
        let right = literal(world, heads[nth].person_id);
        let done = format!("UPDATE message SET person_id = {person} WHERE id = {id}");
        let mended = format!("UPDATE message SET person_id = {right} WHERE id = {id}");
        all.push(Damage { message, done, mended, told });
    }
    let carried = reminder_of(world, heads[4].id).await;
    let (id, step) = (literal(world, carried.id), &carried.step);
    all.push(Damage {
        message: heads[4].id,
        done: format!("UPDATE reminder SET step = '{{}}' WHERE id = {id}"),
        // The planner, which could not tell, has planned that step anew.
        mended: format!(
            "DELETE FROM reminder WHERE step = '{step}' AND message_id IS NULL AND obligation_id IN \
             (SELECT obligation_id FROM reminder WHERE id = {id}); \
             UPDATE reminder SET step = '{step}' WHERE id = {id}"
        ),
        told: "reminder",
    });
    let id = literal(world, reminder_of(world, heads[5].id).await.obligation_id);
    let sql = format!("SELECT kind FROM obligation WHERE id = {id}");
    let statement = sea_orm::Statement::from_string(world.db.backend(), sql);
    let row = world.db.reader().query_one_raw(statement).await.expect("a read").expect("a row");
    let kind: String = row.try_get_by_index(0).expect("text");
    all.push(Damage {
        message: heads[5].id,
        done: format!("UPDATE obligation SET kind = 'juggling' WHERE id = {id}"),
        mended: format!("UPDATE obligation SET kind = '{kind}' WHERE id = {id}"),
        told: "the word \"juggling\" is not known",
    });
    all
}

/// State and words of each step of each message.
async fn told(world: &World) -> BTreeMap<Uuid, Vec<(String, String)>> {
    let events = message_event::Entity::find().order_by_asc(message_event::Column::HappenedAt);
    let mut told: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for event in events.all(world.db.reader()).await.expect("events") {
        told.entry(event.message_id).or_default().push((event.state, event.detail));
    }
    told
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_held_for_a_person_and_goes_once_it_is_mended() {
    both(async |world| {
        let (world, server) = seeded(world, 7, 2).await;
        pass_at(&world, EIGHT).await;
        start_over(&world, &server).await;
        let damages = damages(&world).await;
        let sound = rows(&world).await.len() - damages.len();
        for damage in &damages {
            by_hand(&world, &damage.done).await;
        }
        pass_at(&world, EIGHT).await;
        assert_eq!(server.taken().len(), sound, "{}: the others went", world.name);
        for minute in [5, 10, 15, 25, 45, 46, 47] {
            pass_at(&world, &format!("2026-10-05T07:{minute:02}:00Z")).await;
        }
        let stories = told(&world).await;
        for damage in &damages {
            let story = &stories[&damage.message];
            let states: Vec<_> = story.iter().map(|(state, _)| state.as_str()).collect();
            let mut expected = ["leased", "deferred"].repeat(6);
            expected[11] = "held";
            assert_eq!(states, expected, "{} {}: {story:#?}", world.name, damage.done);
            for (_, words) in story.iter().filter(|(state, _)| state != "leased") {
                assert!(words.starts_with("It cannot be read or written: "), "{words}");
                assert!(words.contains(damage.told), "{}: {words}", damage.done);
            }
            assert!(story[1].1.ends_with("Again in 1 minute."), "{story:#?}");
            assert!(story[11].1.ends_with("A person has to look."), "{story:#?}");
        }
        assert_eq!(server.taken().len(), sound, "{}", world.name);

        let again = async |id: Uuid| {
            let (txn, now) = (world.db.write().await.expect("a transaction"), world.clock.now());
            let replayed = replay(&txn, &Scope::System, None, now, id, "Mended").await;
            let end = if replayed.is_ok() { txn.commit().await } else { txn.rollback().await };
            end.expect("an end");
            replayed
        };
        let early = again(damages[0].message).await.expect_err("refused").to_string();
        assert!(early.starts_with("It cannot be read: "), "{early}");
        for damage in &damages {
            by_hand(&world, &damage.mended).await;
            again(damage.message).await.expect("replayed");
        }
        pass_at(&world, "2026-10-05T07:50:00Z").await;
        let held = message::Column::State.eq("held");
        let txn = world.db.write().await.expect("a transaction");
        message_event::Entity::delete_many()
            .filter(message_event::Column::MessageId.is_in(damages.iter().map(|it| it.message)))
            .exec(&txn)
            .await
            .expect("forgotten");
        let replays = entity::operations::message_replay::Entity::delete_many();
        replays.exec(&txn).await.expect("forgotten");
        message::Entity::delete_many().filter(held).exec(&txn).await.expect("forgotten");
        txn.commit().await.expect("commit");
        assert_eq!(all_arrived(&world, &server, world.name).await, 0);
        assert_eq!(server.taken().len(), sound + damages.len(), "{}", world.name);
    })
    .await;
}
