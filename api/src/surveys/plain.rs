//! The plain objects inside questionnaires and results.

use std::sync::Arc;

use rules::surveys::QuestionKind;

use crate::read::map::{Holds, Plain, Vocabulary, part};

impl Vocabulary for QuestionKind {
    const NAME: &'static str = "QuestionKind";
    const ABOUT: &'static str = "How a question is answered.";
}

/// Keys as in `rules::surveys::Page`.
pub(super) fn page() -> Plain {
    Plain {
        name: "QuestionnairePage",
        about: "One page of questions.",
        parts: vec![
            part("title", "title", Holds::Text, "Heading; the theme of its questions."),
            part(
                "questions",
                "question",
                Holds::List(Arc::new(question())),
                "Its questions, in order.",
            ),
        ],
    }
}

fn question() -> Plain {
    Plain {
        name: "Question",
        about: "One question of a questionnaire.",
        parts: vec![
            part("key", "key", Holds::Text, "Stable key within the questionnaire."),
            part("text", "text", Holds::Text, "The question, or the statement to agree with."),
            part("kind", "kind", Holds::Word(QuestionKind::words()), "How it is answered."),
            part("required", "required", Holds::Flag, "Whether it has to be answered."),
            part(
                "options",
                "options",
                Holds::List(Arc::new(Plain {
                    name: "QuestionOption",
                    about: "One option of a choice.",
                    parts: vec![
                        part("key", "key", Holds::Text, "Stable key within the question."),
                        part("label", "label", Holds::Text, "As shown."),
                    ],
                })),
                "The options of a choice, in order; none for a text.",
            ),
        ],
    }
}

/// Keys as in `rules::surveys::QuestionTally`.
pub(super) fn tally() -> Plain {
    Plain {
        name: "QuestionTally",
        about: "How often each option of a question was chosen.",
        parts: vec![
            part("question", "question", Holds::Text, "Key of the question."),
            part("text", "text", Holds::Text, "Its text when published."),
            part(
                "answered",
                "answered",
                Holds::Int,
                "How many answered it; null where that is not told.",
            ),
            part(
                "options",
                "options",
                Holds::List(Arc::new(Plain {
                    name: "OptionTally",
                    about: "How often one option was chosen.",
                    parts: vec![
                        part("option", "option", Holds::Text, "Key of the option."),
                        part("label", "label", Holds::Text, "Its label when published."),
                        part(
                            "count",
                            "count",
                            Holds::Int,
                            "How many chose it; null where that is not told.",
                        ),
                    ],
                })),
                "One for each option, in order; none for a text.",
            ),
        ],
    }
}
