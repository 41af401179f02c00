//! What a digest says: sections of duties for the reader's schools, and what is late at partners
//! they answer for.

use std::collections::BTreeSet;

use askama::Template;
use chrono::NaiveDate;
use entity::messages::facts::{Book, Fact};
use entity::messages::parcels::Reminders;
use entity::outcome::StoreError;
use entity::people::person;
use rules::calendar::{ago_in_words, day_in_words, local, short_day, time_in_words};
use rules::commitments::{Action, OwedBy};
use rules::links::Purpose;
use rules::reminders::Step;

use super::render::{Links, Words, one_line};

#[derive(Template)]
#[template(path = "digest/text.txt")]
struct Text<'a> {
    letter: &'a Digest,
}

#[derive(Template)]
#[template(path = "digest/page.html")]
struct Html<'a> {
    letter: &'a Digest,
}

/// A digest, ready for its templates.
#[derive(Clone, Debug, Default)]
pub struct Digest {
    /// Subject line.
    pub subject: String,
    /// What a list of mails shows beside the subject.
    pub preview: String,
    /// The reader's name.
    pub name: String,
    /// What the reader's own schools or hub have to do.
    pub duties: Vec<Section>,
    /// What is long overdue at partners the reader supports or oversees.
    pub late: Vec<Section>,
    /// Names of the programmes it is about.
    pub programmes: String,
    /// Where to choose what to receive.
    pub preferences: String,
    /// Who reads what is answered to it, by name; empty when nobody is named.
    pub answers_to: String,
}

/// What concerns one school or hub.
#[derive(Clone, Debug)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// The hub that supports it, where the reader needs telling.
    pub hub: Option<String>,
    /// What is to be done.
    pub items: Vec<Item>,
}

/// One obligation.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is to be done.
    pub title: String,
    /// How, where that is not plain from the title.
    pub how: Option<&'static str>,
    /// By when, or since when it is late, in a sentence.
    pub when: String,
    /// Whether it is overdue.
    pub overdue: bool,
    /// What can be done on the page behind the link.
    pub label: &'static str,
    /// The page to report it done on.
    pub link: String,
}

/// Works out what a digest says.
///
/// # Errors
/// A programme that is not in the book.
pub fn content(
    book: &Book,
    reader: &person::Model,
    reminders: &Reminders,
    links: &Links<'_>,
) -> Result<Digest, StoreError> {
    let today = local(links.now).date();
    let person = reader.id;
    let (mut duties, mut late) = (Vec::new(), Vec::new());
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    let mut programmes = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (step, fact) in &reminders.items {
        if !seen.insert(fact.row.id) {
            continue;
        }
        book.policy(fact.row.programme_id)?;
        programmes.extend(book.programmes.get(&fact.row.programme_id).map(|(name, _)| name));
        let link = links.to(Purpose::Obligation(fact.row.id), person);
        let item = item(fact, links.now, link);
        match step {
            Step::Before(_) | Step::After(_) => {
                own.push(fact);
                add(&mut duties, fact, None, item);
            }
            Step::EscalateToHub => {
                theirs.push(fact);
                add(&mut late, fact, None, item);
            }
            Step::EscalateToProgramme => {
                theirs.push(fact);
                add(&mut late, fact, Some(&fact.hub_name), item);
            }
        }
    }
    let first = duties.iter().chain(&late).find_map(|section: &Section| section.items.first());
    let preview = first.map(|item| format!("{}. {}", item.title, item.when)).unwrap_or_default();
    Ok(Digest {
        preview: one_line(&preview),
        subject: one_line(&subject(&own, &theirs, today)),
        name: one_line(&reader.name),
        duties,
        late,
        programmes: programmes.into_iter().cloned().collect::<Vec<_>>().join(" and "),
        preferences: links.to(Purpose::Preferences, person),
        answers_to: links.answers_to.to_owned(),
    })
}

impl Digest {
    /// The digest in words.
    ///
    /// # Errors
    /// A template fails.
    pub fn words(&self) -> Result<Words, askama::Error> {
        Words::fill(&self.subject, &self.name, &Text { letter: self }, &Html { letter: self })
    }
}

/// Name of the school, or of the hub for its own duties.
fn owner(fact: &Fact) -> &str {
    match fact.rules.owed_by {
        OwedBy::Partner => &fact.setting_name,
        OwedBy::Hub => &fact.hub_name,
    }
}

fn add(sections: &mut Vec<Section>, fact: &Fact, hub: Option<&String>, item: Item) {
    let name = owner(fact);
    let hub = hub.filter(|hub| *hub != name);
    let found =
        sections.iter_mut().find(|section| section.name == name && section.hub.as_ref() == hub);
    match found {
        Some(section) => section.items.push(item),
        None => {
            sections.push(Section { name: name.to_owned(), hub: hub.cloned(), items: vec![item] });
        }
    }
}

fn item(fact: &Fact, now: chrono::DateTime<chrono::Utc>, link: String) -> Item {
    let today = local(now).date();
    let due = fact.row.due_on;
    let overdue = due < today;
    let when = if overdue {
        let days = fact.rules.calendar.working_days_between(due, today);
        match u32::try_from(days) {
            Ok(days) if days > 0 => {
                let ago = ago_in_words(days, &fact.rules.calendar);
                format!("This was due by {}, {ago}.", day_in_words(due))
            }
            _ => format!("This was due by {}.", day_in_words(due)),
        }
    } else if let (Action::Attend, Some(starts_at)) = (fact.action, fact.starts_at) {
        let time = time_in_words(local(starts_at).time());
        let when = if due == today { "today," } else { "on" };
        format!("It takes place {when} {}, {time}.", day_in_words(due))
    } else if due == today {
        format!("Do this by the end of today, {}.", day_in_words(due))
    } else {
        format!("Do this by {}.", day_in_words(due))
    };
    let how = match fact.action {
        Action::WatchRecording => {
            // Who was there is written down after the day; until then somebody is asked who came.
            Some(
                "The session has taken place. Were you there? Then you need do nothing: your hub writes \
                 down who came. If not, watching its recording counts.",
            )
        }
        Action::Attend => Some("Once it has taken place, report it done by the same link."),
        Action::Do => None,
    };
    let ahead = fact.starts_at.is_some_and(|starts_at| starts_at > now)
        || fact.row.opens_on.is_some_and(|first| first > today);
    let label = if ahead { "See what it is about" } else { "Report it done" };
    Item { title: fact.row.title.clone(), how, when, overdue, label, link }
}

/// What, for whom and by when, in one line, and what is escalated.
fn subject(own: &[&Fact], late: &[&Fact], today: NaiveDate) -> String {
    match (own.is_empty(), late.len()) {
        (true, _) => late_subject(late),
        (false, 0) => own_subject(own, today),
        (false, escalated) => format!("{}; {escalated} escalated", own_subject(own, today)),
    }
}

fn own_subject(own: &[&Fact], today: NaiveDate) -> String {
    let owners: BTreeSet<&str> = own.iter().map(|fact| owner(fact)).collect();
    let whose = match (owners.len(), owners.first()) {
        (1, Some(name)) => (*name).to_owned(),
        (count, _) => format!("{count} schools"),
    };
    let mut next: Vec<_> = own.iter().map(|fact| fact.row.due_on).collect();
    next.retain(|due| *due >= today);
    let overdue = own.len() - next.len();
    let things = |count: usize| match count {
        1 => "1 thing".to_owned(),
        count => format!("{count} things"),
    };
    match (next.iter().min(), next.iter().max()) {
        (Some(first), Some(last)) => {
            let by = short_day(*first, today);
            let by = if first == last { format!("by {by}") } else { format!("the first by {by}") };
            let what = things(own.len());
            match overdue {
                0 if first == last => format!("{what} to do for {whose} {by}"),
                0 => format!("{what} to do for {whose}, {by}"),
                overdue => {
                    let next = short_day(*first, today);
                    format!("{what} to do for {whose}: {overdue} overdue, the next by {next}")
                }
            }
        }
        _ => format!("{} overdue for {whose}", things(overdue)),
    }
}

/// Whose being late is escalated to the reader.
fn late_subject(late: &[&Fact]) -> String {
    let names: BTreeSet<&str> = late.iter().map(|fact| owner(fact)).collect();
    let names: Vec<&str> = names.into_iter().collect();
    match names[..] {
        [one] => format!("Escalated: {one} is late"),
        [one, two] => format!("Escalated: {one} and {two} are late"),
        _ => format!("Escalated: {} partners are late", names.len()),
    }
}
