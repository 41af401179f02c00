//! Trusted documents, from a folder of files to a server that answers nothing else.

mod collecting;
mod naming;

use std::path::Path;

use entity::people::grants::Grant;
use serde_json::Value;
use tests::programs::{bare, program, refuse, run, serve_with};
use tests::rise::Rise;
use tests::tokens::token_for;
use tests::{World, both, node, world};

const MORNING: &str = "2026-10-05T07:59:00";

/// A client's documents, in two files of two folders.
const DOCUMENTS: [(&str, &str); 3] = [
    ("hubs.graphql", "query Hubs($first: Int!) { hubs(first: $first) { nodes { ...HubName } } }"),
    ("parts/hub.graphql", "# What a hub is called.\nfragment HubName on Hub { id name }\n"),
    (
        "parts/alerts.graphql",
        "mutation Acknowledge($input: AlertAcknowledgeInput!) {
            alertAcknowledge(input: $input) { alert { id } userErrors { code message } }
        }
        subscription Changes { alertChanged { cursor alert { id } } }",
    ),
];

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder can be made");
        std::fs::write(file, text).expect("a file can be written");
    }
}

/// Makes the manifest of [`DOCUMENTS`] in the world's folder and returns where it lies.
fn manifest(world: &World, more: &[&str]) -> String {
    let folder = world.folder.path().join("documents");
    write(&folder, &DOCUMENTS);
    let file = world.folder.path().join("manifest.json").display().to_string();
    let folder = folder.display().to_string();
    let arguments = ["trust-documents", &folder, "--output", &file];
    let _told = run(bare("api", &[arguments.as_slice(), more].concat()));
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_for_trusted_documents_answers_them_over_every_transport_and_nothing_else() {
    if node::is_absent() {
        return;
    }
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let manifest = manifest(&world, &["--add-typename"]);
        let settings = [
            ("HUBS__DOCUMENTS__MANIFEST", manifest.as_str()),
            ("HUBS__DOCUMENTS__MODE", "trusted-only"),
        ];
        let (_api, address) = serve_with(&world, MORNING, &settings);
        let variables = [("API", &*address), ("MANIFEST", &*manifest), ("TOKEN", &*token)];
        let told = node::run("trusted.mjs", &variables).await;
        let told: Value = serde_json::from_str(&told).expect("an end");
        assert_eq!(told["transports"], 5, "{}", world.name);
    })
    .await;
}

#[tokio::test]
async fn a_manifest_is_checked_and_tells_faults_with_file_and_line() {
    let world = world::sqlite().await;
    let file = manifest(&world, &[]);
    let folder = world.folder.path().join("documents");
    let arguments = ["trust-documents", &*folder.display().to_string(), "--output", &file];
    let check = || bare("api", &[arguments.as_slice(), &["--check"]].concat());
    let before = std::fs::read_to_string(&file).expect("the manifest");
    let told = run(check());
    assert!(told.contains("3 document(s) of 3 file(s)") && told.contains("up to date"), "{told}");

    write(&folder, &[("me.graphql", "query Me { viewer { name } }")]);
    let told = refuse(check());
    assert!(told.contains("manifest.json is not up to date"), "{told}");

    let mut poor = check();
    poor.env("HUBS__LIMITS__POINTS", "10");
    let told = refuse(poor);
    let fault = "the operation Changes would be refused: TOO_COMPLEX: this takes ";
    assert!(told.contains(fault) && told.contains("alerts.graphql:4:9: "), "{told}");

    write(&folder, &[("parts/hub.graphql", "fragment HubName on Hub {\n  id\n  nmae\n}\n")]);
    let told = refuse(bare("api", &arguments));
    assert!(told.contains("1 fault(s)") && told.contains("hub.graphql:3:3: "), "{told}");
    let after = std::fs::read_to_string(&file).expect("the manifest");
    assert_eq!(before, after, "a manifest with faults is not written");
}

#[tokio::test]
async fn a_manifest_that_cannot_be_trusted_stops_the_start_with_its_reason() {
    let world = world::sqlite().await;
    let file = world.folder.path().join("manifest.json");
    let introspects = "{ __schema { queryType { name } } }";
    let hash = api::read::trusted::hash(introspects);
    let cases = [
        (String::from("{"), "any", "is no JSON object of hashes and documents"),
        (
            format!(r#"{{ "{}": "query A {{ viewer {{ id }} }}" }}"#, "0".repeat(64)),
            "any",
            "under the hash of another: 000",
        ),
        (format!(r#"{{ "{hash}": "{introspects}" }}"#), "trusted-only", "introspects"),
    ];
    for (text, mode, problem) in cases {
        std::fs::write(&file, text).expect("the manifest can be written");
        let mut serve = program(&world, "api", &["serve"]);
        serve.env("HUBS__DOCUMENTS__MANIFEST", &file).env("HUBS__DOCUMENTS__MODE", mode);
        let told = refuse(serve);
        assert!(told.contains("documents.manifest") && told.contains(problem), "{told}");
    }
    std::fs::remove_file(&file).expect("the manifest can go");
    let mut serve = program(&world, "api", &["serve"]);
    serve.env("HUBS__DOCUMENTS__MANIFEST", &file);
    let told = refuse(serve);
    assert!(told.contains("manifest.json cannot be read"), "{told}");
}
