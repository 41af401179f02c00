//! Servers that are spoken to encrypted from the first byte.

use tests::both;
use tests::smtp::{Fault, Server, Step, USER};

use super::{EIGHT, LATER, all_arrived, pass_at, rows, seeded, start_over, states};

#[tokio::test]
async fn a_server_may_want_encryption_from_the_first_byte() {
    both(async |world| {
        let (mut world, _) = seeded(world, 3, 2).await;
        let server = Server::start_encrypted().await;
        world.config.mail.smtp_url = server.url();
        world.config.mail.smtp_ca = server.ca();
        pass_at(&world, EIGHT).await;
        assert_eq!(all_arrived(&world, &server, world.name).await, 0);
        for mail in server.taken() {
            assert_eq!((mail.encrypted, mail.user.as_deref()), (true, Some(USER)));
        }
        let commands = server.commands();
        assert!(!commands.iter().any(|(_, line)| line == "STARTTLS"), "{commands:?}");

        // What goes wrong there is the same as elsewhere.
        start_over(&world, &server).await;
        server.plan(Step::Body, None, Fault::TakeAndDrop, 1);
        pass_at(&world, EIGHT).await;
        pass_at(&world, LATER).await;
        assert_eq!(all_arrived(&world, &server, world.name).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_is_given_nothing() {
    both(async |world| {
        let (mut world, _) = seeded(world, 1, 1).await;
        let (server, other) = (Server::start_encrypted().await, Server::start_encrypted().await);
        world.config.mail.smtp_url = server.url();
        // Those that everybody trusts, and another's own.
        for trusted in [std::path::PathBuf::new(), other.ca()] {
            world.config.mail.smtp_ca = trusted;
            pass_at(&world, EIGHT).await;
            assert_eq!(states(&world).await, ["deferred", "pending"], "{}", world.name);
            assert_eq!(server.commands(), [], "{}: not a word is said", world.name);
            start_over(&world, &server).await;
        }
        world.config.mail.smtp_ca = server.ca();
        pass_at(&world, EIGHT).await;
        assert_eq!(rows(&world).await.len(), server.taken().len(), "{}", world.name);
    })
    .await;
}
