//! What holds of every mutation: done once under one key, all faults told at once, nothing half done.

use api::app::App;
use chrono::TimeDelta;
use entity::audit::idempotency_key;
use entity::programme::event;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use serde_json::{Value, json};
use tests::both;

use crate::deeds::{deeds, document, gate};
use crate::seed::support::VISIT;
use crate::seed::{ENROLMENT_BIRCH, HUB_NORTH, Who, app, ask, global, id};

fn input(key: &str) -> Value {
    json!({
        "programmeId": global("Programme", id(40)), "hubId": global("Hub", HUB_NORTH),
        "kind": "OPEN_DAY", "title": "Demo day", "startsAt": "2026-10-12T08:00:00Z",
        "endsAt": "2026-10-12T10:00:00Z", "idempotencyKey": key
    })
}

async fn create(app: &App, who: Who, input: &Value) -> Value {
    let query = document(&gate(), "eventCreate");
    let mut response = ask(app, who, &query, json!({ "input": input })).await;
    assert_eq!(response.get("errors"), None, "{response:#}");
    response["data"]["done"].take()
}

async fn events(app: &App) -> u64 {
    event::Entity::find().count(app.db.reader()).await.expect("a number")
}

async fn keys(app: &App) -> u64 {
    idempotency_key::Entity::find().count(app.db.reader()).await.expect("a number")
}

#[tokio::test]
async fn the_same_under_one_key_is_done_once_and_answered_alike() {
    both(async |world| {
        let app = app(&world).await;
        let before = events(&app).await;
        let first = create(&app, Who::HubLead, &input("click")).await;
        assert_eq!(first["userErrors"], json!([]), "{first:#}");
        let again = create(&app, Who::HubLead, &input("click")).await;
        assert_eq!(again, first);
        // The order of the fields says nothing.
        let turned: Vec<(String, Value)> =
            input("click").as_object().expect("it").clone().into_iter().rev().collect();
        let turned: Value = turned.into_iter().collect::<serde_json::Map<_, _>>().into();
        assert_eq!(create(&app, Who::HubLead, &turned).await, first);
        assert_eq!(events(&app).await, before + 1);
        // Somebody else's key is another key.
        let other = create(&app, Who::RegionalLead, &input("click")).await;
        assert_ne!(other["node"], first["node"]);
        assert_eq!(events(&app).await, before + 2);
    })
    .await;
}

#[tokio::test]
async fn a_key_used_for_something_else_is_refused_and_what_is_no_key_too() {
    both(async |world| {
        let app = app(&world).await;
        create(&app, Who::HubLead, &input("click")).await;
        let before = events(&app).await;
        let mut other = input("click");
        other["title"] = json!("Another day");
        let refused = create(&app, Who::HubLead, &other).await;
        assert_eq!(refused["userErrors"][0]["code"], "CONFLICT", "{refused:#}");
        assert_eq!(refused["userErrors"][0]["field"], "idempotencyKey");
        // Nor for another mutation.
        let query = document(&gate(), "planStart");
        let plan = json!({ "input": {
            "enrolmentId": global("Enrolment", ENROLMENT_BIRCH), "summary": "Calm",
            "idempotencyKey": "click"
        } });
        let refused = ask(&app, Who::HubLead, &query, plan).await;
        let error = &refused["data"]["done"]["userErrors"][0];
        assert_eq!(error["field"], "idempotencyKey", "{refused:#}");
        let long = "k".repeat(65);
        for key in ["", "two words", "z\u{fc}rich", "\0", long.as_str()] {
            let refused = create(&app, Who::HubLead, &input(key)).await;
            assert_eq!(refused["userErrors"][0]["code"], "INVALID", "{key:?}: {refused:#}");
            assert_eq!(refused["userErrors"][0]["field"], "idempotencyKey");
        }
        assert_eq!(events(&app).await, before);
        assert_eq!(keys(&app).await, 1);
        assert_ne!(create(&app, Who::HubLead, &input(&long[1..])).await["node"], Value::Null);
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_may_be_tried_again_under_its_key() {
    both(async |world| {
        let app = app(&world).await;
        let mut wrong = input("click");
        wrong["title"] = json!("");
        let refused = create(&app, Who::HubLead, &wrong).await;
        assert_eq!(refused["userErrors"][0]["field"], "title", "{refused:#}");
        assert_eq!(keys(&app).await, 0);
        let done = create(&app, Who::HubLead, &input("click")).await;
        assert_eq!(done["userErrors"], json!([]), "{done:#}");
    })
    .await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    both(async |world| {
        let app = app(&world).await;
        let first = create(&app, Who::HubLead, &input("click")).await;
        let done_at = app.clock.now();
        app.clock.set(done_at + TimeDelta::hours(24) - TimeDelta::seconds(1));
        assert_eq!(create(&app, Who::HubLead, &input("click")).await, first);
        app.clock.set(done_at + TimeDelta::hours(24));
        let anew = create(&app, Who::HubLead, &input("click")).await;
        assert_ne!(anew["node"], first["node"], "{anew:#}");
        assert_eq!(keys(&app).await, 1, "the old one is gone");
    })
    .await;
}

#[tokio::test]
async fn of_eight_equal_requests_at_once_one_is_done_and_all_are_answered_alike() {
    both(async |world| {
        let app = app(&world).await;
        let before = events(&app).await;
        let asked = input("click");
        let eight = (0..8).map(|_| create(&app, Who::HubLead, &asked));
        let answers = futures::future::join_all(eight).await;
        assert_ne!(answers[0]["node"], Value::Null, "{:#}", answers[0]);
        assert!(answers.iter().all(|other| *other == answers[0]), "{answers:#?}");
        assert_eq!(events(&app).await, before + 1);
        let entries = "{ auditEntries(filter: { action: \"eventCreate\" }) { totalCount } }";
        let entries = ask(&app, Who::Admin, entries, json!({})).await;
        assert_eq!(entries["data"]["auditEntries"]["totalCount"], 1);
    })
    .await;
}

#[tokio::test]
async fn whatever_takes_a_key_is_done_once_under_it() {
    both(async |world| {
        let app = app(&world).await;
        let gate = gate();
        let mut repeated: u64 = 0;
        for (name, _, mut input) in deeds() {
            let field = gate.schema().type_field("Mutation", name).expect("a mutation");
            let given = field.arguments.first().expect("an input").ty.inner_named_type();
            let fields = &gate.schema().get_input_object(given).expect("an input object").fields;
            if fields.contains_key("idempotencyKey") {
                input["idempotencyKey"] = json!(format!("key-of-{name}"));
            }
            let variables = json!({ "input": input });
            let first = ask(&app, Who::Admin, &document(&gate, name), variables.clone()).await;
            let done = first["data"]["done"]["userErrors"] == json!([]);
            if done && fields.contains_key("idempotencyKey") {
                let again = ask(&app, Who::Admin, &document(&gate, name), variables).await;
                assert_eq!(again, first, "{name}");
                repeated += 1;
            }
        }
        assert!(repeated >= 10, "only {repeated}");
        assert_eq!(keys(&app).await, repeated);
    })
    .await;
}

#[tokio::test]
async fn all_that_is_wrong_with_an_input_is_told_at_once() {
    both(async |world| {
        let app = app(&world).await;
        let fields = |answer: &Value| -> Vec<String> {
            let errors = answer["userErrors"].as_array().expect("a list").iter();
            errors.map(|error| error["field"].as_str().unwrap_or_default().to_owned()).collect()
        };
        let mut wrong = input("click");
        wrong["title"] = json!("");
        wrong["endsAt"] = json!("2026-10-12T07:00:00Z");
        wrong["capacity"] = json!(0);
        wrong["recordingUrl"] = json!("http://example.org");
        let refused = create(&app, Who::HubLead, &wrong).await;
        assert_eq!(fields(&refused), ["title", "endsAt", "capacity", "recordingUrl"]);
        let record = json!({ "input": {
            "visitId": global("Visit", id(VISIT)), "halfDaysUsed": 9, "attendees": [],
            "summary": " ", "agreedActions": [{
                "title": "", "ownerParty": "HUB", "ownerName": "", "dueOn": "2020-01-01" }]
        } });
        let query = document(&gate(), "visitRecord");
        let refused = ask(&app, Who::HubLead, &query, record).await;
        let told = fields(&refused["data"]["done"]);
        let expected =
            ["halfDaysUsed", "visitId", "attendees", "summary", "title", "ownerName", "dueOn"];
        assert_eq!(told, expected, "{refused:#}");
    })
    .await;
}
