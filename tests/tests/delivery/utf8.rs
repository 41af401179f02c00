//! What the server offers is used, what it does not take is not sent; and return paths.

use entity::messages::message_event;
use entity::people::person;
use rules::messages::verp::ReturnPath;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::smtp::Server;
use tests::{World, both};

use super::{EIGHT, app, pass_at, rows, seeded, start_over};

const HEAD: &str = "head.of.demo.school.1@example.org";
const UMLAUT: &str = "jörg.müller@example.org";

/// Two people to mail, one of them at an address beyond ASCII.
async fn with_umlaut(world: World) -> (World, Server) {
    let (world, server) = seeded(world, 1, 1).await;
    person::Entity::update_many()
        .col_expr(person::Column::Email, Expr::value(UMLAUT))
        .filter(person::Column::Email.eq(HEAD))
        .exec(world.db.migrator())
        .await
        .expect("changed");
    (world, server)
}

/// What was said about the message to that address, last.
async fn last_word(world: &World, address: &str) -> (String, String) {
    let person = person::Entity::find().filter(person::Column::Email.eq(address));
    let person = person.one(world.db.reader()).await.expect("a read").expect("a person");
    let all = rows(world).await;
    let row = all.iter().find(|row| row.person_id == person.id).expect("a message");
    let events = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(row.id))
        .all(world.db.reader())
        .await
        .expect("events");
    let last = events.into_iter().max_by_key(|event| event.happened_at).expect("a story");
    (last.state, last.detail)
}

fn heard(server: &Server, what: &str) -> Vec<String> {
    let commands = server.commands().into_iter().map(|(_, line)| line);
    commands.filter(|line| line.contains(what)).collect()
}

#[tokio::test]
async fn an_address_beyond_ascii_goes_where_that_is_offered_and_is_refused_elsewhere() {
    both(async |world| {
        let (world, server) = with_umlaut(world).await;
        pass_at(&world, EIGHT).await;
        let (state, detail) = last_word(&world, UMLAUT).await;
        assert_eq!(state, "rejected", "{}: {detail}", world.name);
        assert!(detail.contains("SMTPUTF8") && !detail.contains("jörg"), "{detail}");
        assert_eq!(server.taken().len(), 1, "the other went, on the same connection");
        assert_eq!(server.connections(), 1);

        server.offer(&["8BITMIME", "SMTPUTF8", "SIZE 1000000"]);
        start_over(&world, &server).await;
        pass_at(&world, EIGHT).await;
        assert_eq!(last_word(&world, UMLAUT).await.0, "accepted");
        assert!(server.taken().iter().any(|mail| mail.to == UMLAUT), "{}", world.name);
        assert_eq!(heard(&server, "SMTPUTF8").len(), 1, "only where it is needed");
    })
    .await;
}

#[tokio::test]
async fn bytes_beyond_ascii_are_announced_and_are_not_sent_where_they_are_not_taken() {
    both(async |world| {
        let (world, server) = with_umlaut(world).await;
        server.offer(&["SMTPUTF8"]);
        pass_at(&world, EIGHT).await;
        let (state, detail) = last_word(&world, UMLAUT).await;
        assert_eq!((&*state, detail.contains("8BITMIME")), ("rejected", true), "{detail}");
        assert_eq!(server.taken().len(), 1, "{}: the other went", world.name);
        assert!(heard(&server, "BODY=").is_empty(), "{}: it needs no more than ASCII", world.name);

        server.offer(&["SMTPUTF8", "8BITMIME"]);
        start_over(&world, &server).await;
        pass_at(&world, EIGHT).await;
        let mail = server.taken().into_iter().find(|mail| mail.to == UMLAUT).expect("arrived");
        assert!(String::from_utf8(mail.bytes).is_ok_and(|text| text.contains(UMLAUT)));
        assert_eq!(heard(&server, "BODY=8BITMIME").len(), 1, "{}: where it is needed", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_message_larger_than_the_server_takes_is_not_sent_there() {
    both(async |world| {
        let (world, server) = seeded(world, 1, 1).await;
        server.offer(&["SIZE 500"]);
        pass_at(&world, EIGHT).await;
        let (state, detail) = last_word(&world, HEAD).await;
        assert_eq!((&*state, detail.contains("SIZE")), ("rejected", true), "{detail}");
        assert!(heard(&server, "MAIL").is_empty(), "{}", world.name);
        for offered in [&["SIZE 100000"][..], &["SIZE"], &["SIZE 0"]] {
            server.offer(offered);
            start_over(&world, &server).await;
            pass_at(&world, EIGHT).await;
            for mail in server.taken() {
                let told = format!("<{}> SIZE=", mail.from);
                assert!(!heard(&server, &told).is_empty(), "{offered:?}");
            }
            assert_eq!(server.taken().len(), 2, "{offered:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_message_has_a_return_path_of_its_own_that_names_it() {
    both(async |world| {
        let (mut world, server) = seeded(world, 2, 1).await;
        let setting = "bounces+{token}@hubs.example";
        world.config.mail.bounce_address = setting.to_owned();
        pass_at(&world, EIGHT).await;
        let secret = app(&world).await.link_secret().await.expect("a secret");
        let path = ReturnPath::parse(setting).expect("a setting");
        let taken = server.taken();
        assert_eq!(taken.len(), 3);
        for row in rows(&world).await {
            let mail = taken.iter().find(|mail| Some(&mail.bytes) == row.body.as_ref());
            let from = &mail.expect("arrived").from;
            assert_eq!(path.message(secret.as_bytes(), from), Some(row.id), "{from}");
            let text = String::from_utf8_lossy(row.body.as_deref().unwrap_or_default());
            assert!(text.contains("no-reply@hubs.example"), "readers see the sender");
        }
    })
    .await;
}
