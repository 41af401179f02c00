//! The jobs, one file each, and their timetable. Every job looks at the facts and makes it so: it
//! takes no input and can run twice, late, or on two machines.

mod alert_digests;
mod assess_engagement;
mod bundle_digests;
mod deliver;
mod derive_obligations;
mod forget_mail;
mod hub_weeks;
mod plan_reminders;
mod read_feedback;
mod run_campaigns;
mod sign_in_letters;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use entity::outcome::StoreError;
use entity::programme::programme;
use rules::timetable::{CatchUp, LocalRule};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryOrder as _, QuerySelect as _,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::app::App;
use crate::pass::Done;

/// The jobs there are; as text, the name of their file and of their rows in `occurrence`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(serialize_all = "snake_case")]
pub enum Job {
    /// Brings every obligation up to the day.
    DeriveObligations,
    /// Opens, reminds of and closes survey campaigns.
    RunCampaigns,
    /// Writes down the reminders that are needed, calls off those that are not.
    PlanReminders,
    /// Queues the summaries of the week for hub leads.
    HubWeeks,
    /// Queues the mails about alerts for programme admins.
    AlertDigests,
    /// Makes the digests whose time has come.
    BundleDigests,
    /// Queues the letters with links that sign in.
    SignInLetters,
    /// Takes in what mail systems report of mail that went: before any more goes.
    ReadFeedback,
    /// Delivers messages. Nothing else sends mail.
    Deliver,
    /// Raises and clears alerts.
    AssessEngagement,
    /// Deletes what mails said, and where they came back from, once nobody needs it any more.
    ForgetMail,
}

/// A line of the timetable.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The job.
    pub job: Job,
    /// When it is due, in London time.
    pub rule: LocalRule,
    /// What is done about moments that passed while no worker ran.
    pub catch_up: CatchUp,
}

/// A time of day.
const fn at(hour: u32, minute: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

/// The latest moment is made up for within so many hours: what a job does that looks at the facts.
const fn latest(hours: i64) -> CatchUp {
    CatchUp::Latest { within: TimeDelta::hours(hours) }
}

/// The timetable, in the order in which a pass goes through it. A worker that starts does at once
/// what the day has been due so far.
///
/// Of moments that passed unseen each job makes up for the latest alone: all of them look at the
/// facts as they are, so that one run does what several would have done, and none may be left out
/// because somebody was away at its minute. The other ways of making up are for jobs that do
/// something of their own for every moment, and for those that are pointless later.
pub const TIMETABLE: &[Row] = &[
    Row {
        job: Job::DeriveObligations,
        rule: LocalRule::Daily { at: at(0, 5) },
        catch_up: latest(24),
    },
    // Through the day, so that a reminder finds the school's working day even after an outage; at
    // night it closes what ended with the day.
    Row {
        job: Job::RunCampaigns,
        rule: LocalRule::Every { minutes: 60, from: at(0, 10), until: at(17, 10) },
        catch_up: latest(12),
    },
    Row {
        job: Job::PlanReminders,
        rule: LocalRule::Every { minutes: 15, from: at(6, 0), until: at(18, 0) },
        catch_up: latest(12),
    },
    // Early, so that they go out with the hour of their readers.
    Row { job: Job::HubWeeks, rule: LocalRule::Daily { at: at(6, 20) }, catch_up: latest(12) },
    Row { job: Job::AlertDigests, rule: LocalRule::Daily { at: at(6, 25) }, catch_up: latest(12) },
    Row { job: Job::BundleDigests, rule: LocalRule::Beat, catch_up: CatchUp::Skip },
    Row { job: Job::SignInLetters, rule: LocalRule::Beat, catch_up: CatchUp::Skip },
    Row { job: Job::ReadFeedback, rule: LocalRule::Beat, catch_up: CatchUp::Skip },
    Row { job: Job::Deliver, rule: LocalRule::Beat, catch_up: CatchUp::Skip },
    // Mutations assess what they touch; these passes see what the passing of time alone changed.
    Row {
        job: Job::AssessEngagement,
        rule: LocalRule::Every { minutes: 60, from: at(2, 0), until: at(20, 0) },
        catch_up: latest(24),
    },
    // At night, in parts, so that nobody waits for it. Where no worker runs at night, one part a day.
    Row {
        job: Job::ForgetMail,
        rule: LocalRule::Every { minutes: 15, from: at(0, 30), until: at(5, 30) },
        catch_up: latest(24),
    },
];

impl Job {
    /// Runs a job of the timetable inside the transaction that records its moment.
    pub(crate) async fn run_within(
        self,
        app: &App,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Done> {
        Ok(match self {
            Self::DeriveObligations => derive_obligations::run(txn, now).await?,
            Self::RunCampaigns => run_campaigns::run(txn, now).await?,
            Self::PlanReminders => plan_reminders::run(txn, now).await?,
            Self::HubWeeks => hub_weeks::run(txn, now).await?,
            Self::AlertDigests => alert_digests::run(txn, now).await?,
            Self::AssessEngagement => assess_engagement::run(txn, now).await?,
            Self::ForgetMail => forget_mail::run(txn, now, app.config.mail.keep_days).await?,
            Self::BundleDigests | Self::SignInLetters | Self::ReadFeedback | Self::Deliver => {
                Done::nothing()
            }
        })
    }

    /// Runs a job of the heartbeat, which opens transactions of its own.
    pub(crate) async fn run_alone(
        self,
        app: &App,
        stop: &CancellationToken,
    ) -> anyhow::Result<Done> {
        match self {
            Self::BundleDigests => bundle_digests::run(app).await,
            Self::SignInLetters => sign_in_letters::run(app).await,
            Self::ReadFeedback => read_feedback::run(app, stop).await,
            Self::Deliver => deliver::run(app, stop).await,
            Self::DeriveObligations
            | Self::RunCampaigns
            | Self::PlanReminders
            | Self::HubWeeks
            | Self::AlertDigests
            | Self::AssessEngagement
            | Self::ForgetMail => Ok(Done::nothing()),
        }
    }
}

/// All programmes.
async fn programmes(db: &impl ConnectionTrait) -> Result<Vec<Uuid>, StoreError> {
    Ok(programme::Entity::find()
        .select_only()
        .column(programme::Column::Id)
        .order_by_asc(programme::Column::Id)
        .into_tuple()
        .all(db)
        .await?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_job_has_one_row_in_the_timetable() {
        for job in Job::VARIANTS {
            let rows = TIMETABLE.iter().filter(|row| row.job == *job).count();
            assert_eq!(rows, 1, "{job:?}");
        }
    }

    #[test]
    fn every_file_here_is_a_job_and_every_job_a_file() -> std::io::Result<()> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/jobs");
        let mut files = BTreeSet::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            files.insert(name.trim_end_matches(".rs").to_owned());
        }
        files.remove("mod");
        let jobs = Job::VARIANTS.iter();
        let jobs: BTreeSet<_> = jobs.map(|job| <&str>::from(job).to_owned()).collect();
        assert_eq!(files, jobs);
        Ok(())
    }
}
