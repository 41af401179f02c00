use chrono::TimeDelta;
use proptest::prelude::*;
use rules::messages::{MessageState, after_fault, again_in, may_become, pause_after};
use strum::VariantArray as _;
use uuid::Uuid;

#[test]
fn messages_move_only_along_the_stages() {
    use MessageState::{
        Accepted, Bounced, Cancelled, Complained, Deferred, Expired, Handoff, Held, Leased,
        Pending, Rejected, Suppressed, Uncertain,
    };
    let table: &[(MessageState, &[MessageState])] = &[
        (Pending, &[Leased, Cancelled, Suppressed, Expired]),
        (
            Leased,
            &[
                Leased, Pending, Handoff, Deferred, Uncertain, Accepted, Rejected, Held, Cancelled,
                Suppressed, Expired,
            ],
        ),
        (Handoff, &[Accepted, Uncertain, Deferred, Rejected]),
        (Accepted, &[Bounced, Complained]),
        (Deferred, &[Leased, Cancelled, Suppressed, Expired]),
        (Uncertain, &[Leased, Held, Accepted]),
        (Rejected, &[]),
        (Held, &[Accepted, Cancelled]),
        (Bounced, &[]),
        (Complained, &[]),
        (Cancelled, &[]),
        (Suppressed, &[]),
        (Expired, &[]),
    ];
    assert_eq!(table.len(), MessageState::VARIANTS.len());
    for (from, allowed) in table {
        for to in MessageState::VARIANTS {
            assert_eq!(may_become(*from, *to), allowed.contains(to), "{from:?} to {to:?}");
        }
    }
}

#[test]
fn pauses_double_from_a_minute_to_four_hours() {
    let id = Uuid::nil();
    for (attempts, minutes) in [(0, 1), (1, 1), (2, 2), (3, 4), (8, 128), (9, 240), (70, 240)] {
        assert_eq!(pause_after(attempts, id), TimeDelta::minutes(minutes), "{attempts}");
    }
}

#[test]
fn what_cannot_be_read_is_tried_for_half_an_hour_and_then_held_for_a_person() {
    let mut tried = TimeDelta::zero();
    for attempts in 1..=5 {
        assert_eq!(after_fault(attempts), MessageState::Deferred, "{attempts}");
        tried += pause_after(attempts, Uuid::nil());
    }
    assert_eq!(tried, TimeDelta::minutes(31));
    for attempts in [6, 7, i32::MAX] {
        assert_eq!(after_fault(attempts), MessageState::Held, "{attempts}");
    }
}

#[test]
fn a_pause_is_told_in_whole_minutes() {
    for (seconds, told) in [(75, "Again in 1 minute."), (150, "Again in 2 minutes.")] {
        assert_eq!(again_in(TimeDelta::seconds(seconds)), told);
    }
}

proptest! {
    #[test]
    fn a_pause_is_stretched_by_up_to_a_quarter(attempts in 1..40_i32, id in any::<u128>()) {
        let (plain, pause) = (pause_after(attempts, Uuid::nil()), pause_after(attempts, Uuid::from_u128(id)));
        prop_assert!(plain <= pause && pause <= plain + plain / 4);
    }
}
