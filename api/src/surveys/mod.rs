//! Survey campaigns: what the graph shows of them, and what can be done to them.

mod inputs;
pub mod map;
pub mod mutations;
mod plain;
mod results;
pub mod subscription;
