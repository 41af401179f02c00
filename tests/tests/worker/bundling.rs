//! Bundling for many people at a time.

use std::collections::{BTreeMap, BTreeSet};

use entity::id::new_id;
use entity::messages::{message, message_event, reminder};
use entity::people::{contact, person};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use tests::rise::{Rise, at};
use tests::{World, both};
use uuid::Uuid;

use super::{EIGHT, bundled, messages, pass_at, reminders};

/// So many more heads of one school, each of whom is reminded.
async fn heads(world: &World, setting: Uuid, count: usize) -> BTreeSet<Uuid> {
    let now = at("2026-10-05T06:00:00Z");
    let people: Vec<person::ActiveModel> = (0..count)
        .map(|number| person::ActiveModel {
            id: Set(new_id(now)),
            name: Set(format!("Demo Head {number}")),
            email: Set(format!("many-heads-{number}@example.org")),
            digest_minute: Set(None),
            optional_mail: Set(true),
            created_at: Set(now),
        })
        .collect();
    let ids: BTreeSet<Uuid> = people.iter().map(|row| row.id.clone().unwrap()).collect();
    let contacts: Vec<contact::ActiveModel> = ids
        .iter()
        .map(|person| contact::ActiveModel {
            id: Set(new_id(now)),
            person_id: Set(*person),
            setting_id: Set(setting),
            role: Set("headteacher".to_owned()),
            created_at: Set(now),
            ended_at: Set(None),
        })
        .collect();
    let txn = world.db.write().await.expect("a transaction");
    for people in people.chunks(300) {
        person::Entity::insert_many(people.to_vec()).exec(&txn).await.expect("people");
    }
    for contacts in contacts.chunks(300) {
        contact::Entity::insert_many(contacts.to_vec()).exec(&txn).await.expect("contacts");
    }
    txn.commit().await.expect("commit");
    ids
}

#[tokio::test]
async fn each_of_more_people_than_fit_one_statement_gets_a_digest_of_all_their_own_reminders() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let heads = heads(&world, rise.partners[0].setting, 520).await;
        bundled(&world).await;
        let mails: BTreeMap<Uuid, message::Model> =
            messages(&world).await.into_iter().map(|row| (row.id, row)).collect();
        let readers: Vec<Uuid> = mails.values().map(|row| row.person_id).collect();
        assert_eq!(readers.len(), readers.iter().collect::<BTreeSet<_>>().len(), "one each");
        assert!(heads.iter().all(|head| readers.contains(head)), "{}: all of them", world.name);
        let mut carried: BTreeMap<Uuid, usize> = BTreeMap::new();
        for row in reminder::Entity::find().all(world.db.reader()).await.expect("reminders") {
            let Some(id) = row.message_id else {
                assert_ne!(row.state, "bundled");
                continue;
            };
            assert_eq!(row.state, "bundled", "{}", world.name);
            assert_eq!(mails[&id].person_id, row.person_id, "{}: somebody else's", world.name);
            *carried.entry(id).or_default() += 1;
        }
        for event in message_event::Entity::find().all(world.db.reader()).await.expect("events") {
            let count = carried.remove(&event.message_id).expect("a digest without a reminder");
            let told =
                if count == 1 { "1 reminder.".into() } else { format!("{count} reminders.") };
            assert_eq!(event.detail, format!("The day's digest: {told}"));
        }
        assert!(carried.is_empty(), "{}: each has begun its story", world.name);
    })
    .await;
}

#[tokio::test]
async fn who_has_the_days_digest_by_another_hand_gets_no_second_one_and_the_others_get_theirs() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Oak School"]).await;
        let (ash, oak) = (rise.partners[0].head, rise.partners[1].head);
        pass_at(&world, "2026-10-05T06:58:00Z").await;
        // As another worker leaves it that is a moment ahead: the key alone tells.
        bundled(&world).await;
        let theirs = messages(&world).await.into_iter().find(|row| row.person_id == ash);
        let mut theirs = theirs.expect("a digest").into_active_model();
        let txn = world.db.write().await.expect("a transaction");
        message_event::Entity::delete_many().exec(&txn).await.expect("deleted");
        reminder::Entity::update_many()
            .set(reminder::ActiveModel {
                state: Set("planned".to_owned()),
                message_id: Set(None),
                ..Default::default()
            })
            .filter(reminder::Column::State.eq("bundled"))
            .exec(&txn)
            .await
            .expect("set back");
        message::Entity::delete_many().exec(&txn).await.expect("deleted");
        theirs.local_day = Set(None);
        theirs.state = Set("accepted".to_owned());
        message::Entity::insert(theirs).exec(&txn).await.expect("a digest");
        txn.commit().await.expect("commit");
        world.clock.set(at(EIGHT));

        bundled(&world).await;
        let found = messages(&world).await;
        let of = |person| found.iter().filter(|row| row.person_id == person).count();
        assert_eq!((of(ash), of(oak)), (1, 1), "{}", world.name);
        let states = async |person| {
            let rows = reminders(&world, person).await;
            rows.into_iter()
                .map(|row| (row.state, row.message_id.is_some()))
                .collect::<BTreeSet<_>>()
        };
        assert!(states(oak).await.contains(&("bundled".to_owned(), true)), "{}", world.name);
        assert!(states(ash).await.iter().all(|(state, carried)| state != "bundled" && !carried));
    })
    .await;
}
