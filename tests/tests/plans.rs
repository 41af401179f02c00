//! Self-assessments, plans, agreed actions and reviews, and the obligations they meet.

use chrono::{DateTime, Utc};
use entity::outcome::{RefusalCode, StoreError};
use entity::plans::actions::{self, ActionWish};
use entity::plans::objectives::{self, ObjectiveWish};
use entity::plans::reviews::{self, ReviewWish};
use entity::plans::self_assessments::{self, Rating};
use entity::plans::{
    agreed_action, drafting, frameworks, objective, plan, self_assessment,
    self_assessment_framework, self_assessment_rating,
};
use entity::programme::loader;
use entity::scope::{Scope, Viewer};
use rules::plans::{ActionState, ObjectiveState, ReviewKind};
use rules::programme::SetUp;
use rules::visits::Party;
use sea_orm::{DatabaseTransaction, EntityTrait as _, PaginatorTrait as _, QueryOrder as _};
use tests::rise::{Partner, Rise, at, day, enrol_on};
use tests::{World, both};
use uuid::Uuid;

const RISE: &str = include_str!("../../set-ups/rise.toml");

/// RISE with two partners on Enhanced support, and everybody who acts in it.
struct Story {
    world: World,
    rise: Rise,
}

impl Story {
    async fn new(world: World) -> Self {
        let rise = Rise::seed(&world, &["Demo Ash School", "Demo Birch School"]).await;
        Self { world, rise }
    }

    fn enrolment(&self) -> Uuid {
        self.rise.partners[0].enrolment
    }

    fn lead(&self) -> Scope {
        let hubs = vec![self.rise.hub.id];
        Scope::Viewer(Viewer { person_id: self.rise.lead, hubs, ..Viewer::default() })
    }

    fn head(&self, number: usize) -> Scope {
        let Partner { head, setting, .. } = self.rise.partners[number];
        Scope::Viewer(Viewer { person_id: head, settings: vec![setting], ..Viewer::default() })
    }

    fn evaluator(&self) -> Scope {
        let person_id = self.rise.admin;
        Scope::Viewer(Viewer { person_id, evaluator: true, ..Viewer::default() })
    }

    /// Runs a write in a transaction of its own: committed when it succeeds, else rolled back.
    async fn write<T>(
        &self,
        deed: impl AsyncFnOnce(&DatabaseTransaction, DateTime<Utc>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let txn = self.world.db.write().await?;
        let done = deed(&txn, self.world.clock.now()).await?;
        txn.commit().await?;
        Ok(done)
    }

    async fn begin(&self, scope: &Scope) -> Result<self_assessment::Model, StoreError> {
        let id = self.enrolment();
        self.write(async |txn, now| self_assessments::start(txn, scope, now, id).await).await
    }

    async fn rate(
        &self,
        scope: &Scope,
        id: Uuid,
        theme_key: &str,
        level: i32,
    ) -> Result<self_assessment::Model, StoreError> {
        let wish = Rating {
            self_assessment_id: id,
            expected_version: None,
            theme_key: theme_key.to_owned(),
            level,
            evidence: " Seen daily ".to_owned(),
        };
        self.write(async |txn, now| self_assessments::rate(txn, scope, now, wish).await).await
    }

    async fn complete(
        &self,
        scope: &Scope,
        id: Uuid,
    ) -> Result<self_assessment::Model, StoreError> {
        let by = Some(self.rise.partners[0].head);
        self.write(async |txn, now| self_assessments::complete(txn, scope, by, now, id, None).await)
            .await
    }

    async fn plan(&self, scope: &Scope, of: Uuid) -> Result<plan::Model, StoreError> {
        self.write(async |txn, now| drafting::start(txn, scope, now, of, "Calm mornings").await)
            .await
    }

    async fn agree(&self, scope: &Scope, id: Uuid) -> Result<plan::Model, StoreError> {
        self.write(async |txn, now| drafting::agree(txn, scope, now, id, None).await).await
    }

    async fn objective(&self, scope: &Scope, plan: Uuid) -> Result<objective::Model, StoreError> {
        let wish = objective_wish();
        self.write(async |txn, now| objectives::add(txn, scope, now, plan, wish).await).await
    }

    async fn action(
        &self,
        scope: &Scope,
        objective: Uuid,
    ) -> Result<agreed_action::Model, StoreError> {
        let wish = action_wish("2026-11-20");
        self.write(async |txn, now| actions::add(txn, scope, now, objective, wish).await).await
    }

    async fn set(
        &self,
        scope: &Scope,
        id: Uuid,
        state: ActionState,
        done_on: Option<&str>,
    ) -> Result<agreed_action::Model, StoreError> {
        let done_on = done_on.map(day);
        self.write(async |txn, now| {
            actions::set_state(txn, scope, now, id, None, state, done_on).await
        })
        .await
    }

    async fn review(
        &self,
        scope: &Scope,
        kind: ReviewKind,
        held_on: &str,
    ) -> Result<entity::plans::review::Model, StoreError> {
        let (id, wish) = (self.enrolment(), review_wish(held_on));
        self.write(async |txn, now| reviews::record(txn, scope, None, now, id, kind, wish).await)
            .await
    }

    /// State of the partner's first obligation of a kind, and the kind of deed that met it.
    async fn owed(&self, of: Uuid, kind: &str) -> (String, Option<String>) {
        let row = self.rise.obligation(&self.world, of, kind).await;
        (row.state, row.deed_kind)
    }

    async fn find_plan(&self, id: Uuid) -> plan::Model {
        plan::Entity::find_by_id(id).one(self.world.db.reader()).await.expect("a read").expect("it")
    }
}

fn objective_wish() -> ObjectiveWish {
    ObjectiveWish {
        theme_key: Some("systems-and-routines".to_owned()),
        title: "A calm start to the day".to_owned(),
        success_measure: "Lessons begin on time".to_owned(),
    }
}

fn action_wish(due_on: &str) -> ActionWish {
    ActionWish {
        title: "Greet pupils at the gate".to_owned(),
        owner_party: Party::Partner,
        owner_name: "Bea Example".to_owned(),
        due_on: day(due_on),
    }
}

fn review_wish(held_on: &str) -> ReviewWish {
    ReviewWish {
        held_on: day(held_on),
        summary: "Mornings are calmer.".to_owned(),
        next_steps: "The same for lunch.".to_owned(),
    }
}

fn refusal<T>(outcome: Result<T, StoreError>) -> (RefusalCode, &'static str, String) {
    match outcome {
        Err(StoreError::Refused(refusal)) => {
            (refusal.code, refusal.field.unwrap_or_default(), refusal.message)
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

fn why<T>(outcome: Result<T, StoreError>) -> (RefusalCode, &'static str) {
    let (code, field, _) = refusal(outcome);
    (code, field)
}

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
