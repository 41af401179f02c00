//! What obligations and alerts follow from is written by one transaction at a time.

use entity::engagement::assess_programme;
use entity::enrolments::{pause, rederive_programme, resume, settle_enrolment};
use entity::scope::Scope;
use tests::both;
use tests::rise::Rise;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread")]
async fn what_reaches_far_waits_for_its_turn_and_never_fails_for_another() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        let (programme, now) = (rise.id, world.clock.now());
        let enrolments = [rise.partners[0].enrolment, rise.partners[1].enrolment];
        let mut tasks = JoinSet::new();
        for number in 0..24 {
            let db = world.db.clone();
            let enrolment = enrolments[number % 2];
            tasks.spawn(async move {
                let txn = db.write_facts().await.expect("a transaction");
                match number % 4 {
                    0 => drop(assess_programme(&txn, now, programme).await.expect("assessed")),
                    1 => drop(rederive_programme(&txn, now, programme).await.expect("derived")),
                    2 => settle_enrolment(&txn, now, enrolment).await.expect("settled"),
                    _ => {
                        let system = Scope::System;
                        let paused = pause(&txn, &system, None, now, enrolment, None, "Why").await;
                        paused.expect("paused");
                        let resumed = resume(&txn, &system, None, now, enrolment, None, "So").await;
                        resumed.expect("resumed");
                    }
                }
                txn.commit().await.expect("commit");
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap_or_else(|error| panic!("{}: {error}", world.name));
        }
    })
    .await;
}

#[tokio::test]
async fn a_second_writer_of_facts_sees_all_that_the_first_did() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let id = rise.partners[0].enrolment;
        let now = world.clock.now();
        let first = world.db.write_facts().await.expect("a transaction");
        let second = async {
            let txn = world.db.write_facts().await.expect("a transaction");
            let again = pause(&txn, &Scope::System, None, now, id, None, "Again").await;
            assert!(again.is_err(), "{}: it is paused already", world.name);
        };
        let first = async {
            pause(&first, &Scope::System, None, now, id, None, "Inspected").await.expect("paused");
            first.commit().await.expect("commit");
        };
        tokio::join!(Box::pin(second), Box::pin(first));
    })
    .await;
}
