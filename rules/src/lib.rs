//! The programme's rules: facts and a `now` go in, decisions come out.
//!
//! Nothing here awaits, reads a clock, a file or a database: the same facts and the same `now`
//! always give the same decision. That is what lets a request, the nightly job, a simulation and a
//! test ask the same question and get the same answer.

pub mod calendar;
pub mod commitments;
pub mod engagement;
pub mod enrolments;
pub mod events;
pub mod lanes;
pub mod links;
pub mod messages;
pub mod people;
pub mod plans;
pub mod programme;
pub mod register;
pub mod reminders;
pub mod sign_in;
pub mod standstill;
pub mod surveys;
pub mod timetable;
pub mod visits;
pub mod words;
