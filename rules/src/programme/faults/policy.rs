//! Reminders, escalations, times of day.

use std::collections::HashSet;

use super::{Faults, MOST_WORKING_DAYS};
use crate::engagement::AlertPolicy;
use crate::programme::Policy;
use crate::reminders::is_quiet;

pub(super) fn check(policy: &Policy, faults: &mut Faults) {
    reminders("policy.remind_before", &policy.remind_before, faults);
    reminders("policy.remind_after", &policy.remind_after, faults);
    for (name, days) in [
        ("grace_working_days", policy.grace_working_days),
        ("escalate_to_hub_after", policy.escalate_to_hub_after),
        ("escalate_to_programme_after", policy.escalate_to_programme_after),
        ("alert_when_overdue_by", policy.alert_when_overdue_by),
    ] {
        let place = format!("policy.{name}");
        let least = u32::from(name != "grace_working_days");
        faults.expect(days >= least, place.clone(), "must be at least 1 working day.");
        at_most(place, days, faults);
    }
    faults.expect(
        policy.escalate_to_hub_after < policy.escalate_to_programme_after,
        "policy.escalate_to_programme_after",
        "must be later than `escalate_to_hub_after`: the hub lead is told first.",
    );
    faults.expect(
        !policy.recipients.is_empty(),
        "policy.recipients",
        "names nobody, so no partner would be reminded.",
    );
    let roles: HashSet<_> = policy.recipients.iter().collect();
    faults.expect(
        roles.len() == policy.recipients.len(),
        "policy.recipients",
        "names a role twice.",
    );
    faults.expect(
        policy.quiet_from != policy.quiet_until,
        "policy.quiet_until",
        "must differ from `quiet_from`.",
    );
    faults.expect(
        !is_quiet(policy, policy.digest_at),
        "policy.digest_at",
        "lies within the quiet hours.",
    );
    alerts(&policy.alerts, faults);
}

fn alerts(alerts: &AlertPolicy, faults: &mut Faults) {
    let place = |name: &str| format!("policy.alerts.{name}");
    faults.expect(
        alerts.cpd_sessions_behind >= 1,
        place("cpd_sessions_behind"),
        "must be at least 1 session.",
    );
    for (name, days, least) in [
        ("self_assessment_overdue_by", alerts.self_assessment_overdue_by, 1),
        ("plan_overdue_by", alerts.plan_overdue_by, 1),
        ("pending_working_days", alerts.pending_working_days, 0),
        ("clearing_working_days", alerts.clearing_working_days, 0),
        ("reopen_within_working_days", alerts.reopen_within_working_days, 0),
    ] {
        faults.expect(days >= least, place(name), "must be at least 1 working day.");
        at_most(place(name), days, faults);
    }
    for (name, share) in [
        ("support_days_by_mid_term", alerts.support_days_by_mid_term),
        ("survey_time_gone", alerts.survey_time_gone),
        ("low_response_below", alerts.low_response_below),
        ("low_response_until", alerts.low_response_until),
    ] {
        faults.expect(share <= 100, place(name), "must be at most 100 per cent.");
    }
    faults.expect(
        alerts.low_response_below <= alerts.low_response_until,
        place("low_response_until"),
        "must not be lower than `low_response_below`, or an alert would come and go.",
    );
}

fn at_most(place: String, days: u32, faults: &mut Faults) {
    faults.expect(
        days <= MOST_WORKING_DAYS,
        place,
        format!("must be at most {MOST_WORKING_DAYS} working days."),
    );
}

fn reminders(place: &str, days: &[u32], faults: &mut Faults) {
    let mut seen = HashSet::new();
    for count in days {
        faults.expect(
            *count > 0,
            place,
            "must not hold 0: reminders come before or after the due day.",
        );
        faults.expect(seen.insert(count), place, format!("names {count} twice."));
        at_most(place.to_owned(), *count, faults);
    }
}
