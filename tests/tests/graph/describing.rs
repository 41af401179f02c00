//! What the schema says of itself, and that all it offers can be read.

use serde_json::json;
use tests::both;

use crate::seed::{Who, app, ask, data};

/// Every field without arguments and every list of a type, one level deep.
fn everything(gate: &api::read::gate::Gate, type_name: &str) -> String {
    let schema = gate.schema();
    let object = schema.get_object(type_name).expect("an object type");
    let mut selection = String::new();
    for (name, field) in &object.fields {
        let inner = field.ty.inner_named_type();
        selection.push_str(name);
        if schema.types.get(inner).is_some_and(|ty| !ty.is_leaf()) {
            let below = if inner.ends_with("Connection") {
                " { totalCount edges { cursor node { id } } pageInfo { endCursor } }"
            } else {
                " { __typename }"
            };
            selection.push_str(below);
        }
        selection.push(' ');
    }
    selection
}

#[tokio::test]
async fn every_field_and_every_order_of_every_type_can_be_read() {
    both(async |world| {
        let app = app(&world).await;
        let graph = api::schema::graph().expect("the schema");
        for of in &api::schema::map().types {
            let Some(root) = of.root else { continue };
            let fields = everything(&graph.gate, of.name);
            for order in &of.orders {
                let query = format!(
                    "{{ {}(orderBy: {}_DESC) {{ edges {{ cursor node {{ {fields} }} }} }} }}",
                    root.name, order.name
                );
                let seen = data(&app, Who::Admin, &query).await;
                let edges = seen[root.name]["edges"].as_array().expect("edges");
                assert!(!edges.is_empty(), "the seed has no {}", of.name);
                let query = format!(
                    "query($after: String) {{
                        {}(orderBy: {}_DESC, after: $after) {{ nodes {{ id }} }} }}",
                    root.name, order.name
                );
                let after = json!({ "after": edges[0]["cursor"] });
                let rest = ask(&app, Who::Admin, &query, after).await;
                let rest = rest["data"][root.name]["nodes"].as_array().map(Vec::len);
                assert_eq!(rest, Some(edges.len() - 1), "{} by {}", root.name, order.name);
            }
        }
    })
    .await;
}

#[test]
fn lists_are_ordered_by_columns_that_are_never_empty() {
    for of in &api::schema::map().types {
        assert!(!of.orders.is_empty(), "{} has no order", of.name);
        for order in &of.orders {
            let shown = of.fields.iter().find_map(|field| match &field.kind {
                api::read::map::Kind::Column { column, nullable, .. }
                    if *column == order.column =>
                {
                    Some(*nullable)
                }
                _ => None,
            });
            assert_eq!(shown, Some(false), "{} of {}", order.name, of.name);
        }
    }
}

#[tokio::test]
async fn the_schema_describes_itself() {
    both(async |world| {
        let app = app(&world).await;
        let query = r#"{
            __type(name: "Hub") { kind description fields { name } }
            hubs { totalCount }
            __schema { queryType { name } }
        }"#;
        let seen = data(&app, Who::Evaluator, query).await;
        assert_eq!(seen["__type"]["kind"], "OBJECT");
        assert_eq!(seen["__type"]["fields"][0]["name"], "id");
        assert_eq!(seen["hubs"]["totalCount"], 0);
        assert_eq!(seen["__schema"]["queryType"]["name"], "Query");
    })
    .await;
}

#[test]
fn the_committed_schema_is_the_one_served() {
    let committed = std::fs::read_to_string(tests::programs::root().join("schema.graphql"));
    let committed = committed.expect("schema.graphql is committed");
    assert!(
        committed == api::schema::sdl(),
        "schema.graphql is out of date: `cargo run -p api -- schema > schema.graphql`"
    );
}

#[test]
fn everything_in_the_schema_is_described() {
    let graph = api::schema::graph().expect("the schema");
    for (name, ty) in &graph.gate.schema().types {
        if ty.is_built_in() {
            continue;
        }
        let described = |place: &str, text: Option<&str>| {
            assert!(text.is_some_and(|text| !text.is_empty()), "{place} is not described");
        };
        // The roots' meaning is in their fields.
        if !["Query", "Mutation"].contains(&name.as_str()) {
            described(name, ty.description().map(|text| &**text));
        }
        if let Some(object) = graph.gate.schema().get_object(name) {
            for (field, definition) in &object.fields {
                let text = definition.description.as_deref();
                described(&format!("{name}.{field}"), text);
            }
        }
    }
}
