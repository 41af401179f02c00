//! Set-ups and questionnaires that change.

use api::commands::load_questionnaire;
use entity::programme::loader;
use rules::programme::SetUp;
use rules::surveys::QuestionnaireSetUp;
use tests::both;
use tests::rise::{Rise, at};

use crate::{baseline, campaigns, morning};

#[tokio::test]
async fn loading_a_set_up_again_changes_drafts_and_leaves_what_was_launched() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let mut set_up: SetUp =
            toml::from_str(include_str!("../../../set-ups/rise.toml")).expect("RISE");
        let txn = world.db.write().await.expect("a transaction");
        let now = at("2026-09-15T08:00:00Z");
        let report = loader::load(&txn, now, &set_up).await.expect("loads");
        assert_eq!(report.changes, []);
        for campaign in &mut set_up.campaigns {
            campaign.enough_responses = 20;
        }
        set_up.campaigns.retain(|campaign| campaign.key != "september-2026-final");
        let report = loader::load(&txn, now, &set_up).await.expect("loads");
        let changed: Vec<&str> =
            report.changes.iter().map(|change| change.place.as_str()).collect();
        assert!(changed.contains(&"campaign september-2026-final"), "{changed:?}");
        assert!(changed.contains(&"campaign january-2026-final"), "{changed:?}");
        txn.commit().await.expect("commit");
        assert_eq!(baseline(&world).await.enough_responses, 10);
    })
    .await;
}

#[tokio::test]
async fn a_changed_questionnaire_is_a_new_version_and_campaigns_keep_theirs() {
    both(async |world| {
        Rise::seed(&world, &[]).await;
        campaigns(&world).await;
        let (_, text) = load_questionnaire::SHIPPED[1];
        let set_up = load_questionnaire::parse(text).expect("it is free of faults");
        let title = format!("{}!", set_up.title);
        let changed = QuestionnaireSetUp { title, ..set_up.clone() };
        let txn = world.db.write().await.expect("a transaction");
        let now = world.clock.now();
        let load = async |set_up: &QuestionnaireSetUp| {
            let loaded = entity::surveys::questionnaires::load(&txn, now, set_up).await;
            loaded.expect("loads").0.version
        };
        assert_eq!(load(&set_up).await, 1);
        assert_eq!(load(&changed).await, 2);
        assert_eq!(load(&changed).await, 2);
        txn.commit().await.expect("commit");
    })
    .await;
}
