//! Enrolments and the dated obligations that follow from them.

pub mod enrolment;
pub mod enrolment_academy;
pub mod enrolment_change;
pub mod obligation;
