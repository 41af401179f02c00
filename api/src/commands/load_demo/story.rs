//! How the demo came to stand where it does: its year is gone through in steps, each enrolling who
//! joined by then, deriving what was owed, and recording what was done until the next. So nothing
//! is in the tables that the product would not have put there itself.

use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::enrolments::{enrolment, excuse, obligation, record_met, rederive_programme};
use entity::people::setting;
use entity::programme::{commitment_template, event, programme};
use entity::schools::school;
use entity::scope::Scope;
use rules::calendar::{local, moment};
use rules::commitments::ObligationState;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{plans, visits};
use crate::commands::import_programme;

/// The steps of the story: days on which somebody joined or a term began.
const STEPS: &[(i32, u32, u32)] =
    &[(2025, 9, 1), (2026, 1, 5), (2026, 4, 13), (2026, 7, 6), (2026, 9, 3), (2026, 9, 28)];

/// What became of an obligation that was not simply met in time.
enum Fate {
    /// Nobody did it.
    LeftOpen,
    /// Done well before it was due, on this day.
    MetEarly((i32, u32, u32)),
    /// Excused on its day, for this reason.
    Excused(&'static str),
}

/// The exceptions: URN of the partner, key of the commitment, occurrence, fate.
const FATES: &[(i32, &str, &str, Fate)] = &[
    // Overdue since Friday 25 September: flagged.
    (900_005, "regional.self-assessment", "term-1", Fate::LeftOpen),
    (900_011, "enhanced.self-assessment", "term-1", Fate::LeftOpen),
    (900_032, "enhanced.self-assessment", "term-1", Fate::LeftOpen),
    // Overdue for longer: the hub lead is told, and of the last one the programme.
    (900_021, "regional.initial-actions", "term-1", Fate::LeftOpen),
    (900_017, "regional.feedback-term-2", "term-2", Fate::LeftOpen),
    // Missed, and the recording is due on Thursday 8 October.
    (900_004, "regional.cpd", "january-2026-cpd-5", Fate::LeftOpen),
    // Neither attended nor watched: behind with two sessions.
    (900_007, "regional.cpd", "january-2026-cpd-3", Fate::LeftOpen),
    (900_007, "regional.cpd", "january-2026-cpd-4", Fate::LeftOpen),
    // Missed for good.
    (900_016, "regional.open-day", "term-2", Fate::LeftOpen),
    (
        900_020,
        "regional.self-assessment",
        "term-1",
        Fate::Excused("The school was inspected that week; it brings it to the open day."),
    ),
    (900_023, "enhanced.baseline-surveys", "term-1", Fate::MetEarly((2026, 10, 2))),
];

/// Five in the afternoon, when deeds are recorded.
const AFTERNOON: NaiveTime = match NaiveTime::from_hms_opt(17, 0, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};

/// The moment with which the story begins.
pub(super) fn beginning() -> DateTime<Utc> {
    STEPS.first().map_or(DateTime::UNIX_EPOCH, |&step| moment(day(step).and_time(NaiveTime::MIN)))
}

/// The moment up to which the story is known: two minutes before the first digests.
pub(super) fn end() -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(7, 58, 0).unwrap_or_default();
    moment(day((2026, 10, 5)).and_time(time))
}

/// Tells the story up to `now`.
pub(super) async fn tell(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    programme_csv: &str,
) -> anyhow::Result<()> {
    let today = local(now).date();
    let steps: Vec<NaiveDate> = STEPS.iter().map(|&step| day(step)).collect();
    let programmes =
        programme::Entity::find().order_by_asc(programme::Column::Key).all(txn).await?;
    for (index, &step) in steps.iter().enumerate() {
        let until = steps.get(index + 1).copied().unwrap_or(today);
        let at = moment(step.and_time(NaiveTime::MIN));
        let report = import_programme::import(txn, at, &joined_by(programme_csv, step)?).await?;
        anyhow::ensure!(report.faults() == 0, "the demo's programme:\n{report}");
        for programme in &programmes {
            rederive_programme(txn, at, programme.id).await?;
        }
        do_what_was_due(txn, step, until).await?;
    }
    super::events::tell(txn, now).await?;
    visits::tell(txn).await?;
    plans::tell(txn).await?;
    for programme in &programmes {
        rederive_programme(txn, now, programme.id).await?;
    }
    Ok(())
}

fn day((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

/// The rows of the programme file, less the enrolments after `day`.
fn joined_by(programme_csv: &str, day: NaiveDate) -> anyhow::Result<String> {
    let mut reader = csv::Reader::from_reader(programme_csv.as_bytes());
    let header = reader.headers()?.clone();
    let enrolled_on =
        header.iter().position(|name| name == "enrolled_on").context("a column enrolled_on")?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header)?;
    for record in reader.records() {
        let record = record?;
        let joined: Option<NaiveDate> = record.get(enrolled_on).and_then(|day| day.parse().ok());
        if joined.is_none_or(|joined| joined <= day) {
            writer.write_record(&record)?;
        }
    }
    Ok(String::from_utf8(writer.into_inner()?)?)
}

/// Records what was due from one step to the next, in the order it was done.
async fn do_what_was_due(
    txn: &DatabaseTransaction,
    step: NaiveDate,
    until: NaiveDate,
) -> anyhow::Result<()> {
    let fates = fates(txn).await?;
    let events: HashMap<Uuid, NaiveDate> = event::Entity::find()
        .all(txn)
        .await?
        .into_iter()
        .map(|event| (event.id, local(event.starts_at).date()))
        .collect();
    let open = obligation::Entity::find()
        .filter(obligation::Column::State.eq(<&str>::from(ObligationState::Open)))
        .all(txn)
        .await?;
    let mut deeds: Vec<(NaiveDate, obligation::Model, Option<&Fate>)> = open
        .into_iter()
        .filter_map(|row| {
            let key = (row.subject_id, row.template_id, row.occurrence.clone());
            let fate = fates.get(&key).copied();
            let held = row.event_id.and_then(|id| events.get(&id)).copied();
            let done_on = match fate {
                Some(Fate::MetEarly(early)) => day(*early),
                // An event is attended on its day, all else done the day before it is due.
                _ => held.unwrap_or_else(|| row.due_on.pred_opt().unwrap_or(row.due_on)),
            };
            let done_on = done_on.max(step);
            let due = row.due_on < until || matches!(fate, Some(Fate::MetEarly(_)));
            (due && done_on < until).then_some((done_on, row, fate))
        })
        .collect();
    deeds.sort_by_key(|(done_on, row, _)| (*done_on, row.id));
    for (done_on, row, fate) in deeds {
        let at = moment(done_on.and_time(AFTERNOON));
        match fate {
            Some(Fate::LeftOpen) => {}
            Some(Fate::Excused(reason)) => {
                excuse(txn, &Scope::System, None, at, row.id, None, reason).await?;
            }
            None if super::events::was_there(txn, &row, done_on).await? => {}
            Some(Fate::MetEarly(_)) | None
                if visits::perform(txn, done_on, &row).await?
                    || plans::perform(txn, done_on, &row).await? => {}
            // What was recorded before it may have met this one too.
            Some(Fate::MetEarly(_)) | None if is_met(txn, row.id).await? => {}
            Some(Fate::MetEarly(_)) | None => {
                let note = "Recorded for the demonstration.";
                record_met(txn, &Scope::System, None, at, row.id, None, done_on, note).await?;
            }
        }
    }
    Ok(())
}

/// The exceptions by enrolment, commitment and occurrence, of those who have joined.
async fn fates(
    txn: &DatabaseTransaction,
) -> anyhow::Result<HashMap<(Uuid, Uuid, String), &'static Fate>> {
    let mut fates = HashMap::new();
    for (urn, commitment, occurrence, fate) in FATES {
        let school = school::Entity::find()
            .filter(school::Column::Urn.eq(*urn))
            .one(txn)
            .await?
            .with_context(|| format!("the demo's school {urn}"))?;
        let its_own = Query::select()
            .column(setting::Column::Id)
            .from(setting::Entity)
            .and_where(setting::Column::SchoolId.eq(school.id))
            .to_owned();
        let enrolled = enrolment::Entity::find()
            .filter(enrolment::Column::PartnerSettingId.in_subquery(its_own))
            .one(txn)
            .await?;
        let template = commitment_template::Entity::find()
            .filter(commitment_template::Column::Key.eq(*commitment))
            .one(txn)
            .await?
            .with_context(|| format!("the shipped commitment {commitment}"))?;
        if let Some(enrolled) = enrolled {
            let key = (enrolled.id, template.id, (*occurrence).to_owned());
            fates.insert(key, fate);
        }
    }
    Ok(fates)
}

async fn is_met(txn: &DatabaseTransaction, id: Uuid) -> anyhow::Result<bool> {
    let row = obligation::Entity::find_by_id(id).one(txn).await?;
    Ok(row.is_none_or(|row| row.state == <&str>::from(ObligationState::Met)))
}
