//! Reading the graph. A request passes the [`gate`], is made into a [`plan`] by the [`planner`]
//! over the [`map`], [`run`] on one snapshot, and what it finds is [`write`]ten out as JSON. There
//! is no other way to read, so there is no unscoped one. A subscription is read in the same way,
//! again and again: it is one of the [`feed`]s, [`watch`]ed. What no table holds is worked out by a
//! [`telling`] field, and the rows it names are read like all others.

mod bill;
pub mod caller;
pub mod code;
pub mod cost;
pub mod feed;
pub mod gate;
pub mod ids;
pub mod map;
mod marks;
pub mod plan;
pub mod planner;
pub(crate) mod plans;
pub mod registry;
mod run;
pub mod size;
mod sql;
pub mod telling;
pub mod trial;
pub mod trusted;
pub mod watch;
pub(crate) mod write;

mod answer;
mod cache;

pub use answer::{Answer, Begun, Request, answer, begin};
pub use bill::Charge;
pub use run::Stopped;
