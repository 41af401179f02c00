//! Letters: what they say, and that they are looked at once more before they go.

mod meanwhile;
mod wording;

use chrono::TimeDelta;
use entity::messages::letters::{LetterWish, queue};
use entity::messages::{message, message_event};
use entity::people::contact;
use entity::scope::Scope;
use entity::surveys::campaigns::{CampaignWish, GroupWish, create};
use entity::surveys::launching::launch;
use entity::surveys::{questionnaires, survey_campaign, survey_invitation};
use rules::messages::{About, MessageKind};
use rules::surveys::RespondentGroup::{Leaders, Pupils, Staff};
use rules::surveys::{QuestionnaireSetUp, RespondentGroup, SurveyWave};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use tests::World;
use tests::mails::{Mail, delivered};
use tests::rise::{Rise, at, day};
use uuid::Uuid;

/// Monday 5 October 2026, 09:00 in London.
const NINE: &str = "2026-10-05T08:00:00Z";

/// A campaign of pupils and staff by code and leaders by link, launched at nine.
async fn launched(world: &World) -> (Rise, survey_campaign::Model) {
    let rise = Rise::seed(world, &["Demo Ash School"]).await;
    let campaign = open(world, &rise, &[(Pupils, false), (Staff, false), (Leaders, true)]).await;
    (rise, campaign)
}

/// A campaign of these groups, each by links of their own or not, launched at nine.
async fn open(
    world: &World,
    rise: &Rise,
    asked: &[(RespondentGroup, bool)],
) -> survey_campaign::Model {
    world.clock.set(at(NINE));
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let mut groups = Vec::new();
    for (group, by_personal_link) in asked.iter().copied() {
        let text = match group {
            Pupils => include_str!("../../../questionnaires/pupil-perceptions.toml"),
            Leaders => include_str!("../../../questionnaires/leader-evaluation.toml"),
            _ => include_str!("../../../questionnaires/staff-perceptions.toml"),
        };
        let set_up: QuestionnaireSetUp = toml::from_str(text).expect("a questionnaire");
        let loaded = questionnaires::load(&txn, now, &set_up).await.expect("loaded");
        groups.push(GroupWish { group, questionnaire_id: loaded.0.id, by_personal_link });
    }
    let wish = CampaignWish {
        programme_id: rise.id,
        key: "letters".to_owned(),
        title: "Perceptions of behaviour, autumn".to_owned(),
        wave: SurveyWave::Baseline,
        cohort_id: Some(cohort(&txn).await),
        pathway_id: None,
        template_id: None,
        event_id: None,
        enough_responses: 10,
        remind_days: vec![3],
        opens_on: day("2026-10-05"),
        closes_on: day("2026-10-16"),
        groups,
    };
    let made = create(&txn, &Scope::System, now, wish).await.expect("a campaign");
    let (campaign, _) = launch(&txn, &Scope::System, now, made.id, None).await.expect("launched");
    txn.commit().await.expect("commit");
    campaign
}

/// The head of a school becomes its behaviour lead, who is no senior leader.
async fn no_senior_leader(world: &World, person: Uuid) {
    contact::Entity::update_many()
        .col_expr(contact::Column::Role, Expr::value("behaviour_lead"))
        .filter(contact::Column::PersonId.eq(person))
        .exec(world.db.migrator())
        .await
        .expect("another role");
}

async fn cohort(txn: &sea_orm::DatabaseTransaction) -> Uuid {
    use entity::programme::cohort;
    let row = cohort::Entity::find().filter(cohort::Column::Key.eq("september-2026")).one(txn);
    row.await.expect("a read").expect("the cohort").id
}

/// Queues a reminder about the school's survey, as the campaign's own job does.
async fn remind(world: &World, person: Uuid, campaign: &survey_campaign::Model) {
    let first = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
        .one(world.db.reader());
    let enrolment = first.await.expect("a read").expect("an invitation").enrolment_id;
    remind_about(world, person, campaign, enrolment).await;
}

/// Queues a reminder about the survey of one school.
async fn remind_about(
    world: &World,
    person: Uuid,
    campaign: &survey_campaign::Model,
    enrolment: Uuid,
) {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let about = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign.id))
        .filter(survey_invitation::Column::EnrolmentId.eq(enrolment))
        .order_by_desc(survey_invitation::Column::RespondentGroup)
        .one(&txn)
        .await
        .expect("a read")
        .expect("an invitation");
    let wish = LetterWish {
        kind: MessageKind::SurveyReminder,
        person_id: person,
        about: About::SurveyInvitation,
        about_id: about.id,
        dedupe_key: "survey-reminder:test".to_owned(),
        send_after: now,
        expires_at: now + TimeDelta::days(9),
    };
    assert!(queue(&txn, now, wish).await.expect("queued"));
    txn.commit().await.expect("commit");
}

async fn letters(world: &World, kind: &str) -> Vec<message::Model> {
    message::Entity::find()
        .filter(message::Column::Kind.eq(kind))
        .order_by_asc(message::Column::Id)
        .all(world.db.reader())
        .await
        .expect("messages")
}

/// The last step in the story of the one letter of a kind.
async fn end_of(world: &World, kind: &str) -> (String, String) {
    let [letter] = &letters(world, kind).await[..] else { panic!("one {kind}") };
    let events = message_event::Entity::find()
        .filter(message_event::Column::MessageId.eq(letter.id))
        .order_by_desc(message_event::Column::HappenedAt)
        .one(world.db.reader());
    let last = events.await.expect("a read").expect("a story");
    assert_eq!(last.state, letter.state);
    (last.state, last.detail)
}

/// The mail of the one letter of a kind.
async fn mail_of(world: &World, kind: &str) -> Mail {
    let [letter] = &letters(world, kind).await[..] else { panic!("one {kind}") };
    let id = letter.id.to_string();
    let mails = delivered(&world.config.mail.folder).into_iter();
    let mut mails = mails.filter(|mail| mail.file.contains(&id));
    mails.next().unwrap_or_else(|| panic!("{kind} was not sent"))
}
