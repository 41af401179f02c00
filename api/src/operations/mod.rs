//! Looking after the worker: its jobs and their moments, mail lanes, pauses, and messages sent anew.

pub mod map;
pub mod mutations;
