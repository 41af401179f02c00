//! Every kind of mail has its folder of templates, and a snapshot of what it says.

use std::path::Path;

use entity::people::role_grant;
use entity::people::sign_in_links::{Asked, Asking, ask};
use rules::messages::MessageKind;
use sea_orm::ActiveModelTrait as _;
use sea_orm::ActiveValue::Set;
use strum::VariantArray as _;
use tests::both;
use tests::notices::{pass_at, sent};
use tests::programs::root;
use tests::rise::Rise;

use super::support::NINE;

/// The names of the snapshots in a folder and the folders in it.
fn snapshots(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            snapshots(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "snap") {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            found.push(name);
        }
    }
}

#[test]
fn every_kind_has_templates_and_a_snapshot() {
    let mut found = Vec::new();
    snapshots(&root().join("tests/tests"), &mut found);
    for kind in MessageKind::VARIANTS {
        let kind: &str = kind.into();
        // The digest has one for each of its readers.
        let is_its = |name: &String| {
            name.ends_with(&format!("__{kind}")) || name.contains(&format!("__{kind}_to_"))
        };
        assert!(found.iter().any(is_its), "{kind} has no snapshot");
        for file in ["text.txt", "page.html"] {
            let file = root().join("worker/templates").join(kind).join(file);
            assert!(file.is_file(), "{} is missing", file.display());
        }
    }
}

#[tokio::test]
async fn a_link_to_sign_in_is_a_mail_like_all_others() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(tests::rise::at(NINE));
        let now = world.clock.now();
        let txn = world.db.write().await.expect("a transaction");
        let grant = role_grant::ActiveModel {
            id: Set(entity::id::new_id(now)),
            person_id: Set(rise.partners[0].head),
            role: Set("school_user".to_owned()),
            region_id: Set(None),
            hub_id: Set(None),
            setting_id: Set(Some(rise.partners[0].setting)),
            granted_at: Set(now),
            revoked_at: Set(None),
        };
        grant.insert(&txn).await.expect("a grant");
        let asking = Asking {
            email: "head.of.demo.ash.school@example.org",
            id: entity::id::new_id(now),
            token_hash: "hash",
            address_hash: "address",
            network_hash: "network",
            return_to: "/sign-in",
        };
        assert_eq!(ask(&txn, now, asking).await.expect("asked"), Asked::Noted);
        txn.commit().await.expect("commit");
        pass_at(&world, NINE).await;
        let mails = sent(&world, &["sign_in_link"]).await;
        insta::assert_snapshot!("sign_in_link", mails[0].settled());
    })
    .await;
}
