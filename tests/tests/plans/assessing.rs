//! Self-assessments and the framework that they follow.

use entity::outcome::RefusalCode;
use entity::plans::self_assessments;
use entity::plans::{frameworks, self_assessment_framework, self_assessment_rating};
use entity::programme::loader;
use rules::programme::SetUp;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::both;
use tests::rise::day;

use crate::{RISE, Story, refusal, why};

/// Keys of the themes of RISE's framework.
fn themes() -> Vec<String> {
    let set_up: SetUp = toml::from_str(RISE).expect("RISE");
    set_up.self_assessment.expect("a framework").themes.into_iter().map(|one| one.key).collect()
}

#[tokio::test]
async fn a_self_assessment_is_the_partners_own_and_complete_once_every_theme_is_rated() {
    both(async |world| {
        let story = Story::new(world).await;
        let head = story.head(0);
        let own = (RefusalCode::Forbidden, "enrolmentId");
        assert_eq!(why(story.begin(&story.lead()).await), own);
        let missing = (RefusalCode::NotFound, "enrolmentId");
        assert_eq!(why(story.begin(&story.head(1)).await), missing);
        assert_eq!(why(story.begin(&story.evaluator()).await), missing);
        let draft = story.begin(&head).await.expect("begun");
        assert_eq!((draft.number, draft.state.as_str()), (1, "draft"));
        assert_eq!(why(story.begin(&head).await), (RefusalCode::Conflict, "enrolmentId"));
        let id = draft.id;
        let own = (RefusalCode::Forbidden, "selfAssessmentId");
        assert_eq!(why(story.rate(&story.lead(), id, "using-data", 1).await), own);
        let missing = (RefusalCode::NotFound, "selfAssessmentId");
        assert_eq!(why(story.rate(&story.head(1), id, "using-data", 1).await), missing);
        assert_eq!(why(story.complete(&story.evaluator(), id).await), missing);
        for (key, level, field) in [("weather", 1, "themeKey"), ("using-data", 5, "level")] {
            let outcome = story.rate(&head, id, key, level).await;
            assert_eq!(why(outcome), (RefusalCode::Invalid, field));
        }
        let keys = themes();
        for key in &keys[2..] {
            story.rate(&head, id, key, 2).await.expect("rated");
        }
        let (code, field, message) = refusal(story.complete(&head, id).await);
        assert_eq!((code, field), (RefusalCode::Conflict, "selfAssessmentId"));
        assert!(message.contains("Culture and policy; Leadership and vision."), "{message}");
        assert!(!message.contains("Using data"), "{message}");
        for key in &keys[..2] {
            story.rate(&head, id, key, 3).await.expect("rated");
        }
        story.rate(&head, id, &keys[0], 4).await.expect("rated again, in place of the first");
        let ratings = self_assessment_rating::Entity::find().all(story.world.db.reader()).await;
        let ratings = ratings.expect("a read");
        assert_eq!(ratings.len(), keys.len());
        let first = ratings.iter().find(|row| row.theme_key == keys[0]).expect("it");
        assert_eq!((first.level, first.evidence.as_deref()), (4, Some("Seen daily")));
        let enrolment = story.enrolment();
        assert_eq!(story.owed(enrolment, "self_assessment").await.0, "open");
        let done = story.complete(&head, id).await.expect("complete");
        assert_eq!(done.completed_on, Some(day("2026-10-05")));
        assert_eq!(done.completed_by, Some(story.rise.partners[0].head));
        let met = ("met".to_owned(), Some("self_assessment".to_owned()));
        assert_eq!(story.owed(enrolment, "self_assessment").await, met);
        let late = story.rate(&head, id, &keys[0], 1).await;
        assert_eq!(why(late), (RefusalCode::Conflict, "selfAssessmentId"));
        assert_eq!(story.begin(&head).await.expect("another").number, 2);
    })
    .await;
}

#[tokio::test]
async fn a_changed_framework_is_a_new_version_and_what_was_begun_keeps_the_old_one() {
    both(async |world| {
        let story = Story::new(world).await;
        let draft = story.begin(&story.head(0)).await.expect("begun");
        let mut set_up: SetUp = toml::from_str(RISE).expect("RISE");
        // Campaigns need their questionnaires, which are loaded by a command of the api.
        set_up.campaigns.clear();
        set_up.self_assessment.as_mut().expect("a framework").themes.remove(0);
        let load = async |set_up: &SetUp| {
            let report = story.write(async |txn, now| loader::load(txn, now, set_up).await).await;
            let changes = report.expect("loads").changes;
            changes.into_iter().map(|change| change.place).collect::<Vec<_>>()
        };
        assert_eq!(load(&set_up).await, ["self-assessment 2"]);
        assert_eq!(load(&set_up).await, [""; 0]);
        let rows = self_assessment_framework::Entity::find()
            .order_by_asc(self_assessment_framework::Column::Version)
            .all(story.world.db.reader())
            .await
            .expect("a read");
        let sizes: Vec<_> =
            rows.iter().map(|row| frameworks::themes(row).expect("it").len()).collect();
        assert_eq!(sizes, [8, 7]);
        assert_eq!(draft.framework_id, rows[0].id);
        let old_theme = &themes()[0];
        story.rate(&story.head(0), draft.id, old_theme, 1).await.expect("by the old framework");
        let other = story.rise.partners[1].enrolment;
        let head = story.head(1);
        let begun = story
            .write(async |txn, now| self_assessments::start(txn, &head, now, other).await)
            .await
            .expect("begun");
        assert_eq!(begun.framework_id, rows[1].id);
        let gone = story.rate(&head, begun.id, old_theme, 1).await;
        assert_eq!(why(gone), (RefusalCode::Invalid, "themeKey"));
    })
    .await;
}
