//! Survey campaigns: questionnaires, invitations, answers and published results.

pub mod answering;
pub mod campaign_group;
pub mod personal_invitation;
pub mod questionnaire;
pub mod survey_campaign;
pub mod survey_code;
pub mod survey_draft;
pub mod survey_invitation;
pub mod survey_response;
pub mod survey_result;
