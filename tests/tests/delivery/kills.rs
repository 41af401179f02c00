//! Workers that are killed at every step of a delivery, and others that take over.

use entity::messages::message;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tests::programs::{Running, at, program};
use tests::smtp::{Fault, Server, Step};
use tests::{World, both};
use tokio::sync::watch;

use super::{
    EIGHT, EIGHT_IN_LONDON, all_arrived, leases_run_out, pass_at, rows, seeded, start_over,
};

const CONNECTIONS: usize = 3;
/// Heads with a digest; the hub's lead has one too.
const HEADS: usize = 9;
/// The places of `worker/src/failpoint.rs`, in their order.
const PLACES: [&str; 7] =
    ["claimed", "offering", "offered", "committing", "committed", "begun", "handed over"];

/// A death by `kill -9`.
#[derive(Clone, Copy, Debug)]
enum Death {
    /// At a place in the code, when it is passed the so-manieth time.
    At(&'static str, usize),
    /// After so many bytes that it wrote to the mail server, in the middle of whatever it writes.
    Written(usize),
    /// When the mail server has come to this step with the mail to this head, if that has one.
    Told(Step, Option<usize>),
    /// When so many bytes of the body of the mail to this head have come.
    Body(usize, usize),
}

/// A number below `limit`, another for every `turn`, the same every time.
fn seeded_by(turn: usize, limit: usize) -> usize {
    let turn = u32::try_from(turn).unwrap_or_default();
    usize::try_from(turn.wrapping_mul(2_654_435_769) >> 12).unwrap_or_default() % limit
}

/// At each place, three times.
fn at_places() -> Vec<Death> {
    let places = (0..3 * PLACES.len()).map(|turn| {
        let place = PLACES[turn % PLACES.len()];
        // A worker claims once.
        let times = if place == "claimed" { 1 } else { seeded_by(turn, 6) + 1 };
        Death::At(place, times)
    });
    places.collect()
}

/// In the middle of what is written, anywhere from the first byte to the last, `all` being those of
/// the mails.
fn in_writing(all: usize) -> Vec<Death> {
    (0..16).map(|turn| Death::Written(seeded_by(turn, all) + 1)).collect()
}

/// At each step that the mail server sees.
fn as_told(body: usize) -> Vec<Death> {
    let mut deaths: Vec<Death> = [
        Step::Connect,
        Step::Greeting,
        Step::Ehlo,
        Step::StartTls,
        Step::Auth,
        Step::Mail,
        Step::Quit,
    ]
    .map(|step| Death::Told(step, None))
    .to_vec();
    for (turn, step) in [Step::Rcpt, Step::Data, Step::Body, Step::Told].into_iter().enumerate() {
        for again in 0..2 {
            deaths.push(Death::Told(step, Some(seeded_by(2 * turn + again, HEADS) + 1)));
        }
    }
    for turn in 0..4 {
        deaths.push(Death::Body(seeded_by(turn, HEADS) + 1, seeded_by(turn + 9, body)));
    }
    deaths
}

/// Runs a worker to its death, if it comes to that; whether it did.
fn die(world: &World, server: &Server, death: Death) -> bool {
    let mut command = at(program(world, "worker", &["run", "--once"]), EIGHT_IN_LONDON);
    let (tell, process) = watch::channel(None);
    let head = |number: usize| format!("head.of.demo.school.{number}@example.org");
    match death {
        Death::At(place, times) => {
            command.env("HUBS_FAILPOINT", format!("{place}:{times}"));
        }
        Death::Written(bytes) => {
            command.env("HUBS_FAILPOINT", format!("wire:{bytes}"));
        }
        Death::Told(step, to) => {
            let to = to.map(head);
            server.plan(step, to.as_deref(), Fault::Kill { process, after: 0 }, 1);
        }
        Death::Body(to, after) => {
            server.plan(Step::MidBody, Some(&head(to)), Fault::Kill { process, after }, 1);
        }
    }
    let mut worker = Running::start(command);
    tell.send_replace(Some(worker.id()));
    // A signal, and no status of its own.
    let end = tokio::task::block_in_place(|| worker.wait());
    end.code().is_none()
}

/// Lets workers die so, one after the other; how many did.
async fn each(world: &World, server: &Server, deaths: &[Death]) -> usize {
    let mut died = 0;
    for death in deaths {
        start_over(world, server).await;
        let told = format!("{}: {death:?}", world.name);
        died += usize::from(die(world, server, *death));
        let doubts = rows(world).await.iter().filter(|row| row.state == "handoff").count();
        assert!(doubts <= CONNECTIONS, "{told}: {doubts} in doubt");
        leases_run_out(world).await;
        let pass = pass_at(world, EIGHT).await;
        let twice = all_arrived(world, server, &format!("{told}: {pass}")).await;
        assert!(twice <= doubts, "{told}: {twice} twice");
    }
    let count = message::Entity::find().count(world.db.reader()).await.expect("a count");
    assert_eq!(count, 10, "{}", world.name);
    died
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_anywhere_loses_nothing_and_leaves_one_doubt_a_connection_at_most() {
    both(async |world| {
        let (world, server) = seeded(world, HEADS, CONNECTIONS).await;
        pass_at(&world, EIGHT).await;
        let deaths = at_places();
        let died = each(&world, &server, &deaths).await;
        // The others had no such step so often.
        assert!(died * 3 > deaths.len() * 2, "{}: only {died} died", world.name);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_while_it_writes_loses_nothing_wherever_it_was() {
    both(async |world| {
        let (world, server) = seeded(world, HEADS, CONNECTIONS).await;
        pass_at(&world, EIGHT).await;
        let bodies: usize = server.taken().iter().map(|mail| mail.bytes.len()).sum();
        let deaths = in_writing(bodies);
        // What is written is more than the mails, so that it comes to each of these ends.
        assert_eq!(each(&world, &server, &deaths).await, deaths.len(), "{}", world.name);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_killed_at_any_step_of_the_conversation_loses_nothing() {
    both(async |world| {
        let (world, server) = seeded(world, HEADS, CONNECTIONS).await;
        pass_at(&world, EIGHT).await;
        let least = server.taken().iter().map(|mail| mail.bytes.len()).min().expect("mails");
        let deaths = as_told(least);
        assert_eq!(each(&world, &server, &deaths).await, deaths.len(), "{}", world.name);
    })
    .await;
}
