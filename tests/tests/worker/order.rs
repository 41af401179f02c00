//! In which order messages are held by those that hold several.

use entity::messages::handovers::{self, Accepted, HandOver};
use entity::messages::outbox::{self, Lease};
use rules::messages::MessageKind;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, Statement};
use tests::rise::{Rise, at};
use tests::{on_postgres, until};
use uuid::Uuid;

use crate::{EIGHT, bundled, messages};

/// Holds a message, or fails at once if somebody else does.
async fn hold(txn: &DatabaseTransaction, id: Uuid) -> Result<(), DbErr> {
    let sql = "SELECT id FROM message WHERE id = $1 FOR UPDATE NOWAIT";
    let hold = Statement::from_sql_and_values(DbBackend::Postgres, sql, [id.into()]);
    txn.query_one_raw(hold).await.map(drop)
}

fn hand_over(lease: Lease) -> HandOver {
    let (subject, message_id) = ("Demo".to_owned(), format!("<{}@hubs.example>", lease.id));
    HandOver { lease, subject, message_id, bytes: b"Demo".to_vec(), note: "" }
}

#[tokio::test]
async fn who_arranges_and_who_delivers_never_wait_for_each_other() {
    on_postgres(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        bundled(&world).await;
        let now = at(EIGHT);
        let txn = world.db.write().await.expect("a transaction");
        let claimed = outbox::claim(&txn, now, "worker", 600, 2).await.expect("claimed");
        let mut leases: Vec<Lease> = claimed
            .taken
            .iter()
            .map(|one| Lease { id: one.message.id, epoch: one.message.lease_epoch })
            .collect();
        leases.sort_by_key(|lease| lease.id);
        let [first, second] = leases[..] else { panic!("{leases:?}") };
        let begun = [hand_over(second)];
        handovers::write(&txn, now, 600, &[], &begun, &[]).await.expect("begun");
        txn.commit().await.expect("a commit");

        // Somebody arranges something and has come to the first of two; then the ledger writes that
        // the second has ended, and that the first begins.
        let arranging = world.db.write().await.expect("a transaction");
        hold(&arranging, first.id).await.expect("held");
        let db = world.db.clone();
        let ledger = tokio::spawn(async move {
            let txn = db.write().await.expect("a transaction");
            let kind = MessageKind::Digest;
            let ended = [Accepted { lease: second, kind, detail: String::new() }];
            let begun = [hand_over(first)];
            handovers::write(&txn, now, 600, &ended, &begun, &[]).await.expect("written");
            txn.commit().await.expect("a commit");
        });
        until("the ledger waits", async || {
            let waiting = "SELECT 1 FROM pg_stat_activity \
                           WHERE datname = current_database() AND wait_event_type = 'Lock'";
            let waiting = Statement::from_string(DbBackend::Postgres, waiting);
            world.db.reader().query_one_raw(waiting).await.expect("a read")
        })
        .await;
        hold(&arranging, second.id).await.expect("the ledger holds nothing while it waits");
        arranging.commit().await.expect("a commit");
        ledger.await.expect("it ends");
        let states: Vec<String> = messages(&world).await.into_iter().map(|row| row.state).collect();
        assert_eq!(states, ["handoff", "accepted"]);
    })
    .await;
}
