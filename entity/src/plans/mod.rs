//! Self-assessments, plans with objectives and agreed actions, and reviews.
//!
//! Every write locks the enrolment and its hub, so that lead and partner, who both write here, take
//! turns. What is agreed stays as it was agreed: a changed plan is a new version of it.

pub mod actions;
pub mod agreed_action;
pub mod drafting;
pub mod frameworks;
pub mod objective;
pub mod objectives;
pub mod plan;
pub mod review;
pub mod reviews;
pub mod self_assessment;
pub mod self_assessment_framework;
pub mod self_assessment_rating;
pub mod self_assessments;

use crate::enrolments::{check_text, refused};
use crate::outcome::{Faults, RefusalCode, StoreError};

/// Two texts that must say something, or what is wrong with each.
fn both_said(
    one: (&'static str, &str),
    other: (&'static str, &str),
) -> Result<(String, String), StoreError> {
    let mut faults = Faults::default();
    let said = (faults.note(said(one.0, one.1))?, faults.note(said(other.0, other.1))?);
    faults.end()?;
    Ok((said.0.unwrap_or_default(), said.1.unwrap_or_default()))
}

/// A text that must say something, without the space around it.
fn said(field: &'static str, text: &str) -> Result<String, StoreError> {
    check_text(field, text, false)?;
    let text = text.trim();
    if text.is_empty() {
        return refused(RefusalCode::Invalid, field, "This cannot be empty.");
    }
    Ok(text.to_owned())
}
