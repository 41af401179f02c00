use chrono::TimeDelta;
use proptest::prelude::*;
use rules::calendar::Calendar;
use rules::commitments::{ObligationState, OwedBy};
use rules::reminders::{ObligationFacts, plan, reach, unwanted};
use strum::VariantArray as _;

use crate::reminders::obligation;
use crate::support::{at, day, policy};

fn facts() -> impl Strategy<Value = ObligationFacts> {
    let due = 0..400_i64;
    let opens = prop::option::of(0..60_i64);
    let state = prop::sample::select(ObligationState::VARIANTS);
    (due, opens, state, any::<bool>(), prop::bool::weighted(0.9)).prop_map(
        |(due, opens, state, hub, live)| {
            let due_on = day("2026-09-01") + TimeDelta::days(due);
            ObligationFacts {
                due_on,
                opens_on: opens.map(|days| due_on - TimeDelta::days(days)),
                state,
                live,
                owed_by: if hub { OwedBy::Hub } else { OwedBy::Partner },
                ..obligation()
            }
        },
    )
}

proptest! {
    #[test]
    fn whatever_is_planned_is_wanted_on_a_working_day_and_planned_once(
        mut facts in facts(),
        hours in 0..(24 * 420_i64),
    ) {
        let now = at("2026-08-20T00:00") + TimeDelta::hours(hours);
        let reminders = plan(&facts, &policy(), now);
        for reminder in &reminders {
            prop_assert_eq!(facts.state, ObligationState::Open);
            prop_assert!(facts.calendar.is_working_day(reminder.send_on));
            prop_assert!(reminder.send_on >= rules::calendar::local(now).date());
            prop_assert!(reminder.expires_at > now);
            prop_assert_eq!(unwanted(&facts, reminder, now), None);
            prop_assert!(facts.opens_on.is_none_or(|opens_on| opens_on <= reminder.send_on));
            facts.ledger.insert((reminder.step, reminder.person_id));
        }
        prop_assert_eq!(plan(&facts, &policy(), now), Vec::new());
    }

    #[test]
    fn nothing_is_planned_outside_the_reach_of_the_day(
        facts in facts(),
        hours in 0..(24 * 600_i64),
        own in any::<bool>(),
    ) {
        let now = at("2026-08-20T00:00") + TimeDelta::hours(hours);
        let calendars = if own { vec![facts.calendar.clone()] } else {
            vec![Calendar::default(), facts.calendar.clone()]
        };
        let today = rules::calendar::local(now).date();
        let (first, last) = reach(&policy(), today, &calendars);
        if !(first..=last).contains(&facts.due_on) {
            prop_assert_eq!(plan(&facts, &policy(), now), Vec::new());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn however_often_the_worker_runs_each_step_is_sent_at_most_once(mut facts in facts(), every in 1..200_i64) {
        facts.state = ObligationState::Open;
        let mut now = at("2026-08-20T00:00");
        let mut sent = 0;
        while now < at("2027-12-31T00:00") {
            for reminder in plan(&facts, &policy(), now) {
                prop_assert!(facts.ledger.insert((reminder.step, reminder.person_id)));
                sent += 1;
            }
            now += TimeDelta::hours(every);
        }
        prop_assert!(sent <= 5);
    }
}
