//! Engagement alerts and what raises them.

pub mod engagement_alert;
