//! What is kept of an answer, which is nothing of who gave it.

use std::collections::BTreeSet;

use entity::people::contact;
use entity::surveys::{
    personal_invitation, sending, survey_draft, survey_invitation, survey_response,
};
use rules::links::Purpose;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait as _, DbBackend, EntityTrait as _,
    QueryFilter as _, Statement,
};
use tests::both;
use tests::rise::at;
use uuid::Uuid;

use crate::Pages;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story: from the first answer to the close")]
async fn nothing_ties_an_answer_to_who_gave_it_or_when() {
    both(async |world| {
        let pages = Pages::new(world, 10).await;
        let mut sent = Vec::new();
        for minute in 0..6 {
            pages.world.clock.set(at(&format!("2026-10-05T08:{minute:02}:00Z")));
            let address = pages.fill_in().await;
            pages.post(&format!("{address}/check"), "").await;
            sent.push(address.rsplit('/').next().expect("an id").to_owned());
        }
        let invitation = pages.survey.invitations(&pages.world).await[0].clone();
        let changed = invitation.changed_at;
        assert!(changed <= at("2026-10-05T08:00:00Z"), "no moment of an answer is kept");
        assert_eq!(invitation.told_at, Some(at("2026-10-05T09:00:00Z")), "but its hour");
        let db = pages.world.db.reader();
        let columns = match db.get_database_backend() {
            DbBackend::Sqlite => "SELECT name FROM pragma_table_info('survey_response')",
            _ => {
                "SELECT column_name AS name FROM information_schema.columns \
                  WHERE table_name = 'survey_response'"
            }
        };
        let rows = db
            .query_all_raw(Statement::from_string(db.get_database_backend(), columns))
            .await
            .expect("a read");
        let columns: BTreeSet<String> =
            rows.iter().map(|row| row.try_get("", "name").expect("a name")).collect();
        let known = ["answers", "campaign_id", "id", "invitation_id", "submission_hash"];
        assert_eq!(columns, known.map(str::to_owned).into());
        for row in pages.responses().await {
            assert_eq!(row.id.get_version_num(), 4, "random, so that it tells no time");
            assert!(sent.iter().all(|id| !row.submission_hash.contains(id.as_str())));
        }
        let order = async || {
            let listed = "SELECT id FROM survey_response";
            let listed = Statement::from_string(db.get_database_backend(), listed);
            let rows = db.query_all_raw(listed).await.expect("a read");
            rows.iter().map(|row| row.try_get("", "id").expect("an id")).collect::<Vec<Uuid>>()
        };
        if db.get_database_backend() == DbBackend::Sqlite {
            assert!(order().await.is_sorted(), "rows lie in the order of their random ids");
            assert!(db.execute_unprepared("SELECT rowid FROM survey_response").await.is_err());
            assert!(db.execute_unprepared("SELECT rowid FROM survey_draft").await.is_err());
        }

        // Personal links: many leaders, one transaction number for all of their answers.
        let mut people = Vec::new();
        for number in 0..5 {
            let now = pages.world.clock.now();
            let txn = pages.world.db.write().await.expect("a transaction");
            let row = entity::people::person::ActiveModel {
                id: sea_orm::ActiveValue::Set(entity::id::new_id(now)),
                name: sea_orm::ActiveValue::Set(format!("Demo Leader {number}")),
                email: sea_orm::ActiveValue::Set(format!("leader{number}@example.org")),
                digest_minute: sea_orm::ActiveValue::Set(None),
                optional_mail: sea_orm::ActiveValue::Set(true),
                created_at: sea_orm::ActiveValue::Set(now),
            };
            let person = row.insert(&txn).await.expect("a person").id;
            let row = contact::ActiveModel {
                id: sea_orm::ActiveValue::Set(entity::id::new_id(now)),
                person_id: sea_orm::ActiveValue::Set(person),
                setting_id: sea_orm::ActiveValue::Set(pages.rise.partners[0].setting),
                role: sea_orm::ActiveValue::Set("senior_leader".to_owned()),
                created_at: sea_orm::ActiveValue::Set(now),
                ended_at: sea_orm::ActiveValue::Set(None),
            };
            row.insert(&txn).await.expect("a contact");
            let row = personal_invitation::ActiveModel {
                id: sea_orm::ActiveValue::Set(entity::id::new_id(now)),
                campaign_id: sea_orm::ActiveValue::Set(pages.survey.campaign),
                invitation_id: sea_orm::ActiveValue::Set(pages.survey.leaders),
                person_id: sea_orm::ActiveValue::Set(person),
                answered_on: sea_orm::ActiveValue::Set(None),
                created_at: sea_orm::ActiveValue::Set(now),
            };
            let id = row.insert(&txn).await.expect("an invitation").id;
            txn.commit().await.expect("commit");
            people.push(pages.link(Purpose::Survey(id), person));
        }
        for link in &people {
            let address = pages.fill_in_as_leader(link).await;
            let sent = pages.post(&format!("{address}/check"), "").await;
            assert_eq!(sent.location, format!("{address}/sent"));
        }
        if db.get_database_backend() == DbBackend::Postgres {
            let count = |table: &str, which: &str| {
                format!("SELECT count(DISTINCT xmin::text) AS n FROM {table} WHERE {which}")
            };
            let of_group = format!("invitation_id = '{}'", pages.survey.leaders);
            for (sql, expected) in [
                (count("survey_response", &of_group), 1),
                (count("personal_invitation", "answered_on IS NOT NULL"), 5),
            ] {
                let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql));
                let row = row.await.expect("a read").expect("a count");
                assert_eq!(row.try_get::<i64>("", "n").expect("a number"), expected);
            }
        }

        // Once closed, not even the address in somebody's history leads to an answer.
        let before = pages.responses().await;
        let txn = pages.world.db.write().await.expect("a transaction");
        sending::seal_responses(&txn, pages.survey.campaign).await.expect("sealed");
        txn.commit().await.expect("commit");
        let after = pages.responses().await;
        let answers = |rows: &[survey_response::Model]| {
            let mut all: Vec<_> =
                rows.iter().map(|row| (row.id, row.answers.to_string())).collect();
            all.sort();
            all
        };
        assert_eq!(answers(&before), answers(&after));
        let hashes = |rows: &[survey_response::Model]| -> BTreeSet<String> {
            rows.iter().map(|row| row.submission_hash.clone()).collect()
        };
        assert!(hashes(&before).is_disjoint(&hashes(&after)));
        let pupils = survey_invitation::Entity::find_by_id(pages.survey.pupils);
        let pupils = pupils.one(db).await.expect("a read").expect("the group");
        assert_eq!(pupils.responses, 6);
        let left = survey_draft::Entity::find()
            .filter(survey_draft::Column::CampaignId.eq(pages.survey.campaign));
        assert!(left.all(db).await.expect("a read").is_empty());
        assert!(order().await.len() == 11);
    })
    .await;
}
