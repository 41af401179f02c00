//! A small RISE programme with people in it: one hub, its lead, an admin, and partners on Enhanced
//! support since July in the cohort of September 2026. All plainly invented.

use chrono::{DateTime, NaiveDate, Utc};
use entity::enrolments::{Enrol, enrol, obligation};
use entity::hubs::hub;
use entity::id::new_id;
use entity::people::settings::ensure_for_school;
use entity::people::{contact, person, role_grant, setting};
use entity::programme::{calendar_span, cohort, loader, pathway, school_calendar};
use entity::schools::school;
use entity::scope::Scope;
use rules::programme::SetUp;
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, DatabaseTransaction, EntityTrait as _,
    IntoActiveModel as _, QueryFilter as _,
};
use uuid::Uuid;

use crate::{World, moves};

/// The programme.
#[derive(Debug)]
pub struct Rise {
    /// Its id.
    pub id: Uuid,
    /// The hub, led by Demo Lead School.
    pub hub: hub::Model,
    /// The hub's lead.
    pub lead: Uuid,
    /// A programme admin.
    pub admin: Uuid,
    /// The partners, in the order of their names.
    pub partners: Vec<Partner>,
}

/// A partner.
#[derive(Clone, Copy, Debug)]
pub struct Partner {
    /// Its enrolment.
    pub enrolment: Uuid,
    /// Its setting.
    pub setting: Uuid,
    /// Its headteacher, who gets its reminders.
    pub head: Uuid,
}

impl Rise {
    /// Seeds it, with one partner for each name.
    ///
    /// # Panics
    /// A row is refused.
    pub async fn seed(world: &World, partners: &[&str]) -> Self {
        let now = world.clock.now();
        let mut set_up: SetUp =
            toml::from_str(include_str!("../../set-ups/rise.toml")).expect("RISE");
        // What survey campaigns send has tests of its own.
        set_up.campaigns.clear();
        let txn = world.db.write().await.expect("a transaction");
        let id = loader::load(&txn, now, &set_up).await.expect("loads").programme_id;
        let lead_setting = setting(&txn, now, 900_001, "Demo Lead School", "open").await;
        let hub = moves::open_hub(&txn, now, id, ("demo", "Demo Hub"), lead_setting).await;
        let lead = somebody(&txn, now, "Demo Lead").await;
        grant(&txn, now, lead, "hub_lead", Some(hub.id)).await;
        let admin = somebody(&txn, now, "Demo Admin").await;
        grant(&txn, now, admin, "programme_admin", None).await;
        let mut rise = Self { id, hub, lead, admin, partners: Vec::new() };
        for (urn, name) in (900_002..).zip(partners) {
            rise.partners.push(rise.partner(&txn, now, urn, name).await);
        }
        txn.commit().await.expect("commit");
        rise
    }

    /// Seeds it, with partners Demo School 1, 2 and so on.
    ///
    /// # Panics
    /// A row is refused.
    pub async fn seed_many(world: &World, partners: usize) -> Self {
        let names: Vec<String> = (1..=partners).map(|it| format!("Demo School {it}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Self::seed(world, &names).await
    }

    /// Lead and admin want the summaries of weeks and alerts too.
    ///
    /// # Panics
    /// The database fails.
    pub async fn want_summaries(&self, world: &World) {
        let txn = world.db.write().await.expect("a transaction");
        for id in [self.lead, self.admin] {
            let row = person::ActiveModel {
                id: Unchanged(id),
                optional_mail: Set(true),
                ..Default::default()
            };
            row.update(&txn).await.expect("they want them");
        }
        txn.commit().await.expect("commit");
    }

    async fn partner(
        &self,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        urn: i32,
        name: &str,
    ) -> Partner {
        self.join(txn, now, urn, name, "2026-07-06").await
    }

    /// Enrols a new school on Enhanced support in the cohort of September 2026, with a headteacher
    /// of its own.
    ///
    /// # Panics
    /// It is refused.
    pub async fn join(
        &self,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
        urn: i32,
        name: &str,
        enrolled_on: &str,
    ) -> Partner {
        let cohort = cohort::Entity::find().filter(cohort::Column::Key.eq("september-2026"));
        let pathway = pathway::Entity::find().filter(pathway::Column::Key.eq("enhanced"));
        let setting = setting(txn, now, urn, name, "open").await;
        let head = somebody(txn, now, &format!("Head of {name}")).await;
        let contact = contact::ActiveModel {
            id: Set(new_id(now)),
            person_id: Set(head),
            setting_id: Set(setting),
            role: Set("headteacher".to_owned()),
            created_at: Set(now),
            ended_at: Set(None),
        };
        contact.insert(txn).await.expect("a contact");
        let wish = Enrol {
            hub_id: self.hub.id,
            cohort_id: cohort.one(txn).await.expect("a read").expect("the cohort").id,
            pathway_id: pathway.one(txn).await.expect("a read").expect("the pathway").id,
            partner_setting_id: setting,
            enrolled_on: day(enrolled_on),
            academies: Vec::new(),
        };
        let enrolment = enrol(txn, &Scope::System, None, now, wish).await.expect("enrolled");
        Partner { enrolment: enrolment.id, setting, head }
    }

    /// The one obligation of a partner or hub whose kind is `kind`, and which is due first.
    ///
    /// # Panics
    /// There is none.
    pub async fn obligation(&self, world: &World, subject: Uuid, kind: &str) -> obligation::Model {
        obligation::Entity::find()
            .filter(obligation::Column::SubjectId.eq(subject))
            .filter(obligation::Column::Kind.eq(kind))
            .all(world.db.reader())
            .await
            .expect("a read")
            .into_iter()
            .min_by_key(|row| row.due_on)
            .expect("an obligation of this kind")
    }
}

/// Enrols one more partner, Demo Willow School, on the pathway of that key; returns the enrolment.
///
/// # Panics
/// A row is refused.
pub async fn enrol_on(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    rise: &Rise,
    pathway: &str,
) -> Uuid {
    let cohort = cohort::Entity::find().filter(cohort::Column::Key.eq("september-2026"));
    let pathway = pathway::Entity::find().filter(pathway::Column::Key.eq(pathway));
    let wish = Enrol {
        hub_id: rise.hub.id,
        cohort_id: cohort.one(txn).await.expect("a read").expect("the cohort").id,
        pathway_id: pathway.one(txn).await.expect("a read").expect("the pathway").id,
        partner_setting_id: setting(txn, now, 900_080, "Demo Willow School", "open").await,
        enrolled_on: day("2026-07-06"),
        academies: Vec::new(),
    };
    enrol(txn, &Scope::System, None, now, wish).await.expect("enrolled").id
}

/// Gives the school of a setting a calendar of its own for the autumn of 2026, with a half-term from
/// the first to the last of these days.
///
/// # Panics
/// A row is refused.
pub async fn half_term(world: &World, setting_id: Uuid, first: &str, last: &str) {
    let now = world.clock.now();
    let txn = world.db.write().await.expect("a transaction");
    let row = setting::Entity::find_by_id(setting_id).one(&txn).await.expect("a read");
    let calendar = new_id(now);
    let row = school_calendar::ActiveModel {
        id: Set(calendar),
        key: Set(format!("school:{setting_id}")),
        name: Set("Its own".to_owned()),
        local_authority_id: Set(None),
        school_id: Set(row.expect("a setting").school_id),
    };
    row.insert(&txn).await.expect("a calendar");
    for (kind, first, last) in [("term", "2026-09-01", "2026-12-18"), ("half_term", first, last)] {
        let span = calendar_span::ActiveModel {
            id: Set(new_id(now)),
            calendar_id: Set(calendar),
            kind: Set(kind.to_owned()),
            name: Set(kind.to_owned()),
            starts_on: Set(day(first)),
            ends_on: Set(day(last)),
        };
        span.insert(&txn).await.expect("a span");
    }
    txn.commit().await.expect("commit");
}

/// A day.
///
/// # Panics
/// The text is none.
#[must_use]
pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// A moment.
///
/// # Panics
/// The text is none.
#[must_use]
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

/// Records an invented primary school, and its setting, of which it returns the id. `status` is a
/// word of `rules::register::SchoolStatus`.
///
/// # Panics
/// The database refuses it.
pub async fn setting(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    urn: i32,
    name: &str,
    status: &str,
) -> Uuid {
    let school = school::Model {
        id: new_id(now),
        urn,
        name: name.to_owned(),
        local_authority_id: None,
        establishment_number: None,
        type_code: 1,
        type_name: "Community school".to_owned(),
        status: status.to_owned(),
        opened_on: None,
        closed_on: None,
        phase: "primary".to_owned(),
        low_age: None,
        high_age: None,
        pupils: None,
        percent_fsm: None,
        trust_flag: None,
        trust_id: None,
        ukprn: None,
        street: None,
        locality: None,
        address3: None,
        town: None,
        county: None,
        postcode: None,
        website: None,
        region_id: None,
        easting: None,
        northing: None,
        ofsted_rating: None,
        register_hash: 0,
        changed_at: now,
    };
    let school = school.into_active_model().insert(txn).await.expect("a school");
    ensure_for_school(txn, now, school.id).await.expect("a setting").id
}

async fn somebody(txn: &DatabaseTransaction, now: DateTime<Utc>, name: &str) -> Uuid {
    let row = person::ActiveModel {
        id: Set(new_id(now)),
        name: Set(name.to_owned()),
        email: Set(format!("{}@example.org", name.to_lowercase().replace(' ', "."))),
        digest_minute: Set(None),
        // What is sent to those who want more has tests of its own.
        optional_mail: Set(false),
        created_at: Set(now),
    };
    row.insert(txn).await.expect("a person").id
}

async fn grant(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    person: Uuid,
    role: &str,
    hub: Option<Uuid>,
) {
    let row = role_grant::ActiveModel {
        id: Set(new_id(now)),
        person_id: Set(person),
        role: Set(role.to_owned()),
        region_id: Set(None),
        hub_id: Set(hub),
        setting_id: Set(None),
        granted_at: Set(now),
        revoked_at: Set(None),
    };
    row.insert(txn).await.expect("a grant");
}
