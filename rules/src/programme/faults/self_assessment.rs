//! The themes and levels of the self-assessment.

use std::collections::BTreeSet;

use super::Faults;
use crate::programme::SelfAssessmentSetUp;

/// Most levels a theme can have: more cannot be told apart.
const MOST_LEVELS: usize = 7;

pub(super) fn check(framework: &SelfAssessmentSetUp, faults: &mut Faults) {
    let list = "self_assessment.theme";
    faults.text("self_assessment.title", &framework.title);
    faults.expect(!framework.themes.is_empty(), list, "at least one is needed.");
    faults.keys(list, framework.themes.iter().map(|theme| theme.key.as_str()));
    for theme in &framework.themes {
        let place = format!("{list}.{}", theme.key);
        faults.text(format!("{place}.title"), &theme.title);
        faults.text(format!("{place}.prompt"), &theme.prompt);
        faults.expect(
            (2..=MOST_LEVELS).contains(&theme.levels.len()),
            format!("{place}.levels"),
            format!("there must be 2 to {MOST_LEVELS}, the lowest first."),
        );
        let mut seen = BTreeSet::new();
        for (number, level) in (1..).zip(&theme.levels) {
            let place = format!("{place}.levels.{number}");
            faults.text(format!("{place}.title"), &level.title);
            faults.text(format!("{place}.description"), &level.description);
            faults.expect(
                seen.insert(&level.title),
                format!("{place}.title"),
                format!("`{}` is used twice.", level.title),
            );
        }
    }
}
