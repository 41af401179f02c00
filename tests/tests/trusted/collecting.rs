//! What a client's documents come to in a manifest.

use api::commands::trust_documents::{Source, manifest};
use api::read::trusted;
use api::schema;

/// Most points that a caller can have.
const POINTS: u32 = 40;

fn made(sources: &[(&str, &str)]) -> Result<Vec<String>, Vec<String>> {
    made_with(sources, false)
}

fn made_with(sources: &[(&str, &str)], add_typename: bool) -> Result<Vec<String>, Vec<String>> {
    let graph = schema::graph().expect("the schema");
    let sources: Vec<Source> =
        sources.iter().map(|(path, text)| (path.into(), (*text).to_owned())).collect();
    manifest(graph, &sources, add_typename, POINTS).map(|manifest| {
        assert!(manifest.iter().all(|(hash, text)| *hash == trusted::hash(text)));
        manifest.into_values().collect()
    })
}

#[test]
fn each_operation_gets_the_fragments_it_uses_from_whatever_file() {
    let fragments = "fragment Named on Hub { name ...Keyed } fragment Keyed on Hub { key }";
    let operations = "query A { hubs { nodes { ...Named } } } query B { viewer { id } }";
    let documents = made(&[("a.graphql", operations), ("b.graphql", fragments)]);
    let documents = documents.expect("no faults");
    assert_eq!(documents.len(), 2);
    let a = documents.iter().find(|text| text.contains("query A")).expect("A");
    assert!(a.contains("fragment Named on Hub") && a.contains("fragment Keyed on Hub"), "{a}");
    let b = documents.iter().find(|text| text.contains("query B")).expect("B");
    assert!(!b.contains("fragment"), "{b}");
}

#[test]
fn layout_and_comments_do_not_change_a_hash() {
    let one = made(&[("a.graphql", "query A { viewer { id name } }")]);
    let other = made(&[("b.graphql", "# Who asks.\nquery A {\n\tviewer { id, name }\n}\n")]);
    assert_eq!(one, other);
}

#[test]
fn descriptions_may_stand_in_the_files_and_are_not_sent() {
    let described = "\"All hubs.\" query Q(\"\"\"How\nmany\"\"\" $n: Int) { hubs(first: $n) { nodes { ...F } } }
        \"One.\" fragment F on Hub { id , name }";
    let plain =
        "query Q($n: Int) { hubs(first: $n) { nodes { ...F } } } fragment F on Hub { id name }";
    assert_eq!(made(&[("a.graphql", described)]), made(&[("b.graphql", plain)]));
    assert_eq!(made(&[("b.graphql", plain)]).map(|made| made.len()), Ok(1));
}

#[test]
fn faults_are_told_with_file_and_line() {
    for (text, fault) in [
        ("query A {\n  viewer {\n    nmae\n  }\n}", "a.graphql:3:5: "),
        ("query A {\n  viewer { id\n", "a.graphql:2:15: syntax error"),
        ("query A { viewer { id } }\nquery A { viewer { id } }", "a.graphql:2:7: "),
        ("query A { viewer { id } }\nfragment F on Hub { key }", "a.graphql:2:1: "),
        ("query A($id: Int) {\n node(id: $id) { id } }", "a.graphql:2:7: "),
        ("{ viewer { id } }", "a.graphql:1:1: the operation has no name"),
        ("query A { __schema { queryType { name } } }", "a.graphql:1:1: the operation A intro"),
    ] {
        let faults = made(&[("a.graphql", text)]).expect_err(text);
        assert!(faults.iter().any(|it| it.starts_with(fault)), "{text}: {faults:#?}");
    }
}

#[test]
fn what_would_be_refused_whenever_it_is_asked_is_a_fault_by_name() {
    let many = |what: &dyn Fn(usize) -> String| (0..501).map(what).collect::<Vec<_>>().join(" ");
    let aliases = format!("query A {{ viewer {{ {} }} }}", many(&|at| format!("a{at}: id")));
    let skips = format!("query A {{ viewer {{ {} }} }}", many(&|_| "id @skip(if: false)".into()));
    let deep =
        format!("query A {{ viewer {{ id {}{} }} }}", "... { id ".repeat(70), "}".repeat(70));
    let tokens = format!("query A {{ viewer {{ {} }} }}", "id ".repeat(10_000));
    let nested =
        "enrolments(first: 20) { nodes { hub { enrolments(first: 20) { nodes { id } } } } }";
    let dear = format!("query A {{ hubs {{ nodes {{ {nested} }} }} }}");
    let in_part =
        format!("query A($first: Int) {{ hubs(first: $first) {{ nodes {{ {nested} }} }} }}");
    let wide = "query A { hubs(first: 101) { nodes { id } } }".to_owned();
    for (text, told) in [
        (aliases, "TOO_COMPLEX: fragments expanded, this selects more than 500 aliases"),
        (skips, "TOO_COMPLEX: fragments expanded, this selects more than 200 directives"),
        (deep, "TOO_COMPLEX: "),
        (tokens, "TOO_COMPLEX: "),
        (dear, "TOO_COMPLEX: this takes "),
        (in_part, "TOO_COMPLEX: this takes "),
        (wide, "BAD_USER_INPUT: "),
    ] {
        let faults = made(&[("a.graphql", &text)]).expect_err(told);
        let fault = format!("a.graphql:1:1: the operation A would be refused: {told}");
        assert!(faults.len() == 1 && faults[0].starts_with(&fault), "{faults:#?}");
    }
}

#[test]
fn what_some_variables_make_cheap_enough_is_no_fault() {
    let below = "enrolments(first: 20) { nodes { id } }";
    for text in [
        format!("query A($first: Int!) {{ hubs(first: $first) {{ nodes {{ {below} }} }} }}"),
        format!(
            "query A($first: Int = 100, $last: Int, $after: String, $before: String) {{
                hubs(first: $first, last: $last, after: $after, before: $before) {{
                    nodes {{ {below} }} }} }}"
        ),
        format!(
            "query A($with: Boolean!) {{ hubs {{ nodes {{ id ... @include(if: $with) {{ {below} }} }} }} }}"
        ),
        format!(
            "query A($less: Boolean = false) {{ hubs {{ nodes {{ id ...B @skip(if: $less) }} }} }}
            fragment B on Hub {{ {below} }}"
        ),
        format!(
            "query A($x: Boolean!, $y: Boolean!) {{
                a: hubs @include(if: $x) {{ nodes {{ {below} }} }}
                b: viewer @skip(if: $x) {{ id }}
                c: viewer @include(if: $y) {{ id }}
                d: hubs @skip(if: $y) {{ nodes {{ {below} }} }} }}"
        ),
        "query A($ids: [ID!]!) { nodes(ids: $ids) { id } }".to_owned(),
        "mutation A($input: AlertAcknowledgeInput!) {
            alertAcknowledge(input: $input) { alert { id } } }"
            .to_owned(),
        "subscription A($after: String) { alertChanged(after: $after) { cursor } }".to_owned(),
    ] {
        assert_eq!(made(&[("a.graphql", &text)]).map(|all| all.len()), Ok(1), "{text}");
    }
}

#[test]
fn typename_is_added_where_apollo_adds_it() {
    let text = "query A { viewer { id ... on Person { name } } node(id: 1) { ...H } }
        fragment H on Hub { __typename name region { t: __typename name } leadSetting { id } }";
    let expected = "query A { viewer { id ... on Person { name __typename } __typename }
        node(id: 1) { ...H __typename } }
        fragment H on Hub { __typename name region { t: __typename name } leadSetting { id __typename } }";
    let added = made_with(&[("a.graphql", text)], true).expect("no faults");
    assert_eq!(added, made(&[("a.graphql", expected)]).expect("no faults"));
    let again = made_with(&[("a.graphql", expected)], true).expect("no faults");
    assert_eq!(added, again, "once is enough");
}
