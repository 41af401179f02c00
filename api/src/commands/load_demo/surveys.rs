//! How the demo's surveys went: earlier waves published, with cells left out; a first survey open,
//! with one school short of enough; and what leaders said of the programme.

use std::collections::{BTreeSet, HashMap};

use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveTime, Utc};
use entity::enrolments::{enrolment, settle_programme};
use entity::messages::message;
use entity::people::setting;
use entity::programme::programme;
use entity::schools::school;
use entity::scope::Scope;
use entity::surveys::closing::close;
use entity::surveys::launching::launch;
use entity::surveys::needed::needed;
use entity::surveys::reminding::remind;
use entity::surveys::results::publish;
use entity::surveys::taking_part::expect;
use entity::surveys::{
    campaign_group, personal_invitation, questionnaire, questionnaires, survey_campaign,
    survey_invitation, survey_response,
};
use rules::calendar::{local, moment};
use rules::surveys::{Page, QuestionKind};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Campaigns whose results are published, by key.
const PUBLISHED: &[&str] = &[
    "january-2026-baseline",
    "january-2026-regional-feedback-1",
    "january-2026-enhanced-feedback-1",
];

/// Answers of pupils and staff where a school gave others than most: URN, pupils, staff.
const ANSWERS: &[(i32, usize, usize)] = &[
    // Its pupils' answers can be told, its staff's cannot.
    (900_019, 41, 6),
    // Short of enough on both sides.
    (900_032, 3, 0),
    // Short of enough from its staff.
    (900_011, 27, 4),
    (900_034, 18, 11),
];
/// What most schools gave.
const USUAL: (usize, usize) = (46, 17);

/// The school whose leaders did not answer the feedback survey of the second term.
const SILENT: (i32, &str) = (900_017, "january-2026-regional-feedback-2");

/// Half past eight, when campaigns were launched.
const MORNING: NaiveTime = match NaiveTime::from_hms_opt(8, 30, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// Tells it up to `now`.
pub(super) async fn tell(txn: &DatabaseTransaction, now: DateTime<Utc>) -> anyhow::Result<()> {
    let today = local(now).date();
    let campaigns = survey_campaign::Entity::find()
        .filter(survey_campaign::Column::OpensOn.lt(today))
        .order_by_asc(survey_campaign::Column::OpensOn)
        .order_by_asc(survey_campaign::Column::Key)
        .all(txn)
        .await?;
    let urns = urns(txn).await?;
    for campaign in &campaigns {
        let opened = moment(campaign.opens_on.and_time(MORNING));
        launch(txn, &Scope::System, opened, campaign.id, None).await?;
        answer(txn, campaign, &urns).await?;
        if campaign.closes_on < today {
            let over = moment((campaign.closes_on + Days::new(1)).and_time(NaiveTime::MIN));
            close(txn, &Scope::System, over, campaign.id, None).await?;
            if PUBLISHED.contains(&campaign.key.as_str()) {
                publish(txn, &Scope::System, over + Days::new(10), campaign.id, None).await?;
            }
        } else {
            // The reminder ten working days before the close has gone out.
            let reminded = today.checked_sub_days(Days::new(10)).unwrap_or(today);
            remind(txn, moment(reminded.and_time(MORNING)), campaign.programme_id).await?;
        }
    }
    sent(txn).await?;
    for programme in programme::Entity::find().order_by_asc(programme::Column::Key).all(txn).await?
    {
        settle_programme(txn, now, programme.id).await?;
    }
    Ok(())
}

/// URN of each enrolled school.
async fn urns(txn: &DatabaseTransaction) -> anyhow::Result<HashMap<Uuid, i32>> {
    let schools: HashMap<Uuid, i32> =
        school::Entity::find().all(txn).await?.into_iter().map(|row| (row.id, row.urn)).collect();
    let settings: HashMap<Uuid, Option<Uuid>> = setting::Entity::find()
        .all(txn)
        .await?
        .into_iter()
        .map(|row| (row.id, row.school_id))
        .collect();
    let urn = |setting: Uuid| schools.get(settings.get(&setting)?.as_ref()?).copied();
    let enrolments = enrolment::Entity::find().all(txn).await?;
    Ok(enrolments
        .into_iter()
        .filter_map(|row| Some((row.id, urn(row.partner_setting_id)?)))
        .collect())
}

/// What the schools invited to a campaign answered.
async fn answer(
    txn: &DatabaseTransaction,
    campaign: &survey_campaign::Model,
    urns: &HashMap<Uuid, i32>,
) -> anyhow::Result<()> {
    let mut pages: HashMap<String, Vec<Page>> = HashMap::new();
    let groups = campaign_group::Entity::find()
        .filter(campaign_group::Column::CampaignId.eq(campaign.id))
        .all(txn)
        .await?;
    for group in groups {
        let asked = questionnaire::Entity::find_by_id(group.questionnaire_id).one(txn).await?;
        let asked = asked.context("a campaign's questionnaire")?;
        pages.insert(group.respondent_group, questionnaires::pages(&asked)?);
    }
    let invitations = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
        .order_by_asc(survey_invitation::Column::Id)
        .all(txn)
        .await?;
    for invitation in invitations {
        let urn = urns.get(&invitation.enrolment_id).copied().unwrap_or_default();
        let group = invitation.respondent_group.as_str();
        let links = personal_invitation::Entity::find()
            .filter(personal_invitation::Column::InvitationId.eq(invitation.id))
            .all(txn)
            .await?;
        let given = ANSWERS.iter().find(|(of, ..)| *of == urn);
        let (pupils, staff) = given.map_or(USUAL, |(_, pupils, staff)| (*pupils, *staff));
        let how_many = match group {
            _ if (urn, campaign.key.as_str()) == SILENT => 0,
            "pupils" => pupils,
            "staff" => staff,
            // The known leaders, and a deputy with the school's code.
            _ => links.len() + 1,
        };
        let pages = pages.get(group).map_or(&[][..], Vec::as_slice);
        respond(txn, campaign, &invitation, &links, pages, how_many).await?;
        if group != "leaders" {
            let expected = i32::try_from(how_many * 3 / 2 + 10)?;
            let at = moment(campaign.opens_on.and_time(MORNING));
            expect(txn, &Scope::System, at, invitation.id, None, Some(expected)).await?;
        }
    }
    Ok(())
}

/// Writes down so many answers to one invitation, counted as they are when they come in by page.
async fn respond(
    txn: &DatabaseTransaction,
    campaign: &survey_campaign::Model,
    invitation: &survey_invitation::Model,
    links: &[personal_invitation::Model],
    pages: &[Page],
    how_many: usize,
) -> anyhow::Result<()> {
    if how_many == 0 {
        return Ok(());
    }
    let answers = (0..how_many).map(|number| {
        survey_response::Model {
            id: Uuid::new_v4(),
            campaign_id: campaign.id,
            invitation_id: invitation.id,
            submission_hash: format!("{:x}", Sha256::digest(format!("{}:{number}", invitation.id))),
            answers: answers(pages, number),
        }
        .into_active_model()
    });
    survey_response::Entity::insert_many(answers).exec_without_returning(txn).await?;
    let first_on = campaign.opens_on + Days::new(2);
    let count = i32::try_from(how_many)?;
    let needed = needed(txn, campaign, std::slice::from_ref(invitation)).await?;
    let enough = needed.get(&invitation.id).is_some_and(|needed| count >= *needed);
    let row = survey_invitation::ActiveModel {
        id: Unchanged(invitation.id),
        responses: Set(count),
        first_on: Set(Some(first_on)),
        enough_on: Set(enough.then(|| first_on + Days::new(2))),
        changed_at: Set(moment(first_on.and_time(MORNING))),
        ..Default::default()
    };
    row.update_without_returning(txn).await?;
    let links: BTreeSet<Uuid> = links.iter().map(|link| link.id).collect();
    personal_invitation::Entity::update_many()
        .col_expr(personal_invitation::Column::AnsweredOn, Expr::value(first_on))
        .filter(personal_invitation::Column::Id.is_in(links))
        .exec(txn)
        .await?;
    Ok(())
}

/// One respondent's answers: mostly content, some not, and never the same throughout.
fn answers(pages: &[Page], number: usize) -> Value {
    let mut given = serde_json::Map::new();
    let questions = pages.iter().flat_map(|page| &page.questions);
    for (at, question) in questions.enumerate() {
        let answer = match question.kind {
            QuestionKind::Choice => {
                let spread = [0, 1, 1, 2, 0, 1, 3, 2, 1, 4, 0];
                let option = spread[(number * 7 + at * 3) % spread.len()] % question.options.len();
                question.options.get(option).map(|option| option.key.clone())
            }
            QuestionKind::Text => (number % 5 == at % 5)
                .then(|| "An invented remark: the same routines in every corridor.".to_owned()),
        };
        if let Some(answer) = answer {
            given.insert(question.key.clone(), json!(answer));
        }
    }
    Value::Object(given)
}

/// The letters of the story went out in their time: none of them waits for today's worker.
async fn sent(txn: &DatabaseTransaction) -> anyhow::Result<()> {
    message::Entity::update_many()
        .col_expr(message::Column::State, Expr::value("accepted"))
        .col_expr(message::Column::Attempts, Expr::value(1))
        .col_expr(message::Column::ChangedAt, Expr::col(message::Column::SendAfter))
        .filter(message::Column::State.eq("pending"))
        .exec(txn)
        .await?;
    Ok(())
}
