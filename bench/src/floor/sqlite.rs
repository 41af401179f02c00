//! The floor on SQLite: cached statements of rusqlite, a request in one go on a thread that may wait.

use std::sync::Mutex;

use anyhow::Context as _;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::json::{self, Dashboard, Grouped, Heavy};
use super::rows::{Packed, Row as _, Table};
use super::{Asked, Request, Viewer, seen};

/// Readers: as many as serve two cores best.
const CONNECTIONS: usize = 2;
/// Where the viewer's hub or region is bound.
const WHO: &str = "?1";

/// Connections that wait for work.
pub struct Pool {
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
}

impl Pool {
    /// Opens the file.
    pub fn open(file: &str) -> anyhow::Result<Self> {
        let open = || -> anyhow::Result<Connection> {
            let connection = Connection::open_with_flags(
                file,
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            connection.set_prepared_statement_cache_capacity(100);
            Ok(connection)
        };
        let idle = (0..CONNECTIONS).map(|_| open()).collect::<anyhow::Result<_>>()?;
        Ok(Self { idle: Mutex::new(idle), turns: Semaphore::new(CONNECTIONS) })
    }

    /// Answers a request; none for somebody unknown.
    pub async fn answer(&self, request: Request) -> anyhow::Result<Option<Vec<u8>>> {
        let _turn = self.turns.acquire().await?;
        let taken = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let connection = taken.context("no connection")?;
        let (connection, answer) = tokio::task::spawn_blocking(move || {
            let answer = answer(&connection, &request);
            (connection, answer)
        })
        .await?;
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(connection);
        }
        answer
    }
}

fn rows(connection: &Connection, sql: &str, values: &[Value]) -> rusqlite::Result<Vec<Packed>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut table = Table::new(statement.column_count());
    let mut found = statement.query(params_from_iter(values))?;
    while let Some(row) = found.next()? {
        for at in 0..table.columns {
            table.push(row.get_ref(at)?);
        }
    }
    Ok(table.into_rows())
}

fn value(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

/// `IN (?, ?)`, with these ids bound from that number on: `IN (?2, ?3)`.
fn among(first: usize, ids: &[Uuid]) -> String {
    let places: Vec<_> = (first..first + ids.len()).map(|number| format!("?{number}")).collect();
    format!("IN ({})", places.join(", "))
}

/// What is bound: the viewer's hub or region as [`WHO`], and then others.
fn bound(viewer: &Viewer, others: &[Uuid]) -> Vec<Value> {
    [viewer.of].iter().chain(others).copied().map(value).collect()
}

fn answer(connection: &Connection, request: &Request) -> anyhow::Result<Option<Vec<u8>>> {
    let now = request.now;
    let values = [
        Value::Text(request.token_hash.clone()),
        Value::Text(now.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)),
    ];
    let roles = rows(
        connection,
        "SELECT g.role, g.region_id, g.hub_id FROM access_token t \
         LEFT JOIN role_grant g ON g.person_id = t.person_id AND g.revoked_at IS NULL \
         WHERE t.token_hash = ? AND t.revoked_at IS NULL AND t.expires_at > ?",
        &values,
    )?;
    let roles = roles.iter().map(|row| (Some(row.text(0)), row.id(1), row.id(2)));
    let Some(viewer) = Viewer::read(roles) else {
        return Ok(None);
    };
    Ok(Some(match request.asked {
        Asked::Point { school } => point(connection, request, &viewer, school)?,
        Asked::Dashboard { hub, term } => {
            json::dashboard(now, &dashboard(connection, &viewer, hub, term)?)
        }
        Asked::Inbox => json::inbox(now, &inbox(connection, &viewer)?),
        Asked::Heavy => json::heavy(now, &heavy(connection, &viewer)?),
    }))
}

fn point(
    connection: &Connection,
    request: &Request,
    viewer: &Viewer,
    school: Uuid,
) -> anyhow::Result<Vec<u8>> {
    let (who, next) = (WHO, 2);
    let seen = seen::setting(viewer.role, "p", who);
    let sql = format!(
        "SELECT s.id, s.urn, s.name, s.phase, s.town, p.id, p.name FROM school s \
         LEFT JOIN setting p ON p.school_id = s.id AND {seen} WHERE s.id = ?{next}"
    );
    let found = rows(connection, &sql, &bound(viewer, &[school]))?;
    let mut enrolments = Vec::new();
    if let Some(setting) = found.first().and_then(|row| row.id(5)) {
        let hub = seen::hub(viewer.role, "h", who);
        let enrolment = seen::of_hub(viewer.role, "e", who);
        let sql = format!(
            "SELECT e.id, e.status, e.enrolled_on, h.id, h.key, h.name FROM enrolment e \
             LEFT JOIN hub h ON h.id = e.hub_id AND {hub} \
             WHERE e.partner_setting_id = ?{next} AND {enrolment} \
             ORDER BY e.enrolled_on, e.id LIMIT 1"
        );
        enrolments = rows(connection, &sql, &bound(viewer, &[setting]))?;
    }
    Ok(json::point(request.now, found.first(), &enrolments))
}

/// So many rows of each enrolment: the columns, the table `r`, its order, the limit, and what else
/// there is to hold, which may name more ids, bound from the second place on.
fn each(
    connection: &Connection,
    viewer: &Viewer,
    (columns, table, order, limit): (&str, &str, &str, usize),
    (rest, more): (&str, &[Uuid]),
    parents: &[Uuid],
) -> anyhow::Result<Grouped<Packed>> {
    let parents_are = among(more.len() + 2, parents);
    let sql = format!(
        "SELECT * FROM (SELECT r.enrolment_id AS parent, {columns}, ROW_NUMBER() OVER \
         (PARTITION BY r.enrolment_id ORDER BY {order}) AS n FROM {table} r \
         WHERE r.enrolment_id {parents_are} AND {rest}) WHERE n <= {limit} ORDER BY parent, n"
    );
    let more = [more, parents].concat();
    Ok(Grouped::by(rows(connection, &sql, &bound(viewer, &more))?, 0))
}

fn dashboard(
    connection: &Connection,
    viewer: &Viewer,
    hub: Uuid,
    term: Uuid,
) -> anyhow::Result<Dashboard<Packed>> {
    let (who, next) = (WHO, 2);
    let seen = seen::hub(viewer.role, "h", who);
    let sql = format!("SELECT h.id, h.key, h.name FROM hub h WHERE h.id = ?{next} AND {seen}");
    let found = rows(connection, &sql, &bound(viewer, &[hub]))?.pop();
    let setting = seen::setting(viewer.role, "p", who);
    let enrolment = seen::of_hub(viewer.role, "e", who);
    let sql = format!(
        "SELECT e.id, e.status, e.enrolled_on, p.id, p.name, s.id, s.urn, s.name, s.phase, s.town \
         FROM enrolment e LEFT JOIN setting p ON p.id = e.partner_setting_id AND {setting} \
         LEFT JOIN school s ON s.id = p.school_id WHERE e.hub_id = ?{next} \
         AND e.status IN ('active', 'paused') AND {enrolment} \
         ORDER BY e.enrolled_on, e.id LIMIT 40"
    );
    let enrolments = rows(connection, &sql, &bound(viewer, &[hub]))?;
    let parents: Vec<Uuid> = enrolments.iter().filter_map(|row| row.id(0)).collect();
    let owed = seen::of_hub(viewer.role, "r", who);
    let columns = "r.id, r.kind, r.title, r.state, r.due_on, r.due_at";
    let of = (columns, "obligation", "r.due_at, r.id", 20);
    let rest = format!("r.term_id = ?{next} AND {owed}");
    let obligations = each(connection, viewer, of, (&rest, &[term]), &parents)?;
    let of = ("r.id, r.kind, r.state, r.starts_at", "visit", "r.starts_at DESC, r.id DESC", 3);
    let rest = seen::of_enrolment(viewer.role, "r", who);
    let visits = each(connection, viewer, of, (&rest, &[]), &parents)?;
    let columns = "r.id, r.rule, r.state, r.summary, r.raised_at";
    let of = (columns, "engagement_alert", "r.raised_at DESC, r.id DESC", 5);
    let rest = format!("r.state <> 'resolved' AND r.state <> 'pending' AND {owed}");
    let alerts = each(connection, viewer, of, (&rest, &[]), &parents)?;
    Ok(Dashboard { hub: found, enrolments, obligations, visits, alerts })
}

fn inbox(connection: &Connection, viewer: &Viewer) -> anyhow::Result<Vec<Packed>> {
    let who = WHO;
    let sql = format!(
        "SELECT a.id, a.rule, a.state, a.summary, a.threshold, a.raised_at, a.version, h.id, \
         h.name, e.id, p.id, p.name, s.id, s.urn, s.name, s.town FROM engagement_alert a \
         LEFT JOIN hub h ON h.id = a.hub_id AND {} \
         LEFT JOIN enrolment e ON e.id = a.enrolment_id AND {} \
         LEFT JOIN setting p ON p.id = e.partner_setting_id AND {} \
         LEFT JOIN school s ON s.id = p.school_id \
         WHERE a.state <> 'pending' AND a.state <> 'resolved' AND {} \
         ORDER BY a.raised_at DESC, a.id DESC LIMIT 51",
        seen::hub(viewer.role, "h", who),
        seen::of_hub(viewer.role, "e", who),
        seen::setting(viewer.role, "p", who),
        seen::of_hub(viewer.role, "a", who),
    );
    Ok(rows(connection, &sql, &bound(viewer, &[]))?)
}

fn heavy(connection: &Connection, viewer: &Viewer) -> anyhow::Result<Heavy<Packed>> {
    let (who, next) = (WHO, 2);
    let seen = seen::hub(viewer.role, "h", who);
    let sql = format!(
        "SELECT h.id, h.key, h.name FROM hub h WHERE {seen} ORDER BY h.name, h.id LIMIT 10"
    );
    let hubs = rows(connection, &sql, &bound(viewer, &[]))?;
    let ids: Vec<Uuid> = hubs.iter().filter_map(|row| row.id(0)).collect();
    let (parents, enrolment) = (among(next, &ids), seen::of_hub(viewer.role, "e", who));
    let setting = seen::setting(viewer.role, "p", who);
    let sql = format!(
        "SELECT e.hub_id, e.id, e.status, p.id, p.name FROM (SELECT e.*, ROW_NUMBER() OVER \
         (PARTITION BY e.hub_id ORDER BY e.enrolled_on, e.id) AS n FROM enrolment e \
         WHERE e.hub_id {parents} AND {enrolment}) e \
         LEFT JOIN setting p ON p.id = e.partner_setting_id AND {setting} \
         WHERE e.n <= 40 ORDER BY e.hub_id, e.n"
    );
    let enrolments = rows(connection, &sql, &bound(viewer, &ids))?;
    let ids: Vec<Uuid> = enrolments.iter().filter_map(|row| row.id(1)).collect();
    let columns = "r.id, r.title, r.kind, r.state, r.due_on, r.due_at";
    let of = (columns, "obligation", "r.due_at, r.id", 12);
    let rest = seen::of_hub(viewer.role, "r", who);
    let obligations = each(connection, viewer, of, (&rest, &[]), &ids)?;
    Ok(Heavy { hubs, enrolments: Grouped::by(enrolments, 0), obligations })
}
