//! Which alerts are told of at once, and until when.

use rules::engagement::{AlertPolicy, AlertState, AlertStep, RuleName};
use rules::messages::critical::{is_told_at_once, settled};
use strum::VariantArray as _;

#[test]
fn an_alert_is_told_of_at_once_when_it_is_first_shown_if_the_programme_calls_its_rule_critical() {
    let mut policy = AlertPolicy::default();
    for rule in RuleName::VARIANTS {
        let wanted = *rule == RuleName::NoReachableContact;
        assert_eq!(is_told_at_once(&policy, *rule, AlertStep::Raised), wanted, "{rule:?}");
    }
    for step in AlertStep::VARIANTS.iter().filter(|step| **step != AlertStep::Raised) {
        assert!(!is_told_at_once(&policy, RuleName::NoReachableContact, *step), "{step:?}");
    }
    policy.critical = vec![RuleName::PlanMissing];
    assert!(is_told_at_once(&policy, RuleName::PlanMissing, AlertStep::Raised));
    assert!(!is_told_at_once(&policy, RuleName::NoReachableContact, AlertStep::Raised));
}

#[test]
fn nobody_is_told_of_what_somebody_has_or_what_is_over() {
    for state in AlertState::VARIANTS {
        assert_eq!(settled(*state).is_none(), *state == AlertState::Firing, "{state:?}");
    }
}

#[test]
fn what_a_programme_calls_critical_is_data_and_a_rule_it_misspells_is_named()
-> Result<(), toml::de::Error> {
    let policy: AlertPolicy = toml::from_str(r#"critical = ["capacity", "plan_missing"]"#)?;
    assert_eq!(policy.critical, [RuleName::Capacity, RuleName::PlanMissing]);
    let none: AlertPolicy = toml::from_str("critical = []")?;
    assert_eq!(none.critical, []);
    let problem = toml::from_str::<AlertPolicy>(r#"critical = ["capasity"]"#).err();
    let problem = problem.map(|problem| problem.to_string()).unwrap_or_default();
    assert!(problem.contains("capasity"), "{problem}");
    Ok(())
}
