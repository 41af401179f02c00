//! Every fault at every phase of the conversation: where the message ends that met it, where the one
//! behind it does, and that both arrive once all is well.

use tests::both;
use tests::smtp::Fault::{self, Dribble, Drop, Say, Stall, TakeAndDrop};
use tests::smtp::Step::{
    self, Auth, Body, Connect, Data, Ehlo, Greeting, Mail, MidBody, Quit, Rcpt, StartTls,
};

use super::{EIGHT, LATER, all_arrived, pass_at, rows, seeded, start_over};

const BUSY: Fault = Say("421 4.3.2 closing");
const LOCAL: Fault = Say("451 4.3.0 later");
const NO: Fault = Say("550 5.3.0 no");
const FULL: Fault = Say("552 5.3.4 too much");

/// What becomes of the message that meets the fault, and of the one behind it.
type Expected = (&'static str, &'static str);

/// It waits, and the other is left as it was: nobody can be served.
const NOBODY: Expected = ("deferred", "pending");
/// It waits, and the other goes.
const NOT_THIS_ONE: Expected = ("deferred", "accepted");
const NEVER_THIS_ONE: Expected = ("rejected", "accepted");
const IN_DOUBT: Expected = ("uncertain", "accepted");
const BOTH: Expected = ("accepted", "accepted");

/// Servers that take one command after the other, and those that take several at a time.
const ONE_BY_ONE: &[&str] = &["8BITMIME", "SIZE 1000000"];
const TOGETHER: &[&str] = &["8BITMIME", "PIPELINING", "SIZE 1000000"];

async fn each(table: &[(Step, Fault, Expected)]) {
    with(TOGETHER, table).await;
}

async fn with(extensions: &[&str], table: &[(Step, Fault, Expected)]) {
    both(async |world| {
        let (world, server) = seeded(world, 1, 1).await;
        server.offer(extensions);
        pass_at(&world, EIGHT).await;
        for (step, fault, expected) in table {
            start_over(&world, &server).await;
            let told = format!("{}, {}: {step:?} {fault:?}", world.name, extensions.join(", "));
            server.plan(*step, None, fault.clone(), 1);
            pass_at(&world, EIGHT).await;
            let mut found: Vec<_> = rows(&world).await;
            found.sort_by_key(|row| (std::cmp::Reverse(row.attempts), row.id));
            let first = found.iter().find(|row| row.state == expected.0);
            let first = first.unwrap_or_else(|| panic!("{told}: {:?}", found[0].state));
            let other = found.iter().find(|row| row.id != first.id).expect("the other");
            assert_eq!((&*first.state, &*other.state), *expected, "{told}");
            let arrived = server.taken().len();
            let told_so = found.iter().filter(|row| row.state == "accepted").count();
            // What is in doubt may have arrived; nothing else did without being told.
            assert!((told_so..=told_so + 1).contains(&arrived), "{told}: {arrived}");
            assert!(arrived == told_so || *expected == IN_DOUBT, "{told}: {arrived}");
            if *expected == NEVER_THIS_ONE {
                continue;
            }
            pass_at(&world, LATER).await;
            let twice = all_arrived(&world, &server, &told).await;
            assert_eq!(twice, arrived - told_so, "{told}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_costs_one_message_a_pause_and_the_others_nothing() {
    each(&[
        (Connect, Drop, NOBODY),
        (Connect, Stall, NOBODY),
        (Greeting, Drop, NOBODY),
        (Greeting, Dribble, NOBODY),
        (Greeting, BUSY, NOBODY),
        (Greeting, NO, NOBODY),
        (Ehlo, Drop, NOBODY),
        (Ehlo, BUSY, NOBODY),
        (Ehlo, LOCAL, NOBODY),
        (Ehlo, NO, NOBODY),
    ])
    .await;
}

#[tokio::test]
async fn a_server_that_fails_at_encryption_or_sign_in_is_given_nothing_for_now() {
    each(&[
        (StartTls, Drop, NOBODY),
        (StartTls, Stall, NOBODY),
        (StartTls, LOCAL, NOBODY),
        (StartTls, NO, NOBODY),
        (Auth, Drop, NOBODY),
        (Auth, Dribble, NOBODY),
        (Auth, BUSY, NOBODY),
        (Auth, LOCAL, NOBODY),
        (Auth, NO, NOBODY),
    ])
    .await;
}

/// What goes wrong before a byte of the message is sent.
const BEFORE_THE_BYTES: &[(Step, Fault, Expected)] = &[
    (Mail, Drop, NOT_THIS_ONE),
    (Mail, Stall, NOT_THIS_ONE),
    (Mail, BUSY, NOBODY),
    (Mail, LOCAL, NOT_THIS_ONE),
    (Mail, NO, NOBODY),
    (Mail, FULL, NEVER_THIS_ONE),
    (Rcpt, Drop, NOT_THIS_ONE),
    (Rcpt, Dribble, NOT_THIS_ONE),
    (Rcpt, BUSY, NOBODY),
    (Rcpt, LOCAL, NOT_THIS_ONE),
    (Rcpt, NO, NEVER_THIS_ONE),
    (Rcpt, FULL, NEVER_THIS_ONE),
    (Data, Drop, NOT_THIS_ONE),
    (Data, Stall, NOT_THIS_ONE),
    (Data, Say("250 2.0.0 sure"), NOT_THIS_ONE),
    (Data, BUSY, NOBODY),
    (Data, LOCAL, NOT_THIS_ONE),
    (Data, NO, NEVER_THIS_ONE),
    (Data, FULL, NEVER_THIS_ONE),
];

#[tokio::test]
async fn a_server_that_fails_before_the_bytes_has_delivered_nothing() {
    with(ONE_BY_ONE, BEFORE_THE_BYTES).await;
}

#[tokio::test]
async fn nor_has_one_that_was_asked_everything_at_once() {
    with(TOGETHER, BEFORE_THE_BYTES).await;
}

#[tokio::test]
async fn a_server_that_fails_after_the_first_byte_leaves_a_doubt_unless_it_says_no() {
    each(&[
        (MidBody, Drop, IN_DOUBT),
        (MidBody, Stall, IN_DOUBT),
        (Body, Drop, IN_DOUBT),
        (Body, Stall, IN_DOUBT),
        (Body, Dribble, IN_DOUBT),
        (Body, TakeAndDrop, IN_DOUBT),
        (Body, Say("354 go on"), IN_DOUBT),
        (Body, BUSY, NOBODY),
        (Body, LOCAL, NOT_THIS_ONE),
        (Body, NO, NEVER_THIS_ONE),
        (Body, FULL, NEVER_THIS_ONE),
        (Quit, Drop, BOTH),
        (Quit, Stall, BOTH),
        (Quit, LOCAL, BOTH),
    ])
    .await;
}
