use std::collections::BTreeSet;

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use rules::commitments::{Change, DerivationFacts, ExistingObligation, ObligationState, derive};
use rules::programme::EventKind;

use crate::support::{
    apply, cpd_sessions, day, derivation, event, final_survey, networking, open_days, reviews,
    self_assessment, support_days,
};

/// Something that happens to an enrolment between two nights.
#[derive(Clone, Debug)]
enum Move {
    Wait(i64),
    ShiftTerm(usize, i64, i64),
    DropTerm,
    ShiftEvent(usize, i64),
    Cancel(usize, bool),
    Publish(usize, bool),
    Withdraw(i64),
    Return,
    JoinOn(i64),
    Grace(u32),
    Retire(usize),
    Record(usize, ObligationState),
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        (0..60_i64).prop_map(Move::Wait),
        (0..3_usize, -30..30_i64, -30..30_i64).prop_map(|(i, a, b)| Move::ShiftTerm(i, a, b)),
        Just(Move::DropTerm),
        (0..6_usize, -60..60_i64).prop_map(|(i, days)| Move::ShiftEvent(i, days)),
        (0..6_usize, any::<bool>()).prop_map(|(i, on)| Move::Cancel(i, on)),
        (0..6_usize, any::<bool>()).prop_map(|(i, on)| Move::Publish(i, on)),
        (-10..30_i64).prop_map(Move::Withdraw),
        Just(Move::Return),
        (0..330_i64).prop_map(Move::JoinOn),
        (0..30_u32).prop_map(Move::Grace),
        (0..7_usize).prop_map(Move::Retire),
        (0..20_usize, any::<bool>()).prop_map(|(i, met)| {
            let state = if met { ObligationState::Met } else { ObligationState::Excused };
            Move::Record(i, state)
        }),
    ]
}

fn start(joined: i64) -> DerivationFacts {
    let commitments = vec![
        self_assessment(),
        open_days(),
        cpd_sessions(),
        networking(),
        support_days(),
        reviews(),
        final_survey(),
    ];
    let events = [
        (EventKind::OpenDay, "2026-11-11T09:00"),
        (EventKind::OpenDay, "2027-02-03T09:00"),
        (EventKind::CpdSession, "2026-10-05T15:30"),
        (EventKind::CpdSession, "2027-01-28T15:30"),
        (EventKind::HubNetworking, "2026-12-02T15:30"),
        (EventKind::HubNetworking, "2027-06-09T15:30"),
    ];
    let events = events.into_iter().zip(201..);
    let events = events.map(|((kind, starts_at), number)| event(number, kind, starts_at));
    let mut facts = derivation("2026-09-01T02:00", "2026-08-01", commitments, events.collect());
    facts.joined_on = joining_day(joined);
    facts
}

fn joining_day(offset: i64) -> NaiveDate {
    day("2026-08-01") + TimeDelta::days(offset)
}

fn happen(facts: &mut DerivationFacts, what: &Move) {
    match *what {
        Move::Wait(days) => facts.now += TimeDelta::days(days),
        Move::ShiftTerm(index, starts, ends) => {
            if let Some(term) = facts.terms.get_mut(index) {
                term.starts_on += TimeDelta::days(starts);
                term.ends_on += TimeDelta::days(ends);
            }
        }
        Move::DropTerm => {
            facts.terms.pop();
        }
        Move::ShiftEvent(index, days) => {
            facts.events[index].starts_at += TimeDelta::days(days);
            facts.events[index].ends_at += TimeDelta::days(days);
        }
        Move::Cancel(index, on) => facts.events[index].cancelled = on,
        Move::Publish(index, on) => facts.events[index].published_at = on.then_some(facts.now),
        Move::Withdraw(days) => {
            facts.ended_on = Some(facts.now.date_naive() + TimeDelta::days(days));
        }
        Move::Return => facts.ended_on = None,
        Move::JoinOn(offset) => facts.joined_on = joining_day(offset),
        Move::Grace(days) => facts.grace_working_days = days,
        Move::Retire(index) => {
            if index < facts.commitments.len() {
                facts.commitments.remove(index);
            }
        }
        Move::Record(index, state) => {
            if let Some(obligation) = facts.existing.get_mut(index)
                && obligation.state != ObligationState::Cancelled
            {
                obligation.state = state;
            }
        }
    }
}

fn settled(facts: &DerivationFacts) -> Vec<ExistingObligation> {
    let all = facts.existing.iter();
    all.filter(|each| each.state.is_settled()).cloned().collect()
}

fn dates(changes: &[Change]) -> impl Iterator<Item = NaiveDate> {
    changes.iter().filter_map(|change| match change {
        Change::Add(wanted) | Change::Amend { wanted, .. } => Some(wanted.due_on),
        Change::Miss { .. } | Change::Cancel { .. } => None,
    })
}

proptest! {
    #[test]
    fn whatever_happens_deriving_is_fair_loses_nothing_and_settles(
        joined in 0..330_i64,
        moves in prop::collection::vec(a_move(), 0..14),
    ) {
        let mut facts = start(joined);
        for what in std::iter::once(&Move::Wait(0)).chain(&moves) {
            happen(&mut facts, what);
            let achieved = settled(&facts);
            let changes = derive(&facts);

            let grace = i32::try_from(facts.grace_working_days).unwrap();
            let earliest = facts.calendar.add_working_days(facts.joined_on, grace);
            prop_assert!(dates(&changes).all(|due_on| due_on >= earliest), "{changes:?}");

            facts.existing = apply(&facts.existing, &changes);
            prop_assert_eq!(derive(&facts), Vec::new());
            prop_assert_eq!(settled(&facts), achieved);

            let identities: BTreeSet<_> = facts
                .existing
                .iter()
                .map(|each| (each.wanted.template_id, &each.wanted.occurrence))
                .collect();
            prop_assert_eq!(identities.len(), facts.existing.len());

            let open = facts.existing.iter().filter(|each| each.state == ObligationState::Open);
            let today = rules::calendar::local(facts.now).date();
            let ended = facts.ended_on.is_some_and(|last| last <= today);
            for obligation in open {
                prop_assert!(!ended && obligation.wanted.due_on >= earliest);
                if obligation.wanted.opens_on.is_some_and(|opens| opens > obligation.wanted.due_on) {
                    return Err(TestCaseError::fail("opens after it is due"));
                }
            }
        }
    }
}
