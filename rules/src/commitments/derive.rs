//! From what is owed to how the obligations there are must change.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::wanted::{self, Owed};
use super::{Change, DerivationFacts, ExistingObligation, ObligationState, Wanted};
use crate::calendar::local;

/// What makes two obligations of one enrolment or hub the same.
fn identity(wanted: &Wanted) -> (Uuid, &str) {
    (wanted.template_id, wanted.occurrence.as_str())
}

/// Works out how the obligations of one enrolment or hub must change. Applying the answer and
/// asking again gives nothing; what was met or excused is never touched.
///
/// Nothing falls due before the grace after joining is over. Of what fell due before that:
///
/// | Deed | For a latecomer |
/// |---|---|
/// | one-off work, such as the self-assessment or the deep-dive visit of term 1 | owed, due when the grace ends |
/// | a deed of each term, support days | not owed for a term that was over; else due when the grace ends |
/// | closes as missed, such as an open day | not owed: it could only be missed |
/// | an event with a recording | the recording is to be watched within its days from the event or its publication, or when the grace ends |
/// | an event without one | not owed |
///
/// What asks for any event of a kind within a term, such as one open day, is owed where one is
/// published and after the grace.
///
/// An event is owed only while it is published and not cancelled. Once it is over, whoever has not
/// been there owes its recording instead. What closes as missed and was never written down before
/// its day passed is not written down afterwards, as nobody could have been told of it; a missed
/// one comes back only when its day moves into the future.
#[must_use]
pub fn derive(facts: &DerivationFacts) -> Vec<Change> {
    let ended = facts.ended_on.is_some_and(|last_day| last_day <= local(facts.now).date());
    let owed = if ended { Vec::new() } else { wanted::all(facts) };
    let existing: BTreeMap<_, _> = facts
        .existing
        .iter()
        .map(|obligation| (identity(&obligation.wanted), obligation))
        .collect();
    let identities: BTreeSet<_> = owed.iter().map(|owed| identity(&owed.wanted)).collect();
    let cancelled = facts
        .existing
        .iter()
        .filter(|obligation| obligation.state == ObligationState::Open)
        .filter(|obligation| !identities.contains(&identity(&obligation.wanted)))
        .map(|obligation| Change::Cancel {
            id: obligation.id,
            reason: reason_to_cancel(facts, obligation, ended),
        });
    owed.iter()
        .filter_map(|owed| towards(owed, existing.get(&identity(&owed.wanted)).copied()))
        .chain(cancelled)
        .collect()
}

/// The change that makes what there is into what is owed, if one is needed.
fn towards(owed: &Owed, existing: Option<&ExistingObligation>) -> Option<Change> {
    let Some(existing) = existing else {
        return (!owed.missed).then(|| Change::Add(owed.wanted.clone()));
    };
    let amend = || Change::Amend { id: existing.id, wanted: owed.wanted.clone() };
    match existing.state {
        ObligationState::Met | ObligationState::Excused => None,
        ObligationState::Open if owed.missed => Some(Change::Miss { id: existing.id }),
        ObligationState::Open => (existing.wanted != owed.wanted).then(amend),
        ObligationState::Cancelled => (!owed.missed).then(amend),
        ObligationState::Missed => owed.ahead.then(amend),
    }
}

fn reason_to_cancel(
    facts: &DerivationFacts,
    obligation: &ExistingObligation,
    ended: bool,
) -> &'static str {
    if ended {
        return "Taking part has ended.";
    }
    let Some(event_id) = obligation.wanted.event_id else {
        return "It is no longer owed.";
    };
    match facts.events.iter().find(|event| event.id == event_id) {
        Some(event) if event.cancelled => "The event was cancelled.",
        Some(event) if event.published_at.is_none_or(|at| at > facts.now) => {
            "The event is no longer published."
        }
        Some(_) => "It is no longer owed.",
        None => "The event is no longer on offer to the school.",
    }
}
