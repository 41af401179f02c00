//! Something in a run of the delivery job panics: the run ends as a failed one, and the worker goes on.

use entity::operations::jobs;
use tests::programs::{Running, at, program};
use tests::{both, until};

use super::{
    EIGHT, EIGHT_IN_LONDON, all_arrived, leases_run_out, pass_at, rows, seeded, start_over,
};

/// The places of `worker/src/failpoint.rs` that the tasks of a run pass, and how often before they
/// panic: the one that claims, those that prepare and carry, and the one that writes down.
const PLACES: [(&str, usize); 9] = [
    ("claimed", 1),
    ("claimed", 2),
    ("preparing", 1),
    ("preparing", 4),
    ("offering", 3),
    ("offered", 2),
    ("committing", 2),
    ("begun", 3),
    ("handed over", 1),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_panic_anywhere_ends_the_run_as_failed_and_the_same_worker_delivers_the_rest() {
    both(async |world| {
        let (mut world, server) = seeded(world, 7, 2).await;
        world.config.worker.beat_seconds = 1;
        pass_at(&world, EIGHT).await;
        for (place, times) in PLACES {
            start_over(&world, &server).await;
            let told = format!("{} {place} {times}", world.name);
            let failures = async || {
                let jobs = jobs::all(world.db.reader()).await.expect("jobs");
                jobs.into_iter().find(|job| job.name == "deliver").map_or(0, |job| job.failures)
            };
            let before = failures().await;
            let mut command = at(program(&world, "worker", &["run"]), EIGHT_IN_LONDON);
            command.env("HUBS_FAILPOINT", format!("{place}:{times}:panic"));
            let mut worker = Running::start(command);
            until(&told, async || (failures().await > before).then_some(())).await;
            let doubts = rows(&world).await.iter().filter(|row| row.state == "handoff").count();
            assert!(doubts <= 2, "{told}: {doubts} in doubt");
            leases_run_out(&world).await;
            let all = async || rows(&world).await.iter().all(|row| row.state == "accepted");
            until(&told, async || all().await.then_some(())).await;
            assert!(worker.stop().success(), "{told}: {}", worker.output());
            assert!(worker.output().contains("panicked"), "{told}: {}", worker.output());
            assert_eq!(failures().await, before + 1, "{told}: {}", worker.output());
            assert!(all_arrived(&world, &server, &told).await <= doubts, "{told}");
        }
    })
    .await;
}
