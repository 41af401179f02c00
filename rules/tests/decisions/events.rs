//! Who gets a place, in which order, and of whom what can be recorded.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use rules::events::places::{
    MOST_PLACES, Shortage, Turn, booked, left, next_turn, on_booking, on_change, promoted,
};
use rules::events::{
    Bar, BookingState, EventState, Held, Occasion, Standing, bar_to_attendance, bar_to_booking,
    bar_to_recording, has_recording, in_reach, new_key, state,
};
use rules::programme::EventKind;
use uuid::Uuid;

use crate::support::day;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn held(number: u128, places: i32, state: BookingState) -> Held {
    let booked_at = at("2026-10-05T08:00:00Z") + TimeDelta::seconds(i64::try_from(number).unwrap());
    Held { id: Uuid::from_u128(number), places, state, booked_at }
}

#[test]
fn a_booking_gets_its_places_whole_or_waits_and_nobody_overtakes_who_waits() {
    use BookingState::{Booked, Waiting};
    let has = |places| held(1, places, Booked);
    let waits = |places| held(2, places, Waiting);
    for (capacity, bookings, places, expected) in [
        (None, vec![has(90)], 90, Ok(Booked)),
        (Some(5), vec![], 5, Ok(Booked)),
        (Some(5), vec![has(3)], 2, Ok(Booked)),
        (Some(5), vec![has(3)], 3, Ok(Waiting)),
        (Some(5), vec![has(3), waits(3)], 1, Ok(Waiting)),
        // Who can never be served holds up nobody.
        (Some(5), vec![has(3), waits(6)], 1, Ok(Booked)),
        (Some(5), vec![], 6, Err(Shortage::MoreThanAll(5))),
        (Some(5), vec![], 0, Err(Shortage::Nonsense)),
        (None, vec![], -1, Err(Shortage::Nonsense)),
        (None, vec![], MOST_PLACES + 1, Err(Shortage::Nonsense)),
    ] {
        let answer = on_booking(capacity, &bookings, places);
        assert_eq!(answer, expected, "{capacity:?} {bookings:?} {places}");
    }
}

#[test]
fn places_that_come_free_go_in_order_up_to_the_first_for_whom_there_are_not_enough() {
    use BookingState::{Booked, Cancelled, Waiting};
    let list = [
        held(4, 1, Waiting),
        held(1, 2, Booked),
        held(3, 2, Waiting),
        held(2, 3, Cancelled),
        held(5, 9, Waiting),
    ];
    let id = Uuid::from_u128;
    for (capacity, expected) in [
        (Some(2), vec![]),
        (Some(3), vec![]),
        (Some(4), vec![id(3)]),
        (Some(5), vec![id(3), id(4)]),
        (Some(13), vec![id(3), id(4)]),
        (Some(14), vec![id(3), id(4), id(5)]),
        (None, vec![id(3), id(4), id(5)]),
    ] {
        assert_eq!(promoted(capacity, &list), expected, "{capacity:?}");
    }
    assert_eq!(left(Some(5), booked(&list)), Some(3));
    assert_eq!(left(Some(1), booked(&list)), Some(0));
    assert_eq!(left(None, booked(&list)), None);
}

#[test]
fn fewer_places_can_always_be_had_and_more_only_behind_those_who_wait() {
    use BookingState::{Booked, Waiting};
    let own = held(1, 3, Booked);
    let waiting = held(2, 3, Waiting);
    let waits = held(9, 1, Waiting);
    for (bookings, one, places, expected) in [
        (vec![own, waits], own, 2, Ok(Turn::Kept)),
        (vec![own], own, 5, Ok(Turn::Kept)),
        (vec![own], own, 6, Err(Shortage::MoreThanAll(5))),
        (vec![own, held(3, 1, Booked)], own, 5, Err(Shortage::MoreThanLeft(1))),
        (vec![own, waits], own, 4, Err(Shortage::MoreThanLeft(0))),
        (vec![waiting, held(3, 5, Booked)], waiting, 2, Ok(Turn::Kept)),
        (vec![waiting, held(3, 5, Booked)], waiting, 4, Ok(Turn::Last)),
        (vec![own], own, 0, Err(Shortage::Nonsense)),
    ] {
        assert_eq!(on_change(Some(5), &bookings, &one, places), expected, "{bookings:?} {places}");
    }
}

#[test]
fn whoever_comes_later_is_later_in_the_order_even_at_the_same_moment() {
    let now = at("2026-10-05T08:00:00Z");
    assert_eq!(next_turn(None, now), now);
    assert_eq!(next_turn(Some(now - TimeDelta::hours(1)), now), now);
    assert_eq!(next_turn(Some(now), now), now + TimeDelta::microseconds(1));
    let ahead = now + TimeDelta::seconds(2);
    assert_eq!(next_turn(Some(ahead), now), ahead + TimeDelta::microseconds(1));
}

fn occasion() -> Occasion {
    Occasion {
        hub: Some(Uuid::from_u128(1)),
        cohort: None,
        starts_at: at("2026-10-08T08:30:00Z"),
        ends_at: at("2026-10-08T13:30:00Z"),
        published_at: Some(at("2026-07-06T08:00:00Z")),
        cancelled: false,
    }
}

fn standing() -> Standing {
    Standing { hub: Uuid::from_u128(1), cohort: Uuid::from_u128(2), ended_on: None }
}

#[test]
fn an_event_can_be_booked_from_its_publication_to_its_end_by_those_it_is_for() {
    let before = at("2026-10-05T08:00:00Z");
    let elsewhere = Standing { hub: Uuid::from_u128(7), ..standing() };
    let left = Standing { ended_on: Some(day("2026-09-30")), ..standing() };
    let of_another_cohort = Occasion { cohort: Some(Uuid::from_u128(7)), ..occasion() };
    let cancelled = Occasion { cancelled: true, ..occasion() };
    let draft = Occasion { published_at: None, ..occasion() };
    for (event, partner, now, expected) in [
        (occasion(), standing(), before, None),
        (occasion(), standing(), at("2026-07-06T07:59:59Z"), Some(Bar::NotPublished)),
        (occasion(), standing(), at("2026-07-06T08:00:00Z"), None),
        (occasion(), standing(), at("2026-10-08T13:29:59Z"), None),
        (occasion(), standing(), at("2026-10-08T13:30:00Z"), Some(Bar::Over)),
        (draft, standing(), before, Some(Bar::NotPublished)),
        (cancelled, standing(), before, Some(Bar::Cancelled)),
        (occasion(), elsewhere, before, Some(Bar::NotForThem)),
        (of_another_cohort, standing(), before, Some(Bar::NotForThem)),
        (Occasion { hub: None, ..occasion() }, elsewhere, before, None),
        (occasion(), left, before, Some(Bar::Ended)),
    ] {
        assert_eq!(bar_to_booking(&event, &partner, now), expected, "{event:?} {partner:?} {now}");
    }
}

#[test]
fn who_came_is_recorded_once_it_began_and_who_watched_once_it_is_over() {
    let during = at("2026-10-08T09:00:00Z");
    let after = at("2026-10-12T09:00:00Z");
    let elsewhere = Standing { hub: Uuid::from_u128(7), ..standing() };
    let left = |on| Standing { ended_on: Some(on), ..standing() };
    let event = occasion();
    let came = |partner: &Standing, known, now| bar_to_attendance(&event, partner, known, now);
    assert_eq!(came(&standing(), false, at("2026-10-08T08:29:59Z")), Some(Bar::NotBegun));
    assert_eq!(came(&standing(), false, during), None);
    assert_eq!(came(&elsewhere, false, after), Some(Bar::NotForThem));
    assert_eq!(came(&elsewhere, true, after), None, "it was this hub's partner then");
    assert_eq!(came(&left(day("2026-10-07")), true, after), Some(Bar::Ended));
    assert_eq!(came(&left(day("2026-10-09")), true, after), None);

    let watched = |on, now| bar_to_recording(&event, &standing(), false, on, now);
    assert_eq!(watched(day("2026-10-08"), during), Some(Bar::NotEnded));
    assert_eq!(watched(day("2026-10-08"), after), None);
    assert_eq!(watched(day("2026-10-12"), after), None);
    assert_eq!(watched(day("2026-10-07"), after), Some(Bar::BeforeIt));
    assert_eq!(watched(day("2026-10-13"), after), Some(Bar::InTheFuture));
    assert!(has_recording(EventKind::CpdSession, None));
    assert!(!has_recording(EventKind::OpenDay, None));
    assert!(has_recording(EventKind::OpenDay, Some("https://example.org/film")));
}

#[test]
fn where_an_event_stands_follows_from_its_times() {
    let (first, last) = (at("2026-10-05T08:00:00Z"), at("2026-10-05T10:00:00Z"));
    let noon = at("2026-10-05T12:00:00Z");
    assert_eq!(state(None, None, last, first), EventState::Draft);
    assert_eq!(state(Some(last), None, noon, first), EventState::Scheduled);
    assert_eq!(state(Some(first), None, last, first), EventState::Published);
    assert_eq!(state(Some(first), None, last, last), EventState::Over);
    assert_eq!(state(Some(first), Some(first), last, noon), EventState::Cancelled);
}

#[test]
fn a_made_up_key_is_nobody_elses() {
    assert_eq!(new_key("elm-open-day", |_| false), "elm-open-day");
    let taken = ["elm-open-day", "elm-open-day-2"];
    assert_eq!(new_key("elm-open-day", |key| taken.contains(&key)), "elm-open-day-3");
    let (hub, cohort) = (Uuid::from_u128(1), Uuid::from_u128(2));
    assert!(in_reach((None, None), (hub, cohort)));
    assert!(!in_reach((Some(cohort), None), (hub, cohort)));
}

/// Something that happens to an event's places.
#[derive(Clone, Debug)]
enum Move {
    Book(i32),
    Cancel(usize),
    Change(usize, i32),
    Capacity(Option<i32>),
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (1..6_i32).prop_map(Move::Book),
        2 => (0..20_usize).prop_map(Move::Cancel),
        1 => (0..20_usize, 0..8_i32).prop_map(|(at, places)| Move::Change(at, places)),
        1 => proptest::option::weighted(0.9, 1..12_i32).prop_map(Move::Capacity),
    ]
}

proptest! {
    #[test]
    fn places_are_never_overbooked_and_nobody_who_came_later_goes_first(
        moves in proptest::collection::vec(a_move(), 1..60),
    ) {
        let mut capacity = Some(5);
        let mut all: Vec<Held> = Vec::new();
        let now = at("2026-10-05T08:00:00Z");
        for (number, step) in (0_u128..).zip(moves) {
            let turn = next_turn(all.iter().map(|one| one.booked_at).max(), now);
            let before = all.clone();
            match step {
                Move::Book(places) => {
                    if let Ok(state) = on_booking(capacity, &all, places) {
                        let id = Uuid::from_u128(number);
                        all.push(Held { id, places, state, booked_at: turn });
                    }
                }
                Move::Cancel(at) => {
                    if let Some(one) = all.get_mut(at) {
                        one.state = BookingState::Cancelled;
                    }
                }
                Move::Change(at, places) => {
                    if let Some(one) = all.get(at).copied()
                        && one.state != BookingState::Cancelled
                        && let Ok(to) = on_change(capacity, &all, &one, places)
                    {
                        let booked_at = if to == Turn::Last { turn } else { one.booked_at };
                        all[at] = Held { places, booked_at, ..one };
                    }
                }
                Move::Capacity(wanted) => {
                    if wanted.is_none_or(|wanted| wanted >= booked(&all)) {
                        capacity = wanted;
                    }
                }
            }
            for id in promoted(capacity, &all) {
                let one = all.iter_mut().find(|one| one.id == id).unwrap();
                one.state = BookingState::Booked;
            }
            prop_assert!(left(capacity, booked(&all)).is_none_or(|left| left >= 0));
            prop_assert!(capacity.is_none_or(|capacity| booked(&all) <= capacity));
            prop_assert_eq!(promoted(capacity, &all), Vec::<Uuid>::new(), "nobody is left over");
            // Whoever has just got places came before everybody who still waits and could be served.
            let got = all.iter().filter(|one| {
                let was = before.iter().find(|old| old.id == one.id);
                one.state == BookingState::Booked
                    && was.is_none_or(|old| old.state == BookingState::Waiting)
            });
            for one in got {
                let overtaken = all.iter().find(|other| {
                    other.state == BookingState::Waiting
                        && capacity.is_none_or(|capacity| other.places <= capacity)
                        && other.booked_at < one.booked_at
                });
                prop_assert_eq!(overtaken, None, "{:?} went first", one);
            }
            let mut turns: Vec<_> = all.iter().map(|one| one.booked_at).collect();
            turns.sort_unstable();
            turns.dedup();
            prop_assert_eq!(turns.len(), all.len(), "everybody has a place of their own");
        }
    }
}
