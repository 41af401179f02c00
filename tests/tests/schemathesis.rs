//! Schemathesis, which makes random requests of every query and mutation from the schema, finds no
//! fault of the server. The same requests each time: the seed stands.

use entity::people::grants::Grant;
use tests::programs::{finish, root, serve_with};
use tests::rise::Rise;
use tests::tokens::token_for;
use tests::{both, python};

/// It asks for more in a few seconds than a client may.
const UNLIMITED: [(&str, &str); 1] = [("HUBS__LIMITS__POINTS", "0")];
/// Requests for each query and mutation.
const EACH: &str = "3";

#[tokio::test(flavor = "multi_thread")]
async fn no_random_request_is_answered_with_a_fault_of_the_server() {
    if python::is_absent() {
        return;
    }
    both(async |world| {
        Rise::seed(&world, &["Demo Ash School"]).await;
        let token = token_for(&world, "ada@admin.example", Grant::ProgrammeAdmin).await;
        let (_api, address) = serve_with(&world, "2026-10-05T07:59:00", &UNLIMITED);
        let mut schemathesis = python::program("schemathesis");
        schemathesis
            .current_dir(world.folder.path())
            .env("SCHEMATHESIS_HOOKS", root().join("tests/python/schemathesis_hooks.py"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg("run")
            .arg(root().join("schema.graphql"))
            .args(["--url", &format!("{address}/graphql")])
            .args(["--header", &format!("Authorization: Bearer {token}")])
            .args(["--checks", "no_fault_of_the_server", "--continue-on-failure", "--no-shrink"])
            .args(["--phases", "fuzzing", "--max-examples", EACH, "--warnings", "off"])
            .args(["--seed", "1", "--generation-deterministic"]);
        let output = tokio::task::spawn_blocking(move || finish(schemathesis)).await;
        let output = output.expect("it ends");
        let told = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {told}\n{errors}", world.name);
        assert!(told.contains(" passed"), "{}: {told}", world.name);
    })
    .await;
}
