//! Schools that come in the place of others, and their settings.

use entity::enrolments::{enrolment, enrolment_academy};
use entity::hubs::hub;
use entity::id::new_id;
use entity::people::{contact, person, setting};
use entity::programme::{cohort, pathway, programme, school_calendar};
use entity::schools::trust_by_code;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use tests::{World, both};

use crate::{LATER, LINKS, SAMPLE, file, imported, insert, run, sample, school_of, setting_of};

/// The policy of RISE, as the set-up stores it.
fn policy() -> serde_json::Value {
    let set_up: rules::programme::SetUp =
        toml::from_str(include_str!("../../../set-ups/rise.toml")).expect("RISE");
    serde_json::to_value(set_up.policy).expect("a policy")
}

async fn setting_row(world: &World, id: Uuid) -> setting::Model {
    let row = setting::Entity::find_by_id(id).one(world.db.reader()).await;
    row.expect("read").expect("the setting is there")
}

#[tokio::test]
async fn a_converted_school_keeps_its_setting_contacts_enrolments_and_calendar() {
    both(async |world| {
        imported(&world, SAMPLE, Some(LINKS)).await;
        let setting_id = setting_of(&world, 900_004).await;
        let contact = contact_at(&world, setting_id).await;
        let old = school_of(&world, 900_004).await.id;
        let academy = enrolment_naming(&world, setting_id, old).await;
        let calendar = school_calendar::ActiveModel {
            id: Set(new_id(world.clock.now())),
            key: Set("school:900004".to_owned()),
            name: Set("Riverbank's own".to_owned()),
            local_authority_id: Set(None),
            school_id: Set(Some(old)),
        };
        let calendar = insert(&world, calendar).await.id;

        let report = imported(&world, LATER, Some(LINKS)).await;
        assert_eq!(report.moved.len(), 1, "{report}");
        assert_eq!((report.moved[0].from_urn, report.moved[0].to_urn), (900_004, 900_020));
        assert!(report.needs_person.is_empty(), "{report}");
        let new = school_of(&world, 900_020).await.id;
        let moved = setting_row(&world, setting_id).await;
        assert_eq!(
            (moved.school_id, moved.name.as_str()),
            (Some(new), "Riverbank Invented Academy")
        );
        let db = world.db.reader();
        let contact = contact::Entity::find_by_id(contact).one(db).await.expect("read");
        assert_eq!(contact.map(|it| it.setting_id), Some(setting_id));
        let academy = enrolment_academy::Entity::find_by_id(academy).one(db).await;
        assert_eq!(academy.expect("read").map(|it| it.school_id), Some(new));
        let calendar = school_calendar::Entity::find_by_id(calendar).one(db).await;
        let calendar = calendar.expect("read").map(|it| (it.key, it.school_id));
        assert_eq!(calendar, Some(("school:900020".to_owned(), Some(new))));

        let again = imported(&world, LATER, Some(LINKS)).await;
        assert!(again.changed_nothing(), "{again}");
    })
    .await;
}

#[tokio::test]
async fn a_doubtful_succession_is_left_to_a_person() {
    both(async |world| {
        imported(&world, SAMPLE, Some(LINKS)).await;
        let merged = setting_of(&world, 900_005).await;
        let circle = setting_of(&world, 900_007).await;
        let two_ways = setting_of(&world, 900_010).await;
        let report = imported(&world, LATER, Some(LINKS)).await;
        assert!(report.moved.is_empty(), "{report}");
        for (id, urn, reason) in [
            (merged, 900_005, "900001"),
            (circle, 900_007, "circle"),
            (two_ways, 900_010, "900011, 900012"),
        ] {
            let found = report.needs_person.iter().find(|it| it.setting_id == id);
            let told = found.is_some_and(|it| it.urn == urn && it.reason.contains(reason));
            assert!(told, "{urn}: {report}");
            let school = school_of(&world, urn).await.id;
            assert_eq!(setting_row(&world, id).await.school_id, Some(school));
        }
    })
    .await;
}

#[tokio::test]
async fn two_settings_are_never_made_one() {
    both(async |world| {
        imported(&world, LATER, None).await;
        let old = setting_of(&world, 900_004).await;
        let new = setting_of(&world, 900_020).await;
        let report = imported(&world, LATER, Some(LINKS)).await;
        assert!(report.moved.is_empty());
        assert_eq!(report.needs_person.len(), 1, "{report}");
        assert!(report.needs_person[0].reason.contains("another setting"), "{report}");
        let school = school_of(&world, 900_004).await.id;
        assert_eq!(setting_row(&world, old).await.school_id, Some(school));
        let school = school_of(&world, 900_020).await.id;
        assert_eq!(setting_row(&world, new).await.school_id, Some(school));
    })
    .await;
}

#[tokio::test]
async fn settings_that_would_meet_in_one_successor_both_stay() {
    both(async |world| {
        let chain = b"URN,LinkURN,LinkName,LinkType,LinkEstablishedDate\r\n\
            900004,900020,Riverbank Invented Academy,Successor,\"\"\r\n\
            900008,900004,Riverbank Make-Believe School,Successor,\"\"\r\n";
        let chain = file(&world, "links.csv", chain);
        imported(&world, LATER, None).await;
        for urn in [900_004, 900_008] {
            setting_of(&world, urn).await;
        }
        let report = run(&world, sample(LATER), Some(chain)).await.expect("imported");
        assert_eq!((report.moved.len(), report.needs_person.len()), (0, 2), "{report}");
    })
    .await;
}

#[tokio::test]
async fn settings_are_called_what_their_school_or_trust_is_called() {
    both(async |world| {
        imported(&world, SAMPLE, None).await;
        let school = setting_of(&world, 900_001).await;
        let trust = trust_by_code(world.db.reader(), "8001").await.expect("read");
        let row = setting::ActiveModel {
            id: Set(new_id(world.clock.now())),
            kind: Set("trust".to_owned()),
            name: Set("BRIGHT FICTION TRUST".to_owned()),
            school_id: Set(None),
            trust_id: Set(trust.map(|it| it.id)),
            created_at: Set(world.clock.now()),
        };
        let trust = insert(&world, row).await.id;
        let report = imported(&world, LATER, None).await;
        assert_eq!(report.settings_renamed, 2);
        assert_eq!(setting_row(&world, school).await.name, "Northgate Fiction High School");
        assert_eq!(setting_row(&world, trust).await.name, "BRIGHTER FICTION TRUST");
    })
    .await;
}

async fn contact_at(world: &World, setting_id: Uuid) -> Uuid {
    let now = world.clock.now();
    let row = person::ActiveModel {
        id: Set(new_id(now)),
        name: Set("Invented Person".to_owned()),
        email: Set("invented@school.example".to_owned()),
        digest_minute: Set(None),
        optional_mail: Set(true),
        created_at: Set(now),
    };
    let person = insert(world, row).await.id;
    let row = contact::ActiveModel {
        id: Set(new_id(now)),
        person_id: Set(person),
        setting_id: Set(setting_id),
        role: Set("headteacher".to_owned()),
        created_at: Set(now),
        ended_at: Set(None),
    };
    insert(world, row).await.id
}

/// An enrolment of the setting that names an academy; returns the academy's row.
async fn enrolment_naming(world: &World, setting_id: Uuid, school_id: Uuid) -> Uuid {
    let now = world.clock.now();
    let row = programme::ActiveModel {
        id: Set(new_id(now)),
        key: Set("made-up".to_owned()),
        name: Set("Made-up programme".to_owned()),
        description: Set(String::new()),
        policy: Set(policy()),
        policy_since: Set(None),
        created_at: Set(now),
        changed_at: Set(now),
    };
    let programme_id = insert(world, row).await.id;
    let row = cohort::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        key: Set("first".to_owned()),
        name: Set("First".to_owned()),
    };
    let cohort_id = insert(world, row).await.id;
    let row = pathway::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        key: Set("any".to_owned()),
        name: Set("Any".to_owned()),
        description: Set(String::new()),
        partner_kind: Set("any".to_owned()),
        leadership_days_min: Set(None),
        leadership_days_max: Set(None),
    };
    let pathway_id = insert(world, row).await.id;
    let lead = setting_of(world, 900_001).await;
    let row = hub::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        key: Set("northgate".to_owned()),
        name: Set("Northgate".to_owned()),
        lead_setting_id: Set(lead),
        region_id: Set(None),
        wave: Set(None),
        capacity_min: Set(None),
        capacity_max: Set(None),
        opened_on: Set(now.date_naive()),
        closed_on: Set(None),
        version: Set(1),
        email: Set(None),
    };
    let hub_id = insert(world, row).await.id;
    let row = enrolment::ActiveModel {
        id: Set(new_id(now)),
        programme_id: Set(programme_id),
        hub_id: Set(hub_id),
        cohort_id: Set(cohort_id),
        pathway_id: Set(pathway_id),
        partner_setting_id: Set(setting_id),
        status: Set("active".to_owned()),
        enrolled_on: Set(now.date_naive()),
        ended_on: Set(None),
        end_reason: Set(None),
        version: Set(1),
        created_at: Set(now),
        changed_at: Set(now),
    };
    let enrolment_id = insert(world, row).await.id;
    let row = enrolment_academy::ActiveModel {
        id: Set(new_id(now)),
        enrolment_id: Set(enrolment_id),
        school_id: Set(school_id),
    };
    insert(world, row).await.id
}
