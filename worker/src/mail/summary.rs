//! What the summaries say: a hub lead's week, and a programme admin's day.

use askama::Template;
use chrono::NaiveDate;
use entity::messages::notices::hub_week::{Ahead, Booked, OpenSurvey, Week, What};
use entity::messages::notices::{AlertDigest, HubWeek};
use entity::people::person;
use rules::calendar::{local, short_day, time_in_words};
use rules::events::BookingState;
use rules::links::Purpose;
use rules::messages::MessageKind;
use rules::messages::summaries::AlertNews;

use super::render::{Links, Words, one_line};

/// Most partners that are named in one line.
const MOST_NAMES: usize = 3;
/// Most alerts of one sort that are told one by one.
const MOST_LINES: usize = 40;

/// A summary, ready for its templates.
#[derive(Clone, Debug)]
struct Letter {
    subject: String,
    /// What a list of mails shows beside the subject.
    preview: String,
    name: String,
    /// Its sections.
    sections: Vec<Section>,
    /// Where to look closer.
    link: String,
    /// Where to choose what to receive.
    preferences: String,
    /// Where to have no more of these.
    unsubscribe: String,
    /// Who reads what is answered to it, by name; empty when nobody is named.
    answers_to: String,
}

/// What concerns one hub, or one sort of news.
#[derive(Clone, Debug)]
struct Section {
    name: String,
    lists: Vec<List>,
}

/// A list under a heading.
#[derive(Clone, Debug)]
struct List {
    title: String,
    items: Vec<Item>,
}

/// One line: what it begins with, and the rest.
#[derive(Clone, Debug)]
struct Item {
    lead: String,
    rest: String,
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

template!(WeekText, "hub_week/text.txt");
template!(WeekHtml, "hub_week/page.html");
template!(AlertsText, "alert_digest/text.txt");
template!(AlertsHtml, "alert_digest/page.html");

/// The words of a hub lead's week.
///
/// # Errors
/// A template fails.
pub fn hub_week(
    reader: &person::Model,
    week: &HubWeek,
    links: &Links<'_>,
) -> Result<Words, askama::Error> {
    let today = local(links.now).date();
    let hubs: Vec<String> = week.hubs.iter().map(|week| one_line(&week.hub.name)).collect();
    let behind: usize = week.hubs.iter().map(|week| week.behind.len()).sum();
    let ahead: usize = week.hubs.iter().map(|week| week.ahead.len()).sum();
    let counts = format!("{ahead} ahead, {behind} flagged");
    let subject =
        format!("{}: your week from {} ({counts})", names(&hubs), short_day(today, today));
    let sections = week.hubs.iter().map(|week| of_hub(week, today)).collect();
    let letter = letter(reader, &subject, sections, MessageKind::HubWeek, links);
    let (text, html) = (WeekText { letter: &letter }, WeekHtml { letter: &letter });
    let words = Words::fill(&letter.subject, &letter.name, &text, &html)?;
    Ok(Words { unsubscribe: Some(letter.unsubscribe), ..words })
}

/// The words of a programme admin's day.
///
/// # Errors
/// A template fails.
pub fn alert_digest(
    reader: &person::Model,
    digest: &AlertDigest,
    links: &Links<'_>,
) -> Result<Words, askama::Error> {
    let of = |news| digest.lines.iter().filter(move |line| line.news == news);
    let counts = [
        (of(AlertNews::New).count(), "new"),
        (of(AlertNews::Escalated).count(), "escalated"),
        (of(AlertNews::Resolved).count(), "resolved"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let subject = format!("Alerts: {}; {} open", counts.join(", "), digest.open);
    let sorts = [
        (AlertNews::New, "New"),
        (AlertNews::Escalated, "Escalated: back again, or with more reasons"),
        (AlertNews::Resolved, "Resolved"),
    ];
    let mut sections = Vec::new();
    for (news, name) in sorts {
        let mut items: Vec<Item> = of(news)
            .map(|line| {
                let hub = line.hub.as_deref().filter(|hub| *hub != line.subject);
                let hub = hub.map(|hub| format!(" ({})", one_line(hub))).unwrap_or_default();
                let lead = format!("{}{hub}", one_line(&line.subject));
                Item { lead, rest: one_line(&line.summary) }
            })
            .collect();
        if items.len() > MOST_LINES {
            let more = items.len() - MOST_LINES;
            items.truncate(MOST_LINES);
            let rest = "Hubs has them all.".to_owned();
            items.push(Item { lead: format!("And {more} more"), rest });
        }
        if !items.is_empty() {
            let lists = vec![List { title: String::new(), items }];
            sections.push(Section { name: name.to_owned(), lists });
        }
    }
    let letter = letter(reader, &subject, sections, MessageKind::AlertDigest, links);
    let (text, html) = (AlertsText { letter: &letter }, AlertsHtml { letter: &letter });
    let words = Words::fill(&letter.subject, &letter.name, &text, &html)?;
    Ok(Words { unsubscribe: Some(letter.unsubscribe), ..words })
}

fn letter(
    reader: &person::Model,
    subject: &str,
    sections: Vec<Section>,
    kind: MessageKind,
    links: &Links<'_>,
) -> Letter {
    let preferences = links.to(Purpose::Preferences, reader.id);
    let kind: &str = kind.into();
    Letter {
        subject: one_line(subject),
        preview: preview(&sections),
        name: one_line(&reader.name),
        sections,
        link: links.look_closer(),
        answers_to: links.answers_to.to_owned(),
        unsubscribe: format!("{preferences}/unsubscribe/{kind}"),
        preferences,
    }
}

/// The first line there is to say.
fn preview(sections: &[Section]) -> String {
    let first =
        sections.iter().flat_map(|section| &section.lists).find_map(|list| list.items.first());
    first.map(|item| format!("{}: {}", item.lead, item.rest)).unwrap_or_default()
}

fn of_hub(week: &Week, today: NaiveDate) -> Section {
    let mut lists = Vec::new();
    let mut add = |title: &str, items: Vec<Item>| {
        if !items.is_empty() {
            lists.push(List { title: title.to_owned(), items });
        }
    };
    add("In the next two weeks", week.ahead.iter().map(ahead).collect());
    let bookings = week.bookings.iter().map(|booked| bookings(booked, today));
    add("Places booked or given up since the last summary", bookings.collect());
    let behind = week.behind.iter();
    let behind = behind.map(|(school, what)| Item { lead: one_line(school), rest: one_line(what) });
    add("Partners falling behind", behind.collect());
    add("Surveys open", week.surveys.iter().map(|survey| open(survey, today)).collect());
    Section { name: one_line(&week.hub.name), lists }
}

fn ahead(one: &Ahead) -> Item {
    let day = one.day.format("%A %-d %B");
    let lead = match one.starts_at {
        Some(at) => format!("{day}, {}", time_in_words(local(at).time())),
        None => format!("By {day}"),
    };
    let rest = match &one.what {
        What::Visit { school, deep_dive, agreed } => {
            let what = if *deep_dive { "Deep-dive visit" } else { "Support day" };
            let state = if *agreed { "" } else { ", not agreed yet" };
            format!("{what} with {school}{state}")
        }
        What::Event(title) => title.clone(),
        What::Due { title, partners } if partners.is_empty() => format!("{title} (your hub)"),
        What::Due { title, partners } => format!("{title} ({})", names(partners)),
    };
    Item { lead, rest: one_line(&rest) }
}

fn bookings(booked: &Booked, today: NaiveDate) -> Item {
    let of = |(partner, state, places): &(String, BookingState, i32)| {
        let places = match places {
            1 => "1 place".to_owned(),
            places => format!("{places} places"),
        };
        match state {
            BookingState::Booked => format!("{partner} has {places}"),
            BookingState::Waiting => format!("{partner} waits for {places}"),
            BookingState::Cancelled => format!("{partner} gave up {places}"),
        }
    };
    let day = short_day(local(booked.starts_at).date(), today);
    let all: Vec<String> = booked.partners.iter().map(of).collect();
    let lead = one_line(&format!("{}, {day}", booked.event));
    Item { lead, rest: one_line(&all.join("; ")) }
}

fn open(survey: &OpenSurvey, today: NaiveDate) -> Item {
    let rest = match survey.short.len() {
        0 => "enough answers from every school".to_owned(),
        count => {
            let schools = if survey.asked == 1 { "school" } else { "schools" };
            let short = names(&survey.short);
            format!("{count} of {} {schools} need more answers: {short}", survey.asked)
        }
    };
    let closes = short_day(survey.closes_on, today);
    Item { lead: one_line(&survey.title), rest: format!("closes {closes}; {rest}") }
}

/// `A, B and 4 more`.
fn names(all: &[String]) -> String {
    let more = all.len().saturating_sub(MOST_NAMES);
    match (all, more) {
        ([], _) => String::new(),
        ([one], _) => one.clone(),
        (_, 0) => {
            let (last, rest) = all.split_last().unwrap_or((&all[0], &[]));
            format!("{} and {last}", rest.join(", "))
        }
        (_, more) => format!("{} and {more} more", all[..MOST_NAMES].join(", ")),
    }
}
