//! The answers as JSON, written by hand.

use std::collections::HashMap;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use super::rows::Row;
use super::writer::Json;

/// Rows of many parents, those of one together.
pub struct Grouped<R> {
    rows: Vec<R>,
    of: HashMap<Uuid, Range<usize>>,
}

impl<R: Row> Grouped<R> {
    /// Groups rows by the parent in a column.
    pub fn by(rows: Vec<R>, at: usize) -> Self {
        let mut of: HashMap<Uuid, Range<usize>> = HashMap::new();
        for (number, row) in rows.iter().enumerate() {
            if let Some(parent) = row.id(at) {
                of.entry(parent).or_insert(number..number).end = number + 1;
            }
        }
        Self { rows, of }
    }

    fn of(&self, parent: Uuid) -> &[R] {
        self.of.get(&parent).map_or(&[], |range| &self.rows[range.clone()])
    }
}

/// A school with hub and enrolment.
pub fn point<R: Row>(now: DateTime<Utc>, school: Option<&R>, enrolments: &[R]) -> Vec<u8> {
    let mut json = Json::new(now);
    let Some(row) = school else {
        return b"{\"data\":{\"node\":null}}".to_vec();
    };
    json.id("{\"data\":{\"node\":{\"id\":", "School", row.id(0).unwrap_or_default());
    json.int(",\"urn\":", row.int(1));
    json.text(",\"name\":", row.text(2));
    json.word(",\"phase\":", row.text(3));
    json.text(",\"town\":", row.text(4));
    json.raw(",\"setting\":");
    match row.id(5) {
        None => json.raw("null"),
        Some(setting) => {
            json.id("{\"id\":", "Setting", setting);
            json.text(",\"name\":", row.text(6));
            json.raw(",\"enrolments\":{\"nodes\":");
            json.list(enrolments, |json, row| {
                json.id("{\"id\":", "Enrolment", row.id(0).unwrap_or_default());
                json.word(",\"status\":", row.text(1));
                json.day(",\"enrolledOn\":", row.day(2));
                json.raw(",\"hub\":");
                match row.id(3) {
                    None => json.raw("null"),
                    Some(hub) => {
                        json.id("{\"id\":", "Hub", hub);
                        json.text(",\"key\":", row.text(4));
                        json.text(",\"name\":", row.text(5));
                        json.raw("}");
                    }
                }
                json.raw("}");
            });
            json.raw("}}");
        }
    }
    json.raw("}}}");
    json.out
}

/// What a dashboard is written from.
pub struct Dashboard<R> {
    pub hub: Option<R>,
    pub enrolments: Vec<R>,
    pub obligations: Grouped<R>,
    pub visits: Grouped<R>,
    pub alerts: Grouped<R>,
}

/// 40 partners with school, enrolment, this term's obligations, last three visits, open alerts.
pub fn dashboard<R: Row>(now: DateTime<Utc>, found: &Dashboard<R>) -> Vec<u8> {
    let mut json = Json::new(now);
    let Some(hub) = &found.hub else {
        return b"{\"data\":{\"node\":null}}".to_vec();
    };
    json.id("{\"data\":{\"node\":{\"id\":", "Hub", hub.id(0).unwrap_or_default());
    json.text(",\"key\":", hub.text(1));
    json.text(",\"name\":", hub.text(2));
    json.raw(",\"enrolments\":{\"nodes\":");
    json.list(&found.enrolments, |json, row| {
        let id = row.id(0).unwrap_or_default();
        json.id("{\"id\":", "Enrolment", id);
        json.word(",\"status\":", row.text(1));
        json.day(",\"enrolledOn\":", row.day(2));
        json.raw(",\"partner\":");
        match row.id(3) {
            None => json.raw("null"),
            Some(partner) => {
                json.id("{\"id\":", "Setting", partner);
                json.text(",\"name\":", row.text(4));
                json.raw(",\"school\":");
                if row.id(5).is_some() {
                    json.int("{\"urn\":", row.int(6));
                    json.text(",\"name\":", row.text(7));
                    json.word(",\"phase\":", row.text(8));
                    json.text(",\"town\":", row.text(9));
                    json.raw("}}");
                } else {
                    json.raw("null}");
                }
            }
        }
        json.raw(",\"obligations\":{\"nodes\":");
        json.list(found.obligations.of(id), |json, row| {
            json.id("{\"id\":", "Obligation", row.id(1).unwrap_or_default());
            json.word(",\"kind\":", row.text(2));
            json.text(",\"title\":", row.text(3));
            json.word(",\"state\":", row.text(4));
            json.day(",\"dueOn\":", row.day(5));
            let overdue = row.text(4) == "open" && row.moment(6) <= json.now;
            json.raw(if overdue { ",\"overdue\":true}" } else { ",\"overdue\":false}" });
        });
        json.raw("},\"visits\":{\"nodes\":");
        json.list(found.visits.of(id), |json, row| {
            json.id("{\"id\":", "Visit", row.id(1).unwrap_or_default());
            json.word(",\"kind\":", row.text(2));
            json.word(",\"state\":", row.text(3));
            json.moment(",\"startsAt\":", row.moment(4));
            json.raw("}");
        });
        json.raw("},\"alerts\":{\"nodes\":");
        json.list(found.alerts.of(id), |json, row| {
            json.id("{\"id\":", "EngagementAlert", row.id(1).unwrap_or_default());
            json.word(",\"rule\":", row.text(2));
            json.word(",\"state\":", row.text(3));
            json.text(",\"summary\":", row.text(4));
            json.moment(",\"raisedAt\":", row.moment(5));
            json.raw("}");
        });
        json.raw("}}");
    });
    json.raw("}}}}");
    json.out
}

/// 50 ordered alerts with school and hub.
pub fn inbox<R: Row>(now: DateTime<Utc>, rows: &[R]) -> Vec<u8> {
    let mut json = Json::new(now);
    let more = rows.len() > 50;
    let rows = &rows[..rows.len().min(50)];
    json.raw("{\"data\":{\"alerts\":{\"nodes\":");
    json.list(rows, |json, row| {
        json.id("{\"id\":", "EngagementAlert", row.id(0).unwrap_or_default());
        json.word(",\"rule\":", row.text(1));
        json.word(",\"state\":", row.text(2));
        json.text(",\"summary\":", row.text(3));
        json.text(",\"threshold\":", row.text(4));
        json.moment(",\"raisedAt\":", row.moment(5));
        json.int(",\"version\":", row.int(6));
        json.raw(",\"hub\":");
        match row.id(7) {
            None => json.raw("null"),
            Some(hub) => {
                json.id("{\"id\":", "Hub", hub);
                json.text(",\"name\":", row.text(8));
                json.raw("}");
            }
        }
        json.raw(",\"enrolment\":");
        match row.id(9) {
            None => json.raw("null}"),
            Some(enrolment) => {
                json.id("{\"id\":", "Enrolment", enrolment);
                json.raw(",\"partner\":");
                match row.id(10) {
                    None => json.raw("null}}"),
                    Some(partner) => {
                        json.id("{\"id\":", "Setting", partner);
                        json.text(",\"name\":", row.text(11));
                        json.raw(",\"school\":");
                        if row.id(12).is_some() {
                            json.int("{\"urn\":", row.int(13));
                            json.text(",\"name\":", row.text(14));
                            json.text(",\"town\":", row.text(15));
                            json.raw("}}}}");
                        } else {
                            json.raw("null}}}");
                        }
                    }
                }
            }
        }
    });
    json.raw(",\"pageInfo\":{\"hasNextPage\":");
    json.raw(if more { "true" } else { "false" });
    json.raw(",\"endCursor\":");
    match rows.last() {
        None => json.raw("null"),
        Some(row) => {
            let moment = row.moment(5).to_rfc3339_opts(SecondsFormat::AutoSi, true);
            let id = row.id(0).unwrap_or_default();
            let cursor = format!("RAISED_AT:{moment}:{}", id.simple());
            json.text("", &URL_SAFE_NO_PAD.encode(cursor));
        }
    }
    json.raw("}}}}");
    json.out
}

/// What the heavy operation is written from.
pub struct Heavy<R> {
    pub hubs: Vec<R>,
    pub enrolments: Grouped<R>,
    pub obligations: Grouped<R>,
}

/// 10 hubs of 40 partners of 12 obligations.
pub fn heavy<R: Row>(now: DateTime<Utc>, found: &Heavy<R>) -> Vec<u8> {
    let mut json = Json::new(now);
    json.raw("{\"data\":{\"hubs\":{\"nodes\":");
    json.list(&found.hubs, |json, row| {
        let hub = row.id(0).unwrap_or_default();
        json.id("{\"id\":", "Hub", hub);
        json.text(",\"key\":", row.text(1));
        json.text(",\"name\":", row.text(2));
        json.raw(",\"enrolments\":{\"nodes\":");
        json.list(found.enrolments.of(hub), |json, row| {
            let enrolment = row.id(1).unwrap_or_default();
            json.id("{\"id\":", "Enrolment", enrolment);
            json.word(",\"status\":", row.text(2));
            json.raw(",\"partner\":");
            if row.id(3).is_some() {
                json.text("{\"name\":", row.text(4));
                json.raw("}");
            } else {
                json.raw("null");
            }
            json.raw(",\"obligations\":{\"nodes\":");
            json.list(found.obligations.of(enrolment), |json, row| {
                json.id("{\"id\":", "Obligation", row.id(1).unwrap_or_default());
                json.text(",\"title\":", row.text(2));
                json.word(",\"kind\":", row.text(3));
                json.word(",\"state\":", row.text(4));
                json.day(",\"dueOn\":", row.day(5));
                json.moment(",\"dueAt\":", row.moment(6));
                json.raw("}");
            });
            json.raw("}}");
        });
        json.raw("}}");
    });
    json.raw("}}}");
    json.out
}
