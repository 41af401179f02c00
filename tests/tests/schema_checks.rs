//! Other people's checkers of schemas on `schema.graphql`; and that they would find something.

use std::path::PathBuf;

use serde_json::Value;
use tests::node;
use tests::programs::root;

/// A copy of the schema in which `from`, which is in it, is `to`.
fn altered(name: &str, from: &str, to: &str) -> PathBuf {
    let text = std::fs::read_to_string(root().join("schema.graphql")).expect("the schema");
    assert!(text.contains(from), "{from}");
    let folder = root().join("target/schema-checks");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let file = folder.join(name);
    std::fs::write(&file, text.replace(from, to)).expect("a file can be written");
    file
}

async fn told(script: &str) -> Value {
    serde_json::from_str(&node::run(script, &[]).await).expect("an end")
}

#[tokio::test]
async fn relays_compiler_takes_a_refetchable_fragment_of_every_connection() {
    if node::is_absent() {
        return;
    }
    let told = told("relay.mjs").await;
    assert!(told["connections"].as_u64() >= Some(90), "{told}");
    assert_eq!(told["connections"], told["compiled"], "{told}");
    let broken = altered("relay.graphql", "type Enrolment implements Node {", "type Enrolment {");
    let broken = broken.display().to_string();
    let refused = node::refused("relay.mjs", &[("SCHEMA", &broken)]).await;
    assert!(refused.contains("Enrolment"), "{refused}");
}

#[tokio::test]
async fn the_lints_for_schemas_and_for_relay_find_nothing() {
    if node::is_absent() {
        return;
    }
    let told = told("eslint.mjs").await;
    assert!(told["rules"].as_u64() > Some(20), "{told}");
    let broken =
        altered("lints.graphql", "type UserError {\n", "type UserError {\n  wrong_Name: Int\n");
    let broken = broken.display().to_string();
    let refused = node::refused("eslint.mjs", &[("SCHEMA", &broken)]).await;
    assert!(refused.contains("naming-convention"), "{refused}");
}

#[test]
fn every_edge_but_one_of_what_is_worked_out_leads_to_a_row() {
    let gate = api::read::gate::Gate::new(&api::schema::sdl()).expect("the SDL is valid");
    let mut others = Vec::new();
    for name in gate.schema().types.keys().filter(|name| name.ends_with("Edge")) {
        let node = gate.schema().type_field(name, "node").expect("a node");
        let of = gate.schema().get_object(node.ty.inner_named_type()).expect("an object");
        if !of.implements_interfaces.iter().any(|one| one.name == "Node") {
            others.push(name.to_string());
        }
    }
    assert_eq!(others, ["ReminderAccountEdge"]);
}

#[tokio::test]
async fn what_changed_of_the_schema_is_in_its_changelog() {
    if node::is_absent() {
        return;
    }
    let _changes = told("changes.mjs").await;
    for (name, from, to, missing) in [
        (
            "removed.graphql",
            "  \"When last changed.\"\n  changedAt: DateTime!\n",
            "",
            "- breaking: Enrolment.changedAt was removed.",
        ),
        (
            "required.graphql",
            "input EnrolmentCreateInput {\n",
            "input EnrolmentCreateInput {\n  \"Why.\"\n  why: String!\n",
            "- breaking: A required field why on input type EnrolmentCreateInput was added.",
        ),
        (
            "value.graphql",
            "enum AlertState {\n",
            "enum AlertState {\n  \"Gone.\"\n  GONE\n",
            "- careful: GONE was added to enum type AlertState.",
        ),
    ] {
        let after = altered(name, from, to).display().to_string();
        let refused = node::refused("changes.mjs", &[("AFTER", &after)]).await;
        assert!(refused.contains(missing), "{refused}");
    }
}
