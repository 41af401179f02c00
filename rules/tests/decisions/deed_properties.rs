use std::collections::BTreeSet;

use chrono::TimeDelta;
use proptest::prelude::*;
use rules::commitments::{
    CommitmentKind, Deed, DeedKind, DeedObligation, ObligationState, Settlement, settle,
};
use rules::programme::{DueRule, TermChoice};

use crate::support::{day, id, rule, terms};

/// The support days of RISE: half days by the middle and by the end of each of the three terms.
fn support_days() -> Vec<DeedObligation> {
    let wanted = [(1, 3, 48), (1, 5, 106), (2, 3, 160), (2, 3, 203), (3, 2, 270), (3, 2, 321)];
    wanted
        .into_iter()
        .zip(100..)
        .map(|((term, half_days, due), number)| DeedObligation {
            id: id(number),
            kind: CommitmentKind::SupportDays,
            template_id: id(number + 100),
            rule: rule(TermChoice::Number(term), DueRule::EndOfTerm),
            state: ObligationState::Open,
            deed: None,
            met_on: None,
            term_id: Some(id(u128::from(term))),
            event_id: None,
            required_half_days: Some(half_days),
            due_on: day("2026-09-03") + TimeDelta::days(due),
        })
        .collect()
}

fn reviews() -> Vec<DeedObligation> {
    [2, 3]
        .map(|term| DeedObligation {
            id: id(300 + u128::from(term)),
            kind: CommitmentKind::ProgressReview,
            required_half_days: None,
            due_on: terms()[term as usize - 1].ends_on,
            term_id: Some(id(u128::from(term))),
            rule: rule(TermChoice::Number(term), DueRule::MidTerm),
            ..support_days()[0].clone()
        })
        .to_vec()
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = (0..340_i64, 1..4_i32, any::<bool>());
    prop::collection::vec(deed, 0..12).prop_map(|deeds| {
        let numbered = deeds.into_iter().zip(500..);
        numbered
            .map(|((on, half_days, visit), number)| Deed {
                kind: if visit { DeedKind::SupportDay } else { DeedKind::ProgressReview },
                id: id(number),
                on: day("2026-09-03") + TimeDelta::days(on),
                half_days: if visit { half_days } else { 0 },
                event: None,
                senior_leader: false,
                template_id: None,
            })
            .collect()
    })
}

fn apply(obligations: &mut [DeedObligation], changes: &[Settlement]) {
    for change in changes {
        for one in obligations.iter_mut() {
            match change {
                Settlement::Meet { id, on, deed, .. } if *id == one.id => {
                    one.state = ObligationState::Met;
                    (one.deed, one.met_on) = (Some(*deed), Some(*on));
                }
                Settlement::Reopen { id } if *id == one.id => {
                    one.state = ObligationState::Open;
                    (one.deed, one.met_on) = (None, None);
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #[test]
    fn settling_twice_changes_nothing_and_what_is_met_follows_the_deeds_there_are(
        first in deeds(),
        second in deeds(),
    ) {
        let mut obligations = support_days();
        obligations.extend(reviews());
        for deeds in [&first, &second] {
            let changes = settle(&obligations, deeds, &terms());
            apply(&mut obligations, &changes);
            prop_assert!(settle(&obligations, deeds, &terms()).is_empty());
            for one in obligations.iter().filter(|one| one.state == ObligationState::Met) {
                let deed = deeds.iter().find(|deed| Some(deed.id) == one.deed);
                prop_assert_eq!(deed.map(|deed| deed.on), one.met_on);
            }
        }
        // Deeds of before leave no trace.
        let mut anew = support_days();
        anew.extend(reviews());
        let changes = settle(&anew, &second, &terms());
        apply(&mut anew, &changes);
        for (one, other) in obligations.iter().zip(&anew) {
            prop_assert_eq!((one.state, one.deed), (other.state, other.deed));
        }
    }

    #[test]
    fn no_more_support_days_count_than_were_given_in_their_term(deeds in deeds()) {
        let mut obligations = support_days();
        let changes = settle(&obligations, &deeds, &terms());
        apply(&mut obligations, &changes);
        for term in terms() {
            let given: i32 = deeds
                .iter()
                .filter(|deed| deed.kind == DeedKind::SupportDay)
                .filter(|deed| (term.starts_on..=term.ends_on).contains(&deed.on))
                .map(|deed| deed.half_days)
                .sum();
            let of_term = obligations.iter().filter(|one| one.term_id == Some(term.id));
            let met: i32 = of_term
                .clone()
                .filter(|one| one.state == ObligationState::Met)
                .filter_map(|one| one.required_half_days)
                .sum();
            let all: i32 = of_term.filter_map(|one| one.required_half_days).sum();
            prop_assert!(met <= given);
            prop_assert!(given < all || met == all, "{given} of {all} given, {met} met");
        }
    }

    #[test]
    fn one_review_meets_one_obligation(deeds in deeds()) {
        let changes = settle(&reviews(), &deeds, &terms());
        let used: Vec<_> = changes
            .iter()
            .filter_map(|change| match change {
                Settlement::Meet { deed, .. } => Some(*deed),
                Settlement::Reopen { .. } => None,
            })
            .collect();
        let distinct: BTreeSet<_> = used.iter().collect();
        prop_assert_eq!(distinct.len(), used.len());
    }
}

#[test]
fn what_was_reported_by_hand_or_excused_is_left_alone() {
    for state in [ObligationState::Met, ObligationState::Excused, ObligationState::Cancelled] {
        let one = DeedObligation { state, ..reviews()[0].clone() };
        assert_eq!(settle(&[one], &[], &terms()), []);
    }
}
