//! Notices of visits and bookings, and the summaries: who gets which, what they say, what calendars
//! make of them, and that what is not true any more is not sent.

mod answers;
mod bookings;
mod calendars;
mod choices;
mod critical;
mod doubt;
mod kinds;
mod meanwhile;
mod summaries;
mod support;
mod visits;
mod weeks;
