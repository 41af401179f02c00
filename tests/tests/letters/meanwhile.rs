//! Letters are looked at once more before they go, and wait for their hours.

use entity::surveys::survey_campaign;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::both;
use tests::moves::leaves;
use tests::rise::at;
use tests::working::pass_at;

use super::{NINE, end_of, launched, letters, remind};

#[tokio::test]
async fn a_letter_about_a_survey_that_closed_meanwhile_is_cancelled_with_its_reason() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        remind(&world, rise.partners[0].head, &campaign).await;
        survey_campaign::Entity::update_many()
            .col_expr(survey_campaign::Column::State, Expr::value("closed"))
            .filter(survey_campaign::Column::Id.eq(campaign.id))
            .exec(world.db.migrator())
            .await
            .expect("closed");
        pass_at(&world, NINE).await;
        for kind in ["survey_invitation", "survey_link", "survey_reminder"] {
            let (state, reason) = end_of(&world, kind).await;
            assert_eq!((state.as_str(), reason.as_str()), ("cancelled", "The survey is closed."));
        }
    })
    .await;
}

#[tokio::test]
async fn a_letter_to_somebody_who_left_the_school_is_cancelled() {
    both(async |world| {
        let (rise, _) = launched(&world).await;
        leaves(&world, rise.partners[0].head).await;
        pass_at(&world, NINE).await;
        let (state, reason) = end_of(&world, "survey_invitation").await;
        assert_eq!(state, "cancelled");
        assert!(reason.contains("no longer a contact"), "{reason}");
    })
    .await;
}

#[tokio::test]
async fn a_reminder_of_a_survey_waits_for_the_schools_hours() {
    both(async |world| {
        let (rise, campaign) = launched(&world).await;
        pass_at(&world, NINE).await;
        world.clock.set(at("2026-10-05T19:00:00Z"));
        remind(&world, rise.partners[0].head, &campaign).await;
        pass_at(&world, "2026-10-05T19:00:00Z").await;
        let (state, reason) = end_of(&world, "survey_reminder").await;
        assert_eq!(state, "pending", "{reason}");
        let letter = &letters(&world, "survey_reminder").await[0];
        assert_eq!((letter.send_after, letter.attempts), (at("2026-10-06T07:00:00Z"), 0));
        pass_at(&world, "2026-10-06T07:00:00Z").await;
        assert_eq!(end_of(&world, "survey_reminder").await.0, "accepted");
    })
    .await;
}
