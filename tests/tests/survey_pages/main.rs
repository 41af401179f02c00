//! The pages on which a survey is answered.

mod anonymity;
mod answering;
mod opening;

use axum::http::StatusCode;
use entity::surveys::{survey_campaign, survey_code, survey_draft, survey_response};
use rules::links::Purpose;
use sea_orm::EntityTrait as _;
use sea_orm::sea_query::Expr;
use tests::World;
use tests::pages::{self, Answer};
use tests::rise::{Rise, at};
use tests::survey::Survey;
use uuid::Uuid;

/// The pages over a survey of one school, at 09:00 on 5 October 2026.
struct Pages {
    world: World,
    rise: Rise,
    survey: Survey,
    door: pages::Pages,
}

impl Pages {
    async fn new(world: World, enough: i32) -> Self {
        let rise = Rise::seed(&world, &["Demo Ash School"]).await;
        world.clock.set(at("2026-10-05T08:00:00Z"));
        let survey = Survey::seed(&world, &rise, enough).await;
        let door = pages::Pages::open(&world).await;
        Self { world, rise, survey, door }
    }

    async fn get(&self, path: &str) -> Answer {
        self.door.get(path).await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        self.door.post(path, form).await
    }

    fn by_code(&self) -> String {
        format!("/survey/{}", self.survey.code)
    }

    fn by_link(&self) -> String {
        self.link(Purpose::Survey(self.survey.personal), self.rise.partners[0].head)
    }

    fn link(&self, purpose: Purpose, person: Uuid) -> String {
        format!("/s/{}", self.door.token(purpose, person))
    }

    /// Begins a submission and returns its address, without a step.
    async fn begin(&self, base: &str) -> String {
        let begun = self.post(base, "").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let address = begun.location.strip_suffix("/1").expect("the first page").to_owned();
        assert!(address.starts_with(base));
        address
    }

    /// Answers all of the pupils' questions and stops before sending.
    async fn fill_in(&self) -> String {
        let address = self.begin(&self.by_code()).await;
        let next = self.post(&format!("{address}/1"), "calm=often&fair=rarely").await;
        assert_eq!(next.location, format!("{address}/2"));
        let next = self.post(&format!("{address}/2"), "safe=always").await;
        assert_eq!(next.location, format!("{address}/check"));
        address
    }

    /// Answers all of the leaders' questions by `base` and stops before sending.
    async fn fill_in_as_leader(&self, base: &str) -> String {
        let address = self.begin(base).await;
        self.post(&format!("{address}/1"), "useful=often").await;
        self.post(&format!("{address}/2"), "best=The+visits&more=").await;
        address
    }

    async fn responses(&self) -> Vec<survey_response::Model> {
        survey_response::Entity::find().all(self.world.db.reader()).await.expect("a read")
    }

    async fn drafts(&self) -> Vec<survey_draft::Model> {
        survey_draft::Entity::find().all(self.world.db.reader()).await.expect("a read")
    }

    async fn set_campaign(&self, column: survey_campaign::Column, value: &str) {
        let txn = self.world.db.write().await.expect("a transaction");
        survey_campaign::Entity::update_many()
            .col_expr(column, Expr::value(value))
            .exec(&txn)
            .await
            .expect("changed");
        txn.commit().await.expect("commit");
    }

    async fn retire_codes(&self) {
        let txn = self.world.db.write().await.expect("a transaction");
        survey_code::Entity::update_many()
            .col_expr(survey_code::Column::RetiredAt, Expr::value(Some(self.world.clock.now())))
            .exec(&txn)
            .await
            .expect("retired");
        txn.commit().await.expect("commit");
    }
}
