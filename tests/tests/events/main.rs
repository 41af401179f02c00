//! Events from draft to attendance, and what partners owe in consequence.

mod arranging;
mod attending;
mod places;

use chrono::{DateTime, Utc};
use entity::enrolments::obligation;
use entity::events::{
    self, Book, Details, NewEvent, Presence, attendance, booking, event_attendance,
};
use entity::outcome::StoreError;
use entity::people::principal;
use entity::programme::event;
use entity::scope::{Scope, Viewer};
use rules::programme::EventKind;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use tests::World;
use tests::rise::{Rise, at};
use uuid::Uuid;

/// A hub with partners, and its events.
struct Hub {
    world: World,
    rise: Rise,
}

impl Hub {
    async fn new(world: World, partners: &[&str]) -> Self {
        let rise = Rise::seed(&world, partners).await;
        Self { world, rise }
    }

    fn now(&self) -> DateTime<Utc> {
        self.world.clock.now()
    }

    async fn viewer(&self, person: Uuid) -> Scope {
        let viewer = principal::viewer(self.world.db.reader(), person).await.expect("roles");
        Scope::Viewer(viewer).at(self.now())
    }

    async fn lead(&self) -> Scope {
        self.viewer(self.rise.lead).await
    }

    /// Somebody of a partner school.
    fn school(&self, partner: usize) -> Scope {
        let settings = vec![self.rise.partners[partner].setting];
        let person_id = self.rise.partners[partner].head;
        Scope::Viewer(Viewer { person_id, settings, ..Viewer::default() })
    }

    fn enrolment(&self, partner: usize) -> Uuid {
        self.rise.partners[partner].enrolment
    }

    /// Runs a write in a transaction of its own: committed when it succeeds, else rolled back.
    async fn write<T>(
        &self,
        deed: impl AsyncFnOnce(&DatabaseTransaction, DateTime<Utc>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let txn = self.world.db.write().await?;
        let done = deed(&txn, self.now()).await?;
        txn.commit().await?;
        Ok(done)
    }

    fn open_day(&self) -> NewEvent {
        NewEvent {
            programme_id: self.rise.id,
            hub_id: Some(self.rise.hub.id),
            cohort_id: None,
            key: None,
            kind: EventKind::OpenDay,
            title: "Demo open day".to_owned(),
            starts_at: at("2026-10-08T08:30:00Z"),
            ends_at: at("2026-10-08T13:30:00Z"),
            details: Details {
                place: Some("Demo Lead School".to_owned()),
                joining_details: Some("Ask at the gate for the demo room".to_owned()),
                capacity: Some(5),
                ..Details::default()
            },
        }
    }

    /// An open day of the hub, planned and published now.
    async fn published(&self, wish: NewEvent) -> event::Model {
        self.write(async |txn, now| {
            let row = events::create(txn, &Scope::System, now, wish).await?;
            events::publish(txn, &Scope::System, now, row.id, None, None).await
        })
        .await
        .expect("published")
    }

    async fn book(
        &self,
        scope: &Scope,
        event: Uuid,
        partner: usize,
        places: i32,
    ) -> Result<booking::Model, StoreError> {
        let wish = Book { event_id: event, enrolment_id: self.enrolment(partner), places };
        self.write(async |txn, now| events::book(txn, scope, None, now, wish).await).await
    }

    async fn record(
        &self,
        scope: &Scope,
        event: Uuid,
        partner: usize,
        presence: Presence,
    ) -> Result<event_attendance::Model, StoreError> {
        let of = (event, self.enrolment(partner));
        self.write(async |txn, now| attendance::record(txn, scope, None, now, of, presence).await)
            .await
    }

    async fn event(&self, id: Uuid) -> event::Model {
        let row = event::Entity::find_by_id(id).one(self.world.db.reader()).await;
        row.expect("a read").expect("the event")
    }

    async fn keyed(&self, key: &str) -> event::Model {
        let rows = event::Entity::find().filter(event::Column::Key.eq(key));
        rows.one(self.world.db.reader()).await.expect("a read").expect("the event")
    }

    /// Bookings of an event in their order: partner, places, state.
    async fn list(&self, event: Uuid) -> Vec<(usize, i32, String)> {
        let rows = booking::Entity::find()
            .filter(booking::Column::EventId.eq(event))
            .order_by_asc(booking::Column::BookedAt)
            .all(self.world.db.reader())
            .await
            .expect("a read");
        let number = |id| self.rise.partners.iter().position(|one| one.enrolment == id);
        rows.into_iter()
            .map(|row| (number(row.enrolment_id).expect("a partner"), row.places, row.state))
            .collect()
    }

    /// What a partner owes of a kind, by occurrence: state, action, due day.
    async fn owed(&self, partner: usize, occurrence: &str, kind: &str) -> obligation::Model {
        let rows = obligation::Entity::find()
            .filter(obligation::Column::SubjectId.eq(self.enrolment(partner)))
            .filter(obligation::Column::Kind.eq(kind))
            .filter(obligation::Column::Occurrence.eq(occurrence));
        let row = rows.one(self.world.db.reader()).await.expect("a read");
        row.unwrap_or_else(|| panic!("{kind} {occurrence} is not owed"))
    }
}
