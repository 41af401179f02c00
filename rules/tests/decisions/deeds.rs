//! Which obligations are met by what was recorded.

use proptest::prelude::*;
use rules::commitments::{
    CommitmentKind, Deed, DeedKind, DeedObligation, NotReopened, ObligationState, Settlement,
    may_reopen, settle,
};
use rules::programme::{CommitmentRule, DueRule, TermChoice};
use uuid::Uuid;

use crate::support::{day, id, rule, terms};

/// Two and a half days in all: three half days to the middle of term 1, two more by its end.
fn first_half() -> DeedObligation {
    owed(1, CommitmentKind::SupportDays, TermChoice::Number(1), "2026-11-05", Some(3))
}

fn second_half() -> DeedObligation {
    owed(2, CommitmentKind::SupportDays, TermChoice::Number(1), "2026-12-18", Some(2))
}

fn owed(
    number: u128,
    kind: CommitmentKind,
    term: TermChoice,
    due_on: &str,
    half_days: Option<i32>,
) -> DeedObligation {
    let days = half_days.map(|half_days| f64::from(half_days) / 2.0);
    DeedObligation {
        id: id(number),
        kind,
        template_id: id(900 + number),
        rule: CommitmentRule { days, ..rule(term, DueRule::EndOfTerm) },
        state: ObligationState::Open,
        deed: None,
        met_on: None,
        term_id: Some(id(1)),
        event_id: None,
        required_half_days: half_days,
        due_on: day(due_on),
    }
}

fn did(number: u128, kind: DeedKind, on: &str, half_days: i32) -> Deed {
    Deed {
        kind,
        id: id(number),
        on: day(on),
        half_days,
        event: None,
        senior_leader: false,
        template_id: None,
    }
}

fn support(number: u128, on: &str, half_days: i32) -> Deed {
    did(number, DeedKind::SupportDay, on, half_days)
}

/// What the obligations are after settling, and that settling again changes nothing.
fn after(mut owed: Vec<DeedObligation>, deeds: &[Deed]) -> Vec<DeedObligation> {
    for change in settle(&owed, deeds, &terms()) {
        let (of, state, met_on, deed) = match change {
            Settlement::Meet { id, on, deed, .. } => {
                (id, ObligationState::Met, Some(on), Some(deed))
            }
            Settlement::Reopen { id } => (id, ObligationState::Open, None, None),
        };
        let one = owed.iter_mut().find(|one| one.id == of).unwrap();
        (one.state, one.met_on, one.deed) = (state, met_on, deed);
    }
    assert_eq!(settle(&owed, deeds, &terms()), []);
    owed
}

fn met(owed: &[DeedObligation]) -> Vec<Uuid> {
    owed.iter().filter(|one| one.state == ObligationState::Met).map(|one| one.id).collect()
}

#[test]
fn half_days_fill_the_first_half_of_a_term_and_then_its_end() {
    let mut deeds = vec![support(11, "2026-09-15", 2)];
    let owed = after(vec![second_half(), first_half()], &deeds);
    assert!(met(&owed).is_empty());
    deeds.push(support(12, "2026-09-29", 2));
    let owed = after(owed, &deeds);
    assert_eq!(met(&owed), [id(1)]);
    assert_eq!(owed[1].met_on, Some(day("2026-09-29")));
    deeds.push(support(13, "2026-11-17", 1));
    let owed = after(owed, &deeds);
    assert_eq!(met(&owed), [id(2), id(1)]);
    assert_eq!(owed[0].met_on, Some(day("2026-11-17")));
}

#[test]
fn a_correction_downwards_owes_it_again() {
    let owed = after(vec![first_half(), second_half()], &[support(11, "2026-09-15", 5)]);
    assert_eq!(met(&owed), [id(1), id(2)]);
    let owed = after(owed, &[support(11, "2026-09-15", 4)]);
    assert_eq!(met(&owed), [id(1)]);
    assert!(met(&after(owed, &[])).is_empty());
}

#[test]
fn days_count_for_the_term_in_which_they_were_given() {
    for (on, expected) in [
        ("2026-09-03", vec![id(1)]),
        ("2026-12-18", vec![id(1)]),
        ("2026-12-21", vec![]),
        ("2027-01-12", vec![]),
    ] {
        let found = met(&after(vec![first_half()], &[support(11, on, 4)]));
        assert_eq!(found, expected, "{on}");
    }
}

#[test]
fn a_deep_dive_counts_once_and_not_as_support_days() {
    let dive = |number| {
        owed(number, CommitmentKind::DeepDiveVisit, TermChoice::Number(1), "2026-10-23", Some(2))
    };
    let deeds = [did(11, DeedKind::DeepDiveVisit, "2026-09-22", 2)];
    let owed = after(vec![dive(5), dive(6), first_half()], &deeds);
    assert_eq!(met(&owed), [id(5)]);
    assert!(met(&after(vec![dive(1)], &[support(11, "2026-09-22", 4)])).is_empty());
}

#[test]
fn a_review_counts_from_its_term_on_and_a_plan_also_when_it_is_early() {
    let of = |kind, term: u128| DeedObligation {
        term_id: Some(id(term)),
        ..owed(term, kind, TermChoice::Number(u32::try_from(term).unwrap()), "2027-03-25", None)
    };
    for (kind, deed, on, expected) in [
        (CommitmentKind::ProgressReview, DeedKind::ProgressReview, "2026-12-18", false),
        (CommitmentKind::ProgressReview, DeedKind::ProgressReview, "2027-01-04", true),
        (CommitmentKind::ProgressReview, DeedKind::ProgressReview, "2027-04-12", true),
        (CommitmentKind::FinalReview, DeedKind::FinalReview, "2026-12-18", false),
        (CommitmentKind::FinalReview, DeedKind::FinalReview, "2027-02-01", true),
        (CommitmentKind::ActionPlan, DeedKind::ActionPlan, "2026-12-18", true),
        (CommitmentKind::ActionPlan, DeedKind::ActionPlan, "2027-04-12", true),
    ] {
        let found = met(&after(vec![of(kind, 2)], &[did(11, deed, on, 0)]));
        assert_eq!(!found.is_empty(), expected, "{kind:?} on {on}");
    }
    // The second review of a term is not that of the next.
    let terms = vec![of(CommitmentKind::ProgressReview, 2), of(CommitmentKind::ProgressReview, 3)];
    let review = |number, on| did(number, DeedKind::ProgressReview, on, 0);
    let twice = [review(11, "2027-01-12"), review(12, "2027-03-02")];
    assert_eq!(met(&after(terms, &twice)), [id(2)]);
}

#[test]
fn what_was_reported_by_hand_or_excused_takes_no_deed() {
    let by_hand = DeedObligation {
        state: ObligationState::Met,
        met_on: Some(day("2026-10-01")),
        ..first_half()
    };
    let excused = DeedObligation { state: ObligationState::Excused, ..first_half() };
    for settled in [by_hand, excused] {
        let owed = after(vec![settled.clone(), second_half()], &[support(11, "2026-09-15", 2)]);
        assert_eq!((owed[0].state, owed[0].met_on), (settled.state, settled.met_on));
        assert_eq!(owed[1].state, ObligationState::Met, "the day goes to what is open");
    }
}

proptest! {
    #[test]
    fn no_half_day_is_counted_twice_and_none_is_lost(
        visits in prop::collection::vec((0..106_i64, 1..5_i32), 0..8),
        needs in prop::collection::vec(1..6_i32, 1..5),
    ) {
        let deeds: Vec<Deed> = (100..).zip(&visits).map(|(number, (days, half_days))| {
            let on = day("2026-09-03") + chrono::TimeDelta::days(*days);
            support(number, &on.to_string(), *half_days)
        }).collect();
        let owed: Vec<DeedObligation> = (1..).zip(&needs).map(|(number, half_days)| {
            let due_on = day("2026-10-01") + chrono::TimeDelta::days(i64::try_from(number).unwrap());
            let term = TermChoice::Number(1);
            let due_on = due_on.to_string();
            owed(number, CommitmentKind::SupportDays, term, &due_on, Some(*half_days))
        }).collect();
        let given: i32 = deeds.iter().map(|deed| deed.half_days).sum();
        let owed = after(owed, &deeds);
        let mut sum = 0;
        for (one, half_days) in owed.iter().zip(&needs) {
            sum += half_days;
            prop_assert_eq!(one.state == ObligationState::Met, sum <= given);
        }
    }
}

#[test]
fn only_what_was_recorded_by_hand_or_excused_is_opened_again() {
    use ObligationState as S;
    for (state, deed, expected) in [
        (S::Met, None, Ok(())),
        (S::Excused, None, Ok(())),
        (S::Open, None, Err(NotReopened::Open)),
        (S::Missed, None, Err(NotReopened::Missed)),
        (S::Cancelled, None, Err(NotReopened::Cancelled)),
        (S::Met, Some(DeedKind::SupportDay), Err(NotReopened::ByVisit)),
        (S::Met, Some(DeedKind::DeepDiveVisit), Err(NotReopened::ByVisit)),
        (S::Met, Some(DeedKind::Attended), Err(NotReopened::ByDeed)),
        (S::Met, Some(DeedKind::Survey), Err(NotReopened::ByDeed)),
    ] {
        assert_eq!(may_reopen(state, deed), expected, "{state:?} by {deed:?}");
    }
}
