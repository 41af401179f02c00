//! What notices of visits say.

use entity::messages::notices::{VisitNotice, VisitView};
use entity::people::person;
use rules::calendar::{local, when};
use rules::links::{Purpose, Told};
use rules::messages::MessageKind;
use rules::messages::fact::Fact;
use rules::visits::{Party, VisitState, in_words, support_time_in_words};

use super::notice::{Letter, briefly, on};
use super::render::{Links, one_line};

/// Works out what a notice of a visit says.
#[must_use]
pub fn content(
    reader: &person::Model,
    notice: &VisitNotice,
    kind: MessageKind,
    links: &Links<'_>,
) -> Letter {
    let view = &notice.view;
    let visit = &view.visit;
    let (school, hub) = (one_line(&view.school), one_line(&view.hub));
    let what = in_words(view.kind);
    let answers = view.is_asked();
    let waits = view.state == VisitState::Proposed && view.reader == Some(view.proposed_by);
    let (who, to_whom) = match view.taken_by {
        Some(Party::Hub) => (hub.clone(), school.clone()),
        Some(Party::Partner) => (school.clone(), hub.clone()),
        None => Default::default(),
    };
    let left = view.reader.is_none();
    let time = when(visit.starts_at, visit.ends_at);
    let ask = if answers { ". Please agree, or name another time." } else { "" };
    let link = Purpose::Visit(visit.id, Told::of(visit.sequence));
    Letter {
        kind,
        subject: subject(notice, kind, what, links),
        name: one_line(&reader.name),
        who,
        other: to_whom,
        what: what.to_owned(),
        facts: facts(notice, kind, left),
        why: why(view, &school, &hub),
        answers_to: links.answers_to.to_owned(),
        school,
        hub,
        places: String::new(),
        answers,
        waits,
        left,
        has_place: false,
        preview: format!("{time}{ask}"),
        link: links.lasting(link, reader.id, local(visit.ends_at).date()),
        entry: notice.thread.calendar.map(|method| view.entry(method)),
        first: notice.thread.first.clone(),
    }
}

fn subject(notice: &VisitNotice, kind: MessageKind, what: &str, links: &Links<'_>) -> String {
    let view = &notice.view;
    let other = match view.reader {
        Some(Party::Partner) => &view.hub,
        _ => &view.school,
    };
    let day = on(view.visit.starts_at, links.now);
    // What and when come first: the end of a long subject is cut off.
    let what = match (kind, view.is_asked()) {
        (MessageKind::VisitProposed, true) => format!("Please agree: {what} on {day}"),
        (MessageKind::VisitProposed, false) => format!("Proposed: {what} on {day}"),
        (MessageKind::VisitAgreed, _) => {
            format!("Agreed: {what} on {}", briefly(view.visit.starts_at, links.now))
        }
        (MessageKind::VisitMoved, true) => format!("Please agree: {what} moved to {day}"),
        (MessageKind::VisitMoved, false) => format!("Moved: {what} to {day}"),
        _ => format!("Cancelled: {what} on {day}"),
    };
    one_line(&format!("{what}, {other}"))
}

fn why(view: &VisitView, school: &str, hub: &str) -> String {
    let programme = one_line(&view.programme);
    match view.reader {
        Some(Party::Partner) => {
            format!("You get this because you are a contact of {school} in {programme}.")
        }
        Some(Party::Hub) => {
            format!("You get this because you lead {hub} or visit for it in {programme}.")
        }
        None => "You get this because you were told of this visit before.".to_owned(),
    }
}

fn facts(notice: &VisitNotice, kind: MessageKind, left: bool) -> Vec<Fact> {
    let view = &notice.view;
    let visit = &view.visit;
    let mut facts = Vec::new();
    let time = when(visit.starts_at, visit.ends_at);
    // What its reader was told of is what they know; without that, what stood before.
    match notice.was.or(view.before) {
        Some((start, end)) if kind == MessageKind::VisitMoved => {
            facts.push(Fact::new("New time", &time));
            facts.push(Fact::new("Old time", &when(start, end)));
        }
        _ => facts.push(Fact::new("When", &time)),
    }
    if left {
        return facts;
    }
    if kind != MessageKind::VisitCancelled {
        facts.push(Fact::new("Where", &view.place));
        facts.push(Fact::new("What for", &visit.purpose));
        facts.extend(view.visitor.as_deref().map(|name| Fact::new("Who comes", name)));
        facts.push(Fact::new("Support time", &support_time_in_words(visit.half_days)));
    }
    facts.extend(view.reason.as_deref().map(|reason| Fact::new("Reason", reason)));
    facts
}
