//! What the demo's alerts have been through: raised in the night, one taken on by a hub's lead, one
//! set aside.

use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::engagement::{acknowledge, alert_event, assess_programme, engagement_alert, snooze};
use entity::people::person;
use entity::programme::programme;
use entity::scope::Scope;
use rules::calendar::moment;
use rules::engagement::{AlertState, RuleName};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::enrolled;

/// The day the story ends on: alerts rise in its night, and two leads look at theirs early.
const TODAY: (i32, u32, u32) = (2026, 10, 5);

/// Tells it up to `now`.
pub(super) async fn tell(txn: &DatabaseTransaction, now: DateTime<Utc>) -> anyhow::Result<()> {
    let programmes = programme::Entity::find().all(txn).await?;
    forget_what_the_telling_raised(txn).await?;
    let (night, looked_at) = (london(TODAY, 2), london(TODAY, 7));
    if looked_at <= now {
        for programme in &programmes {
            assess_programme(txn, night, programme.id).await?;
        }
        let late = alert(txn, 900_005, RuleName::SelfAssessmentMissing).await?;
        let ada = lead(txn, "ada@demo-elm-park-primary-school.example").await?;
        let note = "They moved it to the staff meeting of next week; I ring on Thursday.";
        acknowledge(txn, &Scope::System, ada, looked_at, late, None, note).await?;
        let missed = alert(txn, 900_016, RuleName::OpenDayMissed).await?;
        let cara = lead(txn, "cara@demo-cherry-orchard-primary-school.example").await?;
        let until = day((2026, 11, 11));
        let reason = "They have promised to come on 10 November.";
        snooze(txn, &Scope::System, cara, looked_at, missed, None, until, reason).await?;
    }
    for programme in &programmes {
        assess_programme(txn, now, programme.id).await?;
    }
    Ok(())
}

/// The story is not told day by day: some of what it does raised alerts that something told later, but
/// done earlier, resolved.
async fn forget_what_the_telling_raised(txn: &DatabaseTransaction) -> anyhow::Result<()> {
    let backwards = Expr::col(engagement_alert::Column::ResolvedAt)
        .lt(Expr::col(engagement_alert::Column::RaisedAt));
    let alerts = Query::select()
        .column(engagement_alert::Column::Id)
        .from(engagement_alert::Entity)
        .and_where(backwards.clone())
        .to_owned();
    alert_event::Entity::delete_many()
        .filter(alert_event::Column::AlertId.in_subquery(alerts))
        .exec(txn)
        .await?;
    engagement_alert::Entity::delete_many().filter(backwards).exec(txn).await?;
    Ok(())
}

async fn lead(txn: &DatabaseTransaction, email: &str) -> anyhow::Result<Uuid> {
    let found = person::Entity::find().filter(person::Column::Email.eq(email)).one(txn).await?;
    Ok(found.with_context(|| format!("the demo's lead {email}"))?.id)
}

/// The alert that a rule has open about a partner.
async fn alert(txn: &DatabaseTransaction, urn: i32, rule: RuleName) -> anyhow::Result<Uuid> {
    let found = engagement_alert::Entity::find()
        .filter(engagement_alert::Column::SubjectId.eq(enrolled(txn, urn).await?.id))
        .filter(engagement_alert::Column::Rule.eq(<&str>::from(rule)))
        .filter(engagement_alert::Column::State.ne(<&str>::from(AlertState::Resolved)))
        .one(txn)
        .await?;
    Ok(found.with_context(|| format!("the demo's alert about {urn}"))?.id)
}

fn london(on: (i32, u32, u32), hour: u32) -> DateTime<Utc> {
    moment(day(on).and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()))
}

fn day((year, month, day): (i32, u32, u32)) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}
