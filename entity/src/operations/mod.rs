//! What an operator looks at and does: the worker's [`jobs`] and their moments, the mail [`lanes`],
//! [`pauses`] of either, [`replays`] of messages that failed, and [`settlements`] of those of which
//! nobody knew whether they arrived.

pub mod job;
pub mod jobs;
pub mod lanes;
pub mod mail_lane;
pub mod message_replay;
pub mod pause;
pub mod pauses;
pub mod replays;
pub mod settlements;
