//! What can be wrong with a questionnaire.

use std::collections::BTreeSet;

use super::{Question, QuestionKind, QuestionnaireSetUp, RespondentGroup};

/// Most questions of one questionnaire: nobody answers more.
const MOST_QUESTIONS: usize = 60;
/// Most options of one question.
const MOST_OPTIONS: usize = 12;
/// Longest title, question or label, in characters.
const LONGEST: usize = 500;

/// One fault of a questionnaire: where it is and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionnaireFault {
    /// Path inside the file, such as `question.feel-safe.options`.
    pub place: String,
    /// What is wrong, in a sentence.
    pub problem: String,
}

impl QuestionnaireSetUp {
    /// Every fault there is; an empty list means that it can be put to its groups.
    #[must_use]
    pub fn faults(&self) -> Vec<QuestionnaireFault> {
        let mut faults = Faults(Vec::new());
        faults.key("key", &self.key);
        faults.text("title", &self.title);
        faults.text("introduction", &self.introduction);
        faults.expect(!self.groups.is_empty(), "groups", "name the groups it may be put to.");
        faults.expect(!self.pages.is_empty(), "page", "at least one is needed.");
        let questions = || self.pages.iter().flat_map(|page| &page.questions);
        let count = questions().count();
        let problem = format!("{count} questions are too many: ask at most {MOST_QUESTIONS}.");
        faults.expect(count <= MOST_QUESTIONS, "page", problem);
        for (number, page) in self.pages.iter().enumerate() {
            let place = format!("page.{}", number + 1);
            faults.text(format!("{place}.title"), &page.title);
            faults.expect(!page.questions.is_empty(), place, "has no questions.");
        }
        let mut seen = BTreeSet::new();
        for question in questions() {
            let place = format!("question.{}", question.key);
            let twice = format!("`{}` is used twice.", question.key);
            faults.expect(seen.insert(&question.key), format!("{place}.key"), twice);
            check_question(question, &place, &mut faults);
            faults.expect(
                question.kind != QuestionKind::Text
                    || !self.groups.contains(&RespondentGroup::Pupils),
                format!("{place}.kind"),
                "pupils are not asked for free text: nobody could act on what one tells in it.",
            );
        }
        faults.0
    }
}

fn check_question(question: &Question, place: &str, faults: &mut Faults) {
    faults.key(format!("{place}.key"), &question.key);
    faults.text(format!("{place}.text"), &question.text);
    let options = question.options.len();
    let (fits, problem) = match question.kind {
        QuestionKind::Text => (options == 0, "a text has no options.".to_owned()),
        QuestionKind::Choice => (
            (2..=MOST_OPTIONS).contains(&options),
            format!("a choice needs 2 to {MOST_OPTIONS} options."),
        ),
    };
    faults.expect(fits, format!("{place}.options"), problem);
    let mut seen = BTreeSet::new();
    for option in &question.options {
        let place = format!("{place}.options.{}", option.key);
        faults.key(place.clone(), &option.key);
        faults.text(format!("{place}.label"), &option.label);
        let twice = format!("`{}` is used twice.", option.key);
        faults.expect(seen.insert(&option.key), place, twice);
    }
}

struct Faults(Vec<QuestionnaireFault>);

impl Faults {
    fn expect(&mut self, holds: bool, place: impl Into<String>, problem: impl Into<String>) {
        if !holds {
            self.0.push(QuestionnaireFault { place: place.into(), problem: problem.into() });
        }
    }

    fn text(&mut self, place: impl Into<String>, text: &str) {
        let good =
            !text.trim().is_empty() && !text.contains('\0') && text.chars().count() <= LONGEST;
        self.expect(good, place, format!("give a text of at most {LONGEST} characters."));
    }

    fn key(&mut self, place: impl Into<String>, key: &str) {
        let good = !key.is_empty()
            && key.len() <= 100
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let problem = format!("`{key}` is no key: use lower-case letters, digits and hyphens.");
        self.expect(good, place, problem);
    }
}
