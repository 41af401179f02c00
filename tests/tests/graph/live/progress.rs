//! Campaigns as they are answered, and alerts that go to another hub.

use api::http::principal::hash;
use chrono::{DateTime, TimeDelta, Utc};
use entity::engagement::engagement_alert;
use entity::id::new_id;
use entity::people::tokens;
use entity::surveys::survey_invitation;
use rules::surveys::campaign::told_at;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};
use serde_json::{Value, json};
use tests::both;
use tests::socket::Socket;
use uuid::Uuid;

use super::{ALERTS, Server, told};
use crate::seed::surveys::{CAMPAIGN, INVITATION};
use crate::seed::{ALERT_NORTH, HUB_LONDON, HUB_NORTH, Who, at, global, id};

const PROGRESS: &str = "subscription Progress($after: String, $campaign: ID, $hub: ID) {
    campaignProgress(after: $after, campaign: $campaign, hub: $hub) {
        cursor
        invitation {
            responses enrolment { partner { name } }
            campaign { rates { nodes { hub { name } responses enough } } }
        }
    }
}";

impl Server {
    /// Birch's staff have answered so often, the last of them now.
    async fn answered(&self, responses: i32) {
        let now = self.app.clock.now();
        let txn = self.app.db.write().await.expect("a transaction");
        let row = survey_invitation::ActiveModel {
            id: Set(id(INVITATION)),
            responses: Set(responses),
            told_at: Set(Some(told_at(now))),
            ..Default::default()
        };
        row.update(&txn).await.expect("a row");
        txn.commit().await.expect("a commit");
        self.app.signal.changed().await;
    }

    /// Moves the alert of the north hub to London, with its partner.
    async fn moved(&self, now: DateTime<Utc>) {
        let txn = self.app.db.write().await.expect("a transaction");
        let found = engagement_alert::Entity::find_by_id(ALERT_NORTH).one(&txn).await;
        let mut row = found.expect("a read").expect("the alert").into_active_model();
        row.hub_id = Set(Some(HUB_LONDON));
        row.left_hub_id = Set(Some(HUB_NORTH));
        row.left_at = Set(Some(now));
        row.changed_at = Set(now);
        row.version = Set(7);
        row.update(&txn).await.expect("a row");
        txn.commit().await.expect("a commit");
        self.app.signal.changed().await;
    }

    /// An alert is changed once more.
    async fn touched(&self, alert: Uuid, moment: DateTime<Utc>) {
        let txn = self.app.db.write().await.expect("a transaction");
        let row = engagement_alert::ActiveModel {
            id: Set(alert),
            changed_at: Set(moment),
            version: Set(9),
            ..Default::default()
        };
        row.update(&txn).await.expect("a row");
        txn.commit().await.expect("a commit");
        self.app.signal.changed().await;
    }

    /// A socket of somebody whose token lasts as long as the test.
    async fn lasting(&self, who: Who) -> Socket {
        let now = self.app.clock.now();
        let token = format!("lasting token {}", new_id(now));
        let txn = self.app.db.write().await.expect("a transaction");
        let until = now + TimeDelta::days(1);
        let issued = tokens::issue(&txn, now, who.person(), &hash(&token), "test", until).await;
        issued.expect("a token");
        txn.commit().await.expect("a commit");
        Socket::ready(&self.address, &token).await
    }
}

/// The invitation and the cursor of the next event.
async fn progress(socket: &mut Socket) -> (Value, String) {
    let mut data = socket.data("p").await;
    let cursor = data["campaignProgress"]["cursor"].as_str().expect("a cursor").to_owned();
    (data["campaignProgress"]["invitation"].take(), cursor)
}

#[tokio::test]
async fn answers_are_told_at_the_full_hour_together_and_to_whoever_comes_back() {
    both(async |world| {
        world.clock.set(at("2026-10-05T08:10:00Z"));
        let server = Server::over(&world).await;
        let mut socket = server.lasting(Who::HubLead).await;
        socket.subscribe("p", PROGRESS, json!({})).await;
        assert_eq!(progress(&mut socket).await.0, Value::Null, "what was told before is not again");
        socket.subscribe("a", ALERTS, json!({})).await;
        assert_eq!(told(&mut socket).await.0, Value::Null);
        // Within the hour others hear of their alerts, and nobody of the answers.
        for (moment, responses) in [("08:12", 13), ("08:59", 14)] {
            world.clock.set(at(&format!("2026-10-05T{moment}:00Z")));
            server.answered(responses).await;
            server.change(200, world.clock.now(), responses).await;
            assert_eq!(told(&mut socket).await.0["version"], responses);
        }
        world.clock.set(at("2026-10-05T09:00:00Z"));
        server.app.signal.changed().await;
        let (invitation, cursor) = progress(&mut socket).await;
        let rates = json!([{ "hub": { "name": "North Hub" }, "responses": 14, "enough": 1 }]);
        let expected = json!({
            "responses": 14, "enrolment": { "partner": { "name": "Birch \"Hill\" School" } },
            "campaign": { "rates": { "nodes": rates } }
        });
        assert_eq!(invitation, expected);
        drop(socket);

        // While nobody listens.
        world.clock.set(at("2026-10-05T09:05:00Z"));
        server.answered(15).await;
        world.clock.set(at("2026-10-05T09:30:00Z"));
        let mut socket = server.lasting(Who::HubLead).await;
        let after = json!({ "after": cursor });
        socket.subscribe("p", PROGRESS, after.clone()).await;
        assert_eq!(progress(&mut socket).await.0, Value::Null, "its hour is not over");
        world.clock.set(at("2026-10-05T10:40:00Z"));
        let mut socket = server.lasting(Who::HubLead).await;
        socket.subscribe("p", PROGRESS, after).await;
        let (invitation, cursor) = progress(&mut socket).await;
        assert_eq!(invitation["responses"], 15);
        assert_eq!(progress(&mut socket).await.0, Value::Null);
        let mut socket = server.lasting(Who::HubLead).await;
        socket.subscribe("p", PROGRESS, json!({ "after": cursor })).await;
        assert_eq!(progress(&mut socket).await.0, Value::Null, "once");
    })
    .await;
}

#[tokio::test]
async fn a_campaign_or_a_hub_can_be_followed_alone() {
    both(async |world| {
        world.clock.set(at("2026-10-05T08:10:00Z"));
        let server = Server::over(&world).await;
        let start = super::from_the_start("campaignProgress");
        let mut socket = server.socket(Who::Admin).await;
        for (number, filter, expected) in [
            (0, json!({ "campaign": global("SurveyCampaign", id(CAMPAIGN)) }), vec![12, 4]),
            (1, json!({ "campaign": global("SurveyCampaign", id(CAMPAIGN + 1)) }), vec![]),
            (2, json!({ "hub": global("Hub", HUB_LONDON) }), vec![4]),
        ] {
            let mut variables = filter.clone();
            variables["after"] = json!(start);
            let name = format!("p{number}");
            socket.subscribe(&name, PROGRESS, variables).await;
            let mut seen = Vec::new();
            loop {
                let mut data = socket.data(&name).await;
                let invitation = data["campaignProgress"]["invitation"].take();
                match invitation["responses"].as_i64() {
                    Some(responses) => seen.push(responses),
                    None => break,
                }
            }
            assert_eq!(seen, expected, "{filter}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_hub_is_told_that_an_alert_left_it_and_not_where_it_went() {
    both(async |world| {
        let server = Server::over(&world).await;
        let now = world.clock.now();
        server.change(201, now - TimeDelta::hours(1), 1).await;
        let (mut lead, before) = server.following(Who::HubLead).await;
        let mut admin = server.socket(Who::Admin).await;
        let of_hub = json!({ "hub": global("Hub", HUB_NORTH) });
        admin.subscribe("a", ALERTS, of_hub).await;
        assert_eq!(told(&mut admin).await.0, Value::Null);
        server.moved(now).await;
        let (alert, after) = told(&mut lead).await;
        assert_eq!(alert, Value::Null, "load your lists");
        assert_ne!(after, before);
        let (alert, _) = told(&mut admin).await;
        assert_eq!(alert["hub"]["name"], "London Hub", "who sees it sees where it is");
        // What becomes of it there is the other hub's.
        server.touched(ALERT_NORTH, now + TimeDelta::milliseconds(5)).await;
        server.touched(id(201), now + TimeDelta::milliseconds(9)).await;
        let (alert, _) = told(&mut lead).await;
        assert_eq!(alert["id"], json!(global("EngagementAlert", id(201))));
        // Nor is it told to a lead who comes back.
        let mut again = server.socket(Who::HubLead).await;
        again.subscribe("a", ALERTS, json!({ "after": after })).await;
        assert_eq!(told(&mut again).await.0["id"], json!(global("EngagementAlert", id(201))));
        assert_eq!(told(&mut again).await.0, Value::Null);
    })
    .await;
}
