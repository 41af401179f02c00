//! Reminders, escalations, times of day.

use std::collections::HashSet;

use super::{Faults, MOST_WORKING_DAYS};
use crate::engagement::AlertPolicy;
use crate::programme::{KindPolicy, Policy, Reminders};
use crate::reminders::is_quiet;

pub(super) fn check(policy: &Policy, faults: &mut Faults) {
    let all = KindPolicy {
        remind_before: Some(policy.remind_before.clone()),
        remind_after: Some(policy.remind_after.clone()),
        escalate_to_hub_after: Some(policy.escalate_to_hub_after),
        escalate_to_programme_after: Some(policy.escalate_to_programme_after),
        recipients: Some(policy.recipients.clone()),
        stop_after: policy.stop_after,
    };
    own("policy", &all, faults);
    in_order(
        "policy",
        &all,
        policy.escalate_to_hub_after,
        policy.escalate_to_programme_after,
        faults,
    );
    for (kind, its) in &policy.kinds {
        let place = format!("policy.kind.{}", <&str>::from(kind));
        own(&place, its, faults);
        let Reminders { escalate_to_hub_after, escalate_to_programme_after, .. } =
            policy.reminders(*kind);
        in_order(&place, its, escalate_to_hub_after, escalate_to_programme_after, faults);
        faults.expect(*its != KindPolicy::default(), place, "says nothing.");
    }
    at_most("policy.grace_working_days".to_owned(), policy.grace_working_days, faults);
    let place = "policy.alert_when_overdue_by";
    at_least_one(place.to_owned(), policy.alert_when_overdue_by, faults);
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

/// What is said of all, or of one kind.
fn own(place: &str, own: &KindPolicy, faults: &mut Faults) {
    for (name, days) in [("remind_before", &own.remind_before), ("remind_after", &own.remind_after)]
    {
        reminders(&format!("{place}.{name}"), days.as_deref().unwrap_or_default(), faults);
    }
    for (name, days) in [
        ("escalate_to_hub_after", own.escalate_to_hub_after),
        ("escalate_to_programme_after", own.escalate_to_programme_after),
        ("stop_after", own.stop_after),
    ] {
        if let Some(days) = days {
            at_least_one(format!("{place}.{name}"), days, faults);
        }
    }
    if let Some(recipients) = &own.recipients {
        let place = format!("{place}.recipients");
        let roles: HashSet<_> = recipients.iter().collect();
        faults.expect(
            !recipients.is_empty(),
            place.clone(),
            "names nobody, so no partner would be reminded.",
        );
        faults.expect(roles.len() == recipients.len(), place, "names a role twice.");
    }
}

/// The hub lead is told before the programme; where a kind says one of the two, the other may be
/// that of all.
fn in_order(place: &str, own: &KindPolicy, to_hub: u32, to_programme: u32, faults: &mut Faults) {
    let name = match own.escalate_to_programme_after {
        Some(_) => "escalate_to_programme_after",
        None => "escalate_to_hub_after",
    };
    let says_so = own.escalate_to_hub_after.or(own.escalate_to_programme_after).is_some();
    faults.expect(
        !says_so || to_hub < to_programme,
        format!("{place}.{name}"),
        format!(
            "must be so that the hub lead is told first: it is told after {to_hub} working days, \
             the programme after {to_programme}."
        ),
    );
}

fn at_least_one(place: String, days: u32, faults: &mut Faults) {
    faults.expect(days >= 1, place.clone(), "must be at least 1 working day.");
    at_most(place, days, faults);
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
