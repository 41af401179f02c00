//! Self-assessments, plans, agreed actions and reviews, and the obligations they meet.

mod agreeing;
mod assessing;
mod reviewing;

use chrono::{DateTime, Utc};
use entity::outcome::{RefusalCode, StoreError};
use entity::plans::actions::{self, ActionWish};
use entity::plans::objectives::{self, ObjectiveWish};
use entity::plans::reviews::{self, ReviewWish};
use entity::plans::self_assessments::{self, Rating};
use entity::plans::{agreed_action, drafting, objective, plan, self_assessment};
use entity::scope::{Scope, Viewer};
use rules::plans::{ActionState, ReviewKind};
use rules::visits::Party;
use sea_orm::{DatabaseTransaction, EntityTrait as _};
use tests::World;
use tests::refusal::refused;
use tests::rise::{Partner, Rise, day};
use uuid::Uuid;

const RISE: &str = include_str!("../../../set-ups/rise.toml");

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
    let refused = refused(outcome);
    (refused.code, refused.field.unwrap_or_default(), refused.message)
}

fn why<T>(outcome: Result<T, StoreError>) -> (RefusalCode, &'static str) {
    let (code, field, _) = refusal(outcome);
    (code, field)
}
