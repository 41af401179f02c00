//! Engagement alerts and what raises them.
//!
//! The mutation that records something and the nightly job come through the same
//! [`assess_enrolment`], [`assess_hub`] and [`assess_programme`]: they differ only in how much they
//! look at. Each takes the alerts there are, gathers the facts, asks the rules, and writes down what
//! becomes of the alerts.

pub mod alert_event;
pub mod engagement_alert;

mod act;
mod assess;
mod facts;
mod ledger;
mod open_days;
mod reach;
mod rows;
mod view;

pub use act::{acknowledge, snooze, wake};
pub use assess::{Assessed, assess_enrolment, assess_hub, assess_programme};
pub(crate) use facts::closed_settings;
pub(crate) use rows::evidence_of;
