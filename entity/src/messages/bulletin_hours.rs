//! When a message to a hub's partners may go to its readers.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::messages::bulletin::{self, Audience};
use rules::programme::Policy;
use rules::reminders::next_send_time;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::hubs::hub;
use crate::outcome::StoreError;
use crate::people::person;
use crate::programme::calendars::Calendars;
use crate::programme::policy;

/// When mail that can wait may go to people of a programme.
pub(super) struct Hours {
    now: DateTime<Utc>,
    pub(super) policy: Policy,
    calendars: Calendars,
}

impl Hours {
    pub(super) async fn load(
        db: &impl ConnectionTrait,
        now: DateTime<Utc>,
        programme: Uuid,
    ) -> Result<Self, StoreError> {
        let (policy, calendars) = (policy(db, programme).await?, Calendars::load(db).await?);
        Ok(Self { now, policy, calendars })
    }

    /// The next moment for somebody at a setting, who may have chosen a minute of the day.
    pub(super) fn goes_at(&self, setting: Uuid, minute: Option<i32>) -> DateTime<Utc> {
        let minute = minute.and_then(|minute| u32::try_from(minute).ok());
        next_send_time(&self.policy, &self.calendars.of_setting(setting), minute, self.now)
    }

    /// The next moment for each recipient of an audience, in its order.
    pub(super) async fn of(
        &self,
        db: &impl ConnectionTrait,
        audience: &Audience,
    ) -> Result<Vec<DateTime<Utc>>, StoreError> {
        let chosen: HashMap<Uuid, Option<i32>> = person::Entity::find()
            .select_only()
            .columns([person::Column::Id, person::Column::DigestMinute])
            .filter(person::Column::DigestMinute.is_not_null())
            .into_tuple()
            .all(db)
            .await?
            .into_iter()
            .collect();
        let of = |person: &Uuid| chosen.get(person).copied().flatten();
        let each = audience.recipients.iter();
        Ok(each.map(|(person, setting)| self.goes_at(*setting, of(person))).collect())
    }
}

/// What whoever looks at a preview has to know of when a bulletin sent now arrives.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn waits(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    hub: &hub::Model,
    audience: &Audience,
) -> Result<Option<String>, StoreError> {
    let hours = Hours::load(db, now, hub.programme_id).await?;
    Ok(bulletin::waits(&hours.of(db, audience).await?, now))
}
