//! Opens survey campaigns whose day has come, invites whoever joined since, reminds schools with too
//! few answers, and closes what is over.

use chrono::{DateTime, Utc};
use entity::outcome::StoreError;
use entity::surveys::closing::{close_due, delete_old_drafts};
use entity::surveys::inviting::Invited;
use entity::surveys::launching::launch_due;
use entity::surveys::reminding::remind;
use sea_orm::DatabaseTransaction;

use super::programmes;
use crate::pass::Done;

pub(super) async fn run(txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<Done, StoreError> {
    let (mut closed, mut launched, mut reminded) = (0, 0, 0);
    let mut invited = Invited::default();
    for programme in programmes(txn).await? {
        closed += close_due(txn, now, programme).await?;
        let (opened, asked) = launch_due(txn, now, programme).await?;
        launched += opened;
        invited += asked;
        reminded += remind(txn, now, programme).await?;
    }
    let deleted = usize::try_from(delete_old_drafts(txn, now).await?).unwrap_or(usize::MAX);
    Ok(Done::counts(&[
        (closed, "survey closed", "surveys closed"),
        (launched, "survey opened", "surveys opened"),
        (invited.schools, "school invited to a survey", "schools invited to a survey"),
        (
            invited.unreached,
            "school where nobody is told how to answer",
            "schools where nobody is told how to answer",
        ),
        (invited.letters, "survey letter queued", "survey letters queued"),
        (reminded, "survey reminder queued", "survey reminders queued"),
        (deleted, "unsent survey answer deleted", "unsent survey answers deleted"),
    ]))
}
