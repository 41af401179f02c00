//! Failed messages that are sent anew.

use entity::messages::suppressions::{Ground, suppress};
use entity::messages::{message_event, reminder};
use entity::operations::{message_replay, replays};
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use rules::messages::suppression::SuppressionReason;
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _};
use tests::both;
use tests::mails::delivered;
use tests::rise::{Rise, at};

use super::{messages, pass_at, rejected, replay};

#[tokio::test]
async fn a_rejected_digest_is_sent_anew_once_with_what_it_carried() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, carried) = rejected(&world).await;
        world.clock.set(at("2026-10-05T07:05:00Z"));
        let new = replay(&world, old.id).await.expect("it is sent anew");
        let again = replay(&world, old.id).await;
        assert!(matches!(again, Err(StoreError::Refused(it)) if it.message.contains("already")));
        pass_at(&world, "2026-10-05T07:06:00Z").await;
        let mails = delivered(&world.config.mail.folder);
        let mail: Vec<_> = mails.iter().filter(|mail| mail.to == "head@example.org").collect();
        assert_eq!(mail.len(), 1, "{}", world.name);
        let rows = messages(&world).await;
        let sent = rows.iter().find(|row| row.id == new.id).expect("the new message");
        assert_eq!(sent.state, "accepted");
        assert_ne!(sent.message_id_header, old.message_id_header);
        let reminders = reminder::Entity::find()
            .filter(reminder::Column::MessageId.eq(new.id))
            .all(world.db.reader())
            .await
            .expect("reminders");
        assert_eq!(reminders.len(), carried);
        assert!(reminders.iter().all(|row| row.state == "sent"));
        let links = message_replay::Entity::find().all(world.db.reader()).await.expect("links");
        assert_eq!(links.len(), 1);
        for (id, other) in [(old.id, new.id), (new.id, old.id)] {
            let story = message_event::Entity::find()
                .filter(message_event::Column::MessageId.eq(id))
                .all(world.db.reader())
                .await
                .expect("a story");
            let other = other.to_string();
            assert!(story.iter().any(|event| event.detail.contains(&other)), "{story:#?}");
        }
        // And what arrived is not.
        let arrived = replay(&world, new.id).await;
        assert!(
            matches!(arrived, Err(StoreError::Refused(it)) if it.code == RefusalCode::Conflict)
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_not_wanted_any_more_is_not_sent_anew_and_nothing_changes() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        let excuse = "UPDATE obligation SET state = 'excused'";
        world.db.migrator().execute_unprepared(excuse).await.expect("excused");
        let before = messages(&world).await;
        let told = replay(&world, old.id).await;
        assert!(
            matches!(&told, Err(StoreError::Refused(it)) if it.message.contains("not wanted")),
            "{told:?}"
        );
        assert_eq!(messages(&world).await, before, "{}", world.name);
        // A school user may see their message and not send it anew.
        let person_id = old.person_id;
        let viewer = Viewer { person_id, now: world.clock.now(), ..Viewer::default() };
        let txn = world.db.write_facts().await.expect("a transaction");
        let scope = Scope::Viewer(viewer);
        let now = world.clock.now();
        let told = replays::replay(&txn, &scope, Some(person_id), now, old.id, "Please").await;
        assert!(matches!(told, Err(StoreError::Refused(it)) if it.code == RefusalCode::Forbidden));
    })
    .await;
}

#[tokio::test]
async fn a_digest_sent_anew_on_a_later_day_is_beside_that_of_the_day() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        // Early on the next day, before its own digest is made.
        world.clock.set(at("2026-10-06T05:00:00Z"));
        let new = replay(&world, old.id).await.expect("it is sent anew");
        assert_eq!((old.local_day.is_some(), new.local_day), (true, None), "{}", world.name);
        let day = "UPDATE reminder SET state = 'planned', message_id = NULL, send_on = '2026-10-06'
            WHERE id = (SELECT id FROM reminder WHERE message_id IS NOT NULL LIMIT 1)";
        let moved = world.db.migrator().execute_unprepared(day).await.expect("one for that day");
        assert_eq!(moved.rows_affected(), 1);
        pass_at(&world, "2026-10-06T07:00:00Z").await;
        pass_at(&world, "2026-10-06T07:01:00Z").await;
        let of_day = messages(&world).await.into_iter().filter(|row| {
            row.person_id == old.person_id
                && row.local_day == Some(at("2026-10-06T07:00:00Z").date_naive())
        });
        assert_eq!(of_day.count(), 1, "{}: the digest of the day is made", world.name);
    })
    .await;
}

#[tokio::test]
async fn what_goes_to_an_address_on_the_list_is_not_sent_anew_until_it_is_let_go() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let (old, _) = rejected(&world).await;
        let txn = world.db.write().await.expect("a transaction");
        let ground =
            Ground { reason: SuppressionReason::ByHand, note: "", message_id: None, by: None };
        let listed = suppress(&txn, world.clock.now(), "head@example.org", ground).await;
        listed.expect("on the list");
        txn.commit().await.expect("a commit");
        let before = messages(&world).await;
        let told = replay(&world, old.id).await.expect_err("no mail goes there").to_string();
        let why = "No mail goes to this address (somebody decided so): release it first.";
        assert_eq!(told, why);
        assert_eq!(messages(&world).await, before, "{}", world.name);
        let release = "UPDATE suppression SET released_at = since, release_reason = 'Mended'";
        world.db.migrator().execute_unprepared(release).await.expect("let go");
        replay(&world, old.id).await.expect("its one chance is left");
    })
    .await;
}
