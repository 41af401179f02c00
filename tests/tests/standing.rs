//! Enrolments on hold, and those that come to the end of the programme.

use entity::enrolments::{
    complete_finished, enrolment, enrolment_change, obligation, pause, rederive_programme, resume,
};
use entity::messages::facts::Book;
use entity::messages::reminders::plan_programme;
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::rise::{Rise, at};
use tests::{World, both};
use uuid::Uuid;

async fn status(world: &World, id: Uuid) -> enrolment::Model {
    let row = enrolment::Entity::find_by_id(id).one(world.db.reader()).await.expect("a read");
    row.expect("the enrolment")
}

async fn history(world: &World, id: Uuid) -> Vec<String> {
    enrolment_change::Entity::find()
        .filter(enrolment_change::Column::EnrolmentId.eq(id))
        .order_by_asc(enrolment_change::Column::Id)
        .all(world.db.reader())
        .await
        .expect("a read")
        .into_iter()
        .map(|row| row.kind)
        .collect()
}

async fn reminders_planned(
    world: &World,
    rise: &Rise,
    now: chrono::DateTime<chrono::Utc>,
) -> usize {
    let txn = world.db.write().await.expect("a transaction");
    let book = Book::load(&txn).await.expect("a book");
    let planned = plan_programme(&txn, now, &book, rise.id).await.expect("planned").count;
    txn.rollback().await.expect("undone");
    planned
}

#[tokio::test]
async fn a_partner_on_hold_is_not_reminded_until_it_is_taken_up_again() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Birch School"]).await;
        let now = world.clock.now();
        let id = rise.partners[0].enrolment;
        assert!(reminders_planned(&world, &rise, now).await > 0, "{}", world.name);

        let txn = world.db.write().await.expect("a transaction");
        let row = pause(&txn, &Scope::System, None, now, id, Some(1), "Inspected").await;
        assert_eq!(row.expect("paused").status, "paused");
        txn.commit().await.expect("commit");
        assert_eq!(reminders_planned(&world, &rise, now).await, 0, "{}", world.name);

        let txn = world.db.write().await.expect("a transaction");
        resume(&txn, &Scope::System, None, now, id, Some(2), "Over").await.expect("resumed");
        txn.commit().await.expect("commit");
        assert!(reminders_planned(&world, &rise, now).await > 0, "{}", world.name);
        assert_eq!(history(&world, id).await, ["enrolled", "paused", "resumed"]);
    })
    .await;
}

#[tokio::test]
async fn pausing_is_refused_without_a_reason_twice_when_stale_and_to_the_partner() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Birch School"]).await;
        let now = world.clock.now();
        let partner = rise.partners[0];
        let id = partner.enrolment;
        let head = Viewer {
            person_id: partner.head,
            settings: vec![partner.setting],
            ..Viewer::default()
        };
        let nobody = Viewer { person_id: partner.head, ..Viewer::default() };
        let txn = world.db.write().await.expect("a transaction");
        for (scope, version, reason, code) in [
            (Scope::System, Some(1), " ", RefusalCode::Invalid),
            (Scope::System, Some(7), "Inspected", RefusalCode::Stale),
            (Scope::Viewer(head), Some(1), "Inspected", RefusalCode::Forbidden),
            (Scope::Viewer(nobody), Some(1), "Inspected", RefusalCode::NotFound),
        ] {
            let refused = pause(&txn, &scope, None, now, id, version, reason).await;
            match refused {
                Err(StoreError::Refused(refusal)) => assert_eq!(refusal.code, code, "{refusal:?}"),
                other => panic!("{other:?}"),
            }
        }
        let resumed = resume(&txn, &Scope::System, None, now, id, None, "Why not").await;
        assert!(matches!(resumed, Err(StoreError::Refused(_))), "{resumed:?}");
        txn.commit().await.expect("commit");
        assert_eq!(status(&world, id).await.version, 1);
        assert_eq!(history(&world, id).await, ["enrolled"]);
    })
    .await;
}

#[tokio::test]
async fn an_enrolment_completes_once_the_last_reminder_of_its_last_term_has_had_its_day() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Birch School"]).await;
        let id = rise.partners[0].enrolment;
        let complete = async |now: &str| {
            let txn = world.db.write().await.expect("a transaction");
            let count = complete_finished(&txn, at(now), rise.id).await.expect("a count");
            rederive_programme(&txn, at(now), rise.id).await.expect("derived");
            txn.commit().await.expect("commit");
            count
        };
        // The last term ends on Wednesday 21 July 2027; the 21st working day after it, in the autumn
        // term, is Thursday 30 September.
        assert_eq!(complete("2027-07-21T12:00:00Z").await, 0);
        assert_eq!(complete("2027-09-30T22:59:00Z").await, 0, "{}", world.name);
        assert_eq!(status(&world, id).await.status, "active");
        assert_eq!(complete("2027-09-30T23:00:00Z").await, 1, "{}", world.name);
        assert_eq!(complete("2027-10-02T12:00:00Z").await, 0);
        let row = status(&world, id).await;
        assert_eq!(
            (row.status.as_str(), row.ended_on),
            ("completed", Some(tests::rise::day("2027-09-30")))
        );
        assert_eq!(history(&world, id).await, ["enrolled", "completed"]);
        let open = obligation::Entity::find()
            .filter(obligation::Column::EnrolmentId.eq(id))
            .filter(obligation::Column::State.eq("open"))
            .all(world.db.reader())
            .await
            .expect("a read");
        assert_eq!(open, [], "{}", world.name);
    })
    .await;
}
