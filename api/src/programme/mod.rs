//! Programmes as data: cohorts, terms, pathways, commitments and events.

pub mod map;
