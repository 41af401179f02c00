use chrono::NaiveDate;
use rules::commitments::{
    CommitmentKind, Deed, DeedKind, DeedObligation, ObligationState, Settlement, settle,
};
use rules::programme::{DueRule, TermChoice};

use crate::support::{day, id, rule, terms};

/// A hub's duty to deliver the days of a term.
fn delivery(ordinal: u32) -> DeedObligation {
    DeedObligation {
        id: id(100 + u128::from(ordinal)),
        kind: CommitmentKind::DeliverSupportDays,
        template_id: id(99),
        rule: rule(TermChoice::Each, DueRule::EndOfTerm),
        state: ObligationState::Open,
        deed: None,
        met_on: None,
        term_id: Some(id(u128::from(ordinal))),
        event_id: None,
        required_half_days: None,
        due_on: terms()[ordinal as usize - 1].ends_on,
    }
}

/// That the last of a term's days was settled on a day.
fn delivered(ordinal: u32, on: NaiveDate) -> Deed {
    Deed {
        kind: DeedKind::DeliveredSupportDays,
        id: id(u128::from(ordinal)),
        on,
        half_days: 0,
        event: None,
        senior_leader: false,
        template_id: None,
    }
}

#[test]
fn days_delivered_late_meet_the_duty_of_their_own_term_and_no_other() {
    let duties = [delivery(1), delivery(2), delivery(3)];
    for (ordinal, on) in [
        (1, "2026-12-18"),
        // After its term: in the holidays, and within the next term.
        (1, "2026-12-21"),
        (1, "2027-01-13"),
        (2, "2027-04-20"),
        (3, "2027-07-26"),
    ] {
        let on = day(on);
        let changes = settle(&duties, &[delivered(ordinal, on)], &terms());
        let met = Settlement::Meet {
            id: id(100 + u128::from(ordinal)),
            on,
            kind: DeedKind::DeliveredSupportDays,
            deed: id(u128::from(ordinal)),
        };
        assert_eq!(changes, [met], "term {ordinal}, {on}");
    }
}
