//! From an enrolment to its obligations, and what changes them.

mod access;
mod membership;
mod owing;
mod recording;

use chrono::{DateTime, Utc};
use entity::enrolments::{Enrol, enrol, enrolment, obligation, rederive_programme};
use entity::hubs::{HubWish, hub, put_hub};
use entity::outcome::StoreError;
use entity::programme::{cohort, loader, pathway};
use entity::schools::region;
use entity::scope::Scope;
use rules::programme::SetUp;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use tests::World;
use tests::rise::{day, setting};
use uuid::Uuid;

/// Two hubs of RISE in two regions, and three schools that may be partners of either.
struct Programme {
    world: World,
    set_up: SetUp,
    id: Uuid,
    hubs: [hub::Model; 2],
    partners: [Uuid; 3],
}

impl Programme {
    async fn new(world: World) -> Self {
        let mut set_up: SetUp =
            toml::from_str(include_str!("../../../set-ups/rise.toml")).expect("RISE");
        set_up.campaigns.clear();
        let now = world.clock.now();
        let regions = region::Entity::find().all(world.db.reader()).await.expect("regions");
        let txn = world.db.write().await.expect("a transaction");
        let report = loader::load(&txn, now, &set_up).await.expect("the set-up loads");
        let mut settings = Vec::new();
        for (urn, name) in (900_001..).zip(["Ash", "Birch", "Cedar", "Damson", "Elder"]) {
            let name = format!("Demo {name} School");
            settings.push(setting(&txn, now, urn, &name, "open").await);
        }
        let mut hubs = Vec::new();
        for number in 0..2 {
            let wish = HubWish {
                programme_id: report.programme_id,
                key: format!("hub-{number}"),
                name: format!("Demo hub {number}"),
                lead_setting_id: settings[number],
                region_id: Some(regions[number].id),
                wave: None,
                capacity: (None, None),
                opened_on: day("2026-01-05"),
                email: None,
            };
            hubs.push(put_hub(&txn, now, wish).await.expect("a hub").0);
        }
        txn.commit().await.expect("commit");
        Self {
            world,
            set_up,
            id: report.programme_id,
            hubs: hubs.try_into().expect("two hubs"),
            partners: [settings[2], settings[3], settings[4]],
        }
    }

    /// A wish that can be granted: the first partner, Enhanced, September 2026, under the first hub.
    async fn wish(&self) -> Enrol {
        Enrol {
            hub_id: self.hubs[0].id,
            cohort_id: self.cohort("september-2026").await,
            pathway_id: self.pathway("enhanced").await,
            partner_setting_id: self.partners[0],
            enrolled_on: day("2026-07-06"),
            academies: Vec::new(),
        }
    }

    async fn cohort(&self, key: &str) -> Uuid {
        let rows = cohort::Entity::find().filter(cohort::Column::Key.eq(key));
        rows.one(self.world.db.reader()).await.expect("a read").expect("the cohort").id
    }

    async fn pathway(&self, key: &str) -> Uuid {
        let rows = pathway::Entity::find().filter(pathway::Column::Key.eq(key));
        rows.one(self.world.db.reader()).await.expect("a read").expect("the pathway").id
    }

    /// Runs a write in a transaction of its own: committed when it succeeds, else rolled back.
    async fn write<T>(
        &self,
        deed: impl AsyncFnOnce(&sea_orm::DatabaseTransaction, DateTime<Utc>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let txn = self.world.db.write().await?;
        let done = deed(&txn, self.world.clock.now()).await?;
        txn.commit().await?;
        Ok(done)
    }

    async fn enrol(&self, scope: &Scope, wish: Enrol) -> Result<enrolment::Model, StoreError> {
        self.write(async |txn, now| enrol(txn, scope, None, now, wish).await).await
    }

    async fn obligations(&self, subject: Uuid) -> Vec<obligation::Model> {
        let rows = obligation::Entity::find().filter(obligation::Column::SubjectId.eq(subject));
        rows.all(self.world.db.reader()).await.expect("a read")
    }

    async fn obligation(&self, subject: Uuid, kind: &str) -> obligation::Model {
        let rows = self.obligations(subject).await;
        rows.into_iter().find(|row| row.kind == kind).unwrap_or_else(|| panic!("no {kind}"))
    }

    async fn rederive(&self) -> usize {
        let id = self.id;
        self.write(async |txn, now| rederive_programme(txn, now, id).await).await.expect("derives")
    }
}
