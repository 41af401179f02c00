//! What can be wrong with a set-up file.

mod calendars;
mod campaigns;
mod cohorts;
mod commitments;
mod events;
mod policy;
mod self_assessment;

use std::collections::BTreeSet;

use super::{SetUp, SetUpFault};

/// Most working days any rule may name: longer than a school year.
const MOST_WORKING_DAYS: u32 = 250;

/// See [`SetUp::faults`].
pub(super) fn find(set_up: &SetUp) -> Vec<SetUpFault> {
    let mut faults = Faults(Vec::new());
    faults.key("programme.key", &set_up.programme.key);
    faults.text("programme.name", &set_up.programme.name);
    policy::check(&set_up.policy, &mut faults);
    cohorts::check(&set_up.cohorts, &mut faults);
    commitments::check(set_up, &mut faults);
    events::check(set_up, &mut faults);
    campaigns::check(set_up, &mut faults);
    calendars::check(&set_up.calendars, &mut faults);
    if let Some(framework) = &set_up.self_assessment {
        self_assessment::check(framework, &mut faults);
    }
    faults.0
}

/// The faults found so far.
struct Faults(Vec<SetUpFault>);

impl Faults {
    fn add(&mut self, place: impl Into<String>, problem: impl Into<String>) {
        self.0.push(SetUpFault { place: place.into(), problem: problem.into() });
    }

    /// Something that must hold.
    fn expect(&mut self, holds: bool, place: impl Into<String>, problem: impl Into<String>) {
        if !holds {
            self.add(place, problem);
        }
    }

    fn text(&mut self, place: impl Into<String>, text: &str) {
        self.expect(!text.trim().is_empty(), place, "must not be empty.");
    }

    fn key(&mut self, place: impl Into<String>, key: &str) {
        let good = !key.is_empty()
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        self.expect(
            good,
            place,
            format!("`{key}` is no key: use lower-case letters, digits and hyphens."),
        );
    }

    /// Good keys, each used once; `list` is the name of what is listed.
    fn keys<'a>(&mut self, list: &str, keys: impl Iterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for key in keys {
            let place = format!("{list}.{key}.key");
            self.key(place.clone(), key);
            self.expect(seen.insert(key), place, format!("`{key}` is used twice."));
        }
    }
}
