//! The open days of a programme, as the rules look at them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::engagement::OpenDayFacts;
use rules::events::{AttendanceMode, BookingState};
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::facts::{Faults, Whose};
use crate::enrolments::enrolment;
use crate::events::{booking, event_attendance};
use crate::outcome::{StoreError, word};
use crate::programme::event;

/// Open days that schools can see, and what became of partners there.
pub(super) struct OpenDays {
    days: Vec<event::Model>,
    bookings: HashMap<(Uuid, Uuid), BookingState>,
    attendance: HashMap<(Uuid, Uuid), AttendanceMode>,
}

impl OpenDays {
    /// Those of a programme, with what is known of the enrolments looked at.
    pub async fn load(
        db: &impl ConnectionTrait,
        programme_id: Uuid,
        whose: Whose,
        now: DateTime<Utc>,
        faults: &mut Faults,
    ) -> Result<Self, StoreError> {
        let days = event::Entity::find()
            .filter(event::Column::ProgrammeId.eq(programme_id))
            .filter(event::Column::Kind.eq("open_day"))
            .filter(event::Column::PublishedAt.lte(now))
            .filter(event::Column::CancelledAt.is_null())
            .all(db)
            .await?;
        let of_programme = || {
            Query::select()
                .column((event::Entity, event::Column::Id))
                .from(event::Entity)
                .and_where(event::Column::ProgrammeId.eq(programme_id))
                .and_where(event::Column::Kind.eq("open_day"))
                .to_owned()
        };
        let rows = booking::Entity::find()
            .filter(booking::Column::EventId.in_subquery(of_programme()))
            .filter(booking::Column::EnrolmentId.in_subquery(whose.running(enrolment::Column::Id)))
            .all(db)
            .await?;
        let mut bookings = HashMap::new();
        for row in rows {
            match word("booking", row.id, &row.state) {
                // One that was cancelled says less than one that stands.
                Ok(BookingState::Cancelled) => {
                    let key = (row.event_id, row.enrolment_id);
                    bookings.entry(key).or_insert(BookingState::Cancelled);
                }
                Ok(state) => drop(bookings.insert((row.event_id, row.enrolment_id), state)),
                Err(fault) => faults.note(row.enrolment_id, &fault),
            }
        }
        let rows = event_attendance::Entity::find()
            .filter(event_attendance::Column::EventId.in_subquery(of_programme()))
            .filter(
                event_attendance::Column::EnrolmentId
                    .in_subquery(whose.running(enrolment::Column::Id)),
            )
            .all(db)
            .await?;
        let mut attendance = HashMap::new();
        for row in rows {
            match word("event_attendance", row.id, &row.mode) {
                Ok(mode) => drop(attendance.insert((row.event_id, row.enrolment_id), mode)),
                Err(fault) => faults.note(row.enrolment_id, &fault),
            }
        }
        Ok(Self { days, bookings, attendance })
    }

    /// Those that an enrolment was invited to.
    pub fn of_enrolment(&self, row: &enrolment::Model) -> Vec<OpenDayFacts> {
        let invited = self.days.iter().filter(|day| {
            day.hub_id.is_none_or(|hub| hub == row.hub_id)
                && day.cohort_id.is_none_or(|cohort| cohort == row.cohort_id)
        });
        invited.map(|day| self.facts(day, Some(row.id))).collect()
    }

    /// A hub's own.
    pub fn of_hub(&self, hub_id: Uuid) -> Vec<OpenDayFacts> {
        let own = self.days.iter().filter(|day| day.hub_id == Some(hub_id));
        own.map(|day| self.facts(day, None)).collect()
    }

    fn facts(&self, day: &event::Model, enrolment: Option<Uuid>) -> OpenDayFacts {
        let key = enrolment.map(|enrolment| (day.id, enrolment));
        OpenDayFacts {
            id: day.id,
            cohort_id: day.cohort_id,
            title: day.title.clone(),
            on: local(day.starts_at).date(),
            booking: key.and_then(|key| self.bookings.get(&key)).copied(),
            attendance: key.and_then(|key| self.attendance.get(&key)).copied(),
        }
    }
}
