//! Loading a set-up: a programme as data becomes rows, and what is owed follows.
//!
//! Everything is found by its key, so that a file loaded again changes only what differs in it.
//! What left the file is retired or cancelled, never deleted where anything hangs on it.

mod campaigns;
mod cohorts;
mod pathways;
mod school_calendars;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::calendar::moment;
use rules::programme::SetUp;
use sea_orm::ActiveValue::Set;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait, PaginatorTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::bank_holidays::settle_all;
use super::events::{EventWish, put_event};
use super::{event, programme};
use crate::enrolments::settle_programme;
use crate::id::new_id;
use crate::outcome::{RefusalCode, StoreError};
use crate::plans::frameworks::put_framework;
use crate::write::{Written, put};

/// What loading a set-up came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUpReport {
    /// The programme.
    pub programme_id: Uuid,
    /// What was added, changed or retired, in the order of the file.
    pub changes: Vec<SetUpChange>,
    /// How many obligations were added, moved or closed in consequence.
    pub obligations_changed: usize,
}

/// One thing that loading a set-up did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetUpChange {
    /// What was done.
    pub deed: Deed,
    /// To what, such as `event january-2026-cpd-1`.
    pub place: String,
}

/// What was done to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Deed {
    /// It was not there.
    Added,
    /// It differed.
    Changed,
    /// A commitment that is in the file no longer.
    Retired,
    /// An event that is in the file no longer.
    Cancelled,
    /// A term, cohort, pathway or survey campaign that is in the file no longer and that nothing hung on.
    Removed,
}

/// Loads a set-up that is free of faults, and derives anew what it changes.
///
/// # Errors
/// A refusal: something that left the file cannot go, or a calendar names a school or local
/// authority that is not there. Or a database fault.
pub async fn load(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    set_up: &SetUp,
) -> Result<SetUpReport, StoreError> {
    let old = programme::Entity::find()
        .filter(programme::Column::Key.eq(&set_up.programme.key))
        .one(txn)
        .await?;
    let mut loader = Loader {
        txn,
        now,
        programme_id: old.as_ref().map_or_else(|| new_id(now), |old| old.id),
        changes: Vec::new(),
    };
    loader.programme(set_up, old.as_ref()).await?;
    // First, since nothing may hang on a pathway or cohort that left the file.
    loader.drop_campaigns(&set_up.campaigns).await?;
    let cohorts = loader.cohorts(&set_up.cohorts).await?;
    loader.pathways(set_up).await?;
    loader.events(set_up, &cohorts).await?;
    loader.self_assessment(set_up).await?;
    loader.campaigns(set_up, &cohorts).await?;
    // Last, since an event that left the file is cancelled before its cohort is looked at.
    loader.drop_cohorts(&set_up.cohorts).await?;
    let calendars_changed = loader.school_calendars(&set_up.calendars).await?;
    let obligations_changed = if calendars_changed {
        settle_all(txn, now).await?
    } else {
        settle_programme(txn, now, loader.programme_id).await?
    };
    Ok(SetUpReport {
        programme_id: loader.programme_id,
        changes: loader.changes,
        obligations_changed,
    })
}

struct Loader<'a> {
    txn: &'a DatabaseTransaction,
    now: DateTime<Utc>,
    programme_id: Uuid,
    changes: Vec<SetUpChange>,
}

impl Loader<'_> {
    fn note(&mut self, deed: Deed, place: String) {
        self.changes.push(SetUpChange { deed, place });
    }

    fn note_written(&mut self, written: Written, place: String) {
        match written {
            Written::Added => self.note(Deed::Added, place),
            Written::Changed => self.note(Deed::Changed, place),
            Written::Unchanged => {}
        }
    }

    async fn programme(
        &mut self,
        set_up: &SetUp,
        old: Option<&programme::Model>,
    ) -> Result<(), StoreError> {
        let mut wanted = programme::Model {
            id: self.programme_id,
            key: set_up.programme.key.clone(),
            name: set_up.programme.name.clone(),
            description: set_up.programme.description.clone(),
            policy: json("programme", self.programme_id, &set_up.policy)?,
            policy_since: old.map_or(Some(self.now), |old| old.policy_since),
            created_at: old.map_or(self.now, |old| old.created_at),
            changed_at: old.map_or(self.now, |old| old.changed_at),
        };
        if old.is_some_and(|old| old.policy != wanted.policy) {
            wanted.policy_since = Some(self.now);
        }
        if old.is_some_and(|old| *old != wanted) {
            wanted.changed_at = self.now;
        }
        let place = format!("programme {}", wanted.key);
        let written = put(self.txn, old, wanted).await?;
        self.note_written(written, place);
        Ok(())
    }

    /// What partners assess themselves by: a changed framework is a new version, and the old one
    /// stays for those who began by it, also when the file asks for none any more.
    async fn self_assessment(&mut self, set_up: &SetUp) -> Result<(), StoreError> {
        let Some(wish) = &set_up.self_assessment else { return Ok(()) };
        let (row, written) = put_framework(self.txn, self.now, self.programme_id, wish).await?;
        self.note_written(written, format!("self-assessment {}", row.version));
        Ok(())
    }

    /// Events of the whole programme; those of hubs are not the set-up's.
    async fn events(
        &mut self,
        set_up: &SetUp,
        cohorts: &HashMap<String, Uuid>,
    ) -> Result<(), StoreError> {
        for wish in &set_up.events {
            let event = EventWish {
                programme_id: self.programme_id,
                cohort_id: wish.cohort.as_ref().and_then(|key| cohorts.get(key)).copied(),
                hub_id: None,
                key: wish.key.clone(),
                kind: wish.kind,
                title: wish.title.clone(),
                starts_at: moment(wish.starts_at),
                ends_at: moment(wish.ends_at),
                published_at: wish.published_at.map(moment),
                cancelled: wish.cancelled,
            };
            let (_, written) = put_event(self.txn, self.now, event).await?;
            self.note_written(written, format!("event {}", wish.key));
        }
        let gone = event::Entity::find()
            .filter(event::Column::ProgrammeId.eq(self.programme_id))
            .filter(event::Column::HubId.is_null())
            .filter(event::Column::CancelledAt.is_null())
            .filter(event::Column::Key.is_not_in(set_up.events.iter().map(|event| &event.key)))
            .all(self.txn)
            .await?;
        for old in gone {
            let row = event::ActiveModel {
                id: sea_orm::ActiveValue::Unchanged(old.id),
                cancelled_at: Set(Some(self.now)),
                version: Set(old.version + 1),
                ..Default::default()
            };
            sea_orm::ActiveModelTrait::update_without_returning(row, self.txn).await?;
            self.note(Deed::Cancelled, format!("event {}", old.key));
        }
        Ok(())
    }

    /// Whether any row of `table` meets `condition`.
    async fn any<E: EntityTrait<Model: Sync>>(
        &self,
        condition: sea_orm::sea_query::SimpleExpr,
    ) -> Result<bool, StoreError> {
        Ok(E::find().filter(condition).count(self.txn).await? > 0)
    }
}

fn refused(message: String) -> StoreError {
    StoreError::refused(RefusalCode::Conflict, None, message)
}

fn json(
    table: &'static str,
    id: Uuid,
    value: &impl serde::Serialize,
) -> Result<serde_json::Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Unreadable {
        table,
        id,
        problem: error.to_string(),
    })
}

fn position(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
