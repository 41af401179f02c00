//! Programmes as data: pathways, commitments, cohorts, terms, events and calendars.

pub mod bank_holiday;
pub mod calendar_span;
pub mod cohort;
pub mod commitment_template;
pub mod event;
pub mod pathway;
#[expect(
    clippy::module_inception,
    reason = "the area and its main table share the word"
)]
pub mod programme;
pub mod programme_term;
pub mod school_calendar;
