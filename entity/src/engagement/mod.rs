//! Engagement alerts and what raises them.
//!
//! The mutation that records something and the nightly job come through the same
//! [`assess_enrolment`], [`assess_hub`] and [`assess_programme`]: they differ only in how much they
//! look at.

pub mod alert_event;
pub mod engagement_alert;

mod acknowledge;
mod assess;

pub use acknowledge::acknowledge;
pub(crate) use assess::closed_settings;
pub use assess::{Assessed, assess_enrolment, assess_hub, assess_programme};
