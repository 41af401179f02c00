//! Self-assessments, plans with objectives and agreed actions, and reviews.

pub mod agreed_action;
pub mod objective;
pub mod plan;
pub mod review;
pub mod self_assessment;
pub mod self_assessment_framework;
pub mod self_assessment_rating;
