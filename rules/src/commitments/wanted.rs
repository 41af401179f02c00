//! Which obligations there should be, whatever there is already.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::dates::{self, Window};
use super::{
    Action, CommitmentFacts, CommitmentKind, DerivationFacts, EventFacts, TermFacts, Wanted,
};
use crate::calendar::{end_of_day, local};
use crate::programme::{DueRule, TermChoice};

/// An obligation as it should be, and how its day lies.
pub(super) struct Owed {
    /// The obligation.
    pub wanted: Wanted,
    /// Whether its day has not passed yet.
    pub ahead: bool,
    /// Whether its day has passed for good.
    pub missed: bool,
}

/// First day on which anything may fall due: the end of the grace after joining.
fn earliest(facts: &DerivationFacts) -> NaiveDate {
    let grace = i32::try_from(facts.grace_working_days).unwrap_or(i32::MAX);
    let day = facts.calendar.add_working_days(facts.joined_on, grace);
    facts.calendar.next_working_day(day)
}

/// Everything owed, each identity once.
pub(super) fn all(facts: &DerivationFacts) -> Vec<Owed> {
    let earliest = earliest(facts);
    let mut seen = BTreeSet::new();
    facts
        .commitments
        .iter()
        .flat_map(|commitment| {
            let terms = chosen(commitment.rule.term, &facts.terms);
            if commitment.rule.due == DueRule::Event {
                of_events(facts, commitment, &terms, earliest)
            } else {
                of_terms(facts, commitment, &terms, earliest)
            }
            .into_iter()
            .map(|wanted| {
                let ahead = end_of_day(wanted.due_on) > facts.now;
                Owed { ahead, missed: commitment.rule.closes_as_missed && !ahead, wanted }
            })
        })
        .filter(|owed| {
            let Wanted { template_id, occurrence, .. } = &owed.wanted;
            seen.insert((*template_id, occurrence.clone()))
        })
        .collect()
}

fn chosen(choice: TermChoice, terms: &[TermFacts]) -> Vec<&TermFacts> {
    let last = terms.iter().map(|term| term.ordinal).max();
    terms
        .iter()
        .filter(|term| match choice {
            TermChoice::Each => true,
            TermChoice::Number(ordinal) => term.ordinal == ordinal,
            TermChoice::Last => Some(term.ordinal) == last,
        })
        .collect()
}

/// Events of the commitment's kind that schools can see and that will, or did, take place.
fn published<'a>(
    facts: &'a DerivationFacts,
    commitment: &'a CommitmentFacts,
) -> impl Iterator<Item = &'a EventFacts> {
    facts.events.iter().filter(|event| {
        Some(event.kind) == commitment.rule.event
            && !event.cancelled
            && event.published_at.is_some_and(|at| at <= facts.now)
    })
}

/// Whether an event of the commitment's kind is on offer in a term. One within the grace after
/// joining is not counted.
fn on_offer(
    facts: &DerivationFacts,
    commitment: &CommitmentFacts,
    term: &TermFacts,
    earliest: NaiveDate,
) -> bool {
    published(facts, commitment)
        .map(|event| local(event.starts_at).date())
        .any(|day| dates::contains(term, day) && day >= earliest)
}

/// One obligation per chosen term; see [`super::derive`] for what a latecomer owes.
fn of_terms(
    facts: &DerivationFacts,
    commitment: &CommitmentFacts,
    terms: &[&TermFacts],
    earliest: NaiveDate,
) -> Vec<Wanted> {
    let rule = &commitment.rule;
    terms
        .iter()
        .filter_map(|term| {
            let Window { opens_on, due_on } = dates::window(rule.due, term, &facts.calendar)?;
            let over = term.ends_on < facts.joined_on;
            let bound = rule.term == TermChoice::Each || belongs_to_its_term(commitment.kind);
            let too_late = rule.closes_as_missed && due_on < earliest;
            let offered = rule.event.is_none() || on_offer(facts, commitment, term, earliest);
            (offered && !too_late && !(over && bound)).then(|| Wanted {
                template_id: commitment.template_id,
                occurrence: dates::occurrence(term),
                kind: commitment.kind,
                action: Action::Do,
                title: commitment.title.clone(),
                term_id: Some(term.id),
                event_id: None,
                required_half_days: rule.half_days(),
                opens_on,
                due_on: due_on.max(earliest),
            })
        })
        .collect()
}

/// Support days are used in the term they belong to; other work that stands for days, such as the
/// deep-dive visit, is not lost with its term.
fn belongs_to_its_term(kind: CommitmentKind) -> bool {
    matches!(kind, CommitmentKind::SupportDays | CommitmentKind::DeliverSupportDays)
}

/// One obligation per event in a chosen term.
fn of_events(
    facts: &DerivationFacts,
    commitment: &CommitmentFacts,
    terms: &[&TermFacts],
    earliest: NaiveDate,
) -> Vec<Wanted> {
    let rule = &commitment.rule;
    published(facts, commitment)
        .filter_map(|event| {
            let day = local(event.starts_at).date();
            let term = terms.iter().find(|term| dates::contains(term, day))?;
            // Nobody could watch it before it was on offer.
            let on_offer = event.published_at.map_or(day, |at| day.max(local(at).date()));
            let recording = rule.recording_within.map(|days| {
                let days = i32::try_from(days).unwrap_or(i32::MAX);
                facts.calendar.add_working_days(on_offer, days).max(earliest)
            });
            let too_soon = day < earliest;
            let over = event.ends_at <= facts.now;
            let (action, due_on) = match recording {
                Some(due_on) if too_soon || over => (Action::WatchRecording, due_on),
                None if too_soon => return None,
                _ => (Action::Attend, day),
            };
            let watch = action == Action::WatchRecording;
            Some(Wanted {
                template_id: commitment.template_id,
                occurrence: event.key.clone(),
                kind: commitment.kind,
                action,
                title: if watch {
                    format!("Watch the recording: {}", event.title)
                } else {
                    format!("{}: {}", commitment.title, event.title)
                },
                term_id: Some(term.id),
                event_id: Some(event.id),
                required_half_days: rule.half_days(),
                opens_on: watch.then_some(day),
                due_on,
            })
        })
        .collect()
}
