//! A worker asked to stop while a mail server keeps it waiting: it ends in time, and gives back what
//! it holds.

use entity::messages::message;
use sea_orm::EntityTrait as _;
use tests::programs::{Running, at, program};
use tests::rise::Rise;
use tests::smtp::{Fault, Server, Step};
use tests::{both, until};

const HEAD: &str = "head.of.demo.ash.school@example.org";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_is_kept_waiting_stops_in_time_and_gives_back_what_it_holds() {
    both(async |mut world| {
        let names = ["Demo Ash School", "Demo Birch School", "Demo Cedar School"];
        Rise::seed(&world, &names).await;
        for (step, left) in [(Step::Rcpt, "pending"), (Step::Body, "handoff")] {
            let server = Server::start().await;
            world.config.mail.smtp_url = server.url();
            world.config.mail.smtp_ca = server.ca();
            server.plan(step, Some(HEAD), Fault::Stall, 1);
            let mut command = at(program(&world, "worker", &["run"]), "2026-10-05T08:00:00");
            command.env("HUBS__WORKER__STOP_SECONDS", "1");
            let mut worker = Running::start(command);
            // Until the server has the line after which it says nothing.
            let waits = || {
                let heard = server.commands();
                let at = heard.iter().rposition(|(_, line)| line.contains(HEAD))?;
                let next = heard.get(at + 1).map(|(_, line)| line.as_str());
                (step == Step::Rcpt || next == Some("DATA")).then_some(())
            };
            until("the hand-over that waits", async || waits()).await;
            let rows = async || message::Entity::find().all(world.db.reader()).await.expect("rows");
            if step == Step::Body {
                let begun = async || rows().await.into_iter().find(|row| row.state == "handoff");
                until("a message in hand-over", begun).await;
            }
            assert!(worker.stop().success(), "{}", worker.output());
            let rows = rows().await;
            let of = |state: &str| rows.iter().filter(|row| row.state == state).count();
            let output = worker.output();
            assert_eq!(of("leased"), 0, "{} {output}", world.name);
            assert!(of(left) >= 1, "{} {step:?}: {output}", world.name);
            assert_eq!(of("pending") + of("handoff") + of("accepted"), 4, "{rows:#?}");
            assert!(output.contains("work under way"), "{output}");
        }
    })
    .await;
}
