use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;
use rules::visits::{
    NotNow, Party, Slot, VisitFault, VisitKind, VisitState, VisitStep, check_enough,
    check_half_days, check_slot, held_on, may,
};
use strum::VariantArray as _;

use crate::support::{at, day, terms};

fn slot(starts_at: &str, ends_at: &str) -> Slot {
    Slot { starts_at: at(starts_at), ends_at: at(ends_at) }
}

#[test]
fn a_visit_lies_within_one_term_and_after_the_partner_joined() {
    let joined = "2026-09-14";
    for (starts_at, ends_at, expected) in [
        ("2026-10-06T09:00", "2026-10-06T15:00", Ok(())),
        ("2026-10-06T09:00", "2026-10-06T09:00", Err(VisitFault::Backwards)),
        ("2026-10-06T09:00", "2026-10-05T15:00", Err(VisitFault::Backwards)),
        ("2026-09-14T09:00", "2026-09-14T12:00", Ok(())),
        ("2026-09-11T09:00", "2026-09-11T12:00", Err(VisitFault::BeforeJoining)),
        // The last day of a term, and one that ends at its midnight; the holiday after it.
        ("2026-12-18T09:00", "2026-12-18T15:00", Ok(())),
        ("2026-12-18T09:00", "2026-12-19T00:00", Ok(())),
        ("2026-12-18T09:00", "2026-12-19T00:01", Err(VisitFault::OutsideTerms)),
        ("2026-12-22T09:00", "2026-12-22T15:00", Err(VisitFault::OutsideTerms)),
        ("2027-07-22T09:00", "2027-07-22T15:00", Err(VisitFault::OutsideTerms)),
        // Monday to Friday, and one day more.
        ("2026-10-05T09:00", "2026-10-09T15:00", Ok(())),
        ("2026-10-05T09:00", "2026-10-10T15:00", Err(VisitFault::TooLong)),
        // Over the end of summer time.
        ("2026-10-23T09:00", "2026-10-26T15:00", Ok(())),
    ] {
        let found = check_slot(slot(starts_at, ends_at), &terms(), day(joined));
        assert_eq!(found, expected, "{starts_at} to {ends_at}");
    }
}

#[test]
fn each_day_holds_at_most_two_half_days() {
    let morning = slot("2026-10-06T09:00", "2026-10-06T12:00");
    let two_days = slot("2026-10-06T09:00", "2026-10-07T12:00");
    for (of, half_days, fits) in [
        (morning, 0, false),
        (morning, 1, true),
        (morning, 2, true),
        (morning, 3, false),
        (morning, -1, false),
        (two_days, 4, true),
        (two_days, 5, false),
    ] {
        assert_eq!(check_half_days(of, half_days).is_ok(), fits, "{half_days} in {of:?}");
    }
    // Half past midnight in London, when it is still yesterday in UTC.
    assert_eq!(held_on(slot("2026-10-06T00:30", "2026-10-06T09:00")), day("2026-10-06"));
}

#[test]
fn a_deep_dive_visit_takes_all_the_time_that_its_commitment_stands_for() {
    use VisitKind::{DeepDiveVisit, SupportDay};
    for (kind, half_days, required, expected) in [
        (DeepDiveVisit, 1, Some(2), Err(VisitFault::TooShort(2))),
        (DeepDiveVisit, 2, Some(2), Ok(())),
        (DeepDiveVisit, 3, Some(2), Ok(())),
        (DeepDiveVisit, 1, None, Ok(())),
        (SupportDay, 1, Some(3), Ok(())),
    ] {
        let found = check_enough(kind, half_days, required);
        assert_eq!(found, expected, "{half_days} of {required:?} for {kind:?}");
    }
}

#[test]
fn every_step_is_allowed_to_whom_and_where_the_table_says() {
    use Party::{Hub, Partner};
    use VisitState as S;
    use VisitStep as T;
    // Every other pair is refused.
    let allowed = [
        (S::Proposed, T::Agreed, Hub, Partner),
        (S::Proposed, T::Agreed, Partner, Hub),
        (S::Proposed, T::Rescheduled, Hub, Hub),
        (S::Proposed, T::Rescheduled, Hub, Partner),
        (S::Proposed, T::Rescheduled, Partner, Hub),
        (S::Proposed, T::Rescheduled, Partner, Partner),
        (S::Agreed, T::Rescheduled, Hub, Hub),
        (S::Agreed, T::Rescheduled, Hub, Partner),
        (S::Agreed, T::Rescheduled, Partner, Hub),
        (S::Agreed, T::Rescheduled, Partner, Partner),
        (S::Proposed, T::Cancelled, Hub, Hub),
        (S::Proposed, T::Cancelled, Hub, Partner),
        (S::Proposed, T::Cancelled, Partner, Hub),
        (S::Proposed, T::Cancelled, Partner, Partner),
        (S::Agreed, T::Cancelled, Hub, Hub),
        (S::Agreed, T::Cancelled, Hub, Partner),
        (S::Agreed, T::Cancelled, Partner, Hub),
        (S::Agreed, T::Cancelled, Partner, Partner),
        (S::Proposed, T::Recorded, Hub, Hub),
        (S::Proposed, T::Recorded, Hub, Partner),
        (S::Agreed, T::Recorded, Hub, Hub),
        (S::Agreed, T::Recorded, Hub, Partner),
        (S::Recorded, T::Cancelled, Hub, Hub),
        (S::Recorded, T::Cancelled, Hub, Partner),
        (S::Recorded, T::Corrected, Hub, Hub),
        (S::Recorded, T::Corrected, Hub, Partner),
    ];
    let mut tried = 0;
    for &state in S::VARIANTS {
        for &step in T::VARIANTS {
            for &party in Party::VARIANTS {
                for &proposed_by in Party::VARIANTS {
                    let expected = allowed.contains(&(state, step, party, proposed_by));
                    let found = may(state, step, party, proposed_by);
                    assert_eq!(found.is_ok(), expected, "{step:?} of {state:?} by {party:?}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 4 * 6 * 2 * 2);
}

#[test]
fn a_step_that_cannot_be_taken_says_why() {
    use Party::{Hub, Partner};
    for (state, step, party, expected) in [
        (VisitState::Cancelled, VisitStep::Recorded, Hub, NotNow::Cancelled),
        (VisitState::Recorded, VisitStep::Cancelled, Partner, NotNow::Recorded),
        (VisitState::Agreed, VisitStep::Agreed, Partner, NotNow::Agreed),
        (VisitState::Proposed, VisitStep::Agreed, Hub, NotNow::OwnProposal),
        (VisitState::Agreed, VisitStep::Recorded, Partner, NotNow::ByTheHub),
        (VisitState::Recorded, VisitStep::Corrected, Partner, NotNow::ByTheHub),
        (VisitState::Agreed, VisitStep::Corrected, Hub, NotNow::NotRecorded),
        (VisitState::Agreed, VisitStep::Proposed, Hub, NotNow::Proposed),
    ] {
        assert_eq!(may(state, step, party, Hub), Err(expected), "{step:?} of {state:?}");
    }
}

/// A time within term 1, to the minute.
fn some_slot() -> impl Strategy<Value = Slot> {
    (0..100_i64, 0..1_440_i64, 1..6_000_i64).prop_map(|(days, minute, length)| {
        let starts_at = at("2026-09-03T00:00") + TimeDelta::days(days) + TimeDelta::minutes(minute);
        Slot { starts_at, ends_at: starts_at + TimeDelta::minutes(length) }
    })
}

proptest! {
    #[test]
    fn two_visits_overlap_just_when_some_minute_lies_in_both(one in some_slot(), other in some_slot()) {
        let minutes = (one.ends_at - one.starts_at).num_minutes();
        let shared = (0..minutes).map(|minute| one.starts_at + TimeDelta::minutes(minute));
        let shared = shared.into_iter().any(|at| other.starts_at <= at && at < other.ends_at);
        prop_assert_eq!(one.overlaps(other), shared);
        prop_assert_eq!(one.overlaps(other), other.overlaps(one));
        prop_assert!(one.overlaps(one));
    }

    #[test]
    fn what_is_accepted_lies_in_a_term_and_holds_no_more_than_its_days(
        slot in some_slot(), half_days in -2..14_i32,
    ) {
        let joined: NaiveDate = day("2026-09-03");
        if check_slot(slot, &terms(), joined).is_ok() {
            prop_assert!(held_on(slot) >= joined);
            prop_assert!(slot.ends_at <= at("2026-12-19T00:00"));
            let fits = (1..=10).contains(&half_days) && i64::from(half_days) <= 2 * slot.days();
            prop_assert_eq!(check_half_days(slot, half_days).is_ok(), fits);
        }
    }
}
