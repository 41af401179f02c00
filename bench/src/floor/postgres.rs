//! The floor on PostgreSQL: prepared statements of tokio-postgres, siblings sent together.

use std::sync::Mutex;

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

use super::json::{self, Dashboard, Grouped, Heavy};
use super::{Asked, Request, Viewer};

/// Connections, as many as the api takes.
const CONNECTIONS: usize = 8;

/// Hubs that the viewer answers for: `$a` their own, `$b` those of their regions.
macro_rules! led {
    ($hubs:literal, $regions:literal) => {
        concat!("SELECT id FROM hub WHERE id = ANY(", $hubs, ") OR region_id = ANY(", $regions, ")")
    };
}

/// Whether the viewer sees the setting `p`.
macro_rules! setting_seen {
    ($hubs:literal, $regions:literal, $settings:literal) => {
        concat!(
            "(p.id = ANY(",
            $settings,
            ") \
             OR EXISTS (SELECT 1 FROM hub x WHERE x.lead_setting_id = p.id \
               AND (x.id = ANY(",
            $hubs,
            ") OR x.region_id = ANY(",
            $regions,
            "))) \
             OR EXISTS (SELECT 1 FROM enrolment y JOIN hub x ON x.id = y.hub_id \
               WHERE y.partner_setting_id = p.id \
               AND (x.id = ANY(",
            $hubs,
            ") OR x.region_id = ANY(",
            $regions,
            "))) \
             OR EXISTS (SELECT 1 FROM hub x JOIN enrolment y ON y.hub_id = x.id \
               WHERE x.lead_setting_id = p.id AND y.partner_setting_id = ANY(",
            $settings,
            ")))"
        )
    };
}

/// Whether the viewer sees the hub `h`.
macro_rules! hub_seen {
    ($hubs:literal, $regions:literal, $settings:literal) => {
        concat!(
            "(h.id = ANY(",
            $hubs,
            ") OR h.region_id = ANY(",
            $regions,
            ") \
             OR EXISTS (SELECT 1 FROM enrolment y WHERE y.hub_id = h.id \
               AND y.partner_setting_id = ANY(",
            $settings,
            ")))"
        )
    };
}

/// Whether the viewer sees the enrolment `e`.
macro_rules! enrolment_seen {
    ($hubs:literal, $regions:literal, $settings:literal) => {
        concat!(
            "(e.partner_setting_id = ANY(",
            $settings,
            ") OR e.hub_id IN (",
            led!($hubs, $regions),
            "))"
        )
    };
}

const SIGN_IN: &str = "SELECT t.person_id, g.role, g.region_id, g.hub_id, g.setting_id \
    FROM access_token t LEFT JOIN role_grant g ON g.person_id = t.person_id AND g.revoked_at IS NULL \
    WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND t.expires_at > $2";

const POINT_SCHOOL: &str = concat!(
    "SELECT s.id, s.urn, s.name, s.phase, s.town, p.id, p.name FROM school s \
     LEFT JOIN setting p ON p.school_id = s.id AND ",
    setting_seen!("$2", "$3", "$4"),
    " WHERE s.id = $1"
);

const POINT_ENROLMENT: &str = concat!(
    "SELECT e.id, e.status, e.enrolled_on, h.id, h.key, h.name FROM enrolment e \
     LEFT JOIN hub h ON h.id = e.hub_id AND ",
    hub_seen!("$2", "$3", "$4"),
    " WHERE e.partner_setting_id = $1 AND ",
    enrolment_seen!("$2", "$3", "$4"),
    " ORDER BY e.enrolled_on, e.id LIMIT 1"
);

const DASHBOARD_HUB: &str = concat!(
    "SELECT h.id, h.key, h.name FROM hub h WHERE h.id = $1 AND ",
    hub_seen!("$2", "$3", "$4")
);

const DASHBOARD_ENROLMENTS: &str = concat!(
    "SELECT e.id, e.status, e.enrolled_on, p.id, p.name, s.id, s.urn, s.name, s.phase, s.town \
     FROM enrolment e LEFT JOIN setting p ON p.id = e.partner_setting_id AND ",
    setting_seen!("$2", "$3", "$4"),
    " LEFT JOIN school s ON s.id = p.school_id \
     WHERE e.hub_id = $1 AND e.status IN ('active', 'paused') AND ",
    enrolment_seen!("$2", "$3", "$4"),
    " ORDER BY e.enrolled_on, e.id LIMIT 40"
);

/// The rows `$columns` of a table for each of many parents, so many of each.
macro_rules! each {
    ($columns:literal, $from:literal, $seen:expr, $rest:literal) => {
        concat!(
            "SELECT parent, r.* FROM unnest($1::uuid[]) WITH ORDINALITY AS u(parent, n) \
             CROSS JOIN LATERAL (SELECT ",
            $columns,
            " FROM ",
            $from,
            " AND ",
            $seen,
            $rest,
            ") r ORDER BY u.n"
        )
    };
}

/// Whether the viewer sees what hangs on the enrolment and hub of row `r`.
macro_rules! owed_seen {
    () => {
        concat!(
            "(r.hub_id IN (",
            led!("$2", "$3"),
            ") OR r.enrolment_id IN \
             (SELECT id FROM enrolment WHERE partner_setting_id = ANY($4)))"
        )
    };
}

const DASHBOARD_OBLIGATIONS: &str = each!(
    "r.id, r.kind, r.title, r.state, r.due_on, r.due_at",
    "obligation r WHERE r.enrolment_id = parent AND r.term_id = $5",
    owed_seen!(),
    " ORDER BY r.due_at, r.id LIMIT 20"
);

const DASHBOARD_VISITS: &str = each!(
    "r.id, r.kind, r.state, r.starts_at",
    "visit r JOIN enrolment e ON e.id = r.enrolment_id WHERE r.enrolment_id = parent",
    enrolment_seen!("$2", "$3", "$4"),
    " ORDER BY r.starts_at DESC, r.id DESC LIMIT 3"
);

const DASHBOARD_ALERTS: &str = concat!(
    "SELECT parent, r.* FROM unnest($1::uuid[]) WITH ORDINALITY AS u(parent, n) \
     CROSS JOIN LATERAL (SELECT r.id, r.rule, r.state, r.summary, r.raised_at \
     FROM engagement_alert r WHERE r.enrolment_id = parent AND r.state <> 'resolved' \
     AND r.state <> 'pending' AND r.hub_id IN (",
    led!("$2", "$3"),
    ") ORDER BY r.raised_at DESC, r.id DESC LIMIT 5) r ORDER BY u.n"
);

const INBOX: &str = concat!(
    "SELECT a.id, a.rule, a.state, a.summary, a.threshold, a.raised_at, a.version, h.id, h.name, \
     e.id, p.id, p.name, s.id, s.urn, s.name, s.town FROM engagement_alert a \
     LEFT JOIN hub h ON h.id = a.hub_id AND ",
    hub_seen!("$1", "$2", "$3"),
    " LEFT JOIN enrolment e ON e.id = a.enrolment_id AND ",
    enrolment_seen!("$1", "$2", "$3"),
    " LEFT JOIN setting p ON p.id = e.partner_setting_id AND ",
    setting_seen!("$1", "$2", "$3"),
    " LEFT JOIN school s ON s.id = p.school_id \
     WHERE a.state <> 'pending' AND a.state <> 'resolved' AND a.hub_id IN (",
    led!("$1", "$2"),
    ") ORDER BY a.raised_at DESC, a.id DESC LIMIT 51"
);

const HEAVY_HUBS: &str = concat!(
    "SELECT h.id, h.key, h.name FROM hub h WHERE ",
    hub_seen!("$1", "$2", "$3"),
    " ORDER BY h.name, h.id LIMIT 10"
);

const HEAVY_ENROLMENTS: &str = concat!(
    "SELECT parent, e.id, e.status, p.id, p.name \
     FROM unnest($1::uuid[]) WITH ORDINALITY AS u(parent, n) \
     CROSS JOIN LATERAL (SELECT e.id, e.status, e.partner_setting_id, e.enrolled_on \
     FROM enrolment e WHERE e.hub_id = parent AND ",
    enrolment_seen!("$2", "$3", "$4"),
    " ORDER BY e.enrolled_on, e.id LIMIT 40) e \
     LEFT JOIN setting p ON p.id = e.partner_setting_id AND ",
    setting_seen!("$2", "$3", "$4"),
    " ORDER BY u.n, e.enrolled_on, e.id"
);

const HEAVY_OBLIGATIONS: &str = each!(
    "r.id, r.title, r.kind, r.state, r.due_on, r.due_at",
    "obligation r WHERE r.enrolment_id = parent",
    owed_seen!(),
    " ORDER BY r.due_at, r.id LIMIT 12"
);

/// A connection and its statements.
struct Connection {
    client: Client,
    sign_in: Statement,
    point: [Statement; 2],
    dashboard: [Statement; 5],
    inbox: Statement,
    heavy: [Statement; 3],
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
    config.user("postgres").dbname("postgres").host_path(folder);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    let prepare = async |text: &str| client.prepare(text).await;
    Ok(Connection {
        sign_in: prepare(SIGN_IN).await?,
        point: [prepare(POINT_SCHOOL).await?, prepare(POINT_ENROLMENT).await?],
        dashboard: [
            prepare(DASHBOARD_HUB).await?,
            prepare(DASHBOARD_ENROLMENTS).await?,
            prepare(DASHBOARD_OBLIGATIONS).await?,
            prepare(DASHBOARD_VISITS).await?,
            prepare(DASHBOARD_ALERTS).await?,
        ],
        inbox: prepare(INBOX).await?,
        heavy: [
            prepare(HEAVY_HUBS).await?,
            prepare(HEAVY_ENROLMENTS).await?,
            prepare(HEAVY_OBLIGATIONS).await?,
        ],
        client,
    })
}

impl Connection {
    async fn answer(&self, request: &Request) -> anyhow::Result<Option<Vec<u8>>> {
        let grants = self.client.query(&self.sign_in, &[&request.token_hash, &request.now]).await?;
        if grants.is_empty() {
            return Ok(None);
        }
        let mut viewer = Viewer::default();
        for grant in grants {
            match grant.get::<_, Option<&str>>(1) {
                Some("hub_lead") => viewer.hubs.extend(grant.get::<_, Option<Uuid>>(3)),
                Some("regional_lead") => viewer.regions.extend(grant.get::<_, Option<Uuid>>(2)),
                Some("school_user") => viewer.settings.extend(grant.get::<_, Option<Uuid>>(4)),
                _ => {}
            }
        }
        let now = request.now;
        Ok(Some(match request.asked {
            Asked::Point { school } => {
                let Viewer { hubs, regions, settings } = &viewer;
                let found = self
                    .client
                    .query_opt(&self.point[0], &[&school, hubs, regions, settings])
                    .await?;
                let setting = found.as_ref().and_then(|row| row.get::<_, Option<Uuid>>(5));
                let enrolments = match setting {
                    Some(setting) => {
                        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
                            [&setting, hubs, regions, settings];
                        self.client.query(&self.point[1], &values).await?
                    }
                    None => Vec::new(),
                };
                json::point(now, found.as_ref(), &enrolments)
            }
            Asked::Dashboard { hub, term } => {
                json::dashboard(now, &self.dashboard(&viewer, hub, term).await?)
            }
            Asked::Inbox => {
                let Viewer { hubs, regions, settings } = &viewer;
                let rows = self.client.query(&self.inbox, &[hubs, regions, settings]).await?;
                json::inbox(now, &rows)
            }
            Asked::Heavy => json::heavy(now, &self.heavy(&viewer).await?),
        }))
    }

    async fn dashboard(
        &self,
        viewer: &Viewer,
        hub: Uuid,
        term: Uuid,
    ) -> anyhow::Result<Dashboard<tokio_postgres::Row>> {
        let Viewer { hubs, regions, settings } = viewer;
        let [of_hub, of_enrolments, of_obligations, of_visits, of_alerts] = &self.dashboard;
        let hub = self.client.query_opt(of_hub, &[&hub, hubs, regions, settings]).await?;
        let id: Option<Uuid> = hub.as_ref().map(|row| row.get(0));
        let enrolments = self.client.query(of_enrolments, &[&id, hubs, regions, settings]).await?;
        let parents: Vec<Uuid> = enrolments.iter().map(|row| row.get(0)).collect();
        let values: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
            [&parents, hubs, regions, settings, &term];
        let (obligations, visits, alerts) = tokio::try_join!(
            self.client.query(of_obligations, &values),
            self.client.query(of_visits, &values[..4]),
            self.client.query(of_alerts, &values[..3]),
        )?;
        Ok(Dashboard {
            hub,
            enrolments,
            obligations: Grouped::by(obligations, 0),
            visits: Grouped::by(visits, 0),
            alerts: Grouped::by(alerts, 0),
        })
    }

    async fn heavy(&self, viewer: &Viewer) -> anyhow::Result<Heavy<tokio_postgres::Row>> {
        let Viewer { hubs, regions, settings } = viewer;
        let [of_hubs, of_enrolments, of_obligations] = &self.heavy;
        let found = self.client.query(of_hubs, &[hubs, regions, settings]).await?;
        let ids: Vec<Uuid> = found.iter().map(|row| row.get(0)).collect();
        let enrolments = self.client.query(of_enrolments, &[&ids, hubs, regions, settings]).await?;
        let ids: Vec<Uuid> = enrolments.iter().map(|row| row.get(1)).collect();
        let obligations =
            self.client.query(of_obligations, &[&ids, hubs, regions, settings]).await?;
        Ok(Heavy {
            hubs: found,
            enrolments: Grouped::by(enrolments, 0),
            obligations: Grouped::by(obligations, 0),
        })
    }
}
