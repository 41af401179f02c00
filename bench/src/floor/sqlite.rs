//! The floor on SQLite: cached statements of rusqlite, a request in one go on a thread that may wait.

use std::fmt::Write as _;
use std::sync::Mutex;

use anyhow::Context as _;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::json::{self, Dashboard, Grouped, Heavy};
use super::rows::Row as _;
use super::{Asked, Request, Viewer};

/// Readers: as many as serve two cores best.
const CONNECTIONS: usize = 2;

type Rows = Vec<Vec<Value>>;

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

fn rows(connection: &Connection, sql: &str, values: &[Value]) -> rusqlite::Result<Rows> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut found = statement.query(params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push((0..columns).map(|at| row.get(at)).collect::<rusqlite::Result<_>>()?);
    }
    Ok(rows)
}

fn value(id: Uuid) -> Value {
    Value::Blob(id.as_bytes().to_vec())
}

/// A statement in the making: what is bound is written as a question mark and kept.
#[derive(Default)]
struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    fn add(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn bind(&mut self, id: Uuid) -> &mut Self {
        self.values.push(value(id));
        self.add("?")
    }

    /// `column IN (?, ?)`.
    fn one_of(&mut self, column: &str, ids: &[Uuid]) -> &mut Self {
        if ids.is_empty() {
            return self.add("0");
        }
        // Writing into a string cannot fail.
        let _ = write!(self.text, "{column} IN (");
        for (number, id) in ids.iter().enumerate() {
            self.add(if number > 0 { ", " } else { "" }).bind(*id);
        }
        self.add(")")
    }

    fn led(&mut self, viewer: &Viewer, hub: &str) -> &mut Self {
        self.add("(").one_of(&format!("{hub}.id"), &viewer.hubs).add(" OR ");
        self.one_of(&format!("{hub}.region_id"), &viewer.regions).add(")")
    }

    /// Whether the viewer answers for the hub that a column names.
    fn led_hub(&mut self, viewer: &Viewer, column: &str) -> &mut Self {
        // Writing into a string cannot fail.
        let _ = write!(self.text, "{column} IN (SELECT x.id FROM hub x WHERE ");
        self.led(viewer, "x").add(")")
    }

    fn setting_seen(&mut self, viewer: &Viewer) -> &mut Self {
        self.add("(").one_of("p.id", &viewer.settings);
        self.add(" OR EXISTS (SELECT 1 FROM hub x WHERE x.lead_setting_id = p.id AND ");
        self.led(viewer, "x");
        self.add(
            ") OR EXISTS (SELECT 1 FROM enrolment y JOIN hub x ON x.id = y.hub_id \
             WHERE y.partner_setting_id = p.id AND ",
        );
        self.led(viewer, "x");
        self.add(
            ") OR EXISTS (SELECT 1 FROM hub x JOIN enrolment y ON y.hub_id = x.id \
             WHERE x.lead_setting_id = p.id AND ",
        );
        self.one_of("y.partner_setting_id", &viewer.settings).add("))")
    }

    fn hub_seen(&mut self, viewer: &Viewer) -> &mut Self {
        self.add("(").led(viewer, "h");
        self.add(" OR EXISTS (SELECT 1 FROM enrolment y WHERE y.hub_id = h.id AND ");
        self.one_of("y.partner_setting_id", &viewer.settings).add("))")
    }

    fn enrolment_seen(&mut self, viewer: &Viewer) -> &mut Self {
        self.add("(").one_of("e.partner_setting_id", &viewer.settings).add(" OR ");
        self.led_hub(viewer, "e.hub_id").add(")")
    }

    fn owed_seen(&mut self, viewer: &Viewer) -> &mut Self {
        self.add("(")
            .led_hub(viewer, "r.hub_id")
            .add(" OR r.enrolment_id IN (SELECT id FROM enrolment WHERE ");
        self.one_of("partner_setting_id", &viewer.settings).add("))")
    }

    fn run(&self, connection: &Connection) -> rusqlite::Result<Rows> {
        rows(connection, &self.text, &self.values)
    }
}

fn answer(connection: &Connection, request: &Request) -> anyhow::Result<Option<Vec<u8>>> {
    let now = request.now;
    let values = [
        Value::Text(request.token_hash.clone()),
        Value::Text(now.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, false)),
    ];
    let grants = rows(
        connection,
        "SELECT t.person_id, g.role, g.region_id, g.hub_id, g.setting_id FROM access_token t \
         LEFT JOIN role_grant g ON g.person_id = t.person_id AND g.revoked_at IS NULL \
         WHERE t.token_hash = ? AND t.revoked_at IS NULL AND t.expires_at > ?",
        &values,
    )?;
    if grants.is_empty() {
        return Ok(None);
    }
    let mut viewer = Viewer::default();
    for grant in &grants {
        match grant.text(1) {
            "hub_lead" => viewer.hubs.extend(grant.id(3)),
            "regional_lead" => viewer.regions.extend(grant.id(2)),
            "school_user" => viewer.settings.extend(grant.id(4)),
            _ => {}
        }
    }
    Ok(Some(match request.asked {
        Asked::Point { school } => point(connection, request, &viewer, school)?,
        Asked::Dashboard { hub, term } => {
            json::dashboard(now, &dashboard(connection, &viewer, hub, term)?)
        }
        Asked::Inbox => {
            let mut sql = Sql::default();
            sql.add(
                "SELECT a.id, a.rule, a.state, a.summary, a.threshold, a.raised_at, a.version, \
                 h.id, h.name, e.id, p.id, p.name, s.id, s.urn, s.name, s.town \
                 FROM engagement_alert a LEFT JOIN hub h ON h.id = a.hub_id AND ",
            );
            sql.hub_seen(&viewer).add(" LEFT JOIN enrolment e ON e.id = a.enrolment_id AND ");
            sql.enrolment_seen(&viewer);
            sql.add(" LEFT JOIN setting p ON p.id = e.partner_setting_id AND ");
            sql.setting_seen(&viewer).add(
                " LEFT JOIN school s ON s.id = p.school_id \
                 WHERE a.state <> 'pending' AND a.state <> 'resolved' AND ",
            );
            sql.led_hub(&viewer, "a.hub_id");
            sql.add(" ORDER BY a.raised_at DESC, a.id DESC LIMIT 51");
            json::inbox(now, &sql.run(connection)?)
        }
        Asked::Heavy => json::heavy(now, &heavy(connection, &viewer)?),
    }))
}

fn point(
    connection: &Connection,
    request: &Request,
    viewer: &Viewer,
    school: Uuid,
) -> anyhow::Result<Vec<u8>> {
    let mut sql = Sql::default();
    sql.add(
        "SELECT s.id, s.urn, s.name, s.phase, s.town, p.id, p.name FROM school s \
         LEFT JOIN setting p ON p.school_id = s.id AND ",
    );
    sql.setting_seen(viewer).add(" WHERE s.id = ").bind(school);
    let found = sql.run(connection)?;
    let mut enrolments = Vec::new();
    if let Some(setting) = found.first().and_then(|row| row.id(5)) {
        let mut sql = Sql::default();
        sql.add(
            "SELECT e.id, e.status, e.enrolled_on, h.id, h.key, h.name FROM enrolment e \
             LEFT JOIN hub h ON h.id = e.hub_id AND ",
        );
        sql.hub_seen(viewer).add(" WHERE e.partner_setting_id = ").bind(setting).add(" AND ");
        sql.enrolment_seen(viewer).add(" ORDER BY e.enrolled_on, e.id LIMIT 1");
        enrolments = sql.run(connection)?;
    }
    Ok(json::point(request.now, found.first(), &enrolments))
}

/// So many rows of each parent: the columns, the table `r`, the parents, and the rest by `write`.
fn each(
    connection: &Connection,
    (columns, from): (&str, &str),
    (order, limit): (&str, usize),
    parents: &[Uuid],
    write: impl FnOnce(&mut Sql),
) -> anyhow::Result<Grouped<Vec<Value>>> {
    let mut sql = Sql::default();
    sql.add(&format!(
        "SELECT * FROM (SELECT r.enrolment_id AS parent, {columns}, ROW_NUMBER() OVER \
         (PARTITION BY r.enrolment_id ORDER BY {order}) AS n FROM {from} WHERE "
    ));
    sql.one_of("r.enrolment_id", parents).add(" AND ");
    write(&mut sql);
    sql.add(&format!(") WHERE n <= {limit} ORDER BY parent, n"));
    Ok(Grouped::by(sql.run(connection)?, 0))
}

fn dashboard(
    connection: &Connection,
    viewer: &Viewer,
    hub: Uuid,
    term: Uuid,
) -> anyhow::Result<Dashboard<Vec<Value>>> {
    let mut sql = Sql::default();
    sql.add("SELECT h.id, h.key, h.name FROM hub h WHERE h.id = ").bind(hub).add(" AND ");
    sql.hub_seen(viewer);
    let found = sql.run(connection)?.pop();
    let mut sql = Sql::default();
    sql.add(
        "SELECT e.id, e.status, e.enrolled_on, p.id, p.name, s.id, s.urn, s.name, s.phase, s.town \
         FROM enrolment e LEFT JOIN setting p ON p.id = e.partner_setting_id AND ",
    );
    sql.setting_seen(viewer).add(" LEFT JOIN school s ON s.id = p.school_id WHERE e.hub_id = ");
    sql.bind(hub).add(" AND e.status IN ('active', 'paused') AND ");
    sql.enrolment_seen(viewer).add(" ORDER BY e.enrolled_on, e.id LIMIT 40");
    let enrolments = sql.run(connection)?;
    let parents: Vec<Uuid> = enrolments.iter().filter_map(|row| row.id(0)).collect();
    let obligations = each(
        connection,
        ("r.id, r.kind, r.title, r.state, r.due_on, r.due_at", "obligation r"),
        ("r.due_at, r.id", 20),
        &parents,
        |sql| {
            sql.add("r.term_id = ").bind(term).add(" AND ").owed_seen(viewer);
        },
    )?;
    let visits = each(
        connection,
        ("r.id, r.kind, r.state, r.starts_at", "visit r JOIN enrolment e ON e.id = r.enrolment_id"),
        ("r.starts_at DESC, r.id DESC", 3),
        &parents,
        |sql| {
            sql.enrolment_seen(viewer);
        },
    )?;
    let alerts = each(
        connection,
        ("r.id, r.rule, r.state, r.summary, r.raised_at", "engagement_alert r"),
        ("r.raised_at DESC, r.id DESC", 5),
        &parents,
        |sql| {
            sql.add("r.state <> 'resolved' AND r.state <> 'pending' AND ");
            sql.led_hub(viewer, "r.hub_id");
        },
    )?;
    Ok(Dashboard { hub: found, enrolments, obligations, visits, alerts })
}

fn heavy(connection: &Connection, viewer: &Viewer) -> anyhow::Result<Heavy<Vec<Value>>> {
    let mut sql = Sql::default();
    sql.add("SELECT h.id, h.key, h.name FROM hub h WHERE ").hub_seen(viewer);
    sql.add(" ORDER BY h.name, h.id LIMIT 10");
    let hubs = sql.run(connection)?;
    let ids: Vec<Uuid> = hubs.iter().filter_map(|row| row.id(0)).collect();
    let mut sql = Sql::default();
    sql.add(
        "SELECT e.hub_id, e.id, e.status, p.id, p.name FROM (SELECT e.*, ROW_NUMBER() OVER \
         (PARTITION BY e.hub_id ORDER BY e.enrolled_on, e.id) AS n FROM enrolment e WHERE ",
    );
    sql.one_of("e.hub_id", &ids).add(" AND ").enrolment_seen(viewer);
    sql.add(") e LEFT JOIN setting p ON p.id = e.partner_setting_id AND ").setting_seen(viewer);
    sql.add(" WHERE e.n <= 40 ORDER BY e.hub_id, e.n");
    let enrolments = sql.run(connection)?;
    let ids: Vec<Uuid> = enrolments.iter().filter_map(|row| row.id(1)).collect();
    let obligations = each(
        connection,
        ("r.id, r.title, r.kind, r.state, r.due_on, r.due_at", "obligation r"),
        ("r.due_at, r.id", 12),
        &ids,
        |sql| {
            sql.owed_seen(viewer);
        },
    )?;
    Ok(Heavy { hubs, enrolments: Grouped::by(enrolments, 0), obligations })
}
