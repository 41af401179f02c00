//! Pausing a job or a mail lane, and resuming it. Pauses are kept, so that what passed meanwhile can
//! be told from what was missed.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use rules::lanes::{MailLane, lane_of};
use rules::messages::MessageKind;
use rules::standstill::{Standstill, StandstillKind};
use rules::timetable::Pause;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, Condition, ConnectionTrait, DatabaseTransaction,
    EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};
use strum::VariantArray as _;
use uuid::Uuid;

use super::{job, mail_lane, pause};
use crate::enrolments::{check_text, check_version, refused};
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// What can be paused, by its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A job.
    Job(Uuid),
    /// A mail lane.
    MailLane(Uuid),
}

/// Which kind of thing is paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A job.
    Job,
    /// A mail lane.
    MailLane,
}

impl Kind {
    /// In the middle of a sentence.
    fn word(self) -> &'static str {
        match self {
            Self::Job => "job",
            Self::MailLane => "mail lane",
        }
    }
}

impl What {
    /// Which kind of thing it is.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Job(_) => Kind::Job,
            Self::MailLane(_) => Kind::MailLane,
        }
    }

    /// The job or lane that goes by this name; no lane is called as a job is.
    ///
    /// # Errors
    /// The database fails.
    pub async fn named(db: &impl ConnectionTrait, name: &str) -> Result<Option<Self>, StoreError> {
        let job = job::Entity::find().filter(job::Column::Name.eq(name)).one(db).await?;
        if let Some(job) = job {
            return Ok(Some(Self::Job(job.id)));
        }
        let lane = mail_lane::Entity::find().filter(mail_lane::Column::Name.eq(name));
        Ok(lane.one(db).await?.map(|lane| Self::MailLane(lane.id)))
    }

    fn pauses(self) -> Condition {
        Condition::all().add(match self {
            Self::Job(id) => pause::Column::JobId.eq(id),
            Self::MailLane(id) => pause::Column::MailLaneId.eq(id),
        })
    }
}

/// Pauses that nobody ended and that have not ended by themselves at `now`.
fn in_force(now: DateTime<Utc>) -> Condition {
    let goes_on =
        Condition::any().add(pause::Column::Until.is_null()).add(pause::Column::Until.gt(now));
    Condition::all().add(pause::Column::EndedAt.is_null()).add(goes_on)
}

/// Pauses a job or a mail lane from `now` on, until somebody resumes it or, if `until` is given,
/// until then.
///
/// # Errors
/// No such job or lane in scope, one that is paused already, a moment that has passed, no reason,
/// or a database fault.
pub async fn pause(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    what: What,
    why: &str,
    until: Option<DateTime<Utc>>,
) -> Result<pause::Model, StoreError> {
    // The row is held, so that of two at once the second finds the pause of the first.
    let name = what.kind().word();
    let (found, field) = match what {
        What::Job(id) => {
            let row = job::Entity::find_by_id(id).filter(scope.operations());
            (row.lock_exclusive().one(txn).await?.is_some(), "jobId")
        }
        What::MailLane(id) => {
            let row = mail_lane::Entity::find_by_id(id).filter(scope.operations());
            (row.lock_exclusive().one(txn).await?.is_some(), "mailLaneId")
        }
    };
    if !found {
        return refused(RefusalCode::NotFound, field, &format!("There is no such {name}."));
    }
    check_text("why", why, true)?;
    if until.is_some_and(|until| until <= now) {
        return refused(RefusalCode::Invalid, "until", "Give a moment that is still to come.");
    }
    let paused = pause::Entity::find().filter(what.pauses()).filter(in_force(now)).one(txn).await?;
    if paused.is_some() {
        let message = format!("This {name} is paused already. Resume it first.");
        return refused(RefusalCode::Conflict, field, &message);
    }
    let (job_id, mail_lane_id) = match what {
        What::Job(id) => (Some(id), None),
        What::MailLane(id) => (None, Some(id)),
    };
    let row = pause::ActiveModel {
        id: Set(new_id(now)),
        job_id: Set(job_id),
        mail_lane_id: Set(mail_lane_id),
        since: Set(now),
        until: Set(until),
        why: Set(why.trim().to_owned()),
        by_person: Set(by),
        ended_at: Set(None),
        ended_by: Set(None),
        ended_why: Set(None),
        version: Set(1),
        changed_at: Set(now),
    };
    Ok(row.insert(txn).await?)
}

/// Ends a pause before its time. A job goes on at its next moment; mail that waited goes at once, if
/// it is still wanted.
///
/// # Errors
/// No such pause in scope, one of another kind than `of`, one that is over, one changed since
/// `expected_version`, no reason, or a database fault.
pub async fn resume(
    txn: &DatabaseTransaction,
    scope: &Scope,
    by: Option<Uuid>,
    now: DateTime<Utc>,
    (of, pause_id): (Kind, Uuid),
    expected_version: Option<i32>,
    why: &str,
) -> Result<pause::Model, StoreError> {
    let found = pause::Entity::find_by_id(pause_id).filter(scope.operations());
    let Some(row) = found.lock_exclusive().one(txn).await? else {
        return refused(RefusalCode::NotFound, "pauseId", "There is no such pause.");
    };
    let found = if row.job_id.is_some() { Kind::Job } else { Kind::MailLane };
    if found != of {
        let message = format!("This is the pause of a {}, not of a {}.", found.word(), of.word());
        return refused(RefusalCode::Invalid, "pauseId", &message);
    }
    check_version(row.version, expected_version)?;
    check_text("why", why, true)?;
    if row.ended_at.is_some() || row.until.is_some_and(|until| until <= now) {
        return refused(RefusalCode::Conflict, "pauseId", "This pause is over.");
    }
    let version = row.version + 1;
    let mut row = row.into_active_model();
    row.ended_at = Set(Some(now));
    row.ended_by = Set(by);
    row.ended_why = Set(Some(why.trim().to_owned()));
    row.version = Set(version);
    row.changed_at = Set(now);
    Ok(row.update(txn).await?)
}

/// The pause of a job or lane that is in force at `now`, if one is.
///
/// # Errors
/// The database fails.
pub async fn of(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    what: What,
) -> Result<Option<pause::Model>, StoreError> {
    Ok(pause::Entity::find().filter(what.pauses()).filter(in_force(now)).one(db).await?)
}

/// All pauses of a job, oldest first, those that are over among them.
///
/// # Errors
/// The database fails.
pub async fn of_job(db: &impl ConnectionTrait, name: &str) -> Result<Vec<Pause>, StoreError> {
    Ok(of_all_jobs(db, Some(name)).await?.remove(name).unwrap_or_default())
}

/// All pauses of all jobs, by the names of the jobs.
///
/// # Errors
/// The database fails.
pub async fn of_jobs(db: &impl ConnectionTrait) -> Result<HashMap<String, Vec<Pause>>, StoreError> {
    of_all_jobs(db, None).await
}

async fn of_all_jobs(
    db: &impl ConnectionTrait,
    name: Option<&str>,
) -> Result<HashMap<String, Vec<Pause>>, StoreError> {
    let rows = pause::Entity::find()
        .filter(pause::Column::JobId.is_not_null())
        .order_by_asc(pause::Column::Since)
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let jobs = job::Entity::find().all(db).await?.into_iter();
    let jobs: HashMap<Uuid, String> = jobs.map(|job| (job.id, job.name)).collect();
    let mut found: HashMap<String, Vec<Pause>> = HashMap::new();
    for row in rows {
        let job = row.job_id.and_then(|id| jobs.get(&id));
        if let Some(job) = job.filter(|job| name.is_none_or(|name| name == job.as_str())) {
            found.entry(job.clone()).or_default().push(span(&row));
        }
    }
    Ok(found)
}

/// From when to when a pause lasts, as far as one can say.
fn span(row: &pause::Model) -> Pause {
    let until = match (row.ended_at, row.until) {
        (Some(ended), Some(until)) => Some(ended.min(until)),
        (ended, until) => ended.or(until),
    };
    Pause { since: row.since, until }
}

/// The names of the jobs and mail lanes that stand still at `now`.
///
/// # Errors
/// The database fails.
pub async fn standing(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<BTreeSet<String>, StoreError> {
    Ok(standstills(db, now).await?.into_iter().map(|one| one.name).collect())
}

/// The jobs and mail lanes that stand still at `now`, by name.
///
/// # Errors
/// The database fails.
pub async fn standstills(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<Standstill>, StoreError> {
    let rows = pause::Entity::find().filter(in_force(now)).all(db).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let named = match (row.job_id, row.mail_lane_id) {
            (Some(id), _) => {
                let job = job::Entity::find_by_id(id).one(db).await?;
                job.map(|job| (StandstillKind::Job, job.name))
            }
            (None, Some(id)) => {
                let lane = mail_lane::Entity::find_by_id(id).one(db).await?;
                lane.map(|lane| (StandstillKind::MailLane, lane.name))
            }
            (None, None) => None,
        };
        let standstill =
            named.map(|(kind, name)| Standstill { kind, name, until: row.until, why: row.why });
        found.extend(standstill);
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// The kinds of mail that travel in lanes that are paused at `now`.
///
/// # Errors
/// The database fails.
pub async fn paused_kinds(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<Vec<&'static str>, StoreError> {
    let rows = pause::Entity::find()
        .filter(pause::Column::MailLaneId.is_not_null())
        .filter(in_force(now))
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let ids = rows.iter().filter_map(|row| row.mail_lane_id);
    let lanes = mail_lane::Entity::find().filter(mail_lane::Column::Id.is_in(ids)).all(db).await?;
    let lanes: Vec<MailLane> = lanes.iter().filter_map(|lane| lane.name.parse().ok()).collect();
    let kinds = MessageKind::VARIANTS.iter().filter(|kind| lanes.contains(&lane_of(**kind)));
    Ok(kinds.map(|kind| <&str>::from(*kind)).collect())
}

/// Forgets all pauses, on a copy on which things are tried out.
///
/// # Errors
/// The database fails.
pub async fn forget_all(txn: &DatabaseTransaction) -> Result<(), StoreError> {
    pause::Entity::delete_many().exec(txn).await?;
    Ok(())
}
