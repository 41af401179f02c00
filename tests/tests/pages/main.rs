//! The pages that links in mails open.

mod bookings;
mod obligations;
mod preferences;
mod visits;
mod visits_refused;

use entity::audit::audit_entry;
use entity::enrolments::obligation;
use rules::links::Purpose;
use sea_orm::{EntityTrait as _, QueryOrder as _};
use tests::World;
use tests::notices::sent;
use tests::pages::{self, Answer};
use tests::rise::{Rise, at};
use tests::working::pass_at;
use uuid::Uuid;

/// Monday 5 October 2026, 09:00 in London.
const NINE: &str = "2026-10-05T08:00:00Z";

/// The pages over a seeded programme, at 08:00 on 5 October 2026.
struct Pages {
    world: World,
    rise: Rise,
    door: pages::Pages,
    /// The partner's self-assessment.
    obligation: obligation::Model,
}

impl Pages {
    async fn new(world: World) -> Self {
        Self::with(world, &["Demo Ash School"]).await
    }

    async fn with(world: World, partners: &[&str]) -> Self {
        let rise = Rise::seed(&world, partners).await;
        world.clock.set(at("2026-10-05T07:00:00Z"));
        let partner = rise.partners[0];
        let obligation = rise.obligation(&world, partner.enrolment, "self_assessment").await;
        Self { door: pages::Pages::open(&world).await, world, rise, obligation }
    }

    fn link(&self, person: Uuid) -> String {
        let purpose = Purpose::Obligation(self.obligation.id);
        format!("/o/{}", self.token(purpose, person))
    }

    fn token(&self, purpose: Purpose, person: Uuid) -> String {
        self.door.token(purpose, person)
    }

    async fn get(&self, path: &str) -> Answer {
        self.door.get(path).await
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        self.door.post(path, form).await
    }

    async fn row(&self) -> obligation::Model {
        let row = obligation::Entity::find_by_id(self.obligation.id);
        row.one(self.world.db.reader()).await.expect("a read").expect("the obligation")
    }

    /// What is in the audit.
    async fn audit(&self) -> Vec<audit_entry::Model> {
        let rows = audit_entry::Entity::find().order_by_asc(audit_entry::Column::Id);
        rows.all(self.world.db.reader()).await.expect("a read")
    }

    /// What a pass of the worker at a moment mailed of a kind to somebody last: the page that its
    /// one link of ours opens.
    async fn mailed(&self, moment: &str, kind: &str, person: Uuid) -> String {
        pass_at(&self.world, moment).await;
        let mails = sent(&self.world, &[kind]).await;
        let mail = mails.iter().rfind(|mail| mail.person == person).expect("a mail");
        let address = &self.world.config.http.public_url;
        let mut words = mail.text.split_whitespace();
        let link = words.find_map(|word| word.strip_prefix(address.as_str())).expect("a link");
        link.to_owned()
    }

    fn head(&self) -> Uuid {
        self.rise.partners[0].head
    }
}
