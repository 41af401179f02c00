//! The seed's rows.

use api::http::principal::hash;
use chrono::{DateTime, Utc};
use entity::engagement::engagement_alert;
use entity::enrolments::{enrolment, enrolment_academy, obligation};
use entity::hubs::hub;
use entity::messages::{message, message_event, reminder};
use entity::people::{access_token, contact, person, role_grant, session, setting};
use entity::programme::{cohort, commitment_template, event, pathway, programme, programme_term};
use entity::schools::{local_authority, school, trust};
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait as _, IntoActiveModel};
use serde_json::{Value, json};

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

pub async fn set_up(txn: &DatabaseTransaction) {
    let programme = programme::Model {
        id: id(40),
        key: "invented".to_owned(),
        name: "Invented Programme".to_owned(),
        description: "For tests.".to_owned(),
        policy: policy(),
        created_at: at("2026-09-01T00:00:00Z"),
        changed_at: at("2026-09-01T00:00:00Z"),
    };
    put(txn, programme).await;
    let cohort = cohort::Model {
        id: COHORT,
        programme_id: id(40),
        key: "autumn".to_owned(),
        name: "Autumn".to_owned(),
    };
    put(txn, cohort).await;
    for (row, ordinal, starts, ends) in [
        (id(42), 1, "2026-09-03", "2026-12-18"),
        (id(43), 2, "2027-01-04", "2027-03-25"),
        (id(44), 3, "2027-04-12", "2027-07-21"),
    ] {
        let term = programme_term::Model {
            id: row,
            cohort_id: COHORT,
            ordinal,
            name: format!("Term {ordinal}"),
            starts_on: day(starts),
            ends_on: day(ends),
            half_term_starts_on: None,
            half_term_ends_on: None,
        };
        put(txn, term).await;
    }
    let pathway = pathway::Model {
        id: PATHWAY,
        programme_id: id(40),
        key: "regional".to_owned(),
        name: "Regional".to_owned(),
        description: "Light support.".to_owned(),
        partner_kind: "any".to_owned(),
        leadership_days_min: Some(5),
        leadership_days_max: Some(10),
    };
    put(txn, pathway).await;
    for (row, pathway, key, kind, owed_by) in [
        (id(46), Some(PATHWAY), "regional.assess", "self_assessment", "partner"),
        (id(47), None, "hub.open-day", "host_open_day", "hub"),
    ] {
        let commitment = commitment_template::Model {
            id: row,
            programme_id: id(40),
            pathway_id: pathway,
            key: key.to_owned(),
            kind: kind.to_owned(),
            owed_by: owed_by.to_owned(),
            title: format!("Do {key}"),
            rule: json!({ "term": "each", "due": "end_of_term" }),
            position: 1,
            retired_at: None,
        };
        put(txn, commitment).await;
    }
}

pub async fn hubs(txn: &DatabaseTransaction) {
    for (row, key, name, lead, region) in [
        (HUB_NORTH, "north", "North Hub", LEAD_NORTH, NORTH),
        (HUB_LONDON, "london", "London Hub", LEAD_LONDON, LONDON),
    ] {
        let hub = hub::Model {
            id: row,
            programme_id: id(40),
            key: key.to_owned(),
            name: name.to_owned(),
            lead_setting_id: lead,
            region_id: Some(region),
            wave: None,
            capacity_min: Some(30),
            capacity_max: Some(40),
            opened_on: day("2026-09-01"),
            closed_on: None,
            version: 1,
        };
        put(txn, hub).await;
    }
    for (row, hub, key, published) in [
        (id(55), None, "cpd-1", true),
        (id(56), Some(HUB_NORTH), "north-open-day", false),
        (id(57), Some(HUB_LONDON), "london-open-day", true),
    ] {
        let event = event::Model {
            id: row,
            programme_id: id(40),
            cohort_id: None,
            hub_id: hub,
            key: key.to_owned(),
            kind: if hub.is_some() { "open_day" } else { "cpd_session" }.to_owned(),
            title: format!("Event {key}"),
            starts_at: at("2026-11-05T09:00:00Z"),
            ends_at: at("2026-11-05T11:00:00Z"),
            published_at: published.then(|| at("2026-09-01T09:00:00Z")),
            cancelled_at: None,
            version: 1,
            summary: None,
            place: None,
            joining_details: None,
            module: None,
            capacity: None,
            recording_url: None,
            cancellation_reason: None,
            changed_at: None,
            places_booked: 0,
        };
        put(txn, event).await;
    }
}

fn policy() -> Value {
    json!({
        "grace_working_days": 15, "remind_before": [10, 3], "remind_after": [3],
        "escalate_to_hub_after": 10, "escalate_to_programme_after": 20,
        "recipients": ["headteacher"], "digest_at": "08:00:00", "quiet_from": "18:00:00",
        "quiet_until": "07:30:00", "alert_when_overdue_by": 5
    })
}

pub async fn enrolments(txn: &DatabaseTransaction) {
    for (row, hub, partner) in [
        (ENROLMENT_BIRCH, HUB_NORTH, PARTNER_BIRCH),
        (ENROLMENT_TRUST, HUB_NORTH, PARTNER_TRUST),
        (ENROLMENT_CEDAR, HUB_LONDON, PARTNER_CEDAR),
    ] {
        let enrolment = enrolment::Model {
            id: row,
            programme_id: id(40),
            hub_id: hub,
            cohort_id: COHORT,
            pathway_id: PATHWAY,
            partner_setting_id: partner,
            status: "active".to_owned(),
            enrolled_on: day("2026-09-03"),
            ended_on: None,
            end_reason: None,
            version: 1,
            created_at: at("2026-09-03T09:00:00Z"),
            changed_at: at("2026-09-03T09:00:00Z"),
        };
        put(txn, enrolment).await;
    }
    for (row, school) in [(id(65), id(14)), (id(66), id(15))] {
        let academy =
            enrolment_academy::Model { id: row, enrolment_id: ENROLMENT_TRUST, school_id: school };
        put(txn, academy).await;
    }
    for (number, due, state) in [
        (0, "2026-10-01", "open"),
        (1, "2026-10-02", "met"),
        (2, "2026-10-12", "open"),
        (3, "2026-10-13", "open"),
        (4, "2026-10-14", "open"),
        (5, "2026-10-02", "open"),
        (6, "2026-12-18", "open"),
    ] {
        let (enrolment, hub) = match number {
            5 => (Some(ENROLMENT_CEDAR), HUB_LONDON),
            6 => (None, HUB_NORTH),
            _ => (Some(ENROLMENT_BIRCH), HUB_NORTH),
        };
        let due_on = day(due);
        let obligation = obligation::Model {
            id: id(OBLIGATION + number),
            programme_id: id(40),
            cohort_id: COHORT,
            hub_id: hub,
            enrolment_id: enrolment,
            subject_id: enrolment.unwrap_or(hub),
            template_id: if enrolment.is_some() { id(46) } else { id(47) },
            occurrence: format!("term-{number}"),
            owed_by: if enrolment.is_some() { "partner" } else { "hub" }.to_owned(),
            kind: if enrolment.is_some() { "self_assessment" } else { "host_open_day" }.to_owned(),
            action: "do".to_owned(),
            title: format!("Obligation {number}"),
            term_id: Some(id(42)),
            event_id: None,
            required_half_days: None,
            opens_on: None,
            due_on,
            due_at: rules::calendar::end_of_day(due_on),
            state: state.to_owned(),
            met_on: (state == "met").then_some(due_on),
            note: None,
            recorded_by: (state == "met").then(|| Who::SchoolUser.person()),
            recorded_at: None,
            deed_kind: None,
            deed_id: None,
            revision: 1,
            version: 1,
            created_at: at("2026-09-03T09:00:00Z"),
            changed_at: at("2026-09-03T09:00:00Z"),
        };
        put(txn, obligation).await;
    }
}

pub async fn consequences(txn: &DatabaseTransaction) {
    for (row, hub, enrolment, obligation) in [
        (ALERT_NORTH, HUB_NORTH, ENROLMENT_BIRCH, OBLIGATION),
        (ALERT_LONDON, HUB_LONDON, ENROLMENT_CEDAR, OBLIGATION + 5),
    ] {
        let alert = engagement_alert::Model {
            id: row,
            rule: "overdue_obligation".to_owned(),
            rule_version: 1,
            subject_kind: "enrolment".to_owned(),
            subject_id: enrolment,
            enrolment_id: Some(enrolment),
            hub_id: Some(hub),
            contact_id: None,
            period: "autumn".to_owned(),
            state: "firing".to_owned(),
            summary: "1 obligation is overdue".to_owned(),
            threshold: "overdue by 5 working days".to_owned(),
            evidence: json!([{ "obligation_id": id(obligation), "fact": "Due on 1 October" }]),
            raised_at: at("2026-10-05T01:00:00.250Z"),
            changed_at: at("2026-10-05T01:00:00.250Z"),
            acknowledged_at: None,
            acknowledged_by: None,
            acknowledgement_note: None,
            resolved_at: None,
            version: 1,
            snoozed_until: None,
            snoozed_by: None,
            snooze_reason: None,
            clearing_since: None,
            left_hub_id: None,
            left_at: None,
            reopened: 0,
        };
        put(txn, alert).await;
    }
    for (number, person, obligation) in
        [(0, Who::SchoolUser.person(), OBLIGATION), (1, id(99), OBLIGATION + 5)]
    {
        let message = message::Model {
            id: id(130 + number),
            kind: "digest".to_owned(),
            person_id: person,
            dedupe_key: format!("digest:{person}:2026-10-05"),
            local_day: Some(day("2026-10-05")),
            subject: Some("Due soon".to_owned()),
            state: "accepted".to_owned(),
            send_after: at("2026-10-05T07:00:00Z"),
            expires_at: at("2026-10-05T17:00:00Z"),
            attempts: 1,
            lease_owner: None,
            lease_epoch: 1,
            leased_until: None,
            message_id_header: None,
            body: None,
            created_at: at("2026-10-05T06:00:00Z"),
            changed_at: at("2026-10-05T07:00:00Z"),
            about_kind: None,
            about_id: None,
            about_revision: None,
        };
        put(txn, message).await;
        let story = message_event::Model {
            id: id(140 + number),
            message_id: id(130 + number),
            state: "accepted".to_owned(),
            detail: "taken by the mail server".to_owned(),
            happened_at: at("2026-10-05T07:00:00Z"),
        };
        put(txn, story).await;
        let reminder = reminder::Model {
            id: id(150 + number),
            obligation_id: id(obligation),
            person_id: person,
            step: "after_3".to_owned(),
            revision: 1,
            send_on: day("2026-10-05"),
            expires_at: at("2026-10-08T23:00:00Z"),
            state: "sent".to_owned(),
            reason: "3 working days overdue".to_owned(),
            message_id: Some(id(130 + number)),
            created_at: at("2026-10-05T06:00:00Z"),
            changed_at: at("2026-10-05T07:00:00Z"),
        };
        put(txn, reminder).await;
    }
}
