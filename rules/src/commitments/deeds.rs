//! Which obligations are met by what was recorded: visits, attendance, self-assessments, plans,
//! reviews and surveys.
//!
//! A deed that is put right or taken back takes its obligation with it. What somebody reported done
//! by hand is never touched.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::{CommitmentKind, ObligationState, TermFacts, dates};
use crate::programme::{CommitmentRule, EventKind, TermChoice};
use crate::words::words;

words! {
    /// What was recorded.
    DeedKind {
        /// A support day, or half of one.
        SupportDay,
        /// A deep-dive visit.
        DeepDiveVisit,
        /// Somebody of the partner attended an event.
        Attended,
        /// Somebody of the partner watched an event's recording.
        WatchedRecording,
        /// A self-assessment was completed.
        SelfAssessment,
        /// An action plan was agreed.
        ActionPlan,
        /// An improvement plan was agreed by both sides.
        ImprovementPlan,
        /// Progress was reviewed.
        ProgressReview,
        /// The final review was held.
        FinalReview,
        /// Enough answers to a survey came in.
        Survey,
        /// A hub's event took place.
        HostedEvent,
        /// A hub's partners of a cohort used all support days of a term.
        DeliveredSupportDays,
    }
}

/// Something that was recorded, of one enrolment or of one hub in one cohort.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    /// What.
    pub kind: DeedKind,
    /// Id of its row.
    pub id: Uuid,
    /// London day on which it was done.
    pub on: NaiveDate,
    /// Support time, in half days; 0 for everything else.
    pub half_days: i32,
    /// The event, and its kind, for what has to do with one.
    pub event: Option<(Uuid, EventKind)>,
    /// Whether a senior leader was there, for attendance.
    pub senior_leader: bool,
    /// The commitment it meets, for a survey.
    pub template_id: Option<Uuid>,
}

/// An obligation, as settling looks at it.
#[derive(Clone, Debug)]
pub struct DeedObligation {
    /// Its id.
    pub id: Uuid,
    /// Kind of commitment.
    pub kind: CommitmentKind,
    /// The commitment it comes from.
    pub template_id: Uuid,
    /// The commitment's rule.
    pub rule: CommitmentRule,
    /// Where it stands.
    pub state: ObligationState,
    /// The deed that met it; none when reported by hand.
    pub deed: Option<Uuid>,
    /// Day on which it was met.
    pub met_on: Option<NaiveDate>,
    /// Its term.
    pub term_id: Option<Uuid>,
    /// Its event.
    pub event_id: Option<Uuid>,
    /// Support time it stands for, in half days.
    pub required_half_days: Option<i32>,
    /// London day by the end of which it is due.
    pub due_on: NaiveDate,
}

/// How an obligation changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// A deed meets it.
    Meet {
        /// Which.
        id: Uuid,
        /// London day on which it was met.
        on: NaiveDate,
        /// Kind of deed.
        kind: DeedKind,
        /// Id of the deed's row.
        deed: Uuid,
    },
    /// The deed that met it no longer stands: it is owed again.
    Reopen {
        /// Which.
        id: Uuid,
    },
}

/// Works out which obligations the deeds meet, and which were met by deeds that no longer stand.
/// Applying the answer and asking again gives nothing.
///
/// Support time adds up within the term in which it was given and fills that term's obligations in
/// the order of their due days. An event meets the obligation about it, or the term's about any such
/// event. Any other deed meets one obligation: that of its own term if there is one, else the
/// earliest of those that are late.
#[must_use]
pub fn settle(
    obligations: &[DeedObligation],
    deeds: &[Deed],
    terms: &[TermFacts],
) -> Vec<Settlement> {
    // What was settled by hand, or is no longer owed, takes no deed.
    let mut open: Vec<&DeedObligation> = obligations
        .iter()
        .filter(|one| match one.state {
            ObligationState::Open | ObligationState::Missed => true,
            ObligationState::Met => one.deed.is_some(),
            ObligationState::Excused | ObligationState::Cancelled => false,
        })
        .collect();
    open.sort_by_key(|one| (one.due_on, one.id));
    let mut deeds: Vec<&Deed> = deeds.iter().collect();
    deeds.sort_by_key(|deed| (deed.on, deed.id));

    let mut met: BTreeMap<Uuid, (NaiveDate, DeedKind, Uuid)> = BTreeMap::new();
    fill_support_days(&open, &deeds, terms, &mut met);
    let mut used: BTreeSet<Uuid> = BTreeSet::new();
    for within_term in [true, false] {
        for one in &open {
            if met.contains_key(&one.id) || one.kind == CommitmentKind::SupportDays {
                continue;
            }
            let found = deeds.iter().find(|deed| {
                (shared(deed.kind) || !used.contains(&deed.id))
                    && suits(one, deed, terms, within_term)
                    && in_time(one, deed)
            });
            if let Some(deed) = found {
                used.insert(deed.id);
                met.insert(one.id, (deed.on, deed.kind, deed.id));
            }
        }
    }

    open.iter()
        .filter_map(|one| match (met.get(&one.id), one.state) {
            (Some(&(on, _, deed)), ObligationState::Met)
                if one.deed == Some(deed) && one.met_on == Some(on) =>
            {
                None
            }
            (Some(&(on, kind, deed)), _) => Some(Settlement::Meet { id: one.id, on, kind, deed }),
            (None, ObligationState::Met) => Some(Settlement::Reopen { id: one.id }),
            (None, _) => None,
        })
        .collect()
}

/// Fills each term's support days with the time given in it.
fn fill_support_days(
    open: &[&DeedObligation],
    deeds: &[&Deed],
    terms: &[TermFacts],
    met: &mut BTreeMap<Uuid, (NaiveDate, DeedKind, Uuid)>,
) {
    for term in terms {
        let mut given = deeds
            .iter()
            .filter(|deed| deed.kind == DeedKind::SupportDay && dates::contains(term, deed.on));
        let (mut sum, mut needed, mut last) = (0, 0, None);
        let of_term = open
            .iter()
            .filter(|one| one.kind == CommitmentKind::SupportDays && one.term_id == Some(term.id));
        for one in of_term {
            needed += one.required_half_days.unwrap_or(1).max(1);
            while sum < needed {
                let Some(deed) = given.next() else { break };
                sum += deed.half_days;
                last = Some(deed);
            }
            match last {
                Some(deed) if sum >= needed => {
                    met.insert(one.id, (deed.on, deed.kind, deed.id));
                }
                _ => break,
            }
        }
    }
}

/// Whether one deed may meet several obligations: an event or a survey meets all that are about it.
fn shared(kind: DeedKind) -> bool {
    matches!(
        kind,
        DeedKind::Attended | DeedKind::WatchedRecording | DeedKind::Survey | DeedKind::HostedEvent
    )
}

/// A deed of a day that cannot come back counts only if it was done in time.
fn in_time(one: &DeedObligation, deed: &Deed) -> bool {
    let late = deed.on > one.due_on;
    !(late && one.rule.closes_as_missed)
}

/// Whether a deed is of the kind an obligation asks for. Within the term: done in its term, or
/// about its very event. Otherwise: made good later.
fn suits(one: &DeedObligation, deed: &Deed, terms: &[TermFacts], within_term: bool) -> bool {
    let term = terms.iter().find(|term| Some(term.id) == one.term_id);
    let in_term = term.is_none_or(|term| dates::contains(term, deed.on));
    let placed = if within_term { in_term } else { !in_term && one.rule.term != TermChoice::Each };
    // Progress in a term is not reviewed before it, whereas a plan may well be ready early.
    let early = term.is_some_and(|term| deed.on < term.starts_on);
    let leader = deed.senior_leader || !one.rule.senior_leader;
    // Watching is for those who were not there; who watched it is not asked.
    let of_event = |kind: EventKind| match (deed.kind, deed.event, one.event_id) {
        (DeedKind::Attended, Some((event, _)), Some(about)) => event == about && leader,
        (DeedKind::WatchedRecording, Some((event, _)), Some(about)) => {
            event == about && one.rule.recording_within.is_some()
        }
        (DeedKind::Attended, Some((_, of)), None) => of == kind && leader && within_term && in_term,
        _ => false,
    };
    match one.kind {
        CommitmentKind::AttendOpenDay => of_event(EventKind::OpenDay),
        CommitmentKind::AttendCpdSession => of_event(EventKind::CpdSession),
        CommitmentKind::TrainingModule => of_event(EventKind::TrainingModule),
        CommitmentKind::AttendNetworking => of_event(EventKind::HubNetworking),
        CommitmentKind::DeepDiveVisit => deed.kind == DeedKind::DeepDiveVisit && placed,
        CommitmentKind::SelfAssessment => deed.kind == DeedKind::SelfAssessment && placed,
        CommitmentKind::ActionPlan => {
            matches!(deed.kind, DeedKind::ActionPlan | DeedKind::ImprovementPlan) && placed
        }
        CommitmentKind::ImprovementPlan => deed.kind == DeedKind::ImprovementPlan && placed,
        CommitmentKind::ProgressReview => deed.kind == DeedKind::ProgressReview && placed && !early,
        CommitmentKind::FinalReview => deed.kind == DeedKind::FinalReview && placed && !early,
        CommitmentKind::PerceptionSurvey | CommitmentKind::EvaluationSurvey => {
            deed.kind == DeedKind::Survey && deed.template_id == Some(one.template_id)
        }
        CommitmentKind::HostOpenDay => hosted(deed, EventKind::OpenDay) && within_term && in_term,
        CommitmentKind::HostNetworking => {
            hosted(deed, EventKind::HubNetworking) && within_term && in_term
        }
        CommitmentKind::DeliverSupportDays => {
            // It names the term of the days, whenever the last of them was settled.
            deed.kind == DeedKind::DeliveredSupportDays && Some(deed.id) == one.term_id
        }
        CommitmentKind::SupportDays
        | CommitmentKind::InitialActions
        | CommitmentKind::Audit
        | CommitmentKind::ShareDocuments
        | CommitmentKind::Launch
        | CommitmentKind::KeepInTouch => false,
    }
}

fn hosted(deed: &Deed, kind: EventKind) -> bool {
    deed.kind == DeedKind::HostedEvent && deed.event.is_some_and(|(_, of)| of == kind)
}
