//! Somebody with a part in two programmes of different hours: all that is due goes in the day's one
//! digest, at one hour, and that is foretold.

use chrono::NaiveTime;
use entity::enrolments::{Enrol, enrol};
use entity::hubs::{HubWish, put_hub};
use entity::id::new_id;
use entity::messages::facts::Book;
use entity::messages::{account, message};
use entity::people::{contact, person};
use entity::programme::{cohort, loader, pathway};
use entity::scope::Scope;
use rules::programme::SetUp;
use rules::reminders::next;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, EntityTrait as _, QueryFilter as _,
};
use tests::rise::{Rise, at, day, setting};
use tests::{World, both};
use uuid::Uuid;

use crate::{messages, pass_at, reminders};

/// A second programme with these hours, in which a school takes part whose contact is the head of
/// the first partner of the first.
async fn second(world: &World, rise: &Rise, digest_at: &str, quiet_from: &str) {
    let now = world.clock.now();
    let mut set_up: SetUp =
        toml::from_str(include_str!("../../../set-ups/rise.toml")).expect("RISE");
    set_up.campaigns.clear();
    "second".clone_into(&mut set_up.programme.key);
    let time = |text: &str| text.parse::<NaiveTime>().expect("a time");
    set_up.policy.digest_at = time(digest_at);
    set_up.policy.quiet_from = time(quiet_from);
    let txn = world.db.write().await.expect("a transaction");
    let id = loader::load(&txn, now, &set_up).await.expect("loads").programme_id;
    let wish = HubWish {
        programme_id: id,
        key: "second".to_owned(),
        name: "Demo Second Hub".to_owned(),
        lead_setting_id: setting(&txn, now, 900_090, "Demo Second Lead School", "open").await,
        region_id: None,
        wave: None,
        capacity: (None, None),
        opened_on: day("2026-06-01"),
        email: None,
    };
    let hub_id = put_hub(&txn, now, wish).await.expect("a hub").0.id;
    let cohort = cohort::Entity::find()
        .filter(cohort::Column::ProgrammeId.eq(id))
        .filter(cohort::Column::Key.eq("september-2026"));
    let pathway = pathway::Entity::find()
        .filter(pathway::Column::ProgrammeId.eq(id))
        .filter(pathway::Column::Key.eq("enhanced"));
    let partner_setting_id = setting(&txn, now, 900_091, "Demo Elm School", "open").await;
    let contact = contact::ActiveModel {
        id: Set(new_id(now)),
        person_id: Set(rise.partners[0].head),
        setting_id: Set(partner_setting_id),
        role: Set("headteacher".to_owned()),
        created_at: Set(now),
        ended_at: Set(None),
    };
    contact.insert(&txn).await.expect("a contact");
    let wish = Enrol {
        hub_id,
        cohort_id: cohort.one(&txn).await.expect("a read").expect("the cohort").id,
        pathway_id: pathway.one(&txn).await.expect("a read").expect("the pathway").id,
        partner_setting_id,
        enrolled_on: day("2026-07-06"),
        academies: Vec::new(),
    };
    enrol(&txn, &Scope::System, None, now, wish).await.expect("enrolled");
    txn.commit().await.expect("commit");
}

/// The digests to somebody.
async fn digests(world: &World, person: Uuid) -> Vec<message::Model> {
    let rows = messages(world).await.into_iter();
    rows.filter(|row| row.kind == "digest" && row.person_id == person).collect()
}

#[tokio::test]
async fn all_that_is_due_of_two_programmes_goes_in_one_digest_at_the_hour_that_is_foretold() {
    for (digest_at, quiet_from, chosen, hour) in [
        ("09:00:00", "18:00:00", None, "2026-10-05T08:00:00Z"),
        ("07:30:00", "18:00:00", None, "2026-10-05T07:00:00Z"),
        // At five in the afternoon the other one is not quiet yet; at half past six it is.
        ("17:00:00", "20:00:00", None, "2026-10-05T16:00:00Z"),
        ("18:30:00", "20:00:00", None, "2026-10-05T07:00:00Z"),
        ("09:00:00", "18:00:00", Some(10 * 60), "2026-10-05T09:00:00Z"),
    ] {
        both(async |world| {
            let told = format!("{}: {digest_at} {chosen:?}", world.name);
            let rise = Rise::seed(&world, &["Demo Ash School"]).await;
            let head = rise.partners[0].head;
            second(&world, &rise, digest_at, quiet_from).await;
            let row = person::ActiveModel {
                id: Unchanged(head),
                digest_minute: Set(chosen),
                ..Default::default()
            };
            row.update(world.db.migrator()).await.expect("their hour");
            pass_at(&world, "2026-10-05T05:30:00Z").await;
            let due = reminders(&world, head).await;
            let db = world.db.reader();
            let book = Book::load(db).await.expect("the book");
            let all =
                account::of_obligations(db, &book, world.clock.now(), Condition::all(), false);
            let mut programmes = std::collections::BTreeSet::new();
            for one in all.await.expect("accounts") {
                let id = one.fact.row.id;
                if due.iter().any(|row| row.obligation_id == id) {
                    programmes.insert(one.fact.row.programme_id);
                    assert_eq!(next(&one.people[&head]), Some(at(hour)), "{told}");
                }
            }
            assert_eq!(programmes.len(), 2, "{told}");

            let just_before = at(hour) - chrono::TimeDelta::minutes(1);
            pass_at(&world, &just_before.to_rfc3339()).await;
            assert!(digests(&world, head).await.is_empty(), "{told}");
            pass_at(&world, hour).await;
            assert_eq!(digests(&world, head).await.len(), 1, "{told}");
            let sent = reminders(&world, head).await;
            assert_eq!(sent.len(), due.len(), "{told}");
            assert!(sent.iter().all(|row| row.state == "sent"), "{told}: {sent:#?}");
        })
        .await;
    }
}
