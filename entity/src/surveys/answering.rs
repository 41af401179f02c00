//! Answering a survey: from a code or a personal link to a draft, and from the draft to one
//! response that nothing ties to a person.
//!
//! The response has a random id, no time and no person. Participation (a count, a day, and for a
//! personal link that it was used) is kept apart from it; see the decision on anonymous answers.

use std::slice;

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::surveys::answers::{AnswerFault, Answers, Standing, check_all, standing};
use rules::surveys::campaign::told_at;
use rules::surveys::{Page, RespondentGroup};
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::needed::needed;
use super::{
    campaign_group, personal_invitation, questionnaire, survey_campaign, survey_code, survey_draft,
    survey_invitation, survey_response,
};
use crate::enrolments::{enrolment, settle_enrolment};
use crate::outcome::{StoreError, word};
use crate::people::{contact, setting};

/// Rows written in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

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

/// What became of sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sending {
    /// The answers are in: now, or by an earlier sending of the same submission.
    Sent,
    /// These have to be mended first; nothing was written.
    Incomplete(Vec<AnswerFault>),
    /// The submission is not known; nothing was written.
    Unknown,
    /// The survey takes no answers now; nothing was written.
    Closed,
    /// This personal link was used for another submission; nothing was written.
    Answered,
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

fn standing_of(
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

fn draft_of(asked: &Asked, submission_hash: &str) -> sea_orm::Select<survey_draft::Entity> {
    survey_draft::Entity::find()
        .filter(survey_draft::Column::CampaignId.eq(asked.campaign.id))
        .filter(survey_draft::Column::InvitationId.eq(asked.invitation.id))
        .filter(survey_draft::Column::SubmissionHash.eq(submission_hash))
}

async fn is_sent(
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

/// Sends a submission: writes the response, deletes the draft and counts it, all or nothing. Sending
/// it again changes nothing. When the school's group has enough answers
/// now, what its school owes is settled.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn send(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    asked: &Asked,
    submission_hash: &str,
) -> Result<Sending, StoreError> {
    // Shared, so that the campaign is not closed and counted in between.
    let campaign = survey_campaign::Entity::find_by_id(asked.campaign.id).lock_shared();
    let Some(campaign) = campaign.one(txn).await? else { return Ok(Sending::Unknown) };
    // What settles an enrolment locks it first, and this may have to settle it.
    let school = enrolment::Entity::find_by_id(asked.invitation.enrolment_id);
    let school =
        if asked.invitation.enough_on.is_none() { school.lock_exclusive() } else { school };
    let Some(school) = school.one(txn).await? else { return Ok(Sending::Unknown) };
    // Those of one group take turns, so that each is counted.
    let invitation = survey_invitation::Entity::find_by_id(asked.invitation.id).lock_exclusive();
    let Some(invitation) = invitation.one(txn).await? else { return Ok(Sending::Unknown) };
    let personal = match &asked.personal {
        Some(row) => {
            let row = personal_invitation::Entity::find_by_id(row.id).lock_exclusive();
            row.one(txn).await?
        }
        None => None,
    };
    if is_sent(txn, asked, submission_hash).await? {
        return Ok(Sending::Sent);
    }
    if personal.as_ref().is_some_and(|row| row.answered_on.is_some()) {
        return Ok(Sending::Answered);
    }
    if standing_of(&campaign, &school, now)? != Standing::Open {
        return Ok(Sending::Closed);
    }
    let Some(draft) = draft_of(asked, submission_hash).lock_exclusive().one(txn).await? else {
        return Ok(Sending::Unknown);
    };
    let checked = check_all(&asked.pages, &read("survey_draft", draft.id, draft.answers)?);
    if !checked.faults.is_empty() {
        return Ok(Sending::Incomplete(checked.faults));
    }
    survey_draft::Entity::delete_by_id(draft.id).exec(txn).await?;
    let response = survey_response::Model {
        id: Uuid::new_v4(),
        campaign_id: campaign.id,
        invitation_id: invitation.id,
        submission_hash: submission_hash.to_owned(),
        answers: written(&checked.kept),
    };
    let response = response.into_active_model();
    survey_response::Entity::insert(response).exec_without_returning(txn).await?;

    let today = local(now).date();
    let responses = invitation.responses + 1;
    let just_enough = invitation.enough_on.is_none() && {
        let needed = needed(txn, &campaign, slice::from_ref(&invitation)).await?;
        needed.get(&invitation.id).is_some_and(|needed| responses >= *needed)
    };
    let first_on = invitation.first_on.or(Some(today));
    // `changed_at` stays: an answer's moment is kept nowhere, only the day of the first and the
    // hour of the latest.
    let mut row = invitation.into_active_model();
    row.responses = Set(responses);
    row.first_on = Set(first_on);
    row.told_at = Set(Some(told_at(now)));
    if just_enough {
        row.enough_on = Set(Some(today));
    }
    row.update(txn).await?;
    if let Some(personal) = personal {
        let mut row = personal.into_active_model();
        row.answered_on = Set(Some(today));
        row.update(txn).await?;
        shuffle(txn, asked.invitation.id, |response| response).await?;
    }
    if just_enough {
        settle_enrolment(txn, now, school.id).await?;
    }
    Ok(Sending::Sent)
}

/// Takes from the responses of a campaign what only answering needed: the hash that a second
/// sending is known by, which somebody's browser history could be compared with, and the order of
/// arrival. For when it closes.
///
/// # Errors
/// A database fault.
pub async fn seal_responses(
    txn: &DatabaseTransaction,
    campaign_id: Uuid,
) -> Result<(), StoreError> {
    let invitations = survey_invitation::Entity::find()
        .filter(survey_invitation::Column::CampaignId.eq(campaign_id))
        .filter(survey_invitation::Column::Responses.gt(0))
        .all(txn)
        .await?;
    for invitation in invitations {
        // Its own id is random, and says no more than the row does.
        let forget = |response: survey_response::Model| survey_response::Model {
            submission_hash: response.id.simple().to_string(),
            ..response
        };
        shuffle(txn, invitation.id, forget).await?;
    }
    Ok(())
}

/// Writes the responses of one group anew in the order of their random ids. PostgreSQL keeps with
/// each row the number of the transaction that wrote it, which would join an answer to the personal
/// invitation marked in the same one; afterwards all rows have the same.
async fn shuffle(
    txn: &DatabaseTransaction,
    invitation_id: Uuid,
    edit: impl Fn(survey_response::Model) -> survey_response::Model,
) -> Result<(), StoreError> {
    let of_group = survey_response::Column::InvitationId.eq(invitation_id);
    let rows = survey_response::Entity::find().filter(of_group.clone()).all(txn).await?;
    let mut rows: Vec<_> = rows.into_iter().map(edit).collect();
    rows.sort_unstable_by_key(|row| row.id);
    survey_response::Entity::delete_many().filter(of_group).exec(txn).await?;
    for batch in rows.chunks(BATCH) {
        let batch = batch.iter().cloned().map(survey_response::Model::into_active_model);
        survey_response::Entity::insert_many(batch).exec_without_returning(txn).await?;
    }
    Ok(())
}

fn written(answers: &Answers) -> Value {
    answers.iter().map(|(key, answer)| (key.clone(), Value::from(answer.clone()))).collect()
}

fn read<T: DeserializeOwned>(table: &'static str, id: Uuid, json: Value) -> Result<T, StoreError> {
    serde_json::from_value(json).map_err(|error| StoreError::Unreadable {
        table,
        id,
        problem: error.to_string(),
    })
}
