//! What of the answers is kept and told.

use chrono::{DateTime, Utc};
use entity::id::new_id;
use entity::scope::Scope;
use entity::surveys::closing::{close, delete_old_drafts};
use entity::surveys::results::publish;
use entity::surveys::{survey_draft, survey_result};
use sea_orm::{
    ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _, PaginatorTrait as _,
    QueryOrder as _,
};
use serde_json::json;
use tests::both;
use tests::rise::{Rise, at, day};

use crate::{answer, baseline, campaigns, invitations, morning};

#[tokio::test]
async fn results_are_frozen_once_and_leave_out_what_would_tell_of_a_few() {
    both(async |world| {
        let names = ["Demo Ash", "Demo Beech", "Demo Cedar"];
        let rise = Rise::seed(&world, &names).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let campaign = baseline(&world).await;
        for row in invitations(&world, campaign.id).await {
            let partner = rise.partners.iter().position(|one| one.enrolment == row.enrolment_id);
            let pupils = [30, 25, 4][partner.expect("a partner")];
            let how_many = if row.respondent_group == "pupils" { pupils } else { 3 };
            answer(&world, &row, how_many, day("2026-09-25")).await;
        }
        let now = at("2026-10-12T09:00:00Z");
        let step = async |publishing: bool, now: DateTime<Utc>| {
            let txn = world.db.write().await.expect("a transaction");
            let done = if publishing {
                publish(&txn, &Scope::System, now, campaign.id, None).await
            } else {
                close(&txn, &Scope::System, now, campaign.id, None).await
            };
            let done = done.map(|row| row.state).map_err(|error| error.to_string());
            txn.commit().await.expect("commit");
            done
        };
        let refusal = "Close the campaign first: results are frozen once.";
        assert_eq!(step(true, now).await, Err(refusal.to_owned()));
        assert_eq!(step(false, now).await.as_deref(), Ok("closed"));
        assert_eq!(step(true, now).await.as_deref(), Ok("published"));
        let again = "The results of this campaign are published already.";
        assert_eq!(step(true, now).await, Err(again.to_owned()));

        let results = survey_result::Entity::find()
            .order_by_asc(survey_result::Column::Id)
            .all(world.db.reader())
            .await
            .expect("results");
        let told = |group: &str| -> Vec<(String, Option<i32>)> {
            let of_group = results.iter().filter(|row| row.respondent_group == group);
            of_group.map(|row| (row.level.clone(), row.responses)).collect()
        };
        let school = |count| ("school".to_owned(), count);
        let pupils = vec![
            ("programme".to_owned(), Some(59)),
            ("hub".to_owned(), Some(59)),
            school(Some(30)),
            // Large enough, but it would give away the four.
            school(None),
            school(None),
        ];
        let mut sorted = told("pupils");
        sorted[2..].sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        assert_eq!(sorted, pupils, "{}", world.name);
        assert!(told("staff").iter().all(|(_, count)| count.is_none()), "nine in all");
        let first = &results[0].tallies[0];
        assert_eq!((&first["question"], &first["answered"]), (&json!("know-rules"), &json!(59)));
        assert_eq!(first["options"][1]["count"], 59);
        // Nobody answered the second question: too few to be told.
        assert_eq!(results[0].tallies[1]["answered"], json!(null));
    })
    .await;
}

#[tokio::test]
async fn what_was_begun_and_never_sent_is_deleted() {
    both(async |world| {
        let rise = Rise::seed(&world, &["Demo Ash"]).await;
        campaigns(&world).await;
        morning(&world, rise.id, "2026-09-14T07:10:00Z").await;
        let asked = invitations(&world, baseline(&world).await.id).await;
        let txn = world.db.write().await.expect("a transaction");
        for (number, changed_on) in [(0, "2026-09-14"), (1, "2026-09-28")] {
            let draft = survey_draft::Model {
                id: new_id(world.clock.now()),
                campaign_id: asked[0].campaign_id,
                invitation_id: asked[0].id,
                submission_hash: format!("draft-{number}"),
                answers: json!({}),
                changed_on: day(changed_on),
            };
            draft.into_active_model().insert(&txn).await.expect("a draft");
        }
        let deleted = delete_old_drafts(&txn, at("2026-09-30T00:10:00Z")).await.expect("deleted");
        assert_eq!(deleted, 1);
        txn.commit().await.expect("commit");
        morning(&world, rise.id, "2026-10-09T23:10:00Z").await;
        let left = survey_draft::Entity::find().count(world.db.reader()).await.expect("a count");
        assert_eq!(left, 0);
    })
    .await;
}
