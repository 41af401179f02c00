//! Reading the graph. A request passes the [`gate`], is made into a [`plan`] by the [`planner`]
//! over the [`map`], [`run`] on one snapshot, and what it finds is [`write`]ten out as JSON. There
//! is no other way to read, so there is no unscoped one. A subscription is read in the same way,
//! again and again: it is one of the [`feed`]s, [`watch`]ed.

mod bill;
pub mod code;
pub mod cost;
pub mod feed;
pub mod gate;
pub mod ids;
pub mod map;
pub mod plan;
pub mod planner;
pub mod registry;
mod run;
pub mod size;
mod sql;
pub mod trusted;
pub mod watch;
pub(crate) mod write;

mod answer;

pub use answer::{Answer, Begun, Request, answer, begin};
pub use bill::Charge;
