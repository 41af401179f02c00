//! Cohorts and their dated terms.

use super::Faults;
use crate::programme::{CohortSetUp, TermSetUp};

pub(super) fn check(cohorts: &[CohortSetUp], faults: &mut Faults) {
    faults.expect(!cohorts.is_empty(), "cohort", "at least one is needed.");
    faults.keys("cohort", cohorts.iter().map(|cohort| cohort.key.as_str()));
    for cohort in cohorts {
        let place = format!("cohort.{}", cohort.key);
        faults.text(format!("{place}.name"), &cohort.name);
        faults.expect(!cohort.terms.is_empty(), format!("{place}.term"), "at least one is needed.");
        let mut before: Option<&TermSetUp> = None;
        for (index, term) in cohort.terms.iter().enumerate() {
            let place = format!("{place}.term.{}", index + 1);
            check_term(term, &place, faults);
            if let Some(before) = before {
                faults.expect(
                    before.ends_on < term.starts_on,
                    format!("{place}.starts_on"),
                    format!(
                        "{} is not after the end of the term before, {}.",
                        term.starts_on, before.ends_on
                    ),
                );
            }
            before = Some(term);
        }
    }
}

fn check_term(term: &TermSetUp, place: &str, faults: &mut Faults) {
    faults.text(format!("{place}.name"), &term.name);
    faults.expect(
        term.starts_on < term.ends_on,
        format!("{place}.ends_on"),
        format!("{} is not after the start, {}.", term.ends_on, term.starts_on),
    );
    if let Some((first, last)) = term.half_term {
        let place = format!("{place}.half_term");
        faults.expect(
            first <= last,
            place.clone(),
            format!("ends on {last}, before it starts on {first}."),
        );
        faults.expect(
            term.starts_on < first && last < term.ends_on,
            place,
            format!("{first} to {last} is not inside the term."),
        );
    }
}
