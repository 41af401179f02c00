//! Which ratings a self-assessment takes, and which it still lacks.

use super::Theme;

/// What is wrong with a rating.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RatingFault {
    /// The framework has no such theme.
    #[error("There is no theme `{0}` in this self-assessment.")]
    Theme(String),
    /// The theme has no such level.
    #[error("Choose a level from 1 to {0}.")]
    Level(usize),
}

/// Whether a framework takes this level for this theme.
///
/// # Errors
/// What is wrong with it.
pub fn check_rating(themes: &[Theme], key: &str, level: i32) -> Result<(), RatingFault> {
    let Some(theme) = themes.iter().find(|theme| theme.key == key) else {
        return Err(RatingFault::Theme(key.to_owned()));
    };
    let fits = usize::try_from(level).is_ok_and(|level| (1..=theme.levels.len()).contains(&level));
    if fits { Ok(()) } else { Err(RatingFault::Level(theme.levels.len())) }
}

/// Themes without a rating, in the order of the framework.
#[must_use]
pub fn missing<'a>(themes: &'a [Theme], rated: &[&str]) -> Vec<&'a Theme> {
    themes.iter().filter(|theme| !rated.contains(&theme.key.as_str())).collect()
}
