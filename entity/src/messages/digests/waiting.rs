//! Whether there is anything to bundle: asked at every heartbeat and every change, so that it locks
//! nothing, and reads little until somebody's hour has come.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::local;
use rules::programme::Policy;
use rules::reminders::{Days, digest_minute, has_hour_come, is_quiet, next_send_time};
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait as _, JoinType, Query};
use uuid::Uuid;

use super::{due, passed};
use crate::enrolments::{enrolment, obligation};
use crate::hubs::hub;
use crate::messages::facts::{Book, digest_minutes, own_calendars};
use crate::messages::reminder;
use crate::outcome::StoreError;
use crate::people::person;

/// Whether a digest may be made now, or one of an earlier day is to be ended. Locks nothing: who then
/// bundles looks again.
///
/// # Errors
/// The database fails.
pub async fn waiting(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<bool, StoreError> {
    if passed::any(db, now).await? {
        return Ok(true);
    }
    let today = local(now).date();
    let chosen = chosen(db, today).await?;
    if chosen.is_empty() {
        return Ok(false);
    }
    let book = Book::load(db).await?;
    let policies: Vec<&Policy> = book.programmes.values().map(|(_, policy)| policy).collect();
    // The hour of those with a part in several programmes may be another than any of theirs.
    let differ = digest_minute(&policies, None).is_some();
    let come = |minute| {
        let mut policies = policies.iter();
        policies.any(|policy| {
            has_hour_come(policy, minute, now) || differ && !is_quiet(policy, local(now).time())
        })
    };
    if !chosen.into_iter().any(come) {
        return Ok(false);
    }
    let due = whose(db, today).await?;
    let minutes = due.iter().map(|one| (one.person, one.chosen)).collect();
    let minutes = digest_minutes(db, &book, minutes).await?;
    let people: Vec<Uuid> = minutes.keys().copied().collect();
    let own = own_calendars(db, &book, &people).await?;
    let mut calendars = HashMap::new();
    Ok(due.iter().any(|one| {
        let Ok(policy) = book.policy(one.programme) else { return false };
        let about = &*calendars.entry(one.setting).or_insert_with(|| book.calendar(one.setting));
        let days = Days::new(about, own.get(&one.person).map_or(&[], Vec::as_slice));
        next_send_time(policy, days, minutes.get(&one.person).copied().flatten(), now) <= now
    }))
}

/// The digest times, in minutes after local midnight, that those chose to whom something is due.
async fn chosen(
    db: &impl ConnectionTrait,
    today: NaiveDate,
) -> Result<BTreeSet<Option<u32>>, StoreError> {
    let statement = Query::select()
        .distinct()
        .column((person::Entity, person::Column::DigestMinute))
        .from(reminder::Entity)
        .join(JoinType::InnerJoin, person::Entity, of_reminder(reminder::Column::PersonId))
        .cond_where(due(today))
        .to_owned();
    let rows = db.query_all(&statement).await?;
    let minutes = rows.iter().map(|row| row.try_get_by_index::<Option<i32>>(0));
    let minutes = minutes.map(|minute| Ok(minute?.and_then(|minute| u32::try_from(minute).ok())));
    minutes.collect()
}

/// Something due to somebody: about which programme, and what which setting owes.
struct Due {
    programme: Uuid,
    setting: Uuid,
    person: Uuid,
    chosen: Option<i32>,
}

async fn whose(db: &impl ConnectionTrait, today: NaiveDate) -> Result<Vec<Due>, StoreError> {
    let partner = Expr::col((enrolment::Entity, enrolment::Column::PartnerSettingId));
    let statement = Query::select()
        .distinct()
        .column((obligation::Entity, obligation::Column::ProgrammeId))
        .expr(partner.if_null(Expr::col((hub::Entity, hub::Column::LeadSettingId))))
        .column((reminder::Entity, reminder::Column::PersonId))
        .column((person::Entity, person::Column::DigestMinute))
        .from(reminder::Entity)
        .join(JoinType::InnerJoin, person::Entity, of_reminder(reminder::Column::PersonId))
        .join(
            JoinType::InnerJoin,
            obligation::Entity,
            Expr::col((obligation::Entity, obligation::Column::Id))
                .equals((reminder::Entity, reminder::Column::ObligationId)),
        )
        .join(
            JoinType::InnerJoin,
            hub::Entity,
            Expr::col((hub::Entity, hub::Column::Id))
                .equals((obligation::Entity, obligation::Column::HubId)),
        )
        .join(
            JoinType::LeftJoin,
            enrolment::Entity,
            Expr::col((enrolment::Entity, enrolment::Column::Id))
                .equals((obligation::Entity, obligation::Column::EnrolmentId)),
        )
        .cond_where(due(today))
        .to_owned();
    let rows = db.query_all(&statement).await?;
    let due = rows.iter().map(|row| {
        Ok(Due {
            programme: row.try_get_by_index(0)?,
            setting: row.try_get_by_index(1)?,
            person: row.try_get_by_index(2)?,
            chosen: row.try_get_by_index(3)?,
        })
    });
    due.collect()
}

/// That a person is the one of that column of a reminder.
fn of_reminder(column: reminder::Column) -> Expr {
    Expr::col((person::Entity, person::Column::Id)).equals((reminder::Entity, column))
}
