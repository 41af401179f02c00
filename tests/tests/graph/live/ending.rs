//! Readers that are slow, tokens and roles that end, and a server that stops.

use chrono::TimeDelta;
use entity::engagement::engagement_alert;
use entity::people::role_grant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::both;
use tests::socket::{Heard, PROTOCOL, Socket};

use super::streams::Events;
use super::{ALERTS, Server};
use crate::seed::{ALERT_NORTH, Who, app, ask, global, id};

#[tokio::test]
async fn a_slow_reader_is_told_everything_in_the_end() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.connections_per_person = 1;
        let server = Server::with(app).await;
        let (mut socket, _) = server.following(Who::HubLead).await;
        let now = world.clock.now();
        let summary = "long ".repeat(1_000);
        socket
            .subscribe("b", "subscription { alertChanged { alert { id summary } } }", json!({}))
            .await;
        assert!(socket.data("b").await["alertChanged"]["alert"].is_null());
        let txn = server.app.db.write().await.expect("a transaction");
        let found = engagement_alert::Entity::find_by_id(ALERT_NORTH).one(&txn).await;
        let mut row = found.expect("a read").expect("the alert");
        for number in 0..400 {
            row.id = id(1_000 + number);
            row.period = format!("period {number}");
            row.summary.clone_from(&summary);
            row.changed_at = now;
            let row = row.clone().into_active_model();
            engagement_alert::Entity::insert(row)
                .exec_without_returning(&txn)
                .await
                .expect("a row");
        }
        txn.commit().await.expect("a commit");
        server.app.signal.changed().await;
        // What it did not read yet does not keep others from being answered.
        for _ in 0..20 {
            ask(&server.app, Who::Admin, "{ hubs { totalCount } }", json!({})).await;
        }
        let (mut a, mut b) = (Vec::new(), Vec::new());
        while a.len() + b.len() < 800 {
            let Heard::Message(message) = socket.hear().await else { panic!("closed") };
            let data = &message["payload"]["data"];
            if message["id"] == "a" {
                a.push(data["told"]["alert"]["id"].clone());
            } else {
                b.push(data["alertChanged"]["alert"]["id"].clone());
            }
        }
        let expected: Vec<Value> =
            (0..400).map(|number| json!(global("EngagementAlert", id(1_000 + number)))).collect();
        assert_eq!(a, expected);
        assert_eq!(b, expected);
    })
    .await;
}

#[tokio::test]
async fn a_token_or_role_that_ends_ends_the_stream() {
    both(async |world| {
        let mut app = app(&world).await;
        app.config.live.look_seconds = 1;
        let server = Server::with(app).await;
        let (mut admin, _) = server.following(Who::Admin).await;
        let (mut lead, _) = server.following(Who::HubLead).await;
        let (mut other, _) = server.following(Who::RegionalLead).await;
        server.revoke(Who::Admin).await;
        assert_eq!(admin.closed().await, 4403);
        let txn = server.app.db.write().await.expect("a transaction");
        role_grant::Entity::update_many()
            .col_expr(role_grant::Column::RevokedAt, Expr::value(world.clock.now()))
            .filter(role_grant::Column::PersonId.eq(Who::HubLead.person()))
            .exec(&txn)
            .await
            .expect("revoked");
        txn.commit().await.expect("a commit");
        // Without a signal.
        assert_eq!(lead.closed().await, 4403);
        world.clock.set(world.clock.now() + TimeDelta::hours(2));
        assert_eq!(other.closed().await, 4403);
        // A socket that only asks is closed at its next question.
        let mut idle = Socket::connect(&server.address, &[("sec-websocket-protocol", PROTOCOL)])
            .await
            .expect("a socket");
        let authorization = format!("Bearer {}", Who::Evaluator.token());
        let init =
            json!({ "type": "connection_init", "payload": { "authorization": authorization } });
        idle.say(&init).await;
        assert_eq!(idle.closed().await, 4403, "its token ran out as well");
    })
    .await;
}

#[tokio::test]
async fn a_server_that_stops_closes_its_sockets_and_ends_its_streams() {
    both(async |world| {
        let server = Server::over(&world).await;
        let (mut socket, _) = server.following(Who::Admin).await;
        let mut events = Events::of(&server, Who::Admin, ALERTS, json!({})).await;
        assert_eq!(events.next().await.expect("an event").0, "next");
        server.stop.cancel();
        assert_eq!(socket.closed().await, 1001);
        assert_eq!(events.next().await, None, "without \"complete\": the client comes back");
        drop((socket, events));
        server.live.ended().await;
    })
    .await;
}
