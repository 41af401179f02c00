//! What a programme says of one kind of commitment, over what it says of all.

use chrono::NaiveDate;
use rules::calendar::Calendar;
use rules::commitments::CommitmentKind::{self, ActionPlan, Audit};
use rules::enrolments::completes_on;
use rules::people::ContactRole;
use rules::programme::{KindPolicy, Policy};
use rules::reminders::{ObligationFacts, plan, reach};

use crate::reminders::obligation;
use crate::support::{at, calendar, day, policy};

fn with(own: KindPolicy) -> Policy {
    let mut policy = policy();
    policy.kinds.insert(ActionPlan, own);
    policy
}

/// Every step that goes out about an obligation of a kind, asked daily, with its day.
fn sent(kind: CommitmentKind, policy: &Policy) -> Vec<(String, NaiveDate)> {
    let mut facts = ObligationFacts { kind, ..obligation() };
    let mut sent = Vec::new();
    for today in day("2026-08-01").iter_days().take_while(|today| *today < day("2027-07-01")) {
        for reminder in plan(&facts, policy, at(&format!("{today}T07:00"))) {
            facts.ledger.insert((reminder.step, reminder.person_id));
            sent.push((reminder.step.to_string(), reminder.send_on));
        }
    }
    sent
}

fn steps(kind: CommitmentKind, policy: &Policy) -> Vec<String> {
    sent(kind, policy).into_iter().map(|(step, _)| step).collect()
}

const OF_ALL: [&str; 5] =
    ["before_10", "before_3", "after_3", "escalate_hub", "escalate_programme"];

#[test]
fn one_kind_has_steps_of_its_own_and_the_others_those_of_all() {
    let own = KindPolicy {
        remind_before: Some(vec![20, 5, 1]),
        remind_after: Some(vec![]),
        escalate_to_hub_after: Some(2),
        ..KindPolicy::default()
    };
    let policy = with(own);
    let found = steps(ActionPlan, &policy);
    let programme = "escalate_programme";
    assert_eq!(found, ["before_20", "before_5", "before_1", "escalate_hub", programme]);
    assert_eq!(steps(Audit, &policy), OF_ALL);
    assert_eq!(steps(ActionPlan, &super::support::policy()), OF_ALL);
}

#[test]
fn nothing_goes_out_after_the_last_day_that_is_said() {
    for (stop_after, last) in [
        (1, "before_3"),
        (3, "after_3"),
        (9, "after_3"),
        (10, "escalate_hub"),
        (19, "escalate_hub"),
        (20, "escalate_programme"),
    ] {
        let own = KindPolicy { stop_after: Some(stop_after), ..KindPolicy::default() };
        assert_eq!(steps(ActionPlan, &with(own)).last().map(String::as_str), Some(last));
        let all = Policy { stop_after: Some(stop_after), ..policy() };
        assert_eq!(steps(Audit, &all).last().map(String::as_str), Some(last), "{stop_after}");
    }
    // Due on 19 October: the third working day after it ends on the 22nd. Who was away then comes
    // too late.
    let own = KindPolicy { stop_after: Some(3), ..KindPolicy::default() };
    let facts = ObligationFacts { kind: ActionPlan, ..obligation() };
    assert_eq!(plan(&facts, &with(own.clone()), at("2026-10-22T17:00")).len(), 1);
    assert_eq!(plan(&facts, &with(own), at("2026-10-23T07:00")), []);
}

#[test]
fn recipients_are_those_of_the_kind_or_those_of_all() {
    let own =
        KindPolicy { recipients: Some(vec![ContactRole::TrustLead]), ..KindPolicy::default() };
    let policy = with(own);
    assert_eq!(policy.reminders(ActionPlan).recipients, [ContactRole::TrustLead]);
    assert_eq!(policy.reminders(Audit).recipients, [ContactRole::Headteacher]);
}

#[test]
fn what_one_kind_needs_longer_is_looked_for_and_waited_for() {
    let own = KindPolicy {
        remind_before: Some(vec![40]),
        escalate_to_programme_after: Some(60),
        ..KindPolicy::default()
    };
    let (policy, calendars) = (with(own), [calendar()]);
    let today = day("2026-11-02");
    let (first, last) = reach(&policy, today, &calendars);
    let (first_of_all, last_of_all) = reach(&super::support::policy(), today, &calendars);
    assert!(first < first_of_all && last > last_of_all);
    for (step, at_day) in sent(ActionPlan, &policy) {
        let (first, last) = reach(&policy, at_day, &calendars);
        assert!((first..=last).contains(&obligation().due_on), "{step} on {at_day}");
    }
    let every_day = Calendar::default();
    assert!(
        completes_on(today, &every_day, &policy)
            > completes_on(today, &every_day, &super::support::policy())
    );
}
