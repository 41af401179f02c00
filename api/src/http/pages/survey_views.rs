//! What the pages of a survey show.

use askama::Template;
use rules::calendar::in_words;
use rules::surveys::answers::{AnswerFault, Answers};
use rules::surveys::{Page, QuestionKind, RespondentGroup, code};

use super::survey_entrance::Entrance;

/// What a respondent reads first.
#[derive(Template)]
#[template(path = "pages/survey_welcome.html")]
pub(super) struct Welcome {
    title: String,
    campaign: Option<String>,
    setting: String,
    group: &'static str,
    introduction: String,
    questions: String,
    pages: String,
    closes: String,
    anonymous: bool,
    personal: bool,
    pupils: bool,
    code: Option<String>,
}

impl Welcome {
    /// The first page of a survey.
    pub fn of(entrance: &Entrance) -> Self {
        let asked = &entrance.asked;
        let questions: usize = asked.pages.iter().map(|page| page.questions.len()).sum();
        Self {
            campaign: (asked.campaign.title != asked.title).then(|| asked.campaign.title.clone()),
            title: asked.title.clone(),
            setting: asked.setting_name.clone(),
            group: group_in_words(asked.group),
            introduction: asked.introduction.trim().to_owned(),
            questions: counted(questions, "question"),
            pages: counted(asked.pages.len(), "page"),
            closes: in_words(asked.campaign.closes_on),
            anonymous: asked.campaign.anonymous,
            personal: asked.personal.is_some(),
            pupils: asked.group == RespondentGroup::Pupils,
            code: entrance.base.strip_prefix("/survey/").map(code::shown),
        }
    }
}

/// One page of questions.
#[derive(Template)]
#[template(path = "pages/survey_page.html")]
pub(super) struct Questions {
    survey: String,
    setting: String,
    title: String,
    number: usize,
    of: usize,
    percent: usize,
    back: String,
    action: String,
    button: &'static str,
    list: Vec<Question>,
    faults: Vec<Fault>,
}

/// One question as its page shows it.
struct Question {
    number: usize,
    key: String,
    text: String,
    optional: bool,
    is_text: bool,
    options: Vec<Choice>,
    answer: String,
    problem: Option<String>,
}

struct Choice {
    key: String,
    label: String,
    chosen: bool,
}

/// A line of the summary of what is wrong.
struct Fault {
    address: String,
    text: String,
}

impl Questions {
    /// Page `number`, from 0, with what was answered before or just now. `checking` leads back to
    /// the check of all answers.
    pub fn of(
        entrance: &Entrance,
        id: &str,
        number: usize,
        answers: &Answers,
        faults: &[AnswerFault],
        checking: bool,
    ) -> Option<Self> {
        let asked = &entrance.asked;
        let shown = asked.pages.get(number)?;
        let questions: Vec<Question> = (first_number(&asked.pages, number)..)
            .zip(&shown.questions)
            .map(|(number, question)| {
                let answer = answers.get(&question.key).cloned().unwrap_or_default();
                let chosen = |key: &str| key == answer;
                let options = question.options.iter().map(|option| Choice {
                    key: option.key.clone(),
                    label: option.label.clone(),
                    chosen: chosen(&option.key),
                });
                let fault = faults.iter().find(|fault| fault.question == question.key);
                Question {
                    number,
                    key: question.key.clone(),
                    text: question.text.clone(),
                    optional: !question.required,
                    is_text: question.kind == QuestionKind::Text,
                    options: options.collect(),
                    problem: fault.map(|fault| fault.problem.to_string()),
                    answer,
                }
            })
            .collect();
        let summary = questions.iter().filter_map(|question| {
            let problem = question.problem.as_ref()?;
            // A list is reached at its first option: what a link leads to should take the focus.
            let first = question.options.first().map(|option| format!("-{}", option.key));
            Some(Fault {
                address: format!("#{}{}", question.key, first.unwrap_or_default()),
                text: format!("Question {}: {problem}", question.number),
            })
        });
        let last = number + 1 == asked.pages.len();
        Some(Self {
            survey: asked.title.clone(),
            setting: asked.setting_name.clone(),
            title: shown.title.clone(),
            number: number + 1,
            of: asked.pages.len(),
            // The check of all answers is a page more.
            percent: 100 * (number + 1) / (asked.pages.len() + 1),
            back: match number {
                _ if checking => entrance.address(id, "check"),
                0 => entrance.base.clone(),
                _ => entrance.address(id, number),
            },
            action: if checking {
                format!("{}?check", entrance.address(id, number + 1))
            } else {
                entrance.address(id, number + 1)
            },
            button: if checking || last { "Save and check" } else { "Save and go on" },
            faults: summary.collect(),
            list: questions,
        })
    }
}

/// All answers once more before they are sent.
#[derive(Template)]
#[template(path = "pages/survey_check.html")]
pub(super) struct Check {
    survey: String,
    setting: String,
    back: String,
    action: String,
    anonymous: bool,
    sections: Vec<Section>,
    faults: Vec<Fault>,
}

struct Section {
    title: String,
    address: String,
    rows: Vec<Row>,
}

struct Row {
    number: usize,
    key: String,
    text: String,
    answer: Option<String>,
}

impl Check {
    /// The check of a submission's answers.
    pub fn of(entrance: &Entrance, id: &str, answers: &Answers, faults: &[AnswerFault]) -> Self {
        let asked = &entrance.asked;
        let address = |page: usize| format!("{}?check", entrance.address(id, page + 1));
        let sections = asked.pages.iter().enumerate().map(|(place, page)| Section {
            title: page.title.clone(),
            address: address(place),
            rows: (first_number(&asked.pages, place)..)
                .zip(&page.questions)
                .map(|(number, question)| {
                    let given = answers.get(&question.key).filter(|answer| !answer.is_empty());
                    let label = |answer: &String| {
                        let option = question.options.iter().find(|one| one.key == *answer);
                        option.map_or_else(|| answer.clone(), |option| option.label.clone())
                    };
                    let (key, text) = (question.key.clone(), question.text.clone());
                    Row { number, key, text, answer: given.map(label) }
                })
                .collect(),
        });
        let fault = |fault: &AnswerFault| Fault {
            address: format!("{}#{}", address(fault.page), fault.question),
            text: format!(
                "Question {}: {}",
                number_of(&asked.pages, &fault.question).unwrap_or_default(),
                fault.problem
            ),
        };
        Self {
            survey: asked.title.clone(),
            setting: asked.setting_name.clone(),
            back: match asked.pages.len() {
                0 => entrance.base.clone(),
                last => entrance.address(id, last),
            },
            action: entrance.address(id, "check"),
            anonymous: asked.campaign.anonymous,
            sections: sections.collect(),
            faults: faults.iter().map(fault).collect(),
        }
    }
}

/// The answers are in.
#[derive(Template)]
#[template(path = "pages/survey_sent.html")]
pub(super) struct Sent {
    /// Title of the survey.
    pub survey: String,
    /// Whether pupils answer.
    pub pupils: bool,
    /// Whether answers are kept apart from who gave them.
    pub anonymous: bool,
}

fn group_in_words(group: RespondentGroup) -> &'static str {
    match group {
        RespondentGroup::Pupils => "Pupils",
        RespondentGroup::Staff => "Staff",
        RespondentGroup::Leaders => "Senior leaders",
        RespondentGroup::Parents => "Parents and carers",
    }
}

fn counted(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The number, from 1, of the first question of a page.
fn first_number(pages: &[Page], page: usize) -> usize {
    1 + pages.iter().take(page).map(|page| page.questions.len()).sum::<usize>()
}

fn number_of(pages: &[Page], key: &str) -> Option<usize> {
    let mut questions = pages.iter().flat_map(|page| &page.questions);
    Some(questions.position(|question| question.key == key)? + 1)
}
