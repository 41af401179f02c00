//! What is refused or cut off, and tried again, or not.

use tests::both;
use tests::rise::at;
use tests::smtp::{Fault, Step};
use tests::working::{app, messages, pass_at};
use tokio_util::sync::CancellationToken;
use worker::pass;

use super::{EIGHT, HEAD, LATER, both_rows, seeded, states, story};

#[tokio::test]
async fn a_refused_recipient_is_told_and_the_next_message_arrives_on_the_same_connection() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        let no = Fault::Say("550 5.1.1 <head.of.demo.ash.school@example.org> unknown");
        server.plan(Step::Rcpt, Some(HEAD), no, 9);
        let app = app(&world).await;
        world.clock.set(at(EIGHT));
        pass::run(&app, &CancellationToken::new()).await;
        assert_eq!(both_rows(&world).await.1.state, "accepted", "{}", world.name);
        assert_eq!(server.connections(), 1);
        // The server takes others' mail, so that it is believed.
        world.clock.set(at("2026-10-05T07:02:00Z"));
        pass::run(&app, &CancellationToken::new()).await;
        let (own, _) = both_rows(&world).await;
        assert_eq!(own.state, "rejected", "{}", world.name);
        let told = story(&world, &own).await;
        assert_eq!(told.last().expect("a story").1, "There is no such address: 550 5.1.1.");
        pass_at(&world, LATER).await;
        assert_eq!(server.taken().len(), 1, "what was refused for good is not tried again");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_wants_the_bytes_of_a_mail_it_refused_gets_none() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Rcpt, None, Fault::Say("550 5.3.0 no"), 1);
        server.plan(Step::Data, None, Fault::Say("354 go ahead"), 1);
        pass_at(&world, EIGHT).await;
        let mut states: Vec<_> = messages(&world).await.into_iter().map(|row| row.state).collect();
        states.sort();
        assert_eq!(states, ["accepted", "rejected"], "{}", world.name);
        let taken = server.taken();
        assert_eq!(taken.len(), 1, "{}", world.name);
        assert_eq!(taken[0].connection, 2, "what waits for bytes is spoken to no more");
        let first: Vec<_> = server.commands().into_iter().filter(|(of, _)| *of == 1).collect();
        assert_eq!(first.last().expect("commands").1, "DATA", "{}: {first:?}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_after_a_pause() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Rcpt, Some(HEAD), Fault::Say("450 4.2.1 busy"), 1);
        pass_at(&world, EIGHT).await;
        let (own, other) = both_rows(&world).await;
        assert_eq!((own.state.as_str(), other.state.as_str()), ("deferred", "accepted"));
        let pause = own.send_after - at(EIGHT);
        assert!((60..=75).contains(&pause.num_seconds()), "{pause}");
        pass_at(&world, "2026-10-05T07:00:59Z").await;
        assert_eq!(server.taken().len(), 1, "not before its pause is over");
        // The server's no to the bytes counts like its no to the address.
        server.plan(Step::Body, Some(HEAD), Fault::Say("452 4.3.1 full"), 1);
        pass_at(&world, "2026-10-05T07:02:00Z").await;
        assert_eq!(both_rows(&world).await.0.state, "deferred");
        pass_at(&world, LATER).await;
        let (own, _) = both_rows(&world).await;
        let told = story(&world, &own).await;
        let expected = [
            "pending", "leased", "deferred", "leased", "handoff", "deferred", "leased", "handoff",
            "accepted",
        ];
        assert_eq!(states(&told), expected);
        let mails = server.taken();
        assert_eq!(mails.iter().filter(|mail| mail.to == HEAD).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_cut_off_is_repeated_once_with_the_same_bytes_and_then_held() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Body, Some(HEAD), Fault::TakeAndDrop, 2);
        pass_at(&world, EIGHT).await;
        let (own, other) = both_rows(&world).await;
        assert_eq!((own.state.as_str(), other.state.as_str()), ("uncertain", "accepted"));
        pass_at(&world, LATER).await;
        let (own, _) = both_rows(&world).await;
        assert_eq!(own.state, "held", "{}", world.name);
        pass_at(&world, "2026-10-05T09:30:00Z").await;
        let mails = server.taken();
        let mails: Vec<_> = mails.iter().filter(|mail| mail.to == HEAD).collect();
        assert_eq!(mails.len(), 2, "once and once more, never again");
        assert_eq!(mails[0].bytes, mails[1].bytes);
        assert_eq!(Some(&mails[0].bytes), own.body.as_ref());
        let told = story(&world, &own).await;
        let expected =
            ["pending", "leased", "handoff", "uncertain", "leased", "handoff", "uncertain", "held"];
        assert_eq!(states(&told), expected);
    })
    .await;
}

#[tokio::test]
async fn a_hand_over_cut_off_once_is_accepted_the_second_time() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        server.plan(Step::Body, Some(HEAD), Fault::Stall, 1);
        pass_at(&world, EIGHT).await;
        let (own, other) = both_rows(&world).await;
        assert_eq!((own.state.as_str(), other.state.as_str()), ("uncertain", "accepted"));
        pass_at(&world, LATER).await;
        let (own, _) = both_rows(&world).await;
        assert_eq!(own.state, "accepted");
        let mails = server.taken();
        let mails: Vec<_> = mails.iter().filter(|mail| mail.to == HEAD).collect();
        assert_eq!(Some(&mails[0].bytes), own.body.as_ref());
    })
    .await;
}

#[tokio::test]
async fn a_connection_that_breaks_before_the_bytes_costs_no_message() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        for (number, (step, fault)) in [
            (Step::Mail, Fault::Drop),
            (Step::Rcpt, Fault::Stall),
            (Step::Data, Fault::Say("250 2.0.0 sure")),
            (Step::Greeting, Fault::Say("554 5.3.2 not today")),
            (Step::Auth, Fault::Say("454 4.7.0 later")),
            (Step::Mail, Fault::Say("421 4.3.2 closing")),
        ]
        .into_iter()
        .enumerate()
        {
            server.plan(step, None, fault.clone(), 1);
            pass_at(&world, &format!("2026-10-05T{:02}:00:00Z", 7 + number)).await;
            for row in messages(&world).await {
                assert!(
                    ["pending", "deferred", "accepted"].contains(&row.state.as_str()),
                    "{} {step:?} {fault:?}: {}",
                    world.name,
                    row.state
                );
            }
        }
        pass_at(&world, "2026-10-05T16:00:00Z").await;
        let mut to: Vec<_> = server.taken().into_iter().map(|mail| mail.to).collect();
        to.sort();
        assert_eq!(to, ["demo.lead@example.org", HEAD], "{}", world.name);
        assert!(messages(&world).await.iter().all(|row| row.state == "accepted"));
    })
    .await;
}
