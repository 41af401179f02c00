//! The schema of Hubs, one migration per step, the same on SQLite and PostgreSQL.
//!
//! A migration runs in a transaction on both databases and is safe while the version before it is
//! still serving: expand, move, contract. This crate imports nothing of ours, so that an old
//! migration never changes when the code does.

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;

mod columns;
mod m20261005_000001_register;
mod m20261005_000002_people;
mod m20261005_000003_programme;
mod m20261005_000004_enrolments;
mod m20261005_000005_messages;
mod m20261005_000006_engagement;
mod m20261122_000007_visits;
mod m20261122_000008_events;
mod m20261122_000009_plans;
mod m20261122_000010_surveys;
mod m20261122_000011_alert_life;
mod m20261122_000012_deeds_and_presence;
mod m20261122_000013_enrolment_standing;
mod m20261122_000014_live;
mod m20261122_000015_audit;
mod m20261122_000016_sign_in;
mod m20261122_000017_idempotency;
mod m20261122_000019_following;
mod m20261122_000020_headings;
mod m20261122_000021_notices;
mod m20261122_000022_mail_choices;
mod m20261122_000024_feedback;
mod m20261122_000025_bulletins;
mod m20261122_000026_operations;
mod m20261122_000028_time_before;
mod m20261122_000030_previews_sent;
mod m20261122_000031_mail_away;
mod m20261122_000033_speed;
mod m20261122_000034_digest_day;
mod m20261122_000037_last_done;
mod m20261122_000040_known_past;
mod m20261122_000041_held;
mod m20261122_000042_hub_email;
mod m20261122_000043_forgetting;
mod m20261122_000044_refusals;

/// Lists and runs the migrations.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261005_000001_register::Migration),
            Box::new(m20261005_000002_people::Migration),
            Box::new(m20261005_000003_programme::Migration),
            Box::new(m20261005_000004_enrolments::Migration),
            Box::new(m20261005_000005_messages::Migration),
            Box::new(m20261005_000006_engagement::Migration),
            Box::new(m20261122_000007_visits::Migration),
            Box::new(m20261122_000008_events::Migration),
            Box::new(m20261122_000009_plans::Migration),
            Box::new(m20261122_000010_surveys::Migration),
            Box::new(m20261122_000011_alert_life::Migration),
            Box::new(m20261122_000012_deeds_and_presence::Migration),
            Box::new(m20261122_000013_enrolment_standing::Migration),
            Box::new(m20261122_000014_live::Migration),
            Box::new(m20261122_000015_audit::Migration),
            Box::new(m20261122_000016_sign_in::Migration),
            Box::new(m20261122_000019_following::Migration),
            Box::new(m20261122_000017_idempotency::Migration),
            Box::new(m20261122_000020_headings::Migration),
            Box::new(m20261122_000021_notices::Migration),
            Box::new(m20261122_000022_mail_choices::Migration),
            Box::new(m20261122_000024_feedback::Migration),
            Box::new(m20261122_000025_bulletins::Migration),
            Box::new(m20261122_000026_operations::Migration),
            Box::new(m20261122_000028_time_before::Migration),
            Box::new(m20261122_000030_previews_sent::Migration),
            Box::new(m20261122_000031_mail_away::Migration),
            Box::new(m20261122_000033_speed::Migration),
            Box::new(m20261122_000034_digest_day::Migration),
            Box::new(m20261122_000037_last_done::Migration),
            Box::new(m20261122_000040_known_past::Migration),
            Box::new(m20261122_000041_held::Migration),
            Box::new(m20261122_000042_hub_email::Migration),
            Box::new(m20261122_000043_forgetting::Migration),
            Box::new(m20261122_000044_refusals::Migration),
        ]
    }
}
