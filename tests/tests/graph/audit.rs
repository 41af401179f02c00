//! What the audit tells of deeds, and to whom.

use api::audit::changes::WITHHELD;
use serde_json::{Value, json};
use tests::both;

use crate::deeds::{deeds, document, gate};
use crate::seed::support::VISIT;
use crate::seed::surveys::INVITATION;
use crate::seed::{
    ALL, ENROLMENT_BIRCH, ENROLMENT_CEDAR, HUB_NORTH, Who, app, ask, data, global, id,
};

const HISTORY: &str = "query($id: ID!) { node(id: $id) { ... on Visit { history(first: 1) {
    totalCount nodes { action happenedAt by { name } nodeType visit { id } enrolment { id } detail
        changes { field before after withheld } }
} } } }";

/// What changed, field by field.
fn change(field: &str, before: &Value, after: &Value) -> Value {
    json!({ "field": field, "before": before, "after": after, "withheld": false })
}

#[tokio::test]
async fn an_entry_says_who_did_what_to_what_when_and_what_that_changed() {
    both(async |world| {
        let app = app(&world).await;
        let visit = global("Visit", id(VISIT));
        let agree = json!({ "input": { "visitId": visit, "expectedVersion": 1 } });
        let done = ask(&app, Who::SchoolUser, &document(&gate(), "visitAgree"), agree).await;
        assert_eq!(done["data"]["done"]["userErrors"], json!([]), "{done:#}");
        let seen = ask(&app, Who::Admin, HISTORY, json!({ "id": visit })).await;
        let expected = json!({
            "totalCount": 1,
            "nodes": [{
                "action": "visitAgree", "happenedAt": "2026-10-05T06:58:00Z",
                "by": { "name": "SchoolUser Example" }, "nodeType": "Visit",
                "visit": { "id": visit }, "enrolment": null, "detail": "",
                "changes": [
                    change("state", &json!("PROPOSED"), &json!("AGREED")),
                    change("agreedAt", &json!(null), &json!("2026-10-05T06:58:00Z")),
                    change("sequence", &json!("0"), &json!("1")),
                    change("version", &json!("1"), &json!("2")),
                ]
            }]
        });
        assert_eq!(seen["data"]["node"]["history"], expected, "{seen:#}");
    })
    .await;
}

#[tokio::test]
async fn of_something_new_an_entry_tells_all_that_it_was_given_and_of_other_rows_their_ids() {
    both(async |world| {
        let app = app(&world).await;
        let (name, _, input) =
            deeds().into_iter().find(|(name, ..)| *name == "eventCreate").expect("it");
        let made = json!({ "input": input });
        let done = ask(&app, Who::HubLead, &document(&gate(), name), made).await;
        let event = done["data"]["done"]["node"]["id"].clone();
        let query = "query($id: ID!) { auditEntries(filter: { node: $id }) { nodes {
            event { title } changes { field before after withheld } } } }";
        let seen = ask(&app, Who::HubLead, query, json!({ "id": event })).await;
        let entry = &seen["data"]["auditEntries"]["nodes"][0];
        assert_eq!(entry["event"]["title"], "Demo day", "{seen:#}");
        let changes = entry["changes"].as_array().expect("changes");
        assert!(changes.iter().all(|change| change["before"].is_null()), "{changes:?}");
        for (field, value) in [
            ("kind", "OPEN_DAY"),
            ("title", "Demo day"),
            ("startsAt", "2026-10-12T08:00:00Z"),
            ("hub", global("Hub", HUB_NORTH).as_str()),
        ] {
            let there =
                changes.iter().any(|change| change["field"] == field && change["after"] == value);
            assert!(there, "{field}: {changes:#?}");
        }
    })
    .await;
}

#[tokio::test]
async fn names_of_people_secrets_and_lists_are_not_copied() {
    both(async |world| {
        let app = app(&world).await;
        for (who, name) in [
            (Who::HubLead, "agreedActionEdit"),
            (Who::HubLead, "visitRecord"),
            (Who::SchoolUser, "surveyCodeRotate"),
        ] {
            let (_, _, input) = deeds().into_iter().find(|(at, ..)| *at == name).expect("it");
            let input = json!({ "input": input });
            let done = ask(&app, who, &document(&gate(), name), input).await;
            assert_eq!(done["data"]["done"]["userErrors"], json!([]), "{done:#}");
        }
        let query = "{ auditEntries(first: 100, filter: { happenedFrom: \"2026-10-05T00:00:00Z\" })
            { nodes { action changes { field before after withheld } } } }";
        let seen = data(&app, Who::Admin, query).await;
        let hidden = |action: &str, field: &str| {
            let mut entries = seen["auditEntries"]["nodes"].as_array().expect("entries").iter();
            let entry = entries.find(|entry| entry["action"] == action).expect("it");
            let mut changes = entry["changes"].as_array().expect("changes").iter();
            changes.find(|change| change["field"] == field).expect("the field").clone()
        };
        for (action, field) in [
            ("agreedActionEdit", "ownerName"),
            ("visitRecord", "attendees"),
            ("surveyCodeRotate", "code"),
        ] {
            let expected =
                json!({ "field": field, "before": null, "after": null, "withheld": true });
            assert_eq!(hidden(action, field), expected);
        }
        let text = seen.to_string();
        assert!(!text.contains("Bea") && !text.contains("Ada"), "{text}");
        let codes = "{ surveyInvitations { nodes { codes { nodes { code } } } } }";
        let codes = data(&app, Who::SchoolUser, codes).await;
        let codes = codes["surveyInvitations"]["nodes"][0]["codes"]["nodes"].clone();
        for code in codes.as_array().expect("codes") {
            assert!(!text.contains(code["code"].as_str().expect("a code")), "{code}");
        }
    })
    .await;
}

#[test]
fn whatever_is_named_like_a_name_a_secret_or_an_address_is_withheld_or_known_to_be_none() {
    // Names of things, not of people.
    let harmless = [
        ("Event", "key"),
        ("Message", "mailId"),
        ("Objective", "themeKey"),
        ("SurveyCampaign", "key"),
    ];
    let gate = gate();
    for (name, ..) in deeds() {
        let field = gate.schema().type_field("Mutation", name).expect("a mutation");
        let payload = gate.schema().get_object(field.ty.inner_named_type()).expect("a payload");
        let node = payload.fields.iter().find(|(field, _)| *field != "userErrors").expect("it").1;
        let of = node.ty.inner_named_type().as_str();
        let fields = &gate.schema().get_object(of).expect("a type").fields;
        for (field, definition) in fields {
            let suspect = ["name", "mail", "code", "token", "hash", "secret", "key", "phone"];
            let lower = field.to_lowercase();
            let leaf = definition.ty.inner_named_type() == "String";
            if leaf && suspect.iter().any(|word| lower.contains(word)) {
                let known = WITHHELD.contains(&(of, field.as_str()))
                    || harmless.contains(&(of, field.as_str()));
                assert!(known, "{of}.{field} may have to be withheld from the audit");
            }
        }
    }
}

#[tokio::test]
async fn leads_read_the_history_of_their_hubs_and_nobody_below_them_any() {
    both(async |world| {
        let app = app(&world).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Enrolment {
            history { totalCount nodes { by { name } } } } } }";
        let birch = json!({ "id": global("Enrolment", ENROLMENT_BIRCH) });
        for (who, count) in ALL.into_iter().zip([Some(1), Some(1), Some(1), Some(0), None]) {
            let seen = ask(&app, who, query, birch.clone()).await;
            assert_eq!(seen["data"]["node"]["history"]["totalCount"].as_u64(), count, "{who:?}");
        }
        // Who did it is told to those who see that person.
        let seen = ask(&app, Who::HubLead, query, birch).await;
        assert_eq!(seen["data"]["node"]["history"]["nodes"], json!([{ "by": null }]));
        for (filter, count) in [
            (format!("node: \"{}\"", global("Enrolment", ENROLMENT_CEDAR)), 1),
            // Of another type that id is nobody's.
            (format!("node: \"{}\"", global("Visit", ENROLMENT_CEDAR)), 0),
            (format!("by: \"{}\"", global("Person", Who::Admin.person())), 3),
            (format!("by: \"{}\"", global("Person", Who::HubLead.person())), 0),
            ("action: \"signedIn\"".to_owned(), 1),
            ("nodeType: \"Enrolment\"".to_owned(), 2),
            ("happenedFrom: \"2026-09-29T09:00:00Z\"".to_owned(), 1),
            ("happenedBefore: \"2026-09-29T09:00:00Z\"".to_owned(), 2),
        ] {
            let query = format!("{{ auditEntries(filter: {{ {filter} }}) {{ totalCount }} }}");
            let seen = data(&app, Who::Admin, &query).await;
            assert_eq!(seen["auditEntries"]["totalCount"], count, "{filter}");
        }
        let foreign = global("SurveyInvitation", id(INVITATION));
        let query =
            format!("{{ auditEntries(filter: {{ node: \"{foreign}\" }}) {{ totalCount }} }}");
        assert_eq!(data(&app, Who::HubLead, &query).await["auditEntries"]["totalCount"], 0);
    })
    .await;
}
