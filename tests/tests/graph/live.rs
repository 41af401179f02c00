//! Subscriptions as a client meets them, over sockets and event streams.

mod admitting;
mod ending;
mod following;
mod progress;
mod protocol;
mod streams;

use api::app::App;
use api::http::live::Live;
use api::http::principal::hash;
use api::read::feed::Place;
use chrono::{DateTime, Utc};
use entity::engagement::engagement_alert;
use entity::people::access_token;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::World;
use tests::socket::Socket;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::seed::{ALERT_NORTH, Who, app, ask, global, id};

const ALERTS: &str = "subscription Alerts($after: String, $hub: ID) {
    told: alertChanged(after: $after, hub: $hub) {
        cursor
        alert { id state version hub { name } }
    }
}";

const ACKNOWLEDGE: &str = "mutation($input: AlertAcknowledgeInput!) {
    alertAcknowledge(input: $input) { alert { version } userErrors { message } }
}";

/// A server over a seeded world.
struct Server {
    app: App,
    address: String,
    stop: CancellationToken,
    live: Live,
}

impl Server {
    async fn over(world: &World) -> Self {
        Self::with(app(world).await).await
    }

    async fn with(app: App) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let live = Live::new(&app.config.live, stop.clone());
        let router = api::http::router_with(app.clone(), live.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { app, address: format!("http://{address}"), stop, live }
    }

    async fn socket(&self, who: Who) -> Socket {
        Socket::ready(&self.address, &who.token()).await
    }

    /// A socket that follows alerts and is up to date, and the cursor of that moment.
    async fn following(&self, who: Who) -> (Socket, String) {
        let mut socket = self.socket(who).await;
        socket.subscribe("a", ALERTS, json!({})).await;
        let (alert, cursor) = told(&mut socket).await;
        assert_eq!(alert, Value::Null, "nothing changed since");
        (socket, cursor)
    }

    async fn acknowledge(&self, alert: Uuid, note: &str) {
        let input = json!({ "alertId": global("EngagementAlert", alert), "note": note });
        let answer = ask(&self.app, Who::Admin, ACKNOWLEDGE, json!({ "input": input })).await;
        assert_eq!(answer["data"]["alertAcknowledge"]["userErrors"], json!([]), "{answer:#}");
    }

    /// Writes an alert of the north hub as a transaction of that moment would.
    async fn change(&self, alert: u128, moment: DateTime<Utc>, version: i32) {
        let txn = self.app.db.write().await.expect("a transaction");
        let found = engagement_alert::Entity::find_by_id(ALERT_NORTH).one(&txn).await;
        let mut row = found.expect("a read").expect("the alert");
        row.id = id(alert);
        row.period = format!("period {alert}");
        row.changed_at = moment;
        row.version = version;
        engagement_alert::Entity::delete_by_id(row.id).exec(&txn).await.expect("deleted");
        let row = row.into_active_model();
        engagement_alert::Entity::insert(row).exec_without_returning(&txn).await.expect("a row");
        txn.commit().await.expect("a commit");
        self.app.signal.changed().await;
    }

    async fn revoke(&self, who: Who) {
        let txn = self.app.db.write().await.expect("a transaction");
        access_token::Entity::update_many()
            .col_expr(access_token::Column::RevokedAt, Expr::value(self.app.clock.now()))
            .filter(access_token::Column::TokenHash.eq(hash(&who.token())))
            .exec(&txn)
            .await
            .expect("revoked");
        txn.commit().await.expect("a commit");
        self.app.signal.changed().await;
    }
}

/// The alert and the cursor of the next event.
async fn told(socket: &mut Socket) -> (Value, String) {
    let mut data = socket.data("a").await;
    let cursor = data["told"]["cursor"].as_str().expect("a cursor").to_owned();
    (data["told"]["alert"].take(), cursor)
}

fn version_of(alert: &Value) -> (Value, i64) {
    (alert["id"].clone(), alert["version"].as_i64().expect("a version"))
}

/// From before anything happened.
fn from_the_start(feed: &str) -> String {
    Place::after(DateTime::UNIX_EPOCH).cursor(feed)
}
