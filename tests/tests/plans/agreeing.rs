//! Plans, and who must agree to them.

use entity::outcome::RefusalCode;
use entity::plans::actions::{self, ActionWish};
use entity::plans::objectives::{self, ObjectiveWish};
use entity::plans::{agreed_action, drafting, objective};
use entity::scope::{Scope, Viewer};
use rules::plans::{ActionState, ObjectiveState};
use sea_orm::{EntityTrait as _, PaginatorTrait as _};
use tests::both;
use tests::rise::{at, day, enrol_on};

use crate::{Story, action_wish, objective_wish, refusal, why};

#[tokio::test]
async fn an_improvement_plan_holds_once_both_sides_agreed_to_what_it_says() {
    both(async |world| {
        let story = Story::new(world).await;
        let (lead, head, enrolment) = (story.lead(), story.head(0), story.enrolment());
        let missing = (RefusalCode::NotFound, "enrolmentId");
        assert_eq!(why(story.plan(&story.head(1), enrolment).await), missing);
        assert_eq!(why(story.plan(&story.evaluator(), enrolment).await), missing);
        let draft = story.plan(&lead, enrolment).await.expect("begun");
        assert_eq!((draft.kind.as_str(), draft.number), ("improvement", 1));
        let twice = story.plan(&head, enrolment).await;
        assert_eq!(why(twice), (RefusalCode::Conflict, "enrolmentId"));
        let empty = story.agree(&head, draft.id).await;
        assert_eq!(why(empty), (RefusalCode::Conflict, "planId"));
        let objective = story.objective(&head, draft.id).await.expect("added");
        assert_eq!(objective.position, 1);
        let (_, _, message) = refusal(story.agree(&head, draft.id).await);
        assert!(message.contains("with an action"), "{message}");
        let action = story.action(&lead, objective.id).await.expect("added");
        let agreed = story.agree(&head, draft.id).await.expect("agreed");
        assert_eq!((agreed.state.as_str(), agreed.agreed_on), ("draft", None));
        assert_eq!(agreed.partner_agreed_on, Some(day("2026-10-05")));
        assert_eq!(story.agree(&head, draft.id).await.expect("once is enough"), agreed);
        // The lead changes it: the partner has not agreed to that, and cannot by accident.
        let wish = action_wish("2026-11-27");
        let edited = story
            .write(async |txn, now| actions::edit(txn, &lead, now, action.id, Some(1), wish).await)
            .await
            .expect("edited");
        assert_eq!((edited.version, edited.due_on), (2, day("2026-11-27")));
        assert_eq!(story.find_plan(draft.id).await.partner_agreed_on, None);
        let stale = story
            .write(async |txn, now| {
                drafting::agree(txn, &head, now, draft.id, Some(agreed.version)).await
            })
            .await;
        assert_eq!(why(stale), (RefusalCode::Stale, "expectedVersion"));
        let achieve = async || {
            story
                .write(async |txn, now| {
                    let achieved = ObjectiveState::Achieved;
                    objectives::set_state(txn, &lead, now, objective.id, None, achieved).await
                })
                .await
        };
        assert_eq!(why(achieve().await), (RefusalCode::Conflict, "state"), "it is a draft");
        story.agree(&lead, draft.id).await.expect("agreed");
        assert_eq!(story.owed(enrolment, "improvement_plan").await.0, "open");
        story.world.clock.set(at("2026-10-07T09:00:00Z"));
        let agreed = story.agree(&head, draft.id).await.expect("agreed");
        assert_eq!((agreed.state.as_str(), agreed.agreed_on), ("agreed", Some(day("2026-10-07"))));
        let met = ("met".to_owned(), Some("improvement_plan".to_owned()));
        assert_eq!(story.owed(enrolment, "improvement_plan").await, met);
        // What is agreed stays as it is; progress is noted on it.
        let conflict = RefusalCode::Conflict;
        assert_eq!(why(story.objective(&head, draft.id).await), (conflict, "planId"));
        assert_eq!(why(story.action(&head, objective.id).await), (conflict, "objectiveId"));
        let done = story.set(&head, action.id, ActionState::Done, Some("2026-10-06")).await;
        assert_eq!(done.expect("done").done_on, Some(day("2026-10-06")));
        let reached = achieve().await;
        assert_eq!(reached.expect("reached").state, "achieved");
        assert_eq!(story.find_plan(draft.id).await, agreed);
    })
    .await;
}

#[tokio::test]
async fn a_new_version_takes_the_place_of_the_agreed_plan_when_it_is_agreed_itself() {
    both(async |world| {
        let story = Story::new(world).await;
        let (lead, head) = (story.lead(), story.head(0));
        let write = async || {
            let draft = story.plan(&head, story.enrolment()).await.expect("begun");
            let objective = story.objective(&head, draft.id).await.expect("added");
            let open = story.action(&head, objective.id).await.expect("added");
            let done = story.action(&head, objective.id).await.expect("added");
            story.set(&head, done.id, ActionState::Done, None).await.expect("done");
            story.agree(&head, draft.id).await.expect("agreed");
            (draft.id, objective.id, open.id, done.id)
        };
        let (first, objective, open, done) = write().await;
        story.agree(&lead, first).await.expect("agreed");
        story.world.clock.set(at("2026-11-09T09:00:00Z"));
        let (second, ..) = write().await;
        assert_eq!(story.find_plan(first).await.state, "agreed", "it holds until the other does");
        story.agree(&lead, second).await.expect("agreed");
        let (old, new) = (story.find_plan(first).await, story.find_plan(second).await);
        assert_eq!((old.state.as_str(), old.agreed_on), ("superseded", Some(day("2026-10-05"))));
        assert_eq!((new.state.as_str(), new.number), ("agreed", 2));
        let row = agreed_action::Entity::find_by_id(open).one(story.world.db.reader()).await;
        assert_eq!(row.expect("a read").expect("it").state, "dropped");
        let row = agreed_action::Entity::find_by_id(done).one(story.world.db.reader()).await;
        assert_eq!(row.expect("a read").expect("it").state, "done");
        let row = objective::Entity::find_by_id(objective).one(story.world.db.reader()).await;
        assert_eq!(row.expect("a read").expect("it").state, "dropped");
        let late = story.set(&head, open, ActionState::Done, None).await;
        assert_eq!(why(late), (RefusalCode::Conflict, "agreedActionId"));
        let owed = story.rise.obligation(&story.world, story.enrolment(), "improvement_plan").await;
        assert_eq!((owed.deed_id, owed.met_on), (Some(first), Some(day("2026-10-05"))));
    })
    .await;
}

#[tokio::test]
async fn an_action_plan_needs_the_partners_agreement_alone() {
    both(async |world| {
        let story = Story::new(world).await;
        let enrolment = story
            .write(async |txn, now| Ok(enrol_on(txn, now, &story.rise, "regional").await))
            .await
            .expect("enrolled");
        let lead = story.lead();
        let draft = story.plan(&lead, enrolment).await.expect("begun");
        assert_eq!(draft.kind, "action");
        let objective = story.objective(&lead, draft.id).await.expect("added");
        story.action(&lead, objective.id).await.expect("added");
        assert_eq!(why(story.agree(&lead, draft.id).await), (RefusalCode::Forbidden, "planId"));
        let row = entity::enrolments::enrolment::Entity::find_by_id(enrolment);
        let row = row.one(story.world.db.reader()).await.expect("a read").expect("it");
        let settings = vec![row.partner_setting_id];
        let person_id = story.rise.admin;
        let head = Scope::Viewer(Viewer { person_id, settings, ..Viewer::default() });
        let agreed = story.agree(&head, draft.id).await.expect("agreed");
        assert_eq!(agreed.state, "agreed");
        let met = ("met".to_owned(), Some("action_plan".to_owned()));
        assert_eq!(story.owed(enrolment, "action_plan").await, met);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_said_of_a_plan_is_refused_by_its_field() {
    both(async |world| {
        let story = Story::new(world).await;
        let head = story.head(0);
        let draft = story.plan(&head, story.enrolment()).await.expect("begun");
        let invalid = RefusalCode::Invalid;
        for (field, wish) in [
            ("title", ObjectiveWish { title: " ".to_owned(), ..objective_wish() }),
            (
                "successMeasure",
                ObjectiveWish { success_measure: String::new(), ..objective_wish() },
            ),
            ("themeKey", ObjectiveWish { theme_key: Some("x".to_owned()), ..objective_wish() }),
        ] {
            let outcome = story
                .write(async |txn, now| objectives::add(txn, &head, now, draft.id, wish).await)
                .await;
            assert_eq!(why(outcome), (invalid, field));
        }
        let objective = story.objective(&head, draft.id).await.expect("added");
        for (field, wish) in [
            ("title", ActionWish { title: String::new(), ..action_wish("2026-11-20") }),
            ("ownerName", ActionWish { owner_name: " ".to_owned(), ..action_wish("2026-11-20") }),
            ("dueOn", action_wish("2026-10-04")),
            ("dueOn", action_wish("2031-10-04")),
        ] {
            let outcome = story
                .write(async |txn, now| actions::add(txn, &head, now, objective.id, wish).await)
                .await;
            assert_eq!(why(outcome), (invalid, field));
        }
        let action = story.action(&head, objective.id).await.expect("added");
        let done = ActionState::Done;
        let ahead = story.set(&head, action.id, done, Some("2026-10-06")).await;
        assert_eq!(why(ahead), (invalid, "doneOn"));
        let open = story.set(&head, action.id, ActionState::Open, Some("2026-10-05")).await;
        assert_eq!(why(open), (invalid, "doneOn"));
        for scope in [story.head(1), story.evaluator()] {
            let missing = RefusalCode::NotFound;
            assert_eq!(why(story.agree(&scope, draft.id).await), (missing, "planId"));
            assert_eq!(why(story.objective(&scope, draft.id).await), (missing, "planId"));
            assert_eq!(why(story.action(&scope, objective.id).await), (missing, "objectiveId"));
            let outcome = story.set(&scope, action.id, done, None).await;
            assert_eq!(why(outcome), (missing, "agreedActionId"));
        }
        let count = agreed_action::Entity::find().count(story.world.db.reader()).await;
        assert_eq!(count.expect("a read"), 1);
    })
    .await;
}
