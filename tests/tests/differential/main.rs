//! Random queries, answered by the api and by graphql-js over the same rows, are answered alike.
//!
//! The seed is printed. `HUBS_TEST_SEED` and `HUBS_TEST_QUERIES` have a run again, or a longer one.

mod dump;

use std::sync::Arc;

use api::app::App;
use api::commands::load_demo::{self, DemoToken};
use entity::people::principal;
use entity::scope::Scope;
use rules::people::Role;
use runtime::allowance::Allowances;
use runtime::signal::Signal;
use sea_orm::ConnectionTrait as _;
use serde_json::Value;
use tests::{World, both, node, programs};
use tokio_util::sync::CancellationToken;

/// Valid queries for each of two viewers on each of two databases.
const QUERIES: &str = "500";

/// The demonstration, with rows that are equal in what they are ordered by, and texts that are
/// awkward to write.
async fn app(world: &World) -> (App, Vec<DemoToken>) {
    let tokens = load_demo::load(&world.db, world.clock.now()).await.expect("the demonstration");
    let db = world.db.migrator();
    for statement in [
        // Asking notes the use of a token that was not used for a minute; the clock stands.
        "UPDATE access_token SET last_used_at = created_at",
        "UPDATE visit SET changed_at = (SELECT MIN(changed_at) FROM visit)",
        "UPDATE obligation SET changed_at = (SELECT MIN(changed_at) FROM obligation)
            WHERE state = 'open'",
        "UPDATE school SET name = (SELECT MIN(name) FROM school) WHERE urn % 3 = 0",
        "UPDATE school SET percent_fsm = 12 WHERE urn % 3 = 1",
        "UPDATE school SET percent_fsm = 0.1 WHERE urn % 3 = 2",
        "UPDATE setting SET name = 'Ysgol \"Gŵyr\" \\ 50%_ \u{1F333}\u{2028}\n\t\u{7}</script>'
            WHERE id = (SELECT MIN(lead_setting_id) FROM hub)",
        "UPDATE hub SET name = 'Demo É Hub', wave = NULL WHERE id = (SELECT MAX(id) FROM hub)",
    ] {
        let statement = match world.name {
            // The smallest of ids cannot be asked of PostgreSQL before its 18th version.
            "PostgreSQL" => statement
                .replace("MIN(lead_setting_id)", "MIN(lead_setting_id::text)::uuid")
                .replace("MAX(id)", "MAX(id::text)::uuid"),
            _ => statement.to_owned(),
        };
        db.execute_unprepared(&statement).await.expect(&statement);
    }
    let app = App {
        config: world.config.clone(),
        db: world.db.clone(),
        clock: world.clock.clone(),
        signal: Signal::start("", CancellationToken::new()).expect("a signal"),
        documents: Arc::default(),
        allowances: Allowances::open("").expect("no Redis is asked"),
    };
    (app, tokens)
}

/// Serves the app and says where.
async fn serve(app: App) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = axum::serve(listener, api::http::router(app));
    tokio::spawn(async move { serving.await });
    format!("http://{address}/graphql")
}

/// `name` of the environment, or else `otherwise`.
fn setting(name: &str, otherwise: impl Into<String>) -> String {
    std::env::var(name).unwrap_or_else(|_| otherwise.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_queries_are_answered_as_graphql_js_answers_them() {
    if node::is_absent() {
        return;
    }
    let now = runtime::clock::Clock::machine().now();
    let seed = setting("HUBS_TEST_SEED", (now.timestamp_micros() % 1_000_000_000).to_string());
    let queries = setting("HUBS_TEST_QUERIES", QUERIES);
    println!("HUBS_TEST_SEED={seed}");
    both(async |world| {
        let (app, tokens) = app(&world).await;
        let address = serve(app.clone()).await;
        for role in [Role::ProgrammeAdmin, Role::HubLead] {
            let token = tokens.iter().find(|token| token.role == role).expect("a token");
            let hash = api::http::principal::hash(&token.token);
            let viewer = principal::find(app.db.reader(), &hash, app.clock.now()).await;
            let viewer = viewer.expect("a read").expect("a token in force");
            let dump = dump::dump(&app, &Scope::Viewer(viewer)).await;
            let file = world.folder.path().join("rows.json");
            std::fs::write(&file, dump.to_string()).expect("the rows are written");
            let schema = programs::root().join("schema.graphql");
            let told = node::run(
                "differential.mjs",
                &[
                    ("API", &address),
                    ("TOKEN", &token.token),
                    ("ROWS", &file.display().to_string()),
                    ("SCHEMA", &schema.display().to_string()),
                    ("SEED", &seed),
                    ("QUERIES", &queries),
                    // graphql-js looks less at itself then.
                    ("NODE_ENV", "production"),
                ],
            )
            .await;
            let told: Value = serde_json::from_str(&told).expect("the script's report");
            println!("{} {role:?}: {}", world.name, told["counts"]);
            for difference in told["differences"].as_array().expect("differences") {
                println!("{} {role:?}, HUBS_TEST_SEED={seed}: {difference:#}", world.name);
            }
            assert_eq!(told["counts"]["different"], 0, "{} {role:?}: see above", world.name);
            if role == Role::ProgrammeAdmin {
                assert_eq!(told["unread"], Value::Array(Vec::new()), "fields that were never read");
            }
        }
    })
    .await;
}
