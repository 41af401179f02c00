//! When to flag, and how long to wait: the thresholds of the rules as data of a programme.

use serde::{Deserialize, Serialize};

use super::RuleName;

/// Thresholds of the alert rules. What a set-up leaves out has the default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertPolicy {
    /// So many CPD sessions neither attended nor watched by their day are too many.
    pub cpd_sessions_behind: u32,
    /// A self-assessment is missing when overdue by so many working days.
    pub self_assessment_overdue_by: u32,
    /// A plan is missing when overdue by so many working days.
    pub plan_overdue_by: u32,
    /// Share of a term's support days, in per cent, to be used by its middle, where the pathway
    /// itself dates none of them by then.
    pub support_days_by_mid_term: u32,
    /// Answers to a survey are looked for once so much of its time, in per cent, is gone.
    pub survey_time_gone: u32,
    /// Fewer answers than so many per cent of those expected are flagged ...
    pub low_response_below: u32,
    /// ... until there are so many per cent; higher, so that one answer more does not end it.
    pub low_response_until: u32,
    /// What comes and goes must last so many working days before it is shown.
    pub pending_working_days: u32,
    /// What comes and goes must be gone for so many working days before its alert ends.
    pub clearing_working_days: u32,
    /// What is so again within so many working days opens its old alert, not a new one.
    pub reopen_within_working_days: u32,
    /// Rules whose alerts are told of at once, by a mail of their own at whatever hour.
    pub critical: Vec<RuleName>,
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self {
            cpd_sessions_behind: 2,
            self_assessment_overdue_by: 5,
            plan_overdue_by: 5,
            support_days_by_mid_term: 50,
            survey_time_gone: 50,
            low_response_below: 40,
            low_response_until: 50,
            pending_working_days: 2,
            clearing_working_days: 5,
            reopen_within_working_days: 20,
            // Reminders reach nobody there: unless somebody is told, nothing else will be done.
            critical: vec![RuleName::NoReachableContact],
        }
    }
}
