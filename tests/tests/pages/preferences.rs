//! Which mails come, and when.

use axum::http::StatusCode;
use entity::people::person;
use rules::links::Purpose;
use sea_orm::EntityTrait as _;
use tests::both;

use super::Pages;

#[tokio::test]
async fn somebody_chooses_when_the_digest_comes() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let path = format!("/preferences/{}", pages.token(Purpose::Preferences, pages.head()));
        let person = async || {
            let row = person::Entity::find_by_id(pages.head()).one(pages.world.db.reader()).await;
            row.expect("a read").expect("the person")
        };
        let before = person().await;
        assert_eq!(pages.get(&path).await.status, StatusCode::OK);
        assert_eq!(person().await, before);
        for wrong in [
            "form=mails&digest_minute=3",
            "form=mails&digest_minute=-60",
            "form=mails&digest_minute=noon",
        ] {
            let answer = pages.post(&path, wrong).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(person().await, before);

        let answer = pages.post(&path, "form=mails&digest_minute=990").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let after = person().await;
        assert_eq!((after.digest_minute, after.optional_mail), (Some(990), false));
        let seen = pages.get(&answer.location).await;
        assert!(seen.text.contains("Your choice is saved."));
        assert!(seen.text.contains("<option value=\"990\" selected>4:30pm</option>"));
        pages.post(&path, "form=mails&digest_minute=&optional_mail=yes").await;
        let after = person().await;
        assert_eq!((after.digest_minute, after.optional_mail), (None, true));
        pages.post(&path, "form=mails&digest_minute=&optional_mail=yes").await;
        let entries = pages.audit().await;
        assert_eq!(entries.len(), 2, "sending it again is no deed");
        for entry in entries {
            assert_eq!(
                (entry.action.as_str(), entry.node_id),
                ("preferencesChosen", entry.by_person)
            );
            assert_eq!(entry.by_person, Some(pages.head()));
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_not_the_form_switches_nothing_off() {
    both(async |world| {
        let pages = Pages::new(world).await;
        let path = format!("/preferences/{}", pages.token(Purpose::Preferences, pages.rise.lead));
        let whole = "form=mails&digest_minute=990&optional_mail=yes&kind=hub_week";
        assert_eq!(pages.post(&path, whole).await.status, StatusCode::SEE_OTHER);
        let page = async || pages.get(&path).await.text;
        let before = page().await;
        assert!(before.contains("<input type=\"hidden\" name=\"form\" value=\"mails\">"));
        assert_eq!(before.matches(" checked").count(), 2, "{before}");
        let foreign = ["", "x=y", "digest_minute=990", "form=mails", "List-Unsubscribe=One-Click"];
        for foreign in foreign {
            let answer = pages.post(&path, foreign).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{foreign:?}");
            assert!(answer.text.contains("Nothing was saved."), "{foreign:?}");
            assert_eq!(page().await, before, "{foreign:?}");
        }
    })
    .await;
}
