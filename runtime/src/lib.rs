//! What every Hubs program stands on: settings, database, clock, logs, shutdown and the change
//! signal. Nothing here knows the programme.

pub mod allowance;
pub mod clock;
pub mod config;
pub mod database;
pub mod digits;
pub mod exit;
pub mod issuers;
pub mod mail_server;
pub mod metrics;
pub mod reads;
pub mod shutdown;
pub mod signal;
pub mod telemetry;
pub mod tls;
pub mod traces;
