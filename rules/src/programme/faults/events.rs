//! Events of the whole programme.

use super::Faults;
use crate::programme::{EventSetUp, SetUp};

pub(super) fn check(set_up: &SetUp, faults: &mut Faults) {
    faults.keys("event", set_up.events.iter().map(|event| event.key.as_str()));
    for event in &set_up.events {
        let place = format!("event.{}", event.key);
        faults.text(format!("{place}.title"), &event.title);
        faults.expect(
            event.starts_at < event.ends_at,
            format!("{place}.ends_at"),
            "is not after the start.",
        );
        check_term(event, set_up, &place, faults);
    }
}

/// An event outside every term of its cohort would be owed by nobody.
fn check_term(event: &EventSetUp, set_up: &SetUp, place: &str, faults: &mut Faults) {
    let mut cohorts = set_up.cohorts.iter();
    if let Some(key) = &event.cohort
        && !cohorts.any(|cohort| cohort.key == *key)
    {
        faults.add(format!("{place}.cohort"), format!("there is no cohort `{key}`."));
        return;
    }
    let day = event.starts_at.date();
    let inside = set_up
        .cohorts
        .iter()
        .filter(|cohort| event.cohort.as_ref().is_none_or(|key| cohort.key == *key))
        .flat_map(|cohort| &cohort.terms)
        .any(|term| term.starts_on <= day && day <= term.ends_on);
    faults.expect(
        inside,
        format!("{place}.starts_at"),
        format!("{day} lies in no term of its cohort."),
    );
}
