//! The programme, its hubs and partners, and what follows from taking part.

use entity::engagement::engagement_alert;
use entity::enrolments::{enrolment, enrolment_academy, obligation};
use entity::hubs::hub;
use entity::messages::{message, message_event, reminder};
use entity::programme::{cohort, commitment_template, event, pathway, programme, programme_term};
use sea_orm::DatabaseTransaction;
use serde_json::{Value, json};

use super::rows::put;
use super::*;

pub async fn set_up(txn: &DatabaseTransaction) {
    let programme = programme::Model {
        id: id(40),
        key: "invented".to_owned(),
        name: "Invented Programme".to_owned(),
        description: "For tests.".to_owned(),
        policy: policy(),
        policy_since: None,
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
            email: Some(format!("{key}.hub@example.org")),
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
            revised_at: None,
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
            body_hash: None,
            created_at: at("2026-10-05T06:00:00Z"),
            changed_at: at("2026-10-05T07:00:00Z"),
            about_kind: None,
            about_id: None,
            about_revision: None,
            was_starts_at: None,
            was_ends_at: None,
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
