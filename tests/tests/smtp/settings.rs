//! A mail server and settings that are not to be used.

use tests::both;
use tests::smtp::Server;
use tests::working::{messages, pass_at};

use super::{EIGHT, HEAD, LATER, seeded, story};

#[tokio::test]
async fn a_server_with_another_certificate_gets_nothing() {
    both(async |world| {
        let (mut world, server) = seeded(world).await;
        let stranger = Server::start().await;
        world.config.mail.smtp_ca = stranger.ca();
        pass_at(&world, EIGHT).await;
        assert!(server.taken().is_empty());
        let commands = server.commands();
        assert!(!commands.iter().any(|(_, line)| line.starts_with("AUTH")), "{commands:?}");
        let waiting = messages(&world).await;
        let deferred: Vec<_> = waiting.iter().filter(|row| row.state == "deferred").collect();
        let pending: Vec<_> = waiting.iter().filter(|row| row.state == "pending").collect();
        assert_eq!((deferred.len(), pending.len()), (1, 1), "the other is left as it was");
        assert_eq!((deferred[0].attempts, pending[0].attempts), (1, 0));
        let told = story(&world, deferred[0]).await;
        assert!(told.last().expect("a story").1.contains("certificate"), "{told:?}");

        // With the right one they go.
        world.config.mail.smtp_ca = server.ca();
        pass_at(&world, LATER).await;
        assert_eq!(server.taken().len(), 2, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_pretended_time_is_refused_where_mail_leaves_the_house() {
    both(async |world| {
        let (world, server) = seeded(world).await;
        let arguments = ["run", "--once", "--now", "2026-10-05T08:00"];
        let words = tests::programs::refuse(tests::programs::program(&world, "worker", &arguments));
        assert!(words.contains("mail.smtp_url"), "{words}");
        assert!(!words.contains(tests::smtp::PASSWORD) && !words.contains("s3cret"), "{words}");
        assert_eq!(server.connections(), 0);
    })
    .await;
}

// The server answers on another thread while this one waits for the program.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_mail_server_is_logged_by_its_setting_and_without_secrets() {
    both(async |world| {
        let (mut world, server) = seeded(world).await;
        let stranger = Server::start().await;
        world.config.mail.smtp_ca = stranger.ca();
        let worker = tests::programs::program(&world, "worker", &["run", "--once"]);
        let output = tests::programs::finish(tests::programs::at(worker, "2026-10-05T08:00:00"));
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("mail.smtp_url"), "{words}");
        assert!(words.contains("certificate"), "{words}");
        for secret in ["s3cret", tests::smtp::PASSWORD, HEAD] {
            assert!(!words.contains(secret), "{words}");
        }
        assert!(server.taken().is_empty() && stranger.taken().is_empty());

        world.config.mail.smtp_ca = "nowhere.pem".into();
        let words = tests::programs::refuse(tests::programs::program(&world, "worker", &["run"]));
        assert!(words.contains("mail.smtp_ca"), "{words}");
    })
    .await;
}
