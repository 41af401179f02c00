//! Answers as a form brings them: what of them is kept, and what is wrong with the rest.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::NaiveDate;
use sha2::{Digest as _, Sha256};

use super::{CampaignState, Page, Question, QuestionKind};
use crate::enrolments::EnrolmentStatus;

/// Longest text answer, in characters, a line break counting as one.
pub const LONGEST_ANSWER: usize = 2_000;
/// Random bytes of a submission's id.
const SUBMISSION_BYTES: usize = 16;

/// Answers by the key of their question: an option's key or a text. An empty one was passed over.
pub type Answers = BTreeMap<String, String>;

/// What is wrong with one answer, in a sentence for the respondent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// A choice that has to be made was not.
    #[error("Choose one answer.")]
    NothingChosen,
    /// A text that has to be written was not.
    #[error("Write an answer.")]
    NothingWritten,
    /// Not one of the options, as from a form of another version.
    #[error("Choose one of the answers shown.")]
    UnknownOption,
    /// Too long to be kept.
    #[error("Use at most 2,000 characters. You have used {0}.")]
    TooLong(usize),
    /// It holds a character that not every database keeps.
    #[error("This holds a character that cannot be kept. Please write it again.")]
    Unkeepable,
}

/// One answer that cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerFault {
    /// Its page, from 0.
    pub page: usize,
    /// Key of its question.
    pub question: String,
    /// What is wrong.
    pub problem: Problem,
}

/// Answers sorted into those to keep and those to ask for again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// What can be kept, with an empty answer for each question that was passed over.
    pub kept: Answers,
    /// What cannot, in the order of the questions.
    pub faults: Vec<AnswerFault>,
}

/// Checks the answers to one page, the `number`th from 0. Keys of no question on it are ignored.
#[must_use]
pub fn check_page(number: usize, page: &Page, entered: &Answers) -> Checked {
    let mut checked = Checked::default();
    for question in &page.questions {
        let answer = entered.get(&question.key).map_or("", String::as_str);
        match check(question, answer) {
            Ok(kept) => {
                checked.kept.insert(question.key.clone(), kept);
            }
            Err(problem) => checked.faults.push(AnswerFault {
                page: number,
                question: question.key.clone(),
                problem,
            }),
        }
    }
    checked
}

/// Checks everything before it is sent. What is kept are the answers given; questions passed over
/// are left out.
#[must_use]
pub fn check_all(pages: &[Page], answers: &Answers) -> Checked {
    let mut all = Checked::default();
    for (number, page) in pages.iter().enumerate() {
        let of_page = check_page(number, page, answers);
        all.kept.extend(of_page.kept.into_iter().filter(|(_, answer)| !answer.is_empty()));
        all.faults.extend(of_page.faults);
    }
    all
}

/// The page to go on with, from 0: the first with a question neither answered nor passed over. It
/// is the number of pages when there is none.
#[must_use]
pub fn page_to_go_on_with(pages: &[Page], answers: &Answers) -> usize {
    let is_done = |page: &Page| {
        page.questions.iter().all(|question| {
            answers.get(&question.key).is_some_and(|answer| check(question, answer).is_ok())
        })
    };
    pages.iter().position(|page| !is_done(page)).unwrap_or(pages.len())
}

fn check(question: &Question, answer: &str) -> Result<String, Problem> {
    match question.kind {
        QuestionKind::Choice => {
            if answer.is_empty() {
                return if question.required { Err(Problem::NothingChosen) } else { passed_over() };
            }
            let offered = question.options.iter().any(|option| option.key == answer);
            if offered { Ok(answer.to_owned()) } else { Err(Problem::UnknownOption) }
        }
        QuestionKind::Text => {
            // Forms send line breaks as two characters; people count them as one.
            let answer = answer.replace("\r\n", "\n");
            let answer = answer.trim();
            if answer.is_empty() {
                return if question.required {
                    Err(Problem::NothingWritten)
                } else {
                    passed_over()
                };
            }
            if answer.contains('\0') {
                return Err(Problem::Unkeepable);
            }
            match answer.chars().count() {
                length if length > LONGEST_ANSWER => Err(Problem::TooLong(length)),
                _ => Ok(answer.to_owned()),
            }
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where a checked answer does")]
fn passed_over() -> Result<String, Problem> {
    Ok(String::new())
}

/// Whether a survey takes an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its first day has not come.
    NotYet,
    /// It does.
    Open,
    /// It is over, or the school no longer takes part.
    Closed,
}

/// Whether a campaign takes the answers of a school on a London day. A school on hold may answer;
/// one that left may not.
#[must_use]
pub fn standing(
    state: CampaignState,
    (opens_on, closes_on): (NaiveDate, NaiveDate),
    school: EnrolmentStatus,
    today: NaiveDate,
) -> Standing {
    let takes_part = matches!(school, EnrolmentStatus::Active | EnrolmentStatus::Paused);
    match state {
        CampaignState::Closed | CampaignState::Published => Standing::Closed,
        _ if !takes_part || closes_on < today => Standing::Closed,
        CampaignState::Draft => Standing::NotYet,
        CampaignState::Open if today < opens_on => Standing::NotYet,
        CampaignState::Open => Standing::Open,
    }
}

/// The id of a submission, made from 128 random bits: letters, digits, `-` and `_`.
#[must_use]
pub fn submission(random: [u8; SUBMISSION_BYTES]) -> String {
    URL_SAFE_NO_PAD.encode(random)
}

/// What the database knows of a submission: the SHA-256 of its id, in hexadecimal. None for a text
/// that is no such id.
#[must_use]
pub fn submission_hash(id: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
    (bytes.len() == SUBMISSION_BYTES).then(|| format!("{:x}", Sha256::digest(bytes)))
}
