//! Every mutation by every part that somebody can have: what they are told, and that what was done
//! is in the audit, once, and what was refused is not.

mod table;

use std::cell::RefCell;

use api::app::App;
use api::read::gate::Gate;
use entity::audit::audit_entry;
use entity::people::principal;
use entity::scope::Viewer;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use serde_json::{Value, json};
use tests::both;
use uuid::Uuid;

pub use table::deeds;

use crate::seed::{HUB_LONDON, PARTNER_CEDAR, Who, app, bytes, global, id};

/// The parts, in the order of the table.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// As in the seed; the hub lead is of the north, the head of Birch.
    Of(Who),
    /// The lead of the London hub.
    OtherLead,
    /// The head of Cedar, whom the London hub supports.
    OtherHead,
    /// Somebody who is signed in and has no part in anything.
    Nobody,
}

pub const PARTS: [Part; 8] = [
    Part::Of(Who::Admin),
    Part::Of(Who::RegionalLead),
    Part::Of(Who::HubLead),
    Part::Of(Who::SchoolUser),
    Part::OtherLead,
    Part::OtherHead,
    Part::Of(Who::Evaluator),
    Part::Nobody,
];

impl Part {
    pub async fn viewer(self, app: &App) -> Viewer {
        let nobody = Viewer { person_id: id(99), ..Viewer::default() };
        match self {
            Self::Of(who) => principal::viewer(app.db.reader(), who.person()).await.expect("roles"),
            Self::OtherLead => Viewer { hubs: vec![HUB_LONDON], ..nobody },
            Self::OtherHead => Viewer { settings: vec![PARTNER_CEDAR], ..nobody },
            Self::Nobody => nobody,
        }
    }
}

/// A document that does one mutation.
pub fn document(gate: &Gate, name: &str) -> String {
    let field = gate.schema().type_field("Mutation", name).expect("a mutation");
    let input = &field.arguments.first().expect("an input").ty;
    let payload = gate.schema().get_object(field.ty.inner_named_type()).expect("a payload");
    let node = payload
        .fields
        .keys()
        .find(|field| !["userErrors", "token"].contains(&field.as_str()))
        .expect("a node");
    format!(
        "mutation($input: {input}) {{ done: {name}(input: $input) {{ \
         node: {node} {{ id __typename }} userErrors {{ code field message }} }} }}"
    )
}

pub fn gate() -> Gate {
    Gate::new(&api::schema::sdl()).expect("the SDL is valid")
}

fn told(code: &str) -> &str {
    match code {
        "" => "ok",
        "NOT_FOUND" => "NF",
        "FORBIDDEN" => "F",
        "CONFLICT" => "C",
        other => other,
    }
}

async fn last_entry(app: &App) -> Option<audit_entry::Model> {
    let entries = audit_entry::Entity::find().order_by_desc(audit_entry::Column::Id);
    entries.one(app.db.reader()).await.expect("a read")
}

#[tokio::test]
async fn every_mutation_tells_each_part_what_it_may_and_writes_down_what_it_did() {
    let gate = gate();
    let wrong = RefCell::new(Vec::new());
    for (number, part) in PARTS.into_iter().enumerate() {
        both(async |world| {
            let app = app(&world).await;
            let viewer = part.viewer(&app).await;
            for (name, expected, input) in deeds() {
                let before = last_entry(&app).await.map(|entry| entry.id);
                let variables = json!({ "input": input });
                let body = bytes(&app, viewer.clone(), &document(&gate, name), variables).await;
                let answer: Value = serde_json::from_slice(&body).expect("JSON");
                let done = &answer["data"]["done"];
                let code = done["userErrors"][0]["code"].as_str().unwrap_or_default();
                let expected = expected.split(' ').nth(number).expect("eight");
                if told(code) != expected || answer.get("errors").is_some() {
                    let told = format!("{name} as {part:?}: not {expected} but {answer}");
                    wrong.borrow_mut().push(told);
                }
                let entry = last_entry(&app).await.expect("entries of the seed");
                if told(code) != "ok" {
                    assert_eq!(Some(entry.id), before, "{name} as {part:?} was refused");
                    continue;
                }
                assert_ne!(Some(entry.id), before, "{name} as {part:?} is not in the audit");
                let (of, row) = (entry.node_type.unwrap_or_default(), entry.node_id);
                let node = (json!(of), json!(global(&of, row.unwrap_or_default())));
                let shown = (done["node"]["__typename"].clone(), done["node"]["id"].clone());
                // Who moves an enrolment away may not see it any more.
                if !done["node"].is_null() {
                    assert_eq!(node, shown, "{name} as {part:?}");
                }
                assert_eq!(
                    (entry.action.as_str(), entry.by_person),
                    (name, Some(viewer.person_id))
                );
                assert_eq!(entry.happened_at, app.clock.now());
                if entry.changes == json!([]) {
                    wrong.borrow_mut().push(format!("{name} as {part:?} changed nothing"));
                }
            }
        })
        .await;
    }
    assert!(wrong.borrow().is_empty(), "{:#?}", wrong.borrow());
}

#[test]
fn every_mutation_of_the_schema_has_a_row_in_the_table() {
    let gate = gate();
    let mutations = gate.schema().get_object("Mutation").expect("Mutation");
    let tried = deeds();
    let untried: Vec<_> = mutations
        .fields
        .keys()
        .filter(|name| tried.iter().all(|(at, ..)| *at != name.as_str()))
        .collect();
    assert!(untried.is_empty(), "no access is stated for {untried:?}");
    for (name, told, _) in tried {
        assert_eq!(told.split(' ').count(), PARTS.len(), "{name}");
    }
}

/// An edit is what names the row that the payload answers with.
#[test]
fn every_edit_takes_the_version_that_was_read_and_everything_made_anew_takes_a_key() {
    let gate = gate();
    let schema = gate.schema();
    for (name, _, input) in deeds() {
        let field = schema.type_field("Mutation", name).expect("a mutation");
        let payload = schema.get_object(field.ty.inner_named_type()).expect("a payload");
        let node = payload.fields.iter().find(|(field, _)| *field != "userErrors").expect("it").1;
        let node = node.ty.inner_named_type().as_str();
        let given = field.arguments.first().expect("an input").ty.inner_named_type();
        let fields = &schema.get_input_object(given).expect("an input object").fields;
        let named = input.as_object().expect("an object").values().filter_map(Value::as_str);
        let edits = named
            .filter_map(api::read::ids::parse_global)
            .any(|(of, _): (String, Uuid)| of == node);
        // What is ended is only ended: there is nothing that one could have read wrongly.
        if ["sessionRevoke", "accessTokenRevoke"].contains(&name) {
            continue;
        }
        // What is sent anew is a message of its own; and a held one is settled once, or no longer held.
        let edits = edits && !["messageReplay", "messageSettle"].contains(&name);
        let takes = if edits { "expectedVersion" } else { "idempotencyKey" };
        assert!(fields.contains_key(takes), "{name} takes no {takes}");
    }
}
