//! The graph over GraphQL: what it says, to whom, and what it refuses.

mod access;
mod acting;
mod alerts;
mod audit;
mod deeds;
mod describing;
mod door;
mod events;
mod foreign;
mod live;
mod paging;
mod reading;
mod refusals;
mod remembered;
mod seed;
mod support;
mod surveys;
mod tellings;
mod to_many;
mod values;
mod writing;
