//! The floor on PostgreSQL: prepared statements of tokio-postgres, siblings sent together.

use std::sync::Mutex;

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

use super::json::{self, Dashboard, Grouped, Heavy};
use super::{Asked, Request, Role, Viewer, seen};

/// Connections, as many as the api takes.
const CONNECTIONS: usize = 8;

/// Row by role, region and hub of whoever has a token.
const SIGN_IN: &str = "SELECT g.role, g.region_id, g.hub_id FROM access_token t \
    LEFT JOIN role_grant g ON g.person_id = t.person_id AND g.revoked_at IS NULL \
    WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2";
/// No time is lost on compiling statements that take a few milliseconds.
const OPTIONS: &str = "-c jit=off";

/// The statements of a role: `$1` is what is asked for, the viewer's hub or region comes next.
struct Texts {
    point: [String; 2],
    dashboard: [String; 5],
    inbox: String,
    heavy: [String; 3],
}

/// So many rows of each parent in `$1`, parent by parent, as the loop that such a join can only be
/// finds them.
fn each(columns: &str, from: &str, rest: &str) -> String {
    format!(
        "SELECT parent, r.* FROM unnest($1::uuid[]) AS u(parent) \
         CROSS JOIN LATERAL (SELECT {columns} FROM {from} {rest}) r"
    )
}

fn texts(role: Role) -> Texts {
    let who = "$2";
    let (hub, setting) = (seen::hub(role, "h", who), seen::setting(role, "p", who));
    let (enrolment, owed) = (seen::of_hub(role, "e", who), seen::of_hub(role, "r", who));
    let visits = seen::of_enrolment(role, "r", who);
    let own = "$1";
    Texts {
        point: [
            format!(
                "SELECT s.id, s.urn, s.name, s.phase, s.town, p.id, p.name FROM school s \
                 LEFT JOIN setting p ON p.school_id = s.id AND {setting} WHERE s.id = $1"
            ),
            format!(
                "SELECT e.id, e.status, e.enrolled_on, h.id, h.key, h.name FROM enrolment e \
                 LEFT JOIN hub h ON h.id = e.hub_id AND {hub} \
                 WHERE e.partner_setting_id = $1 AND {enrolment} \
                 ORDER BY e.enrolled_on, e.id LIMIT 1"
            ),
        ],
        dashboard: [
            format!("SELECT h.id, h.key, h.name FROM hub h WHERE h.id = $1 AND {hub}"),
            format!(
                "SELECT e.id, e.status, e.enrolled_on, p.id, p.name, s.id, s.urn, s.name, s.phase, \
                 s.town FROM enrolment e LEFT JOIN setting p ON p.id = e.partner_setting_id \
                 AND {setting} LEFT JOIN school s ON s.id = p.school_id \
                 WHERE e.hub_id = $1 AND e.status IN ('active', 'paused') AND {enrolment} \
                 ORDER BY e.enrolled_on, e.id LIMIT 40"
            ),
            each(
                "r.id, r.kind, r.title, r.state, r.due_on, r.due_at",
                "obligation r WHERE r.enrolment_id = parent AND r.term_id = $3",
                &format!("AND {owed} ORDER BY r.due_at, r.id LIMIT 20"),
            ),
            each(
                "r.id, r.kind, r.state, r.starts_at",
                "visit r WHERE r.enrolment_id = parent",
                &format!("AND {visits} ORDER BY r.starts_at DESC, r.id DESC LIMIT 3"),
            ),
            each(
                "r.id, r.rule, r.state, r.summary, r.raised_at",
                "engagement_alert r WHERE r.enrolment_id = parent",
                &format!(
                    "AND r.state <> 'resolved' AND r.state <> 'pending' AND {owed} \
                     ORDER BY r.raised_at DESC, r.id DESC LIMIT 5"
                ),
            ),
        ],
        inbox: format!(
            "SELECT a.id, a.rule, a.state, a.summary, a.threshold, a.raised_at, a.version, h.id, \
             h.name, e.id, p.id, p.name, s.id, s.urn, s.name, s.town FROM engagement_alert a \
             LEFT JOIN hub h ON h.id = a.hub_id AND {} \
             LEFT JOIN enrolment e ON e.id = a.enrolment_id AND {} \
             LEFT JOIN setting p ON p.id = e.partner_setting_id AND {} \
             LEFT JOIN school s ON s.id = p.school_id \
             WHERE a.state <> 'pending' AND a.state <> 'resolved' AND {} \
             ORDER BY a.raised_at DESC, a.id DESC LIMIT 51",
            seen::hub(role, "h", own),
            seen::of_hub(role, "e", own),
            seen::setting(role, "p", own),
            seen::of_hub(role, "a", own),
        ),
        heavy: [
            format!(
                "SELECT h.id, h.key, h.name FROM hub h WHERE {} ORDER BY h.name, h.id LIMIT 10",
                seen::hub(role, "h", own)
            ),
            each(
                "e.id, e.status, p.id, p.name",
                &format!(
                    "enrolment e LEFT JOIN setting p ON p.id = e.partner_setting_id AND {setting}"
                ),
                &format!(
                    "WHERE e.hub_id = parent AND {enrolment} ORDER BY e.enrolled_on, e.id LIMIT 40"
                ),
            ),
            each(
                "r.id, r.title, r.kind, r.state, r.due_on, r.due_at",
                "obligation r WHERE r.enrolment_id = parent",
                &format!("AND {owed} ORDER BY r.due_at, r.id LIMIT 12"),
            ),
        ],
    }
}

/// The statements of a role, prepared.
struct Prepared {
    point: [Statement; 2],
    dashboard: [Statement; 5],
    inbox: Statement,
    heavy: [Statement; 3],
}

/// A connection and its statements.
struct Connection {
    client: Client,
    sign_in: Statement,
    hub_lead: Prepared,
    regional_lead: Prepared,
}

/// Connections that wait for work.
pub struct Pool {
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
}

impl Pool {
    /// Connects.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let folder = url.split_once("?host=").context("an address with ?host=")?.1;
        let mut idle = Vec::new();
        for _ in 0..CONNECTIONS {
            idle.push(connect(folder).await?);
        }
        Ok(Self { idle: Mutex::new(idle), turns: Semaphore::new(CONNECTIONS) })
    }

    /// Answers a request; none for somebody unknown.
    pub async fn answer(&self, request: &Request) -> anyhow::Result<Option<Vec<u8>>> {
        let _turn = self.turns.acquire().await?;
        let taken = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        let connection = taken.context("no connection")?;
        let answer = connection.answer(request).await;
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(connection);
        }
        answer
    }
}

async fn connect(folder: &str) -> anyhow::Result<Connection> {
    let mut config = Config::new();
    config.user("postgres").dbname("postgres").host_path(folder).options(OPTIONS);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(Connection {
        sign_in: client.prepare(SIGN_IN).await?,
        hub_lead: prepare(&client, Role::HubLead).await?,
        regional_lead: prepare(&client, Role::RegionalLead).await?,
        client,
    })
}

async fn prepare(client: &Client, role: Role) -> anyhow::Result<Prepared> {
    let Texts { point, dashboard, inbox, heavy } = texts(role);
    let prepare = async |text: &String| client.prepare(text).await;
    let [hub, enrolments, obligations, visits, alerts] = &dashboard;
    Ok(Prepared {
        point: [prepare(&point[0]).await?, prepare(&point[1]).await?],
        dashboard: [
            prepare(hub).await?,
            prepare(enrolments).await?,
            prepare(obligations).await?,
            prepare(visits).await?,
            prepare(alerts).await?,
        ],
        inbox: prepare(&inbox).await?,
        heavy: [prepare(&heavy[0]).await?, prepare(&heavy[1]).await?, prepare(&heavy[2]).await?],
    })
}

impl Connection {
    async fn answer(&self, request: &Request) -> anyhow::Result<Option<Vec<u8>>> {
        let roles = self.client.query(&self.sign_in, &[&request.token_hash, &request.now]).await?;
        let Some(viewer) =
            Viewer::read(roles.iter().map(|row| (row.get(0), row.get(1), row.get(2))))
        else {
            return Ok(None);
        };
        let prepared = match viewer.role {
            Role::HubLead => &self.hub_lead,
            Role::RegionalLead => &self.regional_lead,
        };
        let (now, who) = (request.now, viewer.of);
        Ok(Some(match request.asked {
            Asked::Point { school } => {
                let [of_school, of_enrolment] = &prepared.point;
                let found = self.client.query_opt(of_school, &[&school, &who]).await?;
                let setting = found.as_ref().and_then(|row| row.get::<_, Option<Uuid>>(5));
                let enrolments = match setting {
                    Some(setting) => self.client.query(of_enrolment, &[&setting, &who]).await?,
                    None => Vec::new(),
                };
                json::point(now, found.as_ref(), &enrolments)
            }
            Asked::Dashboard { hub, term } => {
                json::dashboard(now, &self.dashboard(prepared, who, hub, term).await?)
            }
            Asked::Inbox => {
                let rows = self.client.query(&prepared.inbox, &[&who]).await?;
                json::inbox(now, &rows)
            }
            Asked::Heavy => json::heavy(now, &self.heavy(prepared, who).await?),
        }))
    }

    async fn dashboard(
        &self,
        prepared: &Prepared,
        who: Uuid,
        hub: Uuid,
        term: Uuid,
    ) -> anyhow::Result<Dashboard<tokio_postgres::Row>> {
        let [of_hub, of_enrolments, of_obligations, of_visits, of_alerts] = &prepared.dashboard;
        let hub = self.client.query_opt(of_hub, &[&hub, &who]).await?;
        let id: Option<Uuid> = hub.as_ref().map(|row| row.get(0));
        let enrolments = self.client.query(of_enrolments, &[&id, &who]).await?;
        let parents: Vec<Uuid> = enrolments.iter().map(|row| row.get(0)).collect();
        let values: [&(dyn ToSql + Sync); 3] = [&parents, &who, &term];
        let (obligations, visits, alerts) = tokio::try_join!(
            self.client.query(of_obligations, &values),
            self.client.query(of_visits, &values[..2]),
            self.client.query(of_alerts, &values[..2]),
        )?;
        Ok(Dashboard {
            hub,
            enrolments,
            obligations: Grouped::by(obligations, 0),
            visits: Grouped::by(visits, 0),
            alerts: Grouped::by(alerts, 0),
        })
    }

    async fn heavy(
        &self,
        prepared: &Prepared,
        who: Uuid,
    ) -> anyhow::Result<Heavy<tokio_postgres::Row>> {
        let [of_hubs, of_enrolments, of_obligations] = &prepared.heavy;
        let found = self.client.query(of_hubs, &[&who]).await?;
        let ids: Vec<Uuid> = found.iter().map(|row| row.get(0)).collect();
        let enrolments = self.client.query(of_enrolments, &[&ids, &who]).await?;
        let ids: Vec<Uuid> = enrolments.iter().map(|row| row.get(1)).collect();
        let obligations = self.client.query(of_obligations, &[&ids, &who]).await?;
        Ok(Heavy {
            hubs: found,
            enrolments: Grouped::by(enrolments, 0),
            obligations: Grouped::by(obligations, 0),
        })
    }
}
