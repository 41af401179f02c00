//! What notices of visits say.

use entity::messages::notices::VisitNotice;
use entity::people::person;
use rules::messages::MessageKind;
use rules::visits::{Party, VisitKind, VisitState};

use super::calendar::Entry;
use super::notice::{Fact, Letter, briefly, when};
use super::render::{Links, one_line};

/// Works out what a notice of a visit says.
#[must_use]
pub fn content(
    reader: &person::Model,
    notice: &VisitNotice,
    kind: MessageKind,
    links: &Links<'_>,
) -> Letter {
    let visit = &notice.visit;
    let (state, proposed_by) = (notice.state, notice.proposed_by);
    let (school, hub) = (one_line(&notice.school), one_line(&notice.hub));
    let what = match notice.kind {
        VisitKind::SupportDay => "support day",
        VisitKind::DeepDiveVisit => "deep-dive visit",
    };
    let open = state == VisitState::Proposed;
    let answers = open && notice.reader.is_some_and(|side| side != proposed_by);
    let waits = open && notice.reader == Some(proposed_by);
    let other = match notice.reader {
        Some(Party::Partner) => &hub,
        _ => &school,
    };
    let day = briefly(visit.starts_at, links.now);
    let subject = match kind {
        MessageKind::VisitProposed if answers => {
            format!("Please agree: {what} with {other} on {day}")
        }
        MessageKind::VisitProposed => format!("Proposed: {what} with {other} on {day}"),
        MessageKind::VisitAgreed => format!("Agreed: {what} with {other} on {day}"),
        MessageKind::VisitMoved if answers => {
            format!("Please agree: {what} with {other} moved to {day}")
        }
        MessageKind::VisitMoved => format!("Moved: {what} with {other} to {day}"),
        _ => format!("Cancelled: {what} with {other} on {day}"),
    };
    let why = match notice.reader {
        Some(Party::Partner) => format!(
            "You get this because you are a contact of {school} in {}.",
            one_line(&notice.programme)
        ),
        Some(Party::Hub) => format!(
            "You get this because you lead {hub} or visit for it in {}.",
            one_line(&notice.programme)
        ),
        None => "You get this because you were told of this visit before.".to_owned(),
    };
    let (who, to_whom) = match notice.taken_by {
        Some(Party::Hub) => (hub.clone(), school.clone()),
        Some(Party::Partner) => (school.clone(), hub.clone()),
        None => Default::default(),
    };
    let title = match what {
        "support day" => "Support day",
        _ => "Deep-dive visit",
    };
    let left = notice.reader.is_none();
    let entry = notice.thread.calendar.map(|method| Entry {
        method,
        uid: format!("visit-{}", visit.id),
        sequence: visit.sequence,
        title: format!("{title}: {school} and {hub}"),
        description: visit.purpose.clone(),
        place: None,
        starts_at: visit.starts_at,
        ends_at: visit.ends_at,
        firm: state == VisitState::Agreed,
    });
    Letter {
        kind,
        subject: one_line(&subject),
        name: one_line(&reader.name),
        who,
        other: to_whom,
        what: what.to_owned(),
        facts: facts(notice, kind, left),
        school,
        hub,
        places: String::new(),
        answers,
        waits,
        left,
        has_place: false,
        link: links.sign_in(),
        why,
        entry,
        first: notice.thread.first.clone(),
    }
}

fn facts(notice: &VisitNotice, kind: MessageKind, left: bool) -> Vec<Fact> {
    let visit = &notice.visit;
    let mut facts = Vec::new();
    if let (MessageKind::VisitMoved, Some((start, end))) = (kind, notice.before) {
        facts.push(Fact::new("New time", &when(visit.starts_at, visit.ends_at)));
        facts.push(Fact::new("Before", &when(start, end)));
    } else {
        facts.push(Fact::new("When", &when(visit.starts_at, visit.ends_at)));
    }
    if left {
        return facts;
    }
    if kind != MessageKind::VisitCancelled {
        facts.push(Fact::new("What for", &visit.purpose));
        facts.extend(notice.visitor.as_deref().map(|name| Fact::new("Who comes", name)));
        facts.push(Fact::new("Support time", &support_time(visit.half_days)));
    }
    facts.extend(notice.reason.as_deref().map(|reason| Fact::new("Reason", reason)));
    facts
}

/// `Half a day`, `1 day`, `1½ days`.
fn support_time(half_days: i32) -> String {
    match (half_days / 2, half_days % 2) {
        (0, _) => "Half a day".to_owned(),
        (1, 0) => "1 day".to_owned(),
        (days, 0) => format!("{days} days"),
        (days, _) => format!("{days}½ days"),
    }
}
