//! What is refused before anything is read or done.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::both;

use crate::seed::{Who, app, ask, data, global, id};

/// Asks and returns the first error; there must be no data.
async fn refused(app: &api::app::App, query: &str, variables: Value) -> Value {
    let response = ask(app, Who::Admin, query, variables).await;
    assert_eq!(response.get("data"), None, "{query}\n{response:#}");
    response["errors"][0].clone()
}

#[tokio::test]
async fn a_bad_document_or_variable_is_refused_with_its_place() {
    both(async |world| {
        let app = app(&world).await;
        for (query, variables, says) in [
            ("{ hubs { nodes { nam } } }", json!({}), "Cannot query field"),
            ("{ hubs { nodes ", json!({}), "yntax"),
            ("{ hubs }", json!({}), "must have a selection of subfields"),
            ("query($n: String) { hubs(first: $n) { totalCount } }", json!({}), "$n"),
            ("query($n: Int!) { hubs(first: $n) { totalCount } }", json!({}), "non-null variable"),
            ("query($n: Int) { hubs(first: $n) { totalCount } }", json!({ "n": "1" }), "Int"),
            ("query($n: Int) { hubs(first: $n) { totalCount } }", json!({ "n": 101 }), "1 to 100"),
            ("{ hubs(first: 1, last: 1) { totalCount } }", json!({}), "not both"),
            ("{ hubs(after: \"x\") { totalCount } }", json!({}), "cursor"),
            ("{ hubs(filter: { nam: \"x\" }) { totalCount } }", json!({}), "nam"),
            (
                "{ obligations(filter: { dueBefore: \"5/10/2026\" }) { totalCount } }",
                json!({}),
                "filter.dueBefore is a date like 2026-10-05",
            ),
            ("query A { viewer { id } } query B { viewer { id } }", json!({}), "operation"),
        ] {
            let error = refused(&app, query, variables).await;
            let message = error["message"].as_str().unwrap_or_default();
            assert!(message.contains(says), "{query}: {error:#}");
            assert!(!message.contains("/work"), "{error:#}");
        }
        let error = refused(&app, "{\n  hubs { nodes { nam } } }", json!({})).await;
        assert_eq!(error["locations"][0], json!({ "line": 2, "column": 18 }));
    })
    .await;
}

#[tokio::test]
async fn an_id_that_is_none_of_its_type_is_refused_by_the_name_of_its_place() {
    both(async |world| {
        let app = app(&world).await;
        let school = global("School", id(999));
        for wrong in ["zz", "", school.as_str()] {
            for (query, told) in [
                ("messages(filter: { person: $id }) { totalCount }", "filter.person is no id of type Person"),
                ("reminders(filter: { obligation: $id }) { totalCount }", "filter.obligation is no id of"),
                ("pauses(filter: { job: $id }) { totalCount }", "filter.job is no id of type Job"),
                ("events(filter: { bookedBy: $id }) { totalCount }", "filter.bookedBy is no id of"),
                (
                    "upcomingReminders(from: \"2026-10-05\", to: \"2026-10-06\", hub: $id) { nodes { why } }",
                    "\"hub\" is no id of type Hub",
                ),
                ("reminderStory(obligation: $id) { why }", "\"obligation\" is no id of type Obligation"),
            ] {
                let query = format!("query($id: ID!) {{ told: {query} }}");
                let answer = ask(&app, Who::Admin, &query, json!({ "id": wrong })).await;
                let error = &answer["errors"][0];
                let message = error["message"].as_str().unwrap_or_default();
                assert!(message.contains(told), "{}, {wrong}: {query}\n{answer:#}", world.name);
                assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{query}");
            }
        }
        // One of the right type that is nobody's goes on finding nothing.
        let query = "query($id: ID!) { messages(filter: { person: $id }) { totalCount } }";
        let answer = ask(&app, Who::Admin, query, json!({ "id": global("Person", id(999)) })).await;
        assert_eq!(answer["data"]["messages"]["totalCount"], 0, "{answer:#}");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    both(async |world| {
        let app = app(&world).await;
        let seen = data(&app, Who::Admin, "{ schools(first: 1) { edges { cursor } } }").await;
        let cursor = seen["schools"]["edges"][0]["cursor"].clone();
        let query = "query($c: String) { schools(after: $c, orderBy: URN_ASC) { totalCount } }";
        let error = refused(&app, query, json!({ "c": cursor })).await;
        assert!(error["message"].to_string().contains("ordered alike"), "{error}");
    })
    .await;
}

/// `count` fragments on `Hub`, each made of the name of the next, and a last one.
fn chain(count: usize, fragment: impl Fn(String) -> String) -> String {
    let fragments = (0..count).map(|at| {
        let selection = fragment(format!("...f{}", at + 1));
        format!(" fragment f{at} on Hub {{ {selection} }}")
    });
    let fragments: Vec<String> = fragments.collect();
    let last = format!(" fragment f{count} on Hub {{ name }}");
    format!("{{ hubs {{ nodes {{ ...f0 }} }} }}{}{last}", fragments.concat())
}

#[tokio::test]
async fn what_would_explode_is_answered_or_refused_quickly() {
    both(async |world| {
        let app = app(&world).await;
        // The same fragment twice under one key is the same fields: that is answered.
        let flat = chain(31, |next| format!("{next} {next}"));
        // Under two keys it is twice as much at every step.
        let doubling = chain(31, |next| {
            format!(
                "a: programme {{ hubs {{ nodes {{ {next} }} }} }} \
                 b: programme {{ hubs {{ nodes {{ {next} }} }} }}"
            )
        });
        let nested = |open: &str, close: &str| {
            format!(
                "{{ hubs(filter: {{ key: {}{} }}) {{ totalCount }} }}",
                open.repeat(2_000),
                close.repeat(2_000)
            )
        };
        let aliases: Vec<String> = (0..6_000).map(|at| format!("a{at}: __typename")).collect();
        let aliases = aliases.join(" ");
        let deep = format!("{}{}", "{ hubs { nodes { programme ".repeat(40), "} } }".repeat(40));
        let wide = "{ hubs(first: 100) { nodes { enrolments(first: 100) { nodes {
            obligations(first: 100) { nodes { reminders { nodes { id } } } } } } } } }";
        let cycle =
            "{ hubs { nodes { ...a } } } fragment a on Hub { ...b } fragment b on Hub { ...a }";
        let started = Instant::now();
        let seen = data(&app, Who::Admin, &flat).await;
        assert_eq!(seen["hubs"]["nodes"][0]["name"], "London Hub");
        for query in [
            doubling,
            nested("[", "]"),
            nested("{ a: ", "}"),
            format!("{{ {aliases} }}"),
            deep,
            wide.to_owned(),
            cycle.to_owned(),
        ] {
            refused(&app, &query, json!({})).await;
        }
        let took = started.elapsed();
        // Generous: what is feared takes minutes or the process.
        assert!(took < Duration::from_secs(5), "{took:?}");
    })
    .await;
}
