//! Survey campaigns: whom they ask, what they send, and what of the answers they tell.

mod asking;
mod changing;
mod many;
mod telling;

use api::commands::load_questionnaire;
use chrono::{DateTime, NaiveDate, Utc};
use entity::enrolments::settle_enrolment;
use entity::programme::loader;
use entity::surveys::closing::close_due;
use entity::surveys::launching::launch_due;
use entity::surveys::letters::{Asking, open};
use entity::surveys::reminding::remind;
use entity::surveys::{survey_campaign, survey_invitation, survey_response};
use rules::messages::MessageKind;
use rules::programme::SetUp;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, IntoActiveModel as _,
    QueryFilter as _, QueryOrder as _,
};
use serde_json::json;
use tests::World;
use tests::rise::at;
use uuid::Uuid;

/// Loads the campaigns of RISE as they stood in July.
async fn campaigns(world: &World) {
    let set_up: SetUp = toml::from_str(include_str!("../../../set-ups/rise.toml")).expect("RISE");
    let txn = world.db.write().await.expect("a transaction");
    let now = at("2026-07-06T08:00:00Z");
    load_questionnaire::ensure_shipped(&txn, now).await.expect("the questionnaires load");
    loader::load(&txn, now, &set_up).await.expect("the campaigns load");
    txn.commit().await.expect("commit");
}

/// Does what the worker does of a morning; returns the letters and reminders queued.
async fn morning(world: &World, programme: Uuid, now: &str) -> (usize, usize) {
    let now = at(now);
    let txn = world.db.write().await.expect("a transaction");
    close_due(&txn, now, programme).await.expect("closed");
    let (_, invited) = launch_due(&txn, now, programme).await.expect("launched");
    let reminded = remind(&txn, now, programme).await.expect("reminded");
    txn.commit().await.expect("commit");
    (invited.letters, reminded)
}

async fn baseline(world: &World) -> survey_campaign::Model {
    survey_campaign::Entity::find()
        .filter(survey_campaign::Column::Key.eq("september-2026-baseline"))
        .one(world.db.reader())
        .await
        .expect("a read")
        .expect("the campaign")
}

async fn invitations(world: &World, campaign: Uuid) -> Vec<survey_invitation::Model> {
    survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign))
        .order_by_asc(survey_invitation::Column::Id)
        .all(world.db.reader())
        .await
        .expect("a read")
}

/// Answers as so many respondents would, the first question of the questionnaire only.
async fn answer(
    world: &World,
    invitation: &survey_invitation::Model,
    how_many: i32,
    on: NaiveDate,
) {
    let txn = world.db.write().await.expect("a transaction");
    for number in 0..how_many {
        let response = survey_response::Model {
            id: Uuid::new_v4(),
            campaign_id: invitation.campaign_id,
            invitation_id: invitation.id,
            submission_hash: format!("{}-{number}", invitation.id),
            answers: json!({ "know-rules": "mostly", "vision": "agree" }),
        };
        response.into_active_model().insert(&txn).await.expect("an answer");
    }
    let mut row = invitation.clone().into_active_model();
    row.responses = Set(how_many);
    row.first_on = Set((how_many > 0).then_some(on));
    row.enough_on = Set((how_many >= 10).then_some(on));
    let row = row.update(&txn).await.expect("counted");
    settle_enrolment(&txn, at("2026-10-01T12:00:00Z"), row.enrolment_id).await.expect("settled");
    txn.commit().await.expect("commit");
}

/// Why a letter would not be sent, asked when it is; nothing when it would.
async fn unwanted(
    world: &World,
    now: DateTime<Utc>,
    kind: MessageKind,
    about: Uuid,
    person: Uuid,
) -> Option<&'static str> {
    let message = Uuid::nil();
    let asking = Asking { message, kind, about, person };
    let mut opened = open(world.db.reader(), now, &[asking]).await.expect("read");
    opened.remove(&message).expect("an answer").expect("readable").err()
}
