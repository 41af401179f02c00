//! Every kind of mail has its folder of templates, and a snapshot of what it says.

use entity::people::role_grant;
use entity::people::sign_in_links::{Asked, Asking, ask};
use rules::messages::MessageKind;
use sea_orm::ActiveModelTrait as _;
use sea_orm::ActiveValue::Set;
use strum::VariantArray as _;
use tests::both;
use tests::mails::{Kept, say_the_same, snapshots};
use tests::notices::sent;
use tests::programs::root;
use tests::rise::Rise;
use tests::working::pass_at;

use super::support::NINE;

#[test]
fn every_kind_has_templates_and_a_snapshot() {
    let found = snapshots();
    for kind in MessageKind::VARIANTS {
        let kind: &str = kind.into();
        // The digest has one for each of its readers.
        let is_its =
            |kept: &Kept| kept.name == kind || kept.name.starts_with(&format!("{kind}_to_"));
        assert!(found.iter().any(is_its), "{kind} has no snapshot");
        for file in ["text.txt", "page.html"] {
            let file = root().join("worker/templates").join(kind).join(file);
            assert!(file.is_file(), "{} is missing", file.display());
        }
    }
}

#[test]
fn every_kind_says_the_same_as_text_and_as_html_with_one_main_button_at_most() {
    for mail in snapshots() {
        say_the_same(&mail.name, &mail.text, &mail.html);
        let buttons = mail.html.matches("<a class=\"action\"").count();
        assert!(buttons <= 1, "{}: {buttons} main buttons", mail.name);
        let preview = mail.html.split_once("mso-hide:all;\">").expect("a preview").1;
        let (preview, _) = preview.split_once('<').expect("it ends");
        assert!(preview.len() > 10, "{} has no preview", mail.name);
        assert!(!preview.contains(mail.subject.as_str()), "{} says its subject twice", mail.name);
        assert!(mail.html.contains("<html lang=\"en-GB\">"), "{}", mail.name);
        for word in ["!", "obligation_", " SEQUENCE", "null"] {
            assert!(!mail.text.contains(word), "{}: {word}", mail.name);
        }
        assert!(mail.subject.chars().count() <= 90, "{}: {}", mail.name, mail.subject);
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
