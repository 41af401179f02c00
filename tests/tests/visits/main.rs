//! Visits from proposal to record, and the obligations they meet.

mod arranging;
mod leaving;
mod racing;
mod recording;

use chrono::{DateTime, Utc};
use entity::enrolments::obligation;
use entity::hubs::{HubWish, put_hub};
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::{Scope, Viewer};
use entity::visits::{self, Agree, Cancel, Proposal, Record, Reschedule, visit, visit_change};
use rules::visits::{Attendee, Party, Slot, VisitKind};
use runtime::database::Database;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use tests::World;
use tests::refusal::refused;
use tests::rise::{Partner, Rise, at, day, setting};
use uuid::Uuid;

fn slot(starts_at: &str, ends_at: &str) -> Slot {
    Slot { starts_at: at(starts_at), ends_at: at(ends_at) }
}

/// A working day of six hours.
fn on(day: &str) -> Slot {
    slot(&format!("{day}T09:00:00Z"), &format!("{day}T15:00:00Z"))
}

fn proposal(partner: Partner, slot: Slot) -> Proposal {
    Proposal {
        enrolment_id: partner.enrolment,
        kind: VisitKind::SupportDay,
        slot,
        half_days: 2,
        purpose: "Walk the corridors together".to_owned(),
        visitor_id: None,
    }
}

fn agreement(visit_id: Uuid) -> Agree {
    Agree { visit_id, expected_version: None, visitor_id: None }
}

fn cancellation(visit_id: Uuid, called_off_by: Option<Party>) -> Cancel {
    Cancel { visit_id, expected_version: None, called_off_by, reason: "Flood".to_owned() }
}

fn record_of(visit_id: Uuid, half_days_used: i32) -> Record {
    let somebody =
        |name: &str, role: &str| Attendee { name: name.to_owned(), role: role.to_owned() };
    Record {
        visit_id,
        expected_version: None,
        slot: None,
        half_days_used,
        attendees: vec![somebody("Ada Example", "Lead"), somebody("Bea Example", "Headteacher")],
        summary: "Looked at arrival and the first lesson.".to_owned(),
        actions: Vec::new(),
    }
}

/// RISE with partners, and everybody who acts in it.
struct Story {
    world: World,
    rise: Rise,
}

impl Story {
    async fn new(world: World, partners: &[&str]) -> Self {
        let rise = Rise::seed(&world, partners).await;
        Self { world, rise }
    }

    fn lead(&self) -> Scope {
        let hubs = vec![self.rise.hub.id];
        Scope::Viewer(Viewer { person_id: self.rise.lead, hubs, ..Viewer::default() })
    }

    fn head(&self, number: usize) -> Scope {
        let Partner { head, setting, .. } = self.rise.partners[number];
        Scope::Viewer(Viewer { person_id: head, settings: vec![setting], ..Viewer::default() })
    }

    /// Runs a write as somebody: committed when it succeeds, else rolled back.
    async fn as_of<T>(
        &self,
        scope: &Scope,
        deed: impl AsyncFnOnce(
            &DatabaseTransaction,
            &Scope,
            Option<Uuid>,
            DateTime<Utc>,
        ) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        act(&self.world.db, scope, self.world.clock.now(), deed).await
    }

    async fn propose(&self, scope: &Scope, wish: Proposal) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::propose(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn agree(&self, scope: &Scope, wish: Agree) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::agree(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn reschedule(
        &self,
        scope: &Scope,
        wish: Reschedule,
    ) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::reschedule(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn cancel(&self, scope: &Scope, wish: Cancel) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::cancel(txn, scope, by, now, wish).await
        })
        .await
    }

    async fn record(&self, scope: &Scope, wish: Record) -> Result<visit::Model, StoreError> {
        self.as_of(scope, async |txn, scope, by, now| {
            visits::record(txn, scope, by, now, wish).await
        })
        .await
    }

    /// A visit proposed by the lead, who also records it, having used so many half days.
    async fn held(&self, wish: Proposal, half_days: i32) -> visit::Model {
        let visit = self.propose(&self.lead(), wish).await.expect("proposed");
        self.record(&self.lead(), record_of(visit.id, half_days)).await.expect("recorded")
    }

    async fn story_of(&self, visit: Uuid) -> Vec<(String, Option<String>)> {
        visit_change::Entity::find()
            .filter(visit_change::Column::VisitId.eq(visit))
            .order_by_asc(visit_change::Column::Id)
            .all(self.world.db.reader())
            .await
            .expect("a read")
            .into_iter()
            .map(|change| (change.what, change.by_party))
            .collect()
    }

    /// The first partner's obligations of a kind as due day, state and the kind of deed.
    async fn owed(&self, kind: &str) -> Vec<(String, String, Option<String>)> {
        obligation::Entity::find()
            .filter(obligation::Column::SubjectId.eq(self.rise.partners[0].enrolment))
            .filter(obligation::Column::Kind.eq(kind))
            .order_by_asc(obligation::Column::DueOn)
            .all(self.world.db.reader())
            .await
            .expect("a read")
            .into_iter()
            .map(|row| (row.due_on.to_string(), row.state, row.deed_kind))
            .collect()
    }

    async fn states(&self, kind: &str) -> Vec<String> {
        self.owed(kind).await.into_iter().map(|(_, state, _)| state).collect()
    }

    async fn visits(&self) -> u64 {
        visit::Entity::find().count(self.world.db.reader()).await.expect("a read")
    }
}

async fn act<T>(
    db: &Database,
    scope: &Scope,
    now: DateTime<Utc>,
    deed: impl AsyncFnOnce(
        &DatabaseTransaction,
        &Scope,
        Option<Uuid>,
        DateTime<Utc>,
    ) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let by = match scope {
        Scope::Viewer(viewer) => Some(viewer.person_id),
        Scope::System => None,
    };
    let txn = db.write().await?;
    let done = deed(&txn, scope, by, now).await?;
    txn.commit().await?;
    Ok(done)
}

fn refusal<T>(outcome: Result<T, StoreError>) -> (RefusalCode, &'static str) {
    let refused = refused(outcome);
    (refused.code, refused.field.unwrap_or_default())
}

fn steps(story: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    story.iter().map(|(what, by)| ((*what).to_owned(), by.map(str::to_owned))).collect()
}

/// A second hub, which the lead of the first leads too.
async fn other_hub(story: &Story) -> Uuid {
    let (now, lead) = (story.world.clock.now(), story.rise.lead);
    let txn = story.world.db.write().await.expect("a transaction");
    let wish = HubWish {
        programme_id: story.rise.id,
        key: "other".to_owned(),
        name: "Demo Other Hub".to_owned(),
        lead_setting_id: setting(&txn, now, 900_090, "Demo Other Lead School", "open").await,
        region_id: None,
        wave: None,
        capacity: (None, None),
        opened_on: day("2026-06-01"),
        email: None,
    };
    let hub = put_hub(&txn, now, wish).await.expect("a hub").0.id;
    let role = entity::people::grants::Grant::HubLead { hub_id: hub };
    entity::people::grants::grant(&txn, now, lead, role).await.expect("a grant");
    txn.commit().await.expect("commit");
    hub
}
