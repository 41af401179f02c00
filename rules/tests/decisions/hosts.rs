//! Which mail server gets the next message, and when.

use std::time::Duration;

use proptest::prelude::*;
use rules::messages::hosts::{Choice, Host, Pace, choose};

const PACE: Pace = Pace { per_second: 10.0, burst: 2.0 };

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Servers that have taken a message before, with full buckets.
fn proved(count: usize) -> Vec<Host> {
    let mut hosts = vec![Host::new(PACE); count];
    hosts.iter_mut().for_each(Host::answered);
    hosts
}

#[test]
fn a_full_bucket_gives_its_burst_and_then_one_at_a_time_in_the_pace() {
    let mut hosts = proved(1);
    for _ in 0..2 {
        assert_eq!(choose(&mut hosts, 0, Duration::ZERO), Choice::Give(0));
    }
    let Choice::Wait(wait) = choose(&mut hosts, 0, Duration::ZERO) else { panic!("empty") };
    assert_eq!(wait.as_millis(), 100);
    assert_eq!(choose(&mut hosts, 0, wait), Choice::Give(0));
    assert!(matches!(choose(&mut hosts, 0, wait), Choice::Wait(_)));
    hosts[0].not_asked();
    assert_eq!(choose(&mut hosts, 0, wait), Choice::Give(0), "its token came back");
}

#[test]
fn a_new_server_is_tried_out_with_one_message_before_it_gets_more() {
    let mut hosts = vec![Host::new(PACE)];
    assert_eq!(choose(&mut hosts, 0, Duration::ZERO), Choice::Give(0));
    assert!(matches!(choose(&mut hosts, 0, Duration::ZERO), Choice::Wait(_)));
    hosts[0].took(Duration::ZERO);
    assert_eq!(choose(&mut hosts, 0, Duration::ZERO), Choice::Give(0));
}

#[test]
fn while_one_is_tried_out_its_share_goes_to_the_next() {
    let mut hosts = vec![Host::new(PACE), Host::new(PACE)];
    hosts[1].answered();
    assert_eq!(choose(&mut hosts, 0, Duration::ZERO), Choice::Give(0));
    assert_eq!(choose(&mut hosts, 0, Duration::ZERO), Choice::Give(1));
    hosts[0].took(Duration::ZERO);
    assert_eq!(choose(&mut hosts, 0, Duration::ZERO), Choice::Give(0));
}

#[test]
fn one_that_fails_rests_longer_each_time_while_the_next_takes_its_messages() {
    let mut hosts = proved(2);
    let mut at = seconds(100.0);
    let mut rests = Vec::new();
    for _ in 0..7 {
        assert_eq!(choose(&mut hosts, 0, at), Choice::Give(0));
        hosts[0].failed(at);
        assert_eq!(choose(&mut hosts, 0, at), Choice::Give(1));
        hosts[1].took(Duration::ZERO);
        hosts[1].failed(at);
        let Choice::Rest(rest) = choose(&mut hosts, 0, at) else { panic!("both rest") };
        let until_both = (1..1000)
            .map(|more| at + Duration::from_secs(more))
            .find(|then| matches!(choose(&mut hosts.clone(), 0, *then), Choice::Give(0)));
        let both = until_both.unwrap();
        rests.push(both.saturating_sub(at).as_secs());
        assert!(rest <= both.saturating_sub(at));
        at = both;
    }
    assert_eq!(rests, [5, 10, 20, 40, 80, 120, 120]);
    assert_eq!(choose(&mut hosts, 0, at), Choice::Give(0));
    hosts[0].took(Duration::ZERO);
    hosts[0].failed(at);
    let rested = at + Duration::from_secs(5);
    assert_eq!(choose(&mut hosts, 0, rested), Choice::Give(0), "what works begins anew");
}

#[test]
fn asking_for_patience_halves_the_pace_and_every_message_taken_brings_back_a_hundredth() {
    let mut hosts = proved(1);
    hosts[0].asked_for_patience(seconds(1.0));
    hosts[0].asked_for_patience(seconds(1.0));
    assert!((hosts[0].rate() - 5.0).abs() < 1e-9, "said by two at once, it counts once");
    assert_eq!(choose(&mut hosts, 0, seconds(1.0)), Choice::Rest(seconds(1.0)));
    for _ in 0..49 {
        hosts[0].took(Duration::ZERO);
    }
    assert!((hosts[0].rate() - 9.9).abs() < 1e-9, "{}", hosts[0].rate());
    hosts[0].took(Duration::ZERO);
    hosts[0].took(Duration::ZERO);
    assert!((hosts[0].rate() - 10.0).abs() < 1e-9, "never above what is set");
    for minute in 1_u32..40 {
        hosts[0].asked_for_patience(seconds(f64::from(minute) * 600.0));
    }
    assert!((hosts[0].rate() - 0.1).abs() < 1e-9, "never to nothing");
}

#[test]
fn one_broken_conversation_is_chance_and_three_in_a_row_are_not() {
    let mut hosts = proved(1);
    let at = seconds(9.0);
    for rests in [false, false, true] {
        hosts[0].broke(at);
        assert_eq!(matches!(choose(&mut hosts.clone(), 0, at), Choice::Rest(_)), rests);
    }
    let mut hosts = proved(1);
    for _ in 0..9 {
        hosts[0].broke(at);
        hosts[0].broke(at);
        hosts[0].answered();
    }
    assert!(matches!(choose(&mut hosts, 0, at), Choice::Give(0)));
}

#[test]
fn one_that_refuses_ten_recipients_in_a_row_rests_and_is_then_tried_with_one() {
    let at = seconds(9.0);
    let mut hosts = proved(1);
    for turn in 0..50 {
        assert!(!hosts[0].refused(at, "one@example.org"), "{turn}: the same one says nothing new");
    }
    for number in 1..9 {
        assert!(!hosts[0].refused(at, &format!("{number}@example.org")));
    }
    let mut kind = hosts.clone();
    kind[0].took(Duration::ZERO);
    assert!(!kind[0].refused(at, "last@example.org"), "it takes mail of ours");
    assert!(hosts[0].refused(at, "last@example.org"));
    assert_eq!(choose(&mut hosts, 0, at), Choice::Rest(Duration::from_mins(15)));
    let later = at + Duration::from_mins(15);
    assert_eq!(choose(&mut hosts, 0, later), Choice::Give(0));
    assert!(matches!(choose(&mut hosts, 0, later), Choice::Wait(_)), "one is enough to find out");
    assert!(hosts[0].refused(later, "one@example.org"), "and its word decides");
    assert!(matches!(choose(&mut hosts, 0, later), Choice::Rest(_)));
}

/// What may happen between two looks.
#[derive(Clone, Debug)]
enum Event {
    Pass(u64),
    Took,
    Refused,
    Patience,
    Failed,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => (0_u64..400).prop_map(Event::Pass),
        8 => Just(Event::Took),
        1 => Just(Event::Refused),
        1 => Just(Event::Patience),
        1 => Just(Event::Failed),
    ];
    prop::collection::vec(event, 1..300)
}

proptest! {
    /// Whatever servers answer: over any stretch of time none gets more than its burst and its
    /// pace allow, one that rests gets nothing, and one to be tried out has one message at most.
    #[test]
    fn no_server_gets_more_than_its_pace_or_anything_while_it_rests(
        events in events(),
        count in 1_usize..4,
    ) {
        let mut hosts = vec![Host::new(PACE); count];
        let mut resting = vec![Duration::ZERO; count];
        let mut unproved = vec![true; count];
        let mut given: Vec<Vec<Duration>> = vec![Vec::new(); count];
        let mut out: Vec<usize> = Vec::new();
        let mut at = Duration::ZERO;
        for (number, event) in events.into_iter().enumerate() {
            if let Choice::Give(host) = choose(&mut hosts, number, at) {
                prop_assert!(resting[host] <= at);
                prop_assert!(!unproved[host] || !out.contains(&host));
                given[host].push(at);
                out.push(host);
            }
            let ended = match event {
                Event::Pass(ms) => { at += Duration::from_millis(ms); None }
                _ => out.pop(),
            };
            let Some(host) = ended else { continue };
            match event {
                Event::Took => hosts[host].took(at),
                Event::Refused => hosts[host].answered(),
                Event::Patience => hosts[host].asked_for_patience(at),
                Event::Failed => hosts[host].failed(at),
                Event::Pass(_) => {}
            }
            if matches!(event, Event::Patience | Event::Failed) {
                unproved[host] = true;
                // What is still out was given before; it may come back at any time.
                out.retain(|one| *one != host);
                let least = if matches!(event, Event::Patience) { 1 } else { 5 };
                if resting[host] <= at { resting[host] = at + Duration::from_secs(least); }
            } else {
                unproved[host] = false;
            }
        }
        for moments in &given {
            for (first, from) in moments.iter().enumerate() {
                for (last, until) in moments.iter().enumerate().skip(first) {
                    let most = PACE.burst + PACE.per_second * until.saturating_sub(*from).as_secs_f64();
                    let got = u32::try_from(last - first + 1).unwrap();
                    prop_assert!(f64::from(got) <= most + 1e-6);
                }
            }
        }
    }
}

#[test]
fn a_server_is_believed_about_an_address_while_it_takes_mail_to_others() {
    let hour = Duration::from_hours(1);
    let refuse = |host: &mut Host, count: usize| {
        for number in 0..count {
            host.refused(hour, &format!("{number}@school.example"));
        }
    };
    for (took_at, refused, at, believed) in [
        (None, 1, hour, false),
        (Some(hour), 1, hour, true),
        (Some(hour), 3, hour, true),
        (Some(hour), 4, hour, false),
        (Some(hour), 10, hour, false),
        (Some(hour), 1, 2 * hour, true),
        (Some(hour), 1, 2 * hour + seconds(1.0), false),
    ] {
        let mut host = Host::new(PACE);
        if let Some(at) = took_at {
            host.took(at);
        }
        refuse(&mut host, refused);
        assert_eq!(host.knows_recipients(at), believed, "{took_at:?} {refused} {at:?}");
    }
    let mut host = Host::new(PACE);
    refuse(&mut host, 9);
    host.took(hour);
    assert!(host.knows_recipients(hour), "it knows somebody after all");
}
