//! Workers that die at every step of a delivery, and others that take over.

use entity::messages::message;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tests::both;
use tests::programs::{at, finish, program};

use super::{
    EIGHT, EIGHT_IN_LONDON, all_arrived, leases_run_out, pass_at, rows, seeded, start_over,
};

/// The places of `worker/src/failpoint.rs`, in their order.
const PLACES: [&str; 7] =
    ["claimed", "offering", "offered", "committing", "committed", "begun", "handed over"];
/// Deaths on each database.
const DEATHS: u32 = 21;

/// Places to die at and how often each is passed before, the same every time.
fn deaths(number: u32) -> impl Iterator<Item = (&'static str, u32)> {
    (0..number).map(|turn| {
        let place = PLACES[turn as usize % PLACES.len()];
        let times = (turn.wrapping_mul(2_654_435_769) >> 16) % 6 + 1;
        // A worker claims once.
        (place, if place == "claimed" { 1 } else { times })
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_anywhere_loses_nothing_and_leaves_one_doubt_a_connection_at_most() {
    const CONNECTIONS: usize = 3;
    both(async |world| {
        let (world, server) = seeded(world, 9, CONNECTIONS).await;
        pass_at(&world, EIGHT).await;
        let mut died = 0;
        for (place, times) in deaths(DEATHS) {
            start_over(&world, &server).await;
            let told = format!("{}: died at \"{place}\", time {times}", world.name);
            let mut worker = at(program(&world, "worker", &["run", "--once"]), EIGHT_IN_LONDON);
            worker.env("HUBS_FAILPOINT", format!("{place}:{times}"));
            died += usize::from(!finish(worker).status.success());
            let doubts = rows(&world).await.iter().filter(|row| row.state == "handoff").count();
            assert!(doubts <= CONNECTIONS, "{told}: {doubts} in doubt");
            leases_run_out(&world).await;
            let pass = pass_at(&world, EIGHT).await;
            let twice = all_arrived(&world, &server, &format!("{told}: {pass}")).await;
            assert!(twice <= doubts, "{told}: {twice} twice");
        }
        // The others had no such step so often.
        assert!(died * 3 > DEATHS as usize * 2, "{}: only {died} died", world.name);
        let count = message::Entity::find().count(world.db.reader()).await.expect("a count");
        assert_eq!(count, 10, "{}", world.name);
    })
    .await;
}
