//! Reviews, and what they meet.

use entity::outcome::RefusalCode;
use entity::plans::reviews;
use rules::plans::ReviewKind;
use tests::both;
use tests::rise::at;

use crate::{Story, review_wish, why};

#[tokio::test]
async fn a_review_is_recorded_by_the_lead_and_a_correction_takes_its_obligation_along() {
    both(async |world| {
        let story = Story::new(world).await;
        let (lead, progress) = (story.lead(), ReviewKind::Progress);
        story.world.clock.set(at("2027-01-20T18:00:00Z"));
        let by_partner = story.review(&story.head(0), progress, "2027-01-19").await;
        assert_eq!(why(by_partner), (RefusalCode::Forbidden, "enrolmentId"));
        let unseen = story.review(&story.evaluator(), progress, "2027-01-19").await;
        assert_eq!(why(unseen), (RefusalCode::NotFound, "enrolmentId"));
        for held_on in ["2027-01-21", "2026-07-05", "2025-10-01"] {
            let outcome = story.review(&lead, progress, held_on).await;
            assert_eq!(why(outcome), (RefusalCode::Invalid, "heldOn"), "{held_on}");
        }
        let review = story.review(&lead, progress, "2027-01-19").await.expect("recorded");
        let met = ("met".to_owned(), Some("progress_review".to_owned()));
        let enrolment = story.enrolment();
        assert_eq!(story.owed(enrolment, "progress_review").await, met);
        let twice = story.review(&lead, progress, "2027-01-19").await;
        assert_eq!(why(twice), (RefusalCode::Conflict, "heldOn"));
        // It was held last term, before progress of this one could be reviewed.
        let correct = async |version, held_on| {
            let wish = review_wish(held_on);
            story
                .write(async |txn, now| {
                    let expected = Some(version);
                    reviews::correct(txn, &lead, None, now, review.id, expected, wish).await
                })
                .await
        };
        correct(1, "2026-12-15").await.expect("corrected");
        assert_eq!(story.owed(enrolment, "progress_review").await, ("open".to_owned(), None));
        let stale = correct(1, "2027-01-19").await;
        assert_eq!(why(stale), (RefusalCode::Stale, "expectedVersion"));
        correct(2, "2027-01-18").await.expect("corrected");
        assert_eq!(story.owed(enrolment, "progress_review").await, met);
        story.world.clock.set(at("2027-07-12T18:00:00Z"));
        story.review(&lead, ReviewKind::Final, "2027-07-12").await.expect("recorded");
        assert_eq!(story.owed(enrolment, "final_review").await.0, "met");
        let second = story.review(&lead, ReviewKind::Final, "2027-07-11").await;
        assert_eq!(why(second), (RefusalCode::Conflict, "kind"));
    })
    .await;
}
