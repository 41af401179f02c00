//! Many who arrange at the same moment.

use entity::enrolments::transfer;
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use entity::visits::{self, visit};
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use tests::both;
use tokio::task::JoinSet;

use crate::{Story, act, agreement, on, other_hub, proposal, refusal, slot};

/// Runs all of them at once, each in a transaction of its own, and counts who succeeded. Whoever did
/// not must have been refused as a clash of times.
async fn race<F>(attempts: Vec<F>) -> usize
where
    F: Future<Output = Result<visit::Model, StoreError>> + Send + 'static,
{
    let mut running = JoinSet::new();
    for attempt in attempts {
        running.spawn(attempt);
    }
    let mut won = 0;
    while let Some(outcome) = running.join_next().await {
        match outcome.expect("it ran") {
            Ok(_) => won += 1,
            refused => assert_eq!(refusal(refused), (RefusalCode::Conflict, "startsAt")),
        }
    }
    won
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_propose_to_one_partner_at_once_exactly_one_wins() {
    both(async |world| {
        let story = Story::new(world, &["Demo Ash School"]).await;
        let partner = story.rise.partners[0];
        let attempts = (0..8).map(|number| {
            let (db, now) = (story.world.db.clone(), story.world.clock.now());
            let scope = if number % 2 == 0 { story.lead() } else { story.head(0) };
            // No two at the very same time, all overlapping.
            let slot = slot(&format!("2026-10-13T0{number}:00:00Z"), "2026-10-13T15:00:00Z");
            async move {
                let wish = proposal(partner, slot);
                act(&db, &scope, now, async |txn, scope, by, now| {
                    visits::propose(txn, scope, by, now, wish).await
                })
                .await
            }
        });
        assert_eq!(race(attempts.collect()).await, 1, "{}", story.world.name);
        assert_eq!(story.visits().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_partners_who_agree_at_once_to_one_visitor_exactly_one_wins() {
    both(async |world| {
        let names: Vec<String> = (1..=8).map(|number| format!("Demo School {number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let story = Story::new(world, &names).await;
        // Four of them belong to another hub, led by the same person, so that no lock on a hub or
        // an enrolment alone keeps them apart.
        let other = other_hub(&story).await;
        for partner in &story.rise.partners[4..] {
            let id = partner.enrolment;
            let moved = story.as_of(&Scope::System, async |txn, scope, by, now| {
                transfer(txn, scope, by, now, id, None, other, "Nearer").await
            });
            moved.await.expect("transferred");
        }
        let person_id = story.rise.lead;
        let hubs = vec![story.rise.hub.id, other];
        let lead = Scope::Viewer(Viewer { person_id, hubs, ..Viewer::default() });
        let mut attempts = Vec::new();
        for (number, partner) in story.rise.partners.iter().enumerate() {
            let wish = proposal(*partner, on("2026-10-13"));
            let visit = story.propose(&lead, wish).await.expect("proposals do not clash");
            assert_eq!(visit.visitor_id, Some(person_id));
            let (db, now) = (story.world.db.clone(), story.world.clock.now());
            let scope = story.head(number);
            attempts.push(async move {
                act(&db, &scope, now, async |txn, scope, by, now| {
                    visits::agree(txn, scope, by, now, agreement(visit.id)).await
                })
                .await
            });
        }
        assert_eq!(race(attempts).await, 1, "{}", story.world.name);
        let agreed = visit::Entity::find().filter(visit::Column::State.eq("agreed"));
        assert_eq!(agreed.count(story.world.db.reader()).await.expect("a read"), 1);
    })
    .await;
}
