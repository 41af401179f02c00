//! Brings every obligation up to the day: closes what was missed, turns a CPD session that has
//! passed into its recording, completes who has come to the end of the programme, and takes in whatever else only time changed.

use chrono::{DateTime, Utc};
use entity::enrolments::{complete_finished, rederive_programme};
use entity::outcome::StoreError;
use sea_orm::DatabaseTransaction;

use super::programmes;
use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let (mut changed, mut completed) = (0, 0);
    for programme in programmes(txn).await? {
        completed += complete_finished(txn, now, programme).await?;
        changed += rederive_programme(txn, now, programme).await?;
    }
    Ok(Done::counts(&[
        (changed, "obligation changed", "obligations changed"),
        (completed, "enrolment completed", "enrolments completed"),
    ]))
}
