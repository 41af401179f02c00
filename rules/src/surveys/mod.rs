//! Surveys: what is asked of whom, when, and what may be told of the answers.

pub mod answers;
pub mod campaign;
pub mod code;
pub mod letters;
mod questionnaire;
mod set_up;
pub mod tally;

pub use questionnaire::QuestionnaireFault;
pub use set_up::{CampaignDay, CampaignGroupSetUp, CampaignSetUp, TermWeek};

use serde::{Deserialize, Serialize};

use crate::words::words;

/// Fewest respondents whose answers are shown (see `docs`: cells below it are suppressed).
pub const SUPPRESSION_THRESHOLD: u32 = 10;

words! {
    /// Which round of surveys a campaign is.
    SurveyWave {
        /// In a partner's first term.
        Baseline,
        /// In its final term.
        Final,
        /// Feedback on the programme in between.
        Feedback,
        /// Feedback on one event.
        EventFeedback,
    }
    /// Where a campaign stands.
    CampaignState {
        /// Being prepared; nobody has been invited.
        Draft,
        /// Invitations are out and answers come in.
        Open,
        /// No more answers.
        Closed,
        /// Results are frozen and can be read.
        Published,
    }
    /// Who answers. Groups are never added together.
    RespondentGroup {
        /// Pupils.
        Pupils,
        /// Staff.
        Staff,
        /// Senior leaders.
        Leaders,
        /// Parents and carers.
        Parents,
    }
    /// What a result adds up.
    ResultLevel {
        /// One school.
        School,
        /// The partners of one hub.
        Hub,
        /// All partners asked.
        Programme,
    }
    /// How a question is answered.
    QuestionKind {
        /// One option of a scale or list.
        Choice,
        /// A few lines of text; never asked of pupils.
        Text,
    }
}

impl RespondentGroup {
    /// In the middle of a sentence.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Pupils => "pupils",
            Self::Staff => "staff",
            Self::Leaders => "senior leaders",
            Self::Parents => "parents and carers",
        }
    }
}

/// A questionnaire as data: one file each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionnaireSetUp {
    /// Stable key, such as `pupil-perceptions`.
    pub key: String,
    /// Title, shown to respondents.
    pub title: String,
    /// What respondents read first.
    pub introduction: String,
    /// The groups it may be put to.
    pub groups: Vec<RespondentGroup>,
    /// Its pages, in order.
    #[serde(rename = "page")]
    pub pages: Vec<Page>,
}

/// One page of questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Heading; the theme of its questions.
    pub title: String,
    /// Its questions, in order.
    #[serde(rename = "question")]
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Stable key within the questionnaire.
    pub key: String,
    /// The question, or the statement to agree with.
    pub text: String,
    /// How it is answered.
    pub kind: QuestionKind,
    /// Options of a choice, in order; none for text.
    #[serde(default)]
    pub options: Vec<AnswerOption>,
    /// Whether it has to be answered.
    #[serde(default)]
    pub required: bool,
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerOption {
    /// Stable key within the question.
    pub key: String,
    /// As shown.
    pub label: String,
}

/// How often each option of a question was chosen, as published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionTally {
    /// Key of the question.
    pub question: String,
    /// Its text when published.
    pub text: String,
    /// How many answered it; none where suppressed.
    pub answered: Option<u32>,
    /// One for each option, in order.
    pub options: Vec<OptionTally>,
}

/// How often one option was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionTally {
    /// Key of the option.
    pub option: String,
    /// Its label when published.
    pub label: String,
    /// How many chose it; none where suppressed.
    pub count: Option<u32>,
}
