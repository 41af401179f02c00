//! The graph over GraphQL: what it says, to whom, and what it refuses.

mod access;
mod acting;
mod door;
mod events;
mod reading;
mod refusals;
mod seed;
