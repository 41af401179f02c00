//! What is worked out for each request: who is told what, and that a message to many goes only as its
//! preview showed it.

use api::app::App;
use entity::messages::message;
use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
use serde_json::{Value, json};
use tests::both;

use crate::seed::{
    ALL, ENROLMENT_CEDAR, HUB_LONDON, HUB_NORTH, OBLIGATION, Who, app, ask, global, id,
};

/// The telling fields, with how to ask for one as the parts of [`ALL`] and how many items each is told;
/// none for null, and -1 for a refusal.
pub const ACCESS: &[(&str, &str, [Option<i64>; 5])] = &[
    // The head is told of herself, whoever runs the hub of all: her, its lead and the admin.
    (
        "reminderStory",
        "reminderStory(obligation: $obligation) { why }",
        [Some(5), Some(5), Some(5), Some(3), None],
    ),
    (
        "upcomingReminders",
        "upcomingReminders(from: \"2026-10-05\", to: \"2026-10-09\", hub: $hub, going: true) { nodes { why } }",
        [Some(6), Some(6), Some(6), Some(6), Some(0)],
    ),
    (
        "bulletinPreview",
        "bulletinPreview(hub: $hub, subject: \"Hall\", text: \"Open\") { excluded { why } }",
        [Some(1), Some(1), Some(1), Some(-1), None],
    ),
    (
        "surveyCampaignPreview",
        "surveyCampaignPreview(campaign: $campaign) { recipients { why } }",
        [Some(1), None, None, None, None],
    ),
];

#[tokio::test]
async fn each_role_is_told_its_part_of_what_is_worked_out() {
    both(async |world| {
        let app = app(&world).await;
        let mut found = Vec::new();
        for (name, field, expected) in ACCESS {
            let mut counts = Vec::new();
            for who in ALL {
                let (declared, given) = match *name {
                    "reminderStory" => {
                        let of = global("Obligation", id(OBLIGATION + 2));
                        ("$obligation: ID!", json!({ "obligation": of }))
                    }
                    "surveyCampaignPreview" => {
                        let of = global("SurveyCampaign", id(crate::seed::surveys::CAMPAIGN + 2));
                        ("$campaign: ID!", json!({ "campaign": of }))
                    }
                    _ => ("$hub: ID!", json!({ "hub": global("Hub", HUB_NORTH) })),
                };
                let query = format!("query({declared}) {{ told: {field} }}");
                let answer = ask(&app, who, &query, given).await;
                let told = &answer["data"]["told"];
                let list = if told.is_array() {
                    Some(told)
                } else {
                    told.as_object().and_then(|told| told.values().next())
                };
                let refused = answer.get("errors").is_some();
                let length = |list: &Value| list.as_array().map_or(0, Vec::len);
                let count = list.map(|list| i64::try_from(length(list)).expect("few"));
                counts.push(if refused { Some(-1) } else { count });
            }
            found.push((*name, counts, expected.to_vec()));
        }
        for (name, counts, expected) in found {
            assert_eq!(counts, expected, "{name}, {}", world.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_story_names_its_rows_as_far_as_they_may_be_seen() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($of: ID!, $to: ID!) { reminderStory(obligation: $of, person: $to) {
            obligation { title } person { name } step day verdict at why } }";
        let given = json!({
            "of": global("Obligation", id(OBLIGATION + 2)),
            "to": global("Person", Who::SchoolUser.person()),
        });
        let told = ask(&app, Who::SchoolUser, query, given.clone()).await;
        let story = told["data"]["reminderStory"].as_array().expect("a story");
        assert!(story.iter().all(|one| one["person"]["name"] == "SchoolUser Example"), "{told}");
        assert!(story.iter().all(|one| one["obligation"]["title"].is_string()), "{told}");
        assert!(story.iter().any(|one| one["at"].is_string()), "{told}");
        // Somebody else's is not told to her, and an obligation out of sight is none.
        let other = json!({ "of": given["of"], "to": global("Person", Who::HubLead.person()) });
        let told = ask(&app, Who::SchoolUser, query, other).await;
        assert_eq!(told["data"]["reminderStory"], json!([]));
        let foreign = json!({ "of": global("Obligation", id(OBLIGATION + 5)), "to": given["to"] });
        let told = ask(&app, Who::HubLead, query, foreign).await;
        assert_eq!(told, json!({ "data": { "reminderStory": null } }));
    })
    .await;
}

#[tokio::test]
async fn days_that_cannot_be_looked_at_are_refused_by_name() {
    both(async |world| {
        let app = app(&world).await;
        for (from, to, wrong) in [
            ("2026-10-04", "2026-10-05", "\"from\" is today"),
            ("2028-10-04", "2028-10-05", "\"from\" is today"),
            ("2026-10-06", "2026-10-05", "\"to\" is \"from\" or later"),
            ("2026-10-05", "2026-11-05", "\"to\" is \"from\" or later"),
        ] {
            let query = format!(
                "{{ upcomingReminders(from: \"{from}\", to: \"{to}\") {{ nodes {{ why }} }} \
                 hubs {{ totalCount }} }}"
            );
            let told = ask(&app, Who::Admin, &query, json!({})).await;
            let message = told["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains(wrong), "{told}");
            assert_eq!(told["data"]["hubs"]["totalCount"], 2, "the rest is answered");
        }
        for (page, argument, wrong) in [
            ("first: 0", "first", "\"first\" is from 1 to 100, not 0"),
            ("last: 101", "last", "\"last\" is from 1 to 100, not 101"),
            ("first: 2, last: 2", "last", "give \"first\" or \"last\", not both"),
            ("after: \"nonsense\"", "after", "\"after\" is no cursor of this list"),
        ] {
            let query = format!(
                "{{ upcomingReminders(from: \"2026-10-05\", to: \"2026-10-05\", {page}) {{ \
                 totalCount }} }}"
            );
            let told = ask(&app, Who::Admin, &query, json!({})).await;
            let error = &told["errors"][0];
            assert_eq!(error["message"], wrong, "{told}");
            assert_eq!(error["extensions"]["argument"], argument, "{told}");
        }
    })
    .await;
}

const MONTH: &str =
    "query($going: Boolean, $first: Int, $last: Int, $after: String, $before: String) {
    upcomingReminders(from: \"2026-10-05\", to: \"2026-11-04\", going: $going, first: $first,
        last: $last, after: $after, before: $before) {
        totalCount
        nodes { person { id } obligation { id } step verdict at why waitsFor { name } }
        edges { cursor node { step } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        standstills { kind name until why says }
    } }";

#[tokio::test]
async fn reminders_of_the_days_ahead_are_read_page_by_page_either_way_and_none_twice() {
    both(async |world| {
        let app = app(&world).await;
        let suppress = "mutation($to: ID!) { suppressionCreate(input: { personId: $to,
            reason: \"Asked\" }) { userErrors { message } } }";
        let to = json!({ "to": global("Person", Who::SchoolUser.person()) });
        ask(&app, Who::Admin, suppress, to).await;
        let ask = async |given: Value| -> Value {
            let told = ask(&app, Who::Admin, MONTH, given).await;
            assert!(told.get("errors").is_none(), "{told:#}");
            told["data"]["upcomingReminders"].clone()
        };
        let mut counts = Vec::new();
        for going in [json!(true), json!(false), Value::Null] {
            let whole = ask(json!({ "going": going, "first": 100 })).await;
            let all = whole["nodes"].as_array().expect("a list");
            assert_eq!(whole["totalCount"], all.len(), "{going}");
            assert_eq!(whole["edges"].as_array().map(Vec::len), Some(all.len()));
            counts.push(all.len());
            for (size, from, end, more) in [
                ("first", "after", "endCursor", "hasNextPage"),
                ("last", "before", "startCursor", "hasPreviousPage"),
            ] {
                let mut read: Vec<Value> = Vec::new();
                let mut given = json!({ "going": going, size: 3 });
                loop {
                    let page = ask(given.clone()).await;
                    let nodes = page["nodes"].as_array().expect("a list").iter().cloned();
                    let at = if size == "first" { read.len() } else { 0 };
                    read.splice(at..at, nodes);
                    given[from] = page["pageInfo"][end].clone();
                    if page["pageInfo"][more] == false {
                        break;
                    }
                }
                assert_eq!(&read, all, "{}, {going}, {size}", world.name);
            }
        }
        assert_eq!(counts[0] + counts[1], counts[2], "{counts:?}");
        assert!(counts[0] > 3 && counts[1] > 0, "{counts:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_paused_is_told_to_whoever_sees_what_waits_for_it_and_not_once_resumed() {
    both(async |world| {
        let app = app(&world).await;
        let ask_as = async |who, query: &str, given: Value| -> Value {
            let told = ask(&app, who, query, given).await;
            assert!(told.get("errors").is_none(), "{told:#}");
            told["data"].clone()
        };
        let pause = "mutation($lane: ID!) { mailLanePause(input: { mailLaneId: $lane,
            why: \"The letters are put right\" }) { pause { id } userErrors { message } } }";
        let lane = global("MailLane", id(crate::seed::operations::MAIL_LANE));
        let paused = ask_as(Who::Admin, pause, json!({ "lane": lane })).await;
        let told = ask_as(Who::SchoolUser, MONTH, json!({})).await;
        let told = &told["upcomingReminders"];
        let says =
            "Waits: routine mail is paused until somebody resumes it: The letters are put right.";
        let standstill = json!([{ "kind": "MAIL_LANE", "name": "routine", "until": null,
            "why": "The letters are put right", "says": says }]);
        assert_eq!(told["standstills"], standstill, "{}: {told:#}", world.name);
        let nodes = told["nodes"].as_array().expect("a list");
        let waits = |one: &&Value| one["verdict"] == "PAUSED";
        assert!(nodes.iter().any(|one| waits(&one)), "{told:#}");
        assert!(
            nodes
                .iter()
                .filter(waits)
                .all(|one| one["why"] == says && one["waitsFor"] == json!([{ "name": "routine" }]))
        );
        let goes = ["ON_ITS_WAY", "DUE", "AHEAD"].map(Value::from);
        assert!(nodes.iter().all(|one| !goes.contains(&one["verdict"])), "{told:#}");

        let resume = "mutation($pause: ID!) { mailLaneResume(input: { pauseId: $pause,
            why: \"They are right\" }) { pause { id } userErrors { message } } }";
        let given = json!({ "pause": paused["mailLanePause"]["pause"]["id"] });
        ask_as(Who::Admin, resume, given).await;
        let told = ask_as(Who::SchoolUser, MONTH, json!({ "going": true })).await;
        let told = &told["upcomingReminders"];
        assert_eq!(told["standstills"], json!([]), "{told:#}");
        assert_ne!(told["totalCount"], 0);
    })
    .await;
}

#[tokio::test]
async fn a_reminder_that_passed_says_why_by_a_word() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($of: ID!) { reminderStory(obligation: $of) { verdict passed } }";
        let mut passed = Vec::new();
        for number in 0..6 {
            let of = json!({ "of": global("Obligation", id(OBLIGATION + number)) });
            let told = ask(&app, Who::Admin, query, of).await;
            let told = told["data"]["reminderStory"].as_array().expect("a story").clone();
            let kept = |one: &Value| (one["verdict"] == "PASSED") == one["passed"].is_string();
            assert!(told.iter().all(kept), "{told:#?}");
            passed.extend(told.into_iter().filter(|one| one["verdict"] == "PASSED"));
        }
        assert!(passed.iter().any(|one| one["passed"] == "NOBODY_TO_TELL"), "{passed:#?}");
    })
    .await;
}

/// Looks at a message to a hub's partners.
pub const PREVIEW: &str = "query($hub: ID!, $text: String!) {
    bulletinPreview(hub: $hub, subject: \"Hall\", text: $text) {
        token expiresAt
        recipients { person { name } setting { name } why }
        excluded { person { name } why }
        unreached { setting { name } why } notice
    } }";
/// Takes the school's address off the list of those that get no mail.
pub async fn release(app: &App) {
    let release = "mutation($id: ID!) { suppressionRelease(input: { suppressionId: $id,
        reason: \"Mended\" }) { userErrors { message } } }";
    let listed = json!({ "id": global("Suppression", id(crate::seed::mail::SUPPRESSION)) });
    ask(app, Who::HubLead, release, listed).await;
}

const SEND: &str = "mutation($input: BulletinSendInput!) { bulletinSend(input: $input) {
    bulletin { subject recipients sentBy { name } } userErrors { code field message } } }";

#[tokio::test]
async fn a_message_to_partners_goes_as_its_preview_showed_it_and_not_otherwise() {
    both(async |world| {
        let app = app(&world).await;
        let hub = global("Hub", HUB_NORTH);
        let before = ask(&app, Who::HubLead, PREVIEW, json!({ "hub": hub, "text": "Open" })).await;
        let before = &before["data"]["bulletinPreview"];
        assert_eq!((&before["token"], &before["recipients"]), (&Value::Null, &json!([])));
        let why = before["excluded"][0]["why"].as_str().unwrap_or_default();
        assert!(why.contains("marked a mail as unwanted"), "{before}");
        let unreached = before["unreached"].as_array().expect("a list");
        assert!(
            unreached.iter().any(|one| one["setting"]["name"] == "Birch \"Hill\" School"),
            "{before}"
        );

        release(&app).await;
        let shown = ask(&app, Who::HubLead, PREVIEW, json!({ "hub": hub, "text": "Open" })).await;
        let shown = &shown["data"]["bulletinPreview"];
        assert_eq!(shown["recipients"][0]["person"]["name"], "SchoolUser Example", "{shown}");
        assert_eq!(shown["expiresAt"], "2026-10-05T07:28:00Z");
        let input = |text: &str| {
            json!({ "input": { "hubId": hub, "subject": "Hall", "text": text,
                "previewToken": shown["token"], "idempotencyKey": text } })
        };
        for (who, text, what) in [
            (Who::HubLead, "Shut", "The subject or the text is another"),
            (Who::Admin, "Open", "made by somebody else"),
        ] {
            let told = ask(&app, who, SEND, input(text)).await;
            let told = &told["data"]["bulletinSend"]["userErrors"][0];
            let message = told["message"].as_str().unwrap_or_default();
            assert!(message.contains(what), "{told}");
            assert_eq!(
                (&told["code"], &told["field"]),
                (&json!("CONFLICT"), &json!("previewToken"))
            );
        }
        let unsent = json!({ "hub": hub, "text": "Later" });
        let unsent = ask(&app, Who::HubLead, PREVIEW, unsent).await;
        for _ in 0..2 {
            let told = ask(&app, Who::HubLead, SEND, input("Open")).await;
            let sent = &told["data"]["bulletinSend"]["bulletin"];
            assert_eq!(sent["recipients"], 1, "{told}");
        }
        let letters = message::Entity::find().filter(message::Column::Kind.eq("bulletin"));
        assert_eq!(
            letters.clone().count(world.db.reader()).await.expect("a count"),
            1,
            "once under its key"
        );

        world.clock.set("2026-10-05T07:28:00Z".parse().expect("a moment"));
        let mut again = input("Open");
        again["input"]["idempotencyKey"] = json!("another");
        let told = ask(&app, Who::HubLead, SEND, again).await;
        assert_eq!(told["data"]["bulletinSend"]["bulletin"]["recipients"], 1, "{told}");
        assert_eq!(letters.count(world.db.reader()).await.expect("a count"), 1, "once in all");
        let mut late = input("Later");
        late["input"]["previewToken"] = unsent["data"]["bulletinPreview"]["token"].clone();
        let told = ask(&app, Who::HubLead, SEND, late).await;
        let message = &told["data"]["bulletinSend"]["userErrors"][0]["message"];
        assert!(message.as_str().unwrap_or_default().contains("older than 30 minutes"), "{told}");
    })
    .await;
}

#[tokio::test]
async fn a_preview_is_for_who_runs_the_hub_and_of_what_can_be_sent() {
    both(async |world| {
        let app = app(&world).await;
        let only = "Only who runs a hub writes to its partners.";
        for (who, text, wrong, code, argument) in [
            (Who::SchoolUser, "Open", only, "FORBIDDEN", "hub"),
            (Who::HubLead, " ", "Write what it says.", "BAD_USER_INPUT", "text"),
        ] {
            let given = json!({ "hub": global("Hub", HUB_NORTH), "text": text });
            let told = ask(&app, who, PREVIEW, given).await;
            let error = &told["errors"][0];
            assert_eq!(error["message"], wrong, "{told}");
            assert_eq!(error["extensions"]["code"], code, "{told}");
            assert_eq!(error["extensions"]["argument"], argument, "{told}");
        }
        let unseen = json!({ "hub": global("Hub", HUB_LONDON), "text": "Open" });
        let told = ask(&app, Who::HubLead, PREVIEW, unseen).await;
        assert_eq!(told, json!({ "data": { "bulletinPreview": null } }));
        let nobody = json!({ "hub": global("Enrolment", ENROLMENT_CEDAR), "text": "Open" });
        let told = ask(&app, Who::HubLead, PREVIEW, nobody).await;
        assert_eq!(told["errors"][0]["message"], "\"hub\" is no id of type Hub", "{told}");
    })
    .await;
}
