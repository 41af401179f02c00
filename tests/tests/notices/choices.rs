//! Having no more mails of an optional kind: by the page, and by one request of a mail program.

use axum::http::StatusCode;
use entity::audit::audit_entry;
use entity::messages::unwanted_mail;
use rules::links::Purpose;
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tests::pages::{self, FORM};
use tests::rise::Rise;
use tests::{World, both};
use uuid::Uuid;

struct Pages {
    door: pages::Pages,
    world: World,
}

impl Pages {
    async fn new(world: World) -> Self {
        Self { door: pages::Pages::open(&world).await, world }
    }

    fn path(&self, person: Uuid) -> String {
        format!("/preferences/{}", self.door.token(Purpose::Preferences, person))
    }

    async fn unwanted(&self) -> Vec<(Uuid, String)> {
        let rows = unwanted_mail::Entity::find().all(self.world.db.reader()).await.expect("a read");
        rows.into_iter().map(|row| (row.person_id, row.kind)).collect()
    }
}

#[tokio::test]
async fn one_request_has_no_more_of_them_sent_and_looking_does_nothing() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        rise.want_summaries(&world).await;
        let pages = Pages::new(world).await;
        let path = format!("{}/unsubscribe/hub_week", pages.path(rise.lead));
        let seen = pages.door.get(&path).await;
        assert_eq!(seen.status, StatusCode::OK);
        assert!(seen.text.contains("Send me no more of these"), "{}", seen.text);
        assert_eq!(pages.unwanted().await, []);

        // As RFC 8058 has it, and as a form of ours.
        let multipart = "multipart/form-data; boundary=x";
        let body = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                    One-Click\r\n--x--\r\n";
        for (kind, body) in [(multipart, body), (FORM, "List-Unsubscribe=One-Click"), (FORM, "")] {
            let told = pages.door.post_as(&path, kind, body).await;
            assert_eq!(told.status, StatusCode::OK);
            assert!(told.text.contains("You do not get this mail any more"), "{}", told.text);
            assert_eq!(pages.unwanted().await, [(rise.lead, "hub_week".to_owned())]);
        }
        let entries = audit_entry::Entity::find().count(pages.world.db.reader()).await;
        assert_eq!(entries.expect("a read"), 1, "asking again is no deed");
        let text = pages.door.get(&path).await.text;
        assert!(text.contains("You do not get this mail any more"), "{text}");
    })
    .await;
}

#[tokio::test]
async fn duties_and_unknown_kinds_cannot_be_refused() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let pages = Pages::new(world).await;
        let good = pages.path(rise.lead);
        let wrong = good.replacen("/preferences/", "/preferences/x", 1);
        for path in [
            format!("{good}/unsubscribe/digest"),
            format!("{good}/unsubscribe/visit_agreed"),
            format!("{good}/unsubscribe/nonsense"),
            format!("{wrong}/unsubscribe/hub_week"),
        ] {
            let posted = pages.door.post_as(&path, "text/plain", "").await;
            for answer in [pages.door.get(&path).await, posted] {
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            }
        }
        assert_eq!(pages.unwanted().await, []);
    })
    .await;
}

#[tokio::test]
async fn people_choose_among_the_kinds_that_their_roles_bring() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        let pages = Pages::new(world).await;
        for (person, offered) in [
            (rise.lead, &["hub_week"][..]),
            (rise.admin, &["alert_digest"]),
            (rise.partners[0].head, &[]),
        ] {
            let text = pages.door.get(&pages.path(person)).await.text;
            for kind in ["hub_week", "alert_digest"] {
                let shown = text.contains(&format!("value=\"{kind}\""));
                assert_eq!(shown, offered.contains(&kind), "{kind}");
            }
        }
        let path = pages.path(rise.lead);
        // What is not on offer is not theirs to choose.
        pages
            .door
            .post(&path, "form=mails&digest_minute=&optional_mail=yes&kind=alert_digest")
            .await;
        assert_eq!(pages.unwanted().await, [(rise.lead, "hub_week".to_owned())]);
        let text = pages.door.get(&path).await.text;
        assert!(text.contains("name=\"kind\" value=\"hub_week\" aria-describedby=\"kinds_hint\">"));
        pages.door.post(&path, "form=mails&digest_minute=&optional_mail=yes&kind=hub_week").await;
        assert_eq!(pages.unwanted().await, []);
    })
    .await;
}
