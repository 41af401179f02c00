//! What a client's documents come to in a manifest.

use api::commands::trust_documents::{Source, manifest};
use api::read::trusted;
use api::schema;

fn made(sources: &[(&str, &str)]) -> Result<Vec<String>, Vec<String>> {
    let graph = schema::graph().expect("the schema");
    let sources: Vec<Source> =
        sources.iter().map(|(path, text)| (path.into(), (*text).to_owned())).collect();
    manifest(graph, &sources).map(|manifest| {
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
fn faults_are_told_with_file_and_line() {
    for (text, fault) in [
        ("query A {\n  viewer {\n    nmae\n  }\n}", "a.graphql:3:5: "),
        ("query A {\n  viewer { id\n", "a.graphql:2:15: syntax error"),
        ("query A { viewer { id } }\nquery A { viewer { id } }", "a.graphql:2:7: "),
        ("query A { viewer { id } }\nfragment F on Hub { key }", "a.graphql:2:1: "),
        ("query A($id: Int) {\n node(id: $id) { id } }", "a.graphql:2:7: "),
        ("{ viewer { id } }", "a.graphql:1:1: the operation has no name"),
        ("query A { __schema { queryType { name } } }", "a.graphql:1:1: the operation intro"),
    ] {
        let faults = made(&[("a.graphql", text)]).expect_err(text);
        assert!(faults.iter().any(|it| it.starts_with(fault)), "{text}: {faults:#?}");
    }
}
