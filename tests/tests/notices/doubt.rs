//! Notices of which nobody knows whether they arrived: what becomes of what they told of is told.

use entity::messages::{message, outbox};
use tests::rise::{Rise, at};
use tests::smtp::{Fault, Server, Step};
use tests::working::{messages, pass_at};
use tests::{World, both};
use uuid::Uuid;

use super::support::{NINE, agree_by, cancel_by, head, lead, morning, propose_by};

const HEAD: &str = "head.of.demo.ash.school@example.org";
const SECOND: &str = "2026-10-05T08:05:00Z";
const THIRD: &str = "2026-10-05T08:30:00Z";

/// A visit whose agreement reached the head by a hand-over that was cut off.
async fn doubted(world: &mut World) -> (Server, Rise, Uuid) {
    let server = Server::start().await;
    world.config.mail.smtp_url = server.url();
    world.config.mail.smtp_ca = server.ca();
    world.config.mail.smtp_timeout_seconds = 1;
    world.config.mail.connections = 1;
    let rise = Rise::seed(world, &["Demo Ash School"]).await;
    world.clock.set(at(NINE));
    let visit = propose_by(world, &rise, head(world, &rise, 0), morning("2026-10-19")).await;
    agree_by(world, lead(world, &rise), visit.id).await;
    server.plan(Step::Body, Some(HEAD), Fault::TakeAndDrop, 1);
    pass_at(world, NINE).await;
    let agreed = agreement(world, &rise).await;
    assert_eq!(agreed.state, "uncertain", "{}", world.name);
    assert_eq!(told(&server, "REQUEST"), 1, "{}: it arrived", world.name);
    (server, rise, visit.id)
}

async fn agreement(world: &World, rise: &Rise) -> message::Model {
    let all = messages(world).await.into_iter();
    let mut agreed = all.filter(|row| row.kind == "visit_agreed");
    agreed.find(|row| row.person_id == rise.partners[0].head).expect("an agreement")
}

/// How many mails to the head told their calendar this.
fn told(server: &Server, method: &str) -> usize {
    let method = format!("method={method}").to_lowercase();
    let mails = server.taken().into_iter().filter(|mail| mail.to == HEAD);
    let texts = mails.map(|mail| String::from_utf8_lossy(&mail.bytes).to_lowercase());
    texts.filter(|text| text.replace('"', "").contains(&method)).count()
}

async fn cancelled(world: &World, server: &Server, rise: &Rise, visit: Uuid) {
    cancel_by(world, lead(world, rise), visit).await;
    pass_at(world, THIRD).await;
    assert_eq!(told(server, "CANCEL"), 1, "{}", world.name);
    assert_eq!(told(server, "REQUEST"), 1, "{}: it is not sent again", world.name);
}

#[tokio::test]
async fn a_visit_is_called_off_for_whoever_may_have_it_in_their_calendar() {
    for (answer, state) in [("451 4.3.0 later", "uncertain"), ("550 5.3.0 no", "rejected")] {
        both(async |mut world| {
            let (server, rise, visit) = doubted(&mut world).await;
            server.plan(Step::Rcpt, Some(HEAD), Fault::Say(answer), 1);
            pass_at(&world, SECOND).await;
            assert_eq!(agreement(&world, &rise).await.state, state, "{} {answer}", world.name);
            cancelled(&world, &server, &rise, visit).await;
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_given_back_stays_in_doubt() {
    both(async |mut world| {
        let (server, rise, visit) = doubted(&mut world).await;
        let now = at(SECOND);
        let txn = world.db.write().await.expect("a transaction");
        let claimed = outbox::claim(&txn, now, "another", 600, 9).await.expect("a claim");
        assert!(claimed.taken.iter().any(|one| one.in_doubt), "{}", world.name);
        outbox::release(&txn, now, "another").await.expect("released");
        txn.commit().await.expect("commit");
        assert_eq!(agreement(&world, &rise).await.state, "uncertain", "{}", world.name);
        world.clock.set(now);
        cancelled(&world, &server, &rise, visit).await;
    })
    .await;
}
