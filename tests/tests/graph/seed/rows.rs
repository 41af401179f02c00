//! Schools, and who may see what of them.

use api::http::principal::hash;
use chrono::{DateTime, Utc};
use entity::people::{access_token, contact, person, role_grant, session, setting};
use entity::schools::{local_authority, school, trust};
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait as _, IntoActiveModel};

use super::*;

pub async fn put<A: ActiveModelTrait + Send>(
    txn: &DatabaseTransaction,
    row: impl IntoActiveModel<A>,
) {
    A::Entity::insert(row.into_active_model()).exec_without_returning(txn).await.expect("a row");
}

pub async fn register(txn: &DatabaseTransaction) {
    for (row, code, name, region) in
        [(id(3), 801, "Larkshire", NORTH), (id(4), 802, "Wrenborough", LONDON)]
    {
        let authority = local_authority::Model {
            id: row,
            code,
            name: name.to_owned(),
            region_id: Some(region),
        };
        put(txn, authority).await;
    }
    let trust = trust::Model {
        id: id(5),
        code: "9001".to_owned(),
        name: "Orchard Trust".to_owned(),
        kind: "multi_academy".to_owned(),
    };
    put(txn, trust).await;
    for (row, urn, name, region, trust, phase) in [
        (id(10), 900_001, "Elm School", NORTH, None, "secondary"),
        (id(11), 900_002, "Fir School", LONDON, None, "secondary"),
        (BIRCH, 900_003, "Birch \"Hill\" School", NORTH, None, "primary"),
        (id(13), 900_004, "Cedar School", LONDON, None, "primary"),
        (id(14), 900_005, "Alder Academy", NORTH, Some(id(5)), "secondary"),
        (id(15), 900_006, "Damson Academy", LONDON, Some(id(5)), "all_through"),
    ] {
        let school = school::Model {
            id: row,
            urn,
            name: name.to_owned(),
            local_authority_id: Some(if region == NORTH { id(3) } else { id(4) }),
            establishment_number: None,
            type_code: 1,
            type_name: "Community school".to_owned(),
            status: "open".to_owned(),
            opened_on: Some(day("1990-09-01")),
            closed_on: None,
            phase: phase.to_owned(),
            low_age: Some(4),
            high_age: Some(11),
            pupils: Some(420),
            percent_fsm: Some(12.5),
            trust_flag: trust.map(|_| 3),
            trust_id: trust,
            ukprn: None,
            street: None,
            locality: None,
            address3: None,
            town: Some("Wrenborough".to_owned()),
            county: None,
            postcode: None,
            website: None,
            region_id: Some(region),
            easting: None,
            northing: None,
            ofsted_rating: None,
            register_hash: 1,
            changed_at: at("2026-09-01T00:00:00Z"),
        };
        put(txn, school).await;
    }
}

pub async fn settings(txn: &DatabaseTransaction) {
    for (row, name, school, trust) in [
        (LEAD_NORTH, "Elm School", Some(id(10)), None),
        (LEAD_LONDON, "Fir School", Some(id(11)), None),
        (PARTNER_BIRCH, "Birch \"Hill\" School", Some(BIRCH), None),
        (PARTNER_TRUST, "Orchard Trust", None, Some(id(5))),
        (PARTNER_CEDAR, "Cedar School", Some(id(13)), None),
    ] {
        let setting = setting::Model {
            id: row,
            kind: if trust.is_some() { "trust" } else { "school" }.to_owned(),
            name: name.to_owned(),
            school_id: school,
            trust_id: trust,
            created_at: at("2026-09-01T00:00:00Z"),
        };
        put(txn, setting).await;
    }
}

pub async fn people(txn: &DatabaseTransaction, now: DateTime<Utc>) {
    for who in ALL {
        let person = person::Model {
            id: who.person(),
            name: format!("{who:?} Example"),
            email: format!("{who:?}@people.example").to_lowercase(),
            digest_minute: None,
            optional_mail: true,
            created_at: at("2026-09-01T00:00:00Z"),
        };
        put(txn, person).await;
        let (role, region, hub, setting) = match who {
            Who::Admin => ("programme_admin", None, None, None),
            Who::RegionalLead => ("regional_lead", Some(NORTH), None, None),
            Who::HubLead => ("hub_lead", None, Some(HUB_NORTH), None),
            Who::SchoolUser => ("school_user", None, None, Some(PARTNER_BIRCH)),
            Who::Evaluator => ("external_evaluator", None, None, None),
        };
        let grant = role_grant::Model {
            id: id(100 + who as u128),
            person_id: who.person(),
            role: role.to_owned(),
            region_id: region,
            hub_id: hub,
            setting_id: setting,
            granted_at: now,
            revoked_at: None,
        };
        put(txn, grant).await;
        let token = access_token::Model {
            id: id(110 + who as u128),
            person_id: who.person(),
            token_hash: hash(&who.token()),
            label: "test".to_owned(),
            created_at: now,
            expires_at: now + chrono::TimeDelta::hours(1),
            revoked_at: None,
            kind: "person".to_owned(),
            scopes: "read write".to_owned(),
            created_by: None,
            last_used_at: None,
        };
        put(txn, token).await;
        let session = session::Model {
            id: id(0x5e00 + who as u128),
            person_id: who.person(),
            token_hash: hash(&format!("session of {}", who.token())),
            method: "magic_link".to_owned(),
            issuer: None,
            created_at: now,
            last_seen_at: now,
            idle_until: now + chrono::TimeDelta::hours(1),
            expires_at: now + chrono::TimeDelta::hours(2),
            revoked_at: None,
            user_agent: "Demo browser".to_owned(),
        };
        put(txn, session).await;
    }
    let stranger = person::Model {
        id: id(99),
        name: "Cedar Contact Example".to_owned(),
        email: "cedar@people.example".to_owned(),
        digest_minute: Some(450),
        optional_mail: false,
        created_at: at("2026-09-01T00:00:00Z"),
    };
    put(txn, stranger).await;
    for (row, person, setting, role) in [
        (id(120), Who::HubLead.person(), LEAD_NORTH, "hub_lead"),
        (id(121), Who::SchoolUser.person(), PARTNER_BIRCH, "headteacher"),
        (id(122), id(99), PARTNER_CEDAR, "headteacher"),
    ] {
        let contact = contact::Model {
            id: row,
            person_id: person,
            setting_id: setting,
            role: role.to_owned(),
            created_at: now,
            ended_at: None,
        };
        put(txn, contact).await;
    }
}
