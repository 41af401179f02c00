//! What the commands that load data leave in the audit: an entry each, with its counts, unless it
//! was only a check or there were faults.

use std::path::{Path, PathBuf};

use api::app::App;
use api::commands::{
    import_attendance, import_bank_holidays, import_programme, import_register, load_demo,
    load_questionnaire, set_up,
};
use entity::audit::audit_entry;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::rise::Rise;
use tests::{World, both, server};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Action, node type and detail of every entry, oldest first; nobody did it.
async fn told(app: &App) -> Vec<(String, Option<String>, String)> {
    let entries = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
    let entries = entries.all(app.db.reader()).await.expect("a read").into_iter();
    let told = entries.map(|entry| {
        assert_eq!(entry.by_person, None);
        assert_eq!(entry.node_type.is_some(), entry.node_id.is_some());
        (entry.action, entry.node_type, entry.detail)
    });
    told.collect()
}

fn written(world: &World, name: &str, text: &str) -> PathBuf {
    let file = world.folder.path().join(name);
    std::fs::write(&file, text).expect("a file can be written");
    file
}

#[tokio::test]
async fn each_command_that_loads_data_leaves_one_entry_with_its_counts() {
    both(async |world| {
        let app = server::app(&world).await;
        let register = import_register::Arguments {
            file: file("demo/register.csv"),
            links: None,
            force: false,
        };
        import_register::run(&app, &register).await.expect("the register");
        for name in ["rise", "behaviour-hubs"] {
            let file = file(&format!("set-ups/{name}.toml"));
            set_up::run(&app, &set_up::Arguments { file }).await.expect("a set-up");
        }
        let holidays = import_bank_holidays::Arguments { file: file("demo/bank-holidays.json") };
        import_bank_holidays::run(&app, &holidays).await.expect("bank holidays");
        let questionnaire = |check| load_questionnaire::Arguments {
            file: file("questionnaires/event-feedback.toml"),
            check,
        };
        load_questionnaire::run(&app, &questionnaire(true)).await.expect("no faults");
        load_questionnaire::run(&app, &questionnaire(false)).await.expect("a questionnaire");
        let programme =
            |check| import_programme::Arguments { file: file("demo/programme.csv"), check };
        import_programme::run(&app, &programme(true)).await.expect("no faults");
        import_programme::run(&app, &programme(false)).await.expect("hubs and enrolments");
        let faulty = written(&world, "faulty.csv", "record,hub\nhub,\n");
        let faulty = import_programme::Arguments { file: faulty, check: false };
        import_programme::run(&app, &faulty).await.expect_err("faults");

        let told = told(&app).await;
        let expected = [
            ("import-register", None, "establishments: 60 added, 0 changed, 0 closed, "),
            ("set-up", Some("Programme"), " change(s); 0 obligation(s) added, moved or closed"),
            ("set-up", Some("Programme"), " change(s); 0 obligation(s) added, moved or closed"),
            ("import-bank-holidays", None, " days added; 0 obligation(s) moved"),
            ("load-questionnaire", Some("Questionnaire"), "event-feedback is version 1."),
            ("import-programme", None, " added, 0 changed, 0 unchanged; "),
        ];
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for ((action, of, detail), (wanted, of_type, part)) in told.iter().zip(expected) {
            assert_eq!((action.as_str(), of.as_deref()), (wanted, of_type));
            assert!(detail.contains(part), "{action}: {detail}");
            assert!(!detail.contains('@'), "{action}: {detail}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_register_of_an_event_leaves_one_entry_with_its_counts() {
    both(async |world| {
        Rise::seed(&world, &["Demo Ash"]).await;
        let app = server::app(&world).await;
        let before = told(&app).await.len();
        let text = "event,urn,attended,people,senior_leader\n\
                    september-2026-cpd-1,900002,yes,3,yes\n";
        let arguments = |check| import_attendance::Arguments {
            file: written(&world, "register.csv", text),
            check,
        };
        import_attendance::run(&app, &arguments(true)).await.expect("no faults");
        import_attendance::run(&app, &arguments(false)).await.expect("a register");
        let told = told(&app).await;
        assert_eq!(told.len(), before + 1, "{told:#?}");
        let (action, _, detail) = told.last().expect("an entry");
        assert_eq!(action, "import-attendance");
        assert!(detail.starts_with("1 added, 0 changed, 0 unchanged; "), "{detail}");
    })
    .await;
}

#[tokio::test]
async fn the_demonstration_leaves_an_entry_when_it_is_loaded_and_not_again() {
    both(async |world| {
        for _ in 0..2 {
            load_demo::load(&world.db, world.clock.now()).await.expect("it loads");
        }
        let app = server::app(&world).await;
        let entries = audit_entry::Entity::find().all(app.db.reader()).await.expect("a read");
        let loaded = entries.iter().filter(|entry| entry.action == "load-demo");
        assert_eq!(loaded.count(), 1);
    })
    .await;
}
