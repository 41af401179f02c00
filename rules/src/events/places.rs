//! Who gets a place, and in which order.
//!
//! First come, first served, and nobody overtakes: while somebody waits, whoever comes later waits
//! behind them, even where fewer places would do. A booking gets all its places at once or none. One
//! that asks for more than the event holds (its capacity was lowered since) holds up nobody.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{BookingState, Held};

/// Most places in one booking.
pub const MOST_PLACES: i32 = 100;

/// Why places cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortage {
    /// Not a number of places that can be booked.
    Nonsense,
    /// More than the event holds in all.
    MoreThanAll(i32),
    /// More than are free for somebody who has some already.
    MoreThanLeft(i32),
}

/// How a change of places leaves a booking in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Where it was.
    Kept,
    /// At the end of the waiting list: more was asked for than before.
    Last,
}

/// Places given out.
#[must_use]
pub fn booked(bookings: &[Held]) -> i32 {
    let given = bookings.iter().filter(|one| one.state == BookingState::Booked);
    given.fold(0, |sum, one| sum.saturating_add(one.places))
}

/// Places left, never below 0; none means that there is no limit.
#[must_use]
pub fn left(capacity: Option<i32>, booked: i32) -> Option<i32> {
    capacity.map(|capacity| capacity.saturating_sub(booked).max(0))
}

/// Whether so many places fit into what is left.
fn fits(capacity: Option<i32>, booked: i32, places: i32) -> bool {
    left(capacity, booked).is_none_or(|left| places <= left)
}

/// Those who wait and can be served, in their order.
fn queue(capacity: Option<i32>, bookings: &[Held]) -> Vec<&Held> {
    let mut queue: Vec<&Held> = bookings
        .iter()
        .filter(|one| one.state == BookingState::Waiting && fits(capacity, 0, one.places))
        .collect();
    queue.sort_by_key(|one| (one.booked_at, one.id));
    queue
}

fn check(capacity: Option<i32>, places: i32) -> Result<(), Shortage> {
    if !(1..=MOST_PLACES).contains(&places) {
        return Err(Shortage::Nonsense);
    }
    match capacity {
        Some(capacity) if places > capacity => Err(Shortage::MoreThanAll(capacity)),
        _ => Ok(()),
    }
}

/// Whether a new booking gets its places or waits.
///
/// # Errors
/// So many can never be had.
pub fn on_booking(
    capacity: Option<i32>,
    bookings: &[Held],
    places: i32,
) -> Result<BookingState, Shortage> {
    check(capacity, places)?;
    let free = queue(capacity, bookings).is_empty() && fits(capacity, booked(bookings), places);
    Ok(if free { BookingState::Booked } else { BookingState::Waiting })
}

/// The place in the order of whoever comes now, after the `last` one given: later than that even
/// for two at one moment, or where two machines' clocks differ.
#[must_use]
pub fn next_turn(last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    last.map_or(now, |last| now.max(last + TimeDelta::microseconds(1)))
}

/// Whether a booking can have so many places, and where that leaves it in the order. Fewer can be
/// had always; who has places gets more only while nobody waits; who waits and asks for more than
/// before goes to the end.
///
/// # Errors
/// So many cannot be had, at all or now.
pub fn on_change(
    capacity: Option<i32>,
    bookings: &[Held],
    held: &Held,
    places: i32,
) -> Result<Turn, Shortage> {
    if places >= 1 && places <= held.places {
        return Ok(Turn::Kept);
    }
    check(capacity, places)?;
    if held.state == BookingState::Waiting {
        return Ok(Turn::Last);
    }
    let more = places - held.places;
    if queue(capacity, bookings).is_empty() && fits(capacity, booked(bookings), more) {
        return Ok(Turn::Kept);
    }
    let left = if queue(capacity, bookings).is_empty() {
        left(capacity, booked(bookings)).unwrap_or(0)
    } else {
        0
    };
    Err(Shortage::MoreThanLeft(left))
}

/// Who gets places from the waiting list now, in their order, up to the first for whom there are
/// not enough.
#[must_use]
pub fn promoted(capacity: Option<i32>, bookings: &[Held]) -> Vec<Uuid> {
    let mut taken = booked(bookings);
    let mut served = Vec::new();
    for one in queue(capacity, bookings) {
        if !fits(capacity, taken, one.places) {
            break;
        }
        taken = taken.saturating_add(one.places);
        served.push(one.id);
    }
    served
}
