//! Hubs: a lead setting and the partners it supports.

pub mod map;
