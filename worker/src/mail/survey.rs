//! Letters about surveys: to a school when one opens, with the codes of its groups; to a known
//! contact with a link of their own; and to the school again when too few have answered.

use askama::Template;
use entity::people::person;
use entity::surveys::letters::{AskedGroup, SurveyLetter};
use rules::calendar::{day_in_words, local, short_day};
use rules::links::Purpose;
use rules::messages::MessageKind;
use rules::surveys::letters::in_words;
use rules::surveys::{RespondentGroup, code};

use super::render::{Links, Words, one_line};

/// A letter, ready for its templates.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Which of the letters.
    kind: MessageKind,
    /// Subject line.
    subject: String,
    /// What a list of mails shows beside the subject.
    preview: String,
    /// The reader's name.
    name: String,
    /// Title of the survey.
    title: String,
    /// The school.
    school: String,
    /// The programme.
    programme: String,
    /// The event it asks about.
    event: Option<String>,
    /// Last day for answers, as `Friday 16 October 2026`.
    closes: String,
    /// The groups asked, as `pupils, staff and senior leaders`.
    asked: String,
    /// Whether nobody can tell who answered what.
    anonymous: bool,
    /// Groups that answer by code, those that have enough left out of a reminder.
    coded: Vec<Group>,
    /// What to say of groups that need no code: they have links of their own, or enough answers.
    others: Vec<String>,
    /// Where respondents type their code.
    page: String,
    /// Its host, after which the address may be broken.
    host: String,
    /// The reader's own link; empty in a letter to the school.
    link: String,
    /// Who reads what is answered to it, by name; empty when nobody is named.
    answers_to: String,
}

/// A group that answers by code.
#[derive(Clone, Debug)]
struct Group {
    /// In the middle of a sentence, as `pupils`.
    name: &'static str,
    /// At the start of one.
    title: &'static str,
    /// As `ABCD-EFGH`.
    code: String,
    /// The page of this very code.
    link: String,
    /// How many have answered, in words.
    so_far: String,
    /// `at least 10 answers are`.
    needed: String,
}

macro_rules! template {
    ($name:ident, $path:literal) => {
        #[derive(Template)]
        #[template(path = $path)]
        struct $name<'a> {
            letter: &'a Letter,
        }
    };
}

template!(InvitationText, "survey_invitation/text.txt");
template!(InvitationHtml, "survey_invitation/page.html");
template!(LinkText, "survey_link/text.txt");
template!(LinkHtml, "survey_link/page.html");
template!(ReminderText, "survey_reminder/text.txt");
template!(ReminderHtml, "survey_reminder/page.html");

/// Works out what a letter about a survey says.
#[must_use]
pub fn content(
    reader: &person::Model,
    letter: &SurveyLetter,
    kind: MessageKind,
    links: &Links<'_>,
) -> Letter {
    let campaign = &letter.campaign;
    let page = format!("{}/survey", links.public_url);
    let reminds = kind == MessageKind::SurveyReminder;
    let (mut coded, mut others) = (Vec::new(), Vec::new());
    for asked in &letter.groups {
        match &asked.code {
            Some(code) if !(asked.has_links || reminds && asked.enough) => {
                let code = code::shown(code);
                let link = format!("{page}/{code}");
                let [name, title] = names(asked.group);
                let (so_far, needed) = (so_far(asked), are(asked.needed));
                coded.push(Group { name, title, code, link, so_far, needed });
            }
            _ => others.push(aside(asked, reminds)),
        }
    }
    let title = one_line(&campaign.title);
    let school = one_line(&letter.setting);
    let by = short_day(campaign.closes_on, local(links.now).date());
    let subject = match kind {
        MessageKind::SurveyLink => format!("Please answer by {by}: {title}"),
        MessageKind::SurveyReminder => {
            format!("More answers needed from {school} by {by}: {title}")
        }
        _ => format!("Survey open at {school} until {by}: {title}"),
    };
    let preview = match kind {
        MessageKind::SurveyLink => "It takes a few minutes.",
        MessageKind::SurveyReminder => {
            "Please give your groups their code again, and time to answer."
        }
        _ if coded.is_empty() => "Please give those who are asked time to answer.",
        _ => "Please give each group its code, and time to answer.",
    };
    let link = letter.personal.map(|id| links.to(Purpose::Survey(id), reader.id));
    Letter {
        kind,
        subject,
        preview: preview.to_owned(),
        name: one_line(&reader.name),
        title,
        school,
        programme: one_line(&letter.programme),
        event: letter.event.as_deref().map(one_line),
        closes: day_in_words(campaign.closes_on),
        asked: in_words(&letter.groups.iter().map(|asked| asked.group).collect::<Vec<_>>()),
        anonymous: campaign.anonymous,
        coded,
        others,
        page,
        host: links.public_url.to_owned(),
        link: link.unwrap_or_default(),
        answers_to: links.answers_to.to_owned(),
    }
}

impl Letter {
    /// The letter in words.
    ///
    /// # Errors
    /// A template fails.
    pub fn words(&self) -> Result<Words, askama::Error> {
        let letter = self;
        let (subject, name) = (&self.subject, &self.name);
        match self.kind {
            MessageKind::SurveyLink => {
                Words::fill(subject, name, &LinkText { letter }, &LinkHtml { letter })
            }
            MessageKind::SurveyReminder => {
                Words::fill(subject, name, &ReminderText { letter }, &ReminderHtml { letter })
            }
            _ => Words::fill(subject, name, &InvitationText { letter }, &InvitationHtml { letter }),
        }
    }

    /// What the mail holds, at the end of a sentence.
    fn holds(&self) -> &'static str {
        match self.coded.len() {
            0 => "",
            1 => ", and this mail has the code for it",
            _ => ", and this mail has the codes for it",
        }
    }

    /// What is asked of the reader.
    fn request(&self) -> String {
        let school = &self.school;
        match &self.coded[..] {
            [] => "You have nothing to give out: those below are written to by themselves. Please \
                   give them time to answer."
                .to_owned(),
            [one] => format!(
                "Please give the {} at {school} their code, printed or read out, and time to answer.",
                one.name
            ),
            _ => format!(
                "Please give each group at {school} its code, printed or read out, and time to answer."
            ),
        }
    }

    /// What a reminder asks of the reader.
    fn request_again(&self) -> String {
        match &self.coded[..] {
            [] => "Please ask those below to look for their mail, and give them time to answer."
                .to_owned(),
            [one] => {
                format!("Please give the {} their code again, and time to answer.", one.name)
            }
            _ => "Please give these groups their code again, and time to answer.".to_owned(),
        }
    }

    /// Whom codes are for, and what to do when one gets about; nothing without codes.
    fn caution(&self) -> Option<String> {
        let school = &self.school;
        let begins = match &self.coded[..] {
            [] => return None,
            [one] => format!("The code is for the {} alone. If it gets", one.name),
            _ => "A code is for its group alone. If one gets".to_owned(),
        };
        Some(format!(
            "{begins} into wrong hands, ask whoever uses Hubs at {school}: they can make a new one \
             there."
        ))
    }
}

/// `at least 10 answers`.
fn answers(needed: i32) -> String {
    match needed {
        1 => "at least 1 answer".to_owned(),
        needed => format!("at least {needed} answers"),
    }
}

/// A group in the middle of a sentence and at the start of one.
fn names(group: RespondentGroup) -> [&'static str; 2] {
    let title = match group {
        RespondentGroup::Pupils => "Pupils",
        RespondentGroup::Staff => "Staff",
        RespondentGroup::Leaders => "Senior leaders",
        RespondentGroup::Parents => "Parents and carers",
    };
    [group.in_words(), title]
}

/// What there is to say of a group without a code in this letter.
fn aside(asked: &AskedGroup, reminds: bool) -> String {
    let [_, title] = names(asked.group);
    if reminds && asked.enough {
        format!("{title}: enough have answered.")
    } else if asked.has_links && reminds {
        let so_far = so_far(asked);
        format!(
            "{title} have links of their own by mail, and {so_far}; of them, {} needed. Please ask \
             them to look.",
            are(asked.needed)
        )
    } else if asked.has_links {
        format!("{title} get a link of their own by mail; of them, {} needed.", are(asked.needed))
    } else {
        format!("{title} have no code at the moment; please ask your hub lead.")
    }
}

/// `at least 10 answers are`.
fn are(needed: i32) -> String {
    format!("{} {}", answers(needed), if needed == 1 { "is" } else { "are" })
}

fn so_far(asked: &AskedGroup) -> String {
    match asked.responses {
        0 => "nobody has answered yet".to_owned(),
        1 => "1 has answered so far".to_owned(),
        count => format!("{count} have answered so far"),
    }
}
