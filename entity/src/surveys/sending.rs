//! Sending the answers to a survey: from a draft to one response that nothing ties to a person.
//!
//! The response has a random id, no time and no person. Participation (a count, a day, and for a
//! personal link that it was used) is kept apart from it; see the decision on anonymous answers.

use std::slice;

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::surveys::answers::{AnswerFault, Standing, check_all};
use rules::surveys::campaign::told_at;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::answering::{Asked, draft_of, is_sent, read, standing_of, written};
use super::needed::needed;
use super::{
    personal_invitation, survey_campaign, survey_draft, survey_invitation, survey_response,
};
use crate::enrolments::{enrolment, settle_enrolment};
use crate::outcome::StoreError;

/// Rows written in one statement: well below SQLite's limit of bound values.
const BATCH: usize = 500;

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
