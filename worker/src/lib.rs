//! The worker of Hubs: looks at the facts, plans reminders, bundles them into digests, delivers
//! them and assesses engagement. It meets the api only in the database.

pub mod app;
pub mod explain;
mod failpoint;
pub mod heartbeat;
pub mod jobs;
pub mod mail;
pub mod pass;
pub mod simulate;
