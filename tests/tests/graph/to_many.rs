//! Mail to many through the graph: what stands against sending it, and who follows what was sent.

use entity::messages::{message, reminder};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::both;

use crate::seed::{HUB_NORTH, Who, app, ask, global, id};
use crate::tellings::{PREVIEW, release};

const LAUNCH: &str = "query($campaign: ID!) { surveyCampaignPreview(campaign: $campaign) {
    token recipients { person { name } } unreached { setting { name } why } notice } }";

#[tokio::test]
async fn a_preview_of_a_launch_tells_what_stands_against_it_and_what_it_changes() {
    both(async |world| {
        let app = app(&world).await;
        let campaign =
            |number| global("SurveyCampaign", id(crate::seed::surveys::CAMPAIGN + number));
        let open = ask(&app, Who::Admin, LAUNCH, json!({ "campaign": campaign(0) })).await;
        let expected = json!({ "token": null, "recipients": [], "unreached": [],
            "notice": "This campaign was launched before." });
        assert_eq!(open["data"]["surveyCampaignPreview"], expected, "{open}");
        // One may see it and not run it.
        let told = ask(&app, Who::HubLead, LAUNCH, json!({ "campaign": campaign(0) })).await;
        let extensions = &told["errors"][0]["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["argument"]),
            (&json!("FORBIDDEN"), &json!("campaign"))
        );
        let told = ask(&app, Who::Admin, LAUNCH, json!({ "campaign": campaign(99) })).await;
        assert_eq!(told, json!({ "data": { "surveyCampaignPreview": null } }));
        for other in [json!("nonsense"), json!(global("Hub", HUB_NORTH))] {
            let told = ask(&app, Who::Admin, LAUNCH, json!({ "campaign": other })).await;
            let message = &told["errors"][0]["message"];
            assert_eq!(message, "\"campaign\" is no id of type SurveyCampaign", "{other}");
        }

        let draft = json!({ "campaign": campaign(2) });
        let told = ask(&app, Who::Admin, LAUNCH, draft.clone()).await;
        let told = &told["data"]["surveyCampaignPreview"];
        assert_eq!(told["notice"], Value::Null, "{told}");
        let unreached = told["unreached"].as_array().expect("a list");
        assert!(
            unreached.iter().all(|one| one["why"]
                .as_str()
                .is_some_and(|why| why.starts_with("Nobody at this school can answer"))),
            "{told}"
        );
        assert_eq!(unreached.len(), 2, "the trust has no contact, Cedar's takes no mail: {told}");

        let edit =
            "mutation($input: SurveyCampaignEditInput!) { surveyCampaignEdit(input: $input) {
            campaign { opensOn } userErrors { message } } }";
        let later = json!({ "input": { "campaignId": campaign(2), "opensOn": "2026-10-08" } });
        ask(&app, Who::Admin, edit, later).await;
        let launch = "mutation($input: SurveyCampaignLaunchInput!) {
            surveyCampaignLaunch(input: $input) { campaign { opensOn } userErrors { message } } }";
        let stale =
            json!({ "input": { "campaignId": campaign(2), "previewToken": told["token"] } });
        let refused = ask(&app, Who::Admin, launch, stale).await;
        let message = &refused["data"]["surveyCampaignLaunch"]["userErrors"][0]["message"];
        assert!(message.as_str().unwrap_or_default().contains("was changed since"), "{refused}");

        let told = ask(&app, Who::Admin, LAUNCH, draft).await;
        let told = &told["data"]["surveyCampaignPreview"];
        let notice = told["notice"].as_str().unwrap_or_default();
        assert!(notice.contains("today, 5 October 2026, and not on 8 October 2026"), "{told}");
        let input =
            json!({ "input": { "campaignId": campaign(2), "previewToken": told["token"] } });
        let done = ask(&app, Who::Admin, launch, input).await;
        let opened = &done["data"]["surveyCampaignLaunch"]["campaign"]["opensOn"];
        assert_eq!(*opened, "2026-10-05", "{done}");
    })
    .await;
}

#[tokio::test]
async fn who_sent_a_bulletin_follows_its_mails_and_nobody_else_does() {
    both(async |world| {
        let app = app(&world).await;
        let hub = global("Hub", HUB_NORTH);
        release(&app).await;
        let shown = ask(&app, Who::HubLead, PREVIEW, json!({ "hub": hub, "text": "Open" })).await;
        let token = &shown["data"]["bulletinPreview"]["token"];
        let input = json!({ "input": { "hubId": hub, "subject": "Hall", "text": "Open",
            "previewToken": token } });
        let sent = "mutation($input: BulletinSendInput!) {
            bulletinSend(input: $input) { bulletin { id } } }";
        let sent = ask(&app, Who::HubLead, sent, input).await;
        let bulletin = &sent["data"]["bulletinSend"]["bulletin"]["id"];
        let query = "query($id: ID!) {
            node(id: $id) { ... on Bulletin {
                messages(filter: { state: [PENDING] }) { totalCount nodes { state person { name } } } } }
            messages(filter: { bulletin: $id }) { totalCount } }";
        for (who, seen) in [(Who::HubLead, 1), (Who::Admin, 1), (Who::RegionalLead, 1)] {
            let told = ask(&app, who, query, json!({ "id": bulletin })).await;
            let mails = &told["data"]["node"]["messages"];
            assert_eq!(mails["totalCount"], seen, "{who:?}: {told}");
            assert_eq!(mails["nodes"][0]["person"]["name"], "SchoolUser Example", "{told}");
            assert_eq!(told["data"]["messages"]["totalCount"], seen, "{told}");
        }
        let told = ask(&app, Who::Evaluator, query, json!({ "id": bulletin })).await;
        assert_eq!(told["data"], json!({ "node": null, "messages": { "totalCount": 0 } }), "{told}");
        // She has the mail, and may not ask whose else it is.
        let own = "{ messages(filter: { kind: [BULLETIN] }) { totalCount } }";
        let told = ask(&app, Who::SchoolUser, own, json!({})).await;
        assert_eq!(told["data"]["messages"]["totalCount"], 1, "{told}");
        // A mail about something else has that thing's id, which is no bulletin's.
        let about = message::Entity::update_many()
            .col_expr(message::Column::AboutId, Expr::val(id(7_777)))
            .filter(message::Column::Kind.ne("bulletin"));
        about.exec(app.db.migrator()).await.expect("changed");
        let other = global("Bulletin", id(7_777));
        let told = ask(&app, Who::Admin, query, json!({ "id": other })).await;
        assert_eq!(told["data"]["messages"]["totalCount"], 0, "{told}");
        let told = ask(&app, Who::SchoolUser, query, json!({ "id": bulletin })).await;
        assert_eq!(told["data"], json!({ "node": null, "messages": { "totalCount": 0 } }), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_hubs_lead_sees_the_mail_of_a_reminder_unless_it_tells_of_another_hub_too() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ messages { totalCount } reminders { nodes { message { state
            events { totalCount } } } } }";
        let told = ask(&app, Who::HubLead, query, json!({})).await;
        assert_eq!(told["data"]["messages"]["totalCount"], 1, "{told}");
        let mail = &told["data"]["reminders"]["nodes"][0]["message"];
        assert!(mail["state"].is_string(), "{told}");
        assert!(mail["events"]["totalCount"].as_u64() > Some(0), "{told}");
        // The same mail now carries a reminder about a London partner's duty besides.
        reminder::Entity::update_many()
            .col_expr(reminder::Column::MessageId, Expr::value(id(130)))
            .filter(reminder::Column::Id.eq(id(151)))
            .exec(app.db.migrator())
            .await
            .expect("bundled");
        let told = ask(&app, Who::HubLead, query, json!({})).await;
        assert_eq!(told["data"]["messages"]["totalCount"], 0, "{told}");
        assert_eq!(told["data"]["reminders"]["nodes"], json!([{ "message": null }]), "{told}");
        let told = ask(&app, Who::Admin, query, json!({})).await;
        assert_eq!(told["data"]["messages"]["totalCount"], 2, "{told}");
    })
    .await;
}
