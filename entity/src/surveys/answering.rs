//! Answering a survey: from a code or a personal link to a draft. What becomes of the draft is in
//! [`super::sending`].

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::surveys::answers::{Answers, Standing, standing};
use rules::surveys::{Page, RespondentGroup};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::{
    campaign_group, personal_invitation, questionnaire, survey_campaign, survey_code, survey_draft,
    survey_invitation, survey_response,
};
use crate::enrolments::enrolment;
use crate::outcome::{StoreError, word};
use crate::people::{contact, setting};

/// A survey as a respondent comes to it: what is asked, of which group of which school.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The campaign.
    pub campaign: survey_campaign::Model,
    /// The school and group.
    pub invitation: survey_invitation::Model,
    /// The group.
    pub group: RespondentGroup,
    /// Name of the school.
    pub setting_name: String,
    /// Title of the questionnaire.
    pub title: String,
    /// What respondents read first.
    pub introduction: String,
    /// Its pages.
    pub pages: Vec<Page>,
    /// Whose own link it is, if it came by one.
    pub personal: Option<personal_invitation::Model>,
    /// Whether it takes answers now.
    pub standing: Standing,
    /// Whether answering can begin: a code that another replaced only lets those finish who began.
    pub may_begin: bool,
}

impl Asked {
    /// Whether the personal link it came by was used already.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.personal.as_ref().is_some_and(|row| row.answered_on.is_some())
    }
}

/// Where a submission stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Begun, with these answers so far.
    Begun(Answers),
    /// Sent.
    Sent,
    /// Never begun here, or so long ago that it was not kept.
    Unknown,
}

/// Finds the survey that a code, in capitals without a dash, opens.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn find_by_code(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    code: &str,
) -> Result<Option<Asked>, StoreError> {
    let found = survey_code::Entity::find().filter(survey_code::Column::Code.eq(code));
    let Some(code) = found.one(db).await? else { return Ok(None) };
    let asked = asked(db, now, code.invitation_id, None).await?;
    Ok(asked.map(|asked| Asked { may_begin: code.retired_at.is_none(), ..asked }))
}

/// Finds the survey that a personal link opens: its invitation must be the person's, and the person
/// still a contact of the school.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn find_by_link(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    personal_invitation_id: Uuid,
    person_id: Uuid,
) -> Result<Option<Asked>, StoreError> {
    let row = personal_invitation::Entity::find_by_id(personal_invitation_id)
        .filter(personal_invitation::Column::PersonId.eq(person_id))
        .one(db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let invitation_id = row.invitation_id;
    let Some(asked) = asked(db, now, invitation_id, Some(row)).await? else { return Ok(None) };
    let school = enrolment::Entity::find_by_id(asked.invitation.enrolment_id).one(db).await?;
    let still_there = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::SettingId.eq(school.map(|row| row.partner_setting_id)))
        .filter(contact::Column::EndedAt.is_null())
        .one(db)
        .await?;
    Ok(still_there.map(|_| asked))
}

async fn asked(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    invitation_id: Uuid,
    personal: Option<personal_invitation::Model>,
) -> Result<Option<Asked>, StoreError> {
    let Some(invitation) = survey_invitation::Entity::find_by_id(invitation_id).one(db).await?
    else {
        return Ok(None);
    };
    let campaign = survey_campaign::Entity::find_by_id(invitation.campaign_id).one(db).await?;
    let school = enrolment::Entity::find_by_id(invitation.enrolment_id).one(db).await?;
    let group = campaign_group::Entity::find()
        .filter(campaign_group::Column::CampaignId.eq(invitation.campaign_id))
        .filter(campaign_group::Column::RespondentGroup.eq(&invitation.respondent_group))
        .one(db)
        .await?;
    let (Some(campaign), Some(school), Some(group)) = (campaign, school, group) else {
        return Ok(None);
    };
    let setting = setting::Entity::find_by_id(school.partner_setting_id).one(db).await?;
    let asked = questionnaire::Entity::find_by_id(group.questionnaire_id).one(db).await?;
    let (Some(setting), Some(asked)) = (setting, asked) else { return Ok(None) };
    Ok(Some(Asked {
        standing: standing_of(&campaign, &school, now)?,
        group: word("survey_invitation", invitation.id, &invitation.respondent_group)?,
        setting_name: setting.name,
        title: asked.title,
        introduction: asked.introduction,
        pages: read("questionnaire", asked.id, asked.pages)?,
        may_begin: true,
        campaign,
        invitation,
        personal,
    }))
}

/// Whether a campaign takes answers from a school now.
pub(super) fn standing_of(
    campaign: &survey_campaign::Model,
    school: &enrolment::Model,
    now: DateTime<Utc>,
) -> Result<Standing, StoreError> {
    Ok(standing(
        word("survey_campaign", campaign.id, &campaign.state)?,
        (campaign.opens_on, campaign.closes_on),
        word("enrolment", school.id, &school.status)?,
        local(now).date(),
    ))
}

/// Begins a submission with no answers yet. Its row's id is random, so that it tells no time.
///
/// # Errors
/// A database fault.
pub async fn begin(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    asked: &Asked,
    submission_hash: &str,
) -> Result<(), StoreError> {
    let draft = survey_draft::ActiveModel {
        id: Set(Uuid::new_v4()),
        campaign_id: Set(asked.campaign.id),
        invitation_id: Set(asked.invitation.id),
        submission_hash: Set(submission_hash.to_owned()),
        answers: Set(Value::Object(serde_json::Map::new())),
        changed_on: Set(local(now).date()),
    };
    survey_draft::Entity::insert(draft).exec_without_returning(txn).await?;
    Ok(())
}

/// Where a submission stands. One begun at another school or group is unknown here.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn progress(
    db: &impl ConnectionTrait,
    asked: &Asked,
    submission_hash: &str,
) -> Result<Progress, StoreError> {
    if let Some(draft) = draft_of(asked, submission_hash).one(db).await? {
        return Ok(Progress::Begun(read("survey_draft", draft.id, draft.answers)?));
    }
    let sent = is_sent(db, asked, submission_hash).await?;
    Ok(if sent { Progress::Sent } else { Progress::Unknown })
}

/// The draft of a submission.
pub(super) fn draft_of(
    asked: &Asked,
    submission_hash: &str,
) -> sea_orm::Select<survey_draft::Entity> {
    survey_draft::Entity::find()
        .filter(survey_draft::Column::CampaignId.eq(asked.campaign.id))
        .filter(survey_draft::Column::InvitationId.eq(asked.invitation.id))
        .filter(survey_draft::Column::SubmissionHash.eq(submission_hash))
}

/// Whether a submission was sent.
pub(super) async fn is_sent(
    db: &impl ConnectionTrait,
    asked: &Asked,
    submission_hash: &str,
) -> Result<bool, StoreError> {
    let response = survey_response::Entity::find()
        .filter(survey_response::Column::CampaignId.eq(asked.campaign.id))
        .filter(survey_response::Column::InvitationId.eq(asked.invitation.id))
        .filter(survey_response::Column::SubmissionHash.eq(submission_hash));
    Ok(response.one(db).await?.is_some())
}

/// Saves checked answers beside those saved before, and returns all of them. What was sent stays
/// as it was sent.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn save(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    asked: &Asked,
    submission_hash: &str,
    kept: Answers,
) -> Result<Progress, StoreError> {
    let draft = draft_of(asked, submission_hash).lock_exclusive().one(txn).await?;
    let Some(draft) = draft else {
        let sent = is_sent(txn, asked, submission_hash).await?;
        return Ok(if sent { Progress::Sent } else { Progress::Unknown });
    };
    let mut answers: Answers = read("survey_draft", draft.id, draft.answers.clone())?;
    answers.extend(kept);
    let mut row = draft.into_active_model();
    row.answers = Set(written(&answers));
    row.changed_on = Set(local(now).date());
    row.update(txn).await?;
    Ok(Progress::Begun(answers))
}

/// Answers as they are stored.
pub(super) fn written(answers: &Answers) -> Value {
    answers.iter().map(|(key, answer)| (key.clone(), Value::from(answer.clone()))).collect()
}

/// Answers or pages as they are stored in a row of a table.
pub(super) fn read<T: DeserializeOwned>(
    table: &'static str,
    id: Uuid,
    json: Value,
) -> Result<T, StoreError> {
    serde_json::from_value(json).map_err(|error| StoreError::Unreadable {
        table,
        id,
        problem: error.to_string(),
    })
}
