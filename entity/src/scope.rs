//! Which rows a caller may see. Each predicate is written once, in the files of this folder, and used
//! by the stores and by the read plans alike, so that no second reading of a table can forget it.
//!
//! | Role | Sees |
//! |---|---|
//! | programme admin | everything |
//! | regional lead | hubs of their regions and what belongs to those hubs |
//! | hub lead | own hubs, their partners, the partners' obligations and alerts |
//! | school user | own settings, their enrolments and obligations, the hubs that support them |
//! | external evaluator | programmes, the register and survey results; no person, document or alert |

mod audit;
mod events;
mod hubs;
mod operations;
mod people;
mod support;
mod surveys;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use uuid::Uuid;

/// On whose behalf rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The worker and the command line: every row.
    System,
    /// A signed-in person.
    Viewer(Viewer),
}

/// What a signed-in person's roles add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the caller")]
pub struct Viewer {
    /// The person.
    pub person_id: Uuid,
    /// Programme admin: sees everything, and alone changes programme set-up.
    pub admin: bool,
    /// Regions of a regional lead.
    pub regions: Vec<Uuid>,
    /// Hubs of a hub lead.
    pub hubs: Vec<Uuid>,
    /// Settings of a school user; a trust's contact has the trust's schools here too.
    pub settings: Vec<Uuid>,
    /// External evaluator.
    pub evaluator: bool,
    /// The session that they came with; none with a token.
    pub session_id: Option<Uuid>,
    /// Whether they came with a token that may only read.
    pub only_reads: bool,
    /// Whether a program asks, by a token of its own.
    pub is_machine: bool,
    /// The moment of the request, for what becomes visible at its time; see [`Scope::at`]. Where
    /// nobody says it, nothing has become visible yet.
    pub now: DateTime<Utc>,
}

impl Viewer {
    /// Whether nothing is to be seen or done but as a school user: no other role, or none at all.
    #[must_use]
    pub fn is_school_user_alone(&self) -> bool {
        let leads = !self.regions.is_empty() || !self.hubs.is_empty();
        !(self.admin || self.evaluator || leads)
    }
}

/// Reads all: the predicate that is always true.
fn all() -> SimpleExpr {
    Expr::cust("1 = 1")
}

/// `column IN ids`, false for no ids.
fn one_of(table: &'static str, column: &'static str, ids: &[Uuid]) -> SimpleExpr {
    if ids.is_empty() {
        return Expr::cust("1 = 0");
    }
    Expr::col((table, column)).is_in(ids.iter().copied())
}

/// `column IN (subquery)`.
fn within(table: &'static str, column: &'static str, select: SelectStatement) -> SimpleExpr {
    Expr::col((table, column)).in_subquery(select)
}

/// Any of the arms; those that cannot hold for the viewer are left out. The last one never holds:
/// beside an `OR`, PostgreSQL works a list of ids out once and looks each row up in it, where it
/// would otherwise join anew for every row. SQLite takes it away.
fn any<const N: usize>(arms: [Option<SimpleExpr>; N]) -> SimpleExpr {
    let never = Expr::cust("FALSE");
    match arms.into_iter().flatten().reduce(SimpleExpr::or) {
        Some(arms) => arms.or(never),
        None => never,
    }
}

/// An arm for viewers who are at a setting.
fn at_setting(viewer: &Viewer, arm: impl FnOnce() -> SimpleExpr) -> Option<SimpleExpr> {
    (!viewer.settings.is_empty()).then(arm)
}

/// An arm for viewers who answer for hubs.
fn leading(viewer: &Viewer, arm: impl FnOnce() -> SimpleExpr) -> Option<SimpleExpr> {
    (!viewer.hubs.is_empty() || !viewer.regions.is_empty()).then(arm)
}

/// Rows of `hub` that a viewer answers for: their own, and those of their regions.
fn led(viewer: &Viewer) -> SimpleExpr {
    any([
        (!viewer.hubs.is_empty()).then(|| one_of("hub", "id", &viewer.hubs)),
        (!viewer.regions.is_empty()).then(|| one_of("hub", "region_id", &viewer.regions)),
    ])
}

/// Ids of the hubs a viewer answers for.
fn led_hubs(viewer: &Viewer) -> SelectStatement {
    Query::select().column(("hub", "id")).from("hub").and_where(led(viewer)).to_owned()
}

/// One column of the enrolments of a viewer's own settings.
fn own_enrolments(viewer: &Viewer, column: &'static str) -> SelectStatement {
    Query::select()
        .column(("enrolment", column))
        .from("enrolment")
        .and_where(one_of("enrolment", "partner_setting_id", &viewer.settings))
        .to_owned()
}

/// Settings that lead, or are partners of, the hubs a viewer answers for.
fn settings_of_led_hubs(
    viewer: &Viewer,
    table: &'static str,
    column: &'static str,
    partners: SimpleExpr,
) -> SimpleExpr {
    let partners = Query::select()
        .column(("enrolment", "partner_setting_id"))
        .from("enrolment")
        .and_where(within("enrolment", "hub_id", led_hubs(viewer)))
        .and_where(partners)
        .to_owned();
    let leads = Query::select()
        .column(("hub", "lead_setting_id"))
        .from("hub")
        .and_where(led(viewer))
        .to_owned();
    within(table, column, leads).or(within(table, column, partners))
}

/// Enrolments that have not ended: people are visible to each other only while they work together.
fn running() -> SimpleExpr {
    Expr::col(("enrolment", "status")).is_in(["active", "paused"])
}

/// Lead settings of the given hubs.
fn lead_settings(hubs: SelectStatement) -> SelectStatement {
    Query::select()
        .column(("hub", "lead_setting_id"))
        .from("hub")
        .and_where(within("hub", "id", hubs))
        .to_owned()
}

/// Rows of `table` at events that a viewer's hubs host.
fn hosted_by(viewer: &Viewer, table: &'static str) -> SimpleExpr {
    let events = Query::select()
        .column(("event", "id"))
        .from("event")
        .and_where(within("event", "hub_id", led_hubs(viewer)))
        .to_owned();
    within(table, "event_id", events)
}

impl Scope {
    /// The same at a moment: an event published for a later one is not visible yet.
    #[must_use]
    pub fn at(&self, now: DateTime<Utc>) -> Self {
        match self {
            Self::System => Self::System,
            Self::Viewer(viewer) => Self::Viewer(Viewer { now, ..viewer.clone() }),
        }
    }

    /// The session of the request, if one let it in.
    #[must_use]
    pub fn session(&self) -> Option<Uuid> {
        match self {
            Self::System => None,
            Self::Viewer(viewer) => viewer.session_id,
        }
    }

    /// The viewer, if rows need choosing for one: none for the system and for admins.
    fn limited(&self) -> Option<&Viewer> {
        match self {
            Self::Viewer(viewer) if !viewer.admin => Some(viewer),
            Self::System | Self::Viewer(_) => None,
        }
    }

    /// Rows everyone signed in may see: programmes and the public register.
    #[must_use]
    pub fn everyone(&self) -> SimpleExpr {
        all()
    }

    /// Rows of `table` whose `enrolment_id` names a visible enrolment: what lead and partner share,
    /// and nobody else's hub or school sees.
    fn of_visible_enrolments(&self, table: &'static str) -> SimpleExpr {
        if self.limited().is_none() {
            return all();
        }
        let enrolments = Query::select()
            .column(("enrolment", "id"))
            .from("enrolment")
            .and_where(self.enrolments())
            .to_owned();
        within(table, "enrolment_id", enrolments)
    }

    /// Rows of `table` whose `column` names a visible row of `parent`.
    fn of_visible(
        &self,
        table: &'static str,
        column: &'static str,
        parent: &'static str,
        visible: SimpleExpr,
    ) -> SimpleExpr {
        if self.limited().is_none() {
            return all();
        }
        let parents =
            Query::select().column((parent, "id")).from(parent).and_where(visible).to_owned();
        within(table, column, parents)
    }
}
