//! Survey campaigns: questionnaires, invitations, answers and published results.
//!
//! A campaign is drafted in [`campaigns`], opened in [`launching`], which makes the invitations and
//! letters of [`inviting`] and queues them as [`queueing`] says, reminded of in [`reminding`], and ends in [`closing`] and [`results`].
//! Who answered is kept apart from what was answered, and neither can be joined to the other.

pub mod answering;
pub mod campaign_group;
pub mod letters;
pub mod personal_invitation;
pub mod preview;
pub mod questionnaire;
pub mod survey_campaign;
pub mod survey_code;
pub mod survey_draft;
pub mod survey_invitation;
pub mod survey_rate;
pub mod survey_response;
pub mod survey_result;

mod campaign_checks;
pub mod campaigns;
pub mod closing;
pub mod inviting;
pub mod launching;
pub mod needed;
pub mod questionnaires;
mod queueing;
pub mod reminding;
pub mod results;
pub mod sending;
pub mod taking_part;
mod wanted;
