//! Which rows a caller may see. Each predicate is written once, here, and used by the stores and
//! by the read plans alike, so that no second reading of a table can forget it.
//!
//! | Role | Sees |
//! |---|---|
//! | programme admin | everything |
//! | regional lead | hubs of their regions and what belongs to those hubs |
//! | hub lead | own hubs, their partners, the partners' obligations and alerts |
//! | school user | own settings, their enrolments and obligations, the hubs that support them |
//! | external evaluator | programmes, the register and survey results; no person, document or alert |

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

    /// Rows of `hub`.
    #[must_use]
    pub fn hubs(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        any([
            leading(viewer, || led(viewer)),
            at_setting(viewer, || within("hub", "id", own_enrolments(viewer, "hub_id"))),
        ])
    }

    /// Rows of `setting`.
    #[must_use]
    pub fn settings(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        any([
            at_setting(viewer, || one_of("setting", "id", &viewer.settings)),
            leading(viewer, || settings_of_led_hubs(viewer, "setting", "id", all())),
            at_setting(viewer, || {
                within("setting", "id", lead_settings(own_enrolments(viewer, "hub_id")))
            }),
        ])
    }

    /// Rows of `enrolment`.
    #[must_use]
    pub fn enrolments(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        any([
            at_setting(viewer, || one_of("enrolment", "partner_setting_id", &viewer.settings)),
            leading(viewer, || within("enrolment", "hub_id", led_hubs(viewer))),
        ])
    }

    /// Rows of `obligation`: a hub's own duties are the hub's business, not its partners'.
    #[must_use]
    pub fn obligations(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        any([
            at_setting(viewer, || {
                within("obligation", "enrolment_id", own_enrolments(viewer, "id"))
            }),
            leading(viewer, || within("obligation", "hub_id", led_hubs(viewer))),
        ])
    }

    /// Rows of `contact`: one's own; and, while they are in their role, those of one's own settings
    /// and of the settings that work with one's hubs now, and the leads who support one now.
    #[must_use]
    pub fn contacts(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let supporting = own_enrolments(viewer, "hub_id").and_where(running()).to_owned();
        let leads = within("contact", "setting_id", lead_settings(supporting))
            .and(Expr::col(("contact", "role")).eq("hub_lead"));
        let colleagues = one_of("contact", "setting_id", &viewer.settings)
            .or(settings_of_led_hubs(viewer, "contact", "setting_id", running()))
            .or(leads);
        Expr::col(("contact", "person_id")).eq(viewer.person_id).or(Expr::col((
            "contact", "ended_at",
        ))
        .is_null()
        .and(colleagues))
    }

    /// Rows of `person`: oneself, and whoever is a visible contact.
    #[must_use]
    pub fn people(&self) -> SimpleExpr {
        if self.limited().is_none() {
            return all();
        }
        let contacts = Query::select()
            .column(("contact", "person_id"))
            .from("contact")
            .and_where(self.contacts())
            .to_owned();
        let own = match self {
            Self::Viewer(viewer) => Expr::col(("person", "id")).eq(viewer.person_id),
            Self::System => all(),
        };
        own.or(within("person", "id", contacts))
    }

    /// Rows of `reminder`: one's own, and those about obligations of the hubs one answers for.
    #[must_use]
    pub fn reminders(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let led = Query::select()
            .column(("obligation", "id"))
            .from("obligation")
            .and_where(within("obligation", "hub_id", led_hubs(viewer)))
            .to_owned();
        Expr::col(("reminder", "person_id")).eq(viewer.person_id).or(within(
            "reminder",
            "obligation_id",
            led,
        ))
    }

    /// Rows of `message`: a digest may span several hubs, so only its recipient and admins see it.
    #[must_use]
    pub fn messages(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        Expr::col(("message", "person_id")).eq(viewer.person_id)
    }

    /// Rows of `engagement_alert`: schools do not see what is flagged about them, and nobody sees
    /// what may be gone tomorrow.
    #[must_use]
    pub fn alerts(&self) -> SimpleExpr {
        if *self == Self::System {
            return all();
        }
        let shown = Expr::col(("engagement_alert", "state")).ne("pending");
        match self.limited() {
            Some(viewer) => shown.and(any([leading(viewer, || {
                within("engagement_alert", "hub_id", led_hubs(viewer))
            })])),
            None => shown,
        }
    }

    /// Rows of `engagement_alert` whose last change took them out of sight, with their partner, to
    /// another hub: that they went may be told, not what they are now.
    #[must_use]
    pub fn alerts_gone(&self) -> SimpleExpr {
        match self.limited() {
            Some(viewer) => {
                let left_at = Expr::col(("engagement_alert", "left_at"));
                let changed_at = Expr::col(("engagement_alert", "changed_at"));
                within("engagement_alert", "left_hub_id", led_hubs(viewer))
                    .and(left_at.eq(changed_at))
                    .and(Expr::col(("engagement_alert", "state")).ne("pending"))
            }
            None => Expr::cust("1 = 0"),
        }
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

    /// Rows of `visit`: the partner's and its lead's.
    #[must_use]
    pub fn visits(&self) -> SimpleExpr {
        self.of_visible_enrolments("visit")
    }

    /// Rows of `visit_change`: the story of visible visits.
    #[must_use]
    pub fn visit_changes(&self) -> SimpleExpr {
        self.of_visible("visit_change", "visit_id", "visit", self.visits())
    }

    /// Rows of `booking`: those of visible enrolments; and, at events of one's own hubs, all.
    #[must_use]
    pub fn bookings(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        self.of_visible_enrolments("booking").or(hosted_by(viewer, "booking"))
    }

    /// Rows of `event_attendance`: as bookings.
    #[must_use]
    pub fn event_attendances(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        self.of_visible_enrolments("event_attendance").or(hosted_by(viewer, "event_attendance"))
    }

    /// Rows of `self_assessment`: shared between partner and lead.
    #[must_use]
    pub fn self_assessments(&self) -> SimpleExpr {
        self.of_visible_enrolments("self_assessment")
    }

    /// Rows of `self_assessment_rating`: those of visible self-assessments.
    #[must_use]
    pub fn self_assessment_ratings(&self) -> SimpleExpr {
        self.of_visible(
            "self_assessment_rating",
            "self_assessment_id",
            "self_assessment",
            self.self_assessments(),
        )
    }

    /// Rows of `plan`: shared between partner and lead.
    #[must_use]
    pub fn plans(&self) -> SimpleExpr {
        self.of_visible_enrolments("plan")
    }

    /// Rows of `objective`: those of visible plans.
    #[must_use]
    pub fn objectives(&self) -> SimpleExpr {
        self.of_visible("objective", "plan_id", "plan", self.plans())
    }

    /// Rows of `agreed_action`: shared between partner and lead.
    #[must_use]
    pub fn agreed_actions(&self) -> SimpleExpr {
        self.of_visible_enrolments("agreed_action")
    }

    /// Rows of `review`: shared between partner and lead.
    #[must_use]
    pub fn reviews(&self) -> SimpleExpr {
        self.of_visible_enrolments("review")
    }

    /// Rows of `survey_campaign`: drafts are the business of who prepares them, the programme or,
    /// for a hub's own event, its lead; and what is asked about an event is for those who see it.
    #[must_use]
    pub fn survey_campaigns(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let events = Query::select()
            .column(("event", "id"))
            .from("event")
            .and_where(self.events())
            .to_owned();
        let about = Expr::col(("survey_campaign", "event_id"));
        Expr::col(("survey_campaign", "state"))
            .ne("draft")
            .and(about.is_null().or(within("survey_campaign", "event_id", events)))
            .or(hosted_by(viewer, "survey_campaign"))
    }

    /// Rows of `campaign_group`: those of visible campaigns.
    #[must_use]
    pub fn campaign_groups(&self) -> SimpleExpr {
        self.of_visible("campaign_group", "campaign_id", "survey_campaign", self.survey_campaigns())
    }

    /// Rows of `survey_invitation`: how many of a school's group answered, for it and its lead.
    #[must_use]
    pub fn survey_invitations(&self) -> SimpleExpr {
        self.of_visible_enrolments("survey_invitation")
    }

    /// Rows of `survey_rate`: how a hub's partners respond, for its lead and for evaluators.
    #[must_use]
    pub fn survey_rates(&self) -> SimpleExpr {
        match self.limited() {
            Some(viewer) if !viewer.evaluator => within("survey_rate", "hub_id", led_hubs(viewer)),
            _ => all(),
        }
    }

    /// Rows of `survey_code`: only the school's own people hold its codes, so that nobody who
    /// reads the results can answer in its name.
    #[must_use]
    pub fn survey_codes(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let own = Query::select()
            .column(("survey_invitation", "id"))
            .from("survey_invitation")
            .and_where(within("survey_invitation", "enrolment_id", own_enrolments(viewer, "id")))
            .to_owned();
        within("survey_code", "invitation_id", own)
    }

    /// Rows of `personal_invitation`: one's own; whether others answered is nobody's business but
    /// the programme's.
    #[must_use]
    pub fn personal_invitations(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        Expr::col(("personal_invitation", "person_id")).eq(viewer.person_id)
    }

    /// Rows of `survey_result`: an evaluator's all; the whole of a visible campaign everyone's; a
    /// hub's its lead's; a school's its own, and its lead's where the pathway has days of the lead's
    /// own time in it (Enhanced support). What the leaders of one school say of its lead is no
    /// business of the lead's.
    #[must_use]
    pub fn survey_results(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        if viewer.evaluator {
            return all();
        }
        let level = |level: &'static str| Expr::col(("survey_result", "level")).eq(level);
        let campaigns = Query::select()
            .column(("survey_campaign", "id"))
            .from("survey_campaign")
            .and_where(self.survey_campaigns())
            .to_owned();
        let whole = level("programme").and(within("survey_result", "campaign_id", campaigns));
        let of_hub = level("hub").and(within("survey_result", "hub_id", led_hubs(viewer)));
        let one_to_one = Query::select()
            .column(("commitment_template", "pathway_id"))
            .from("commitment_template")
            .and_where(Expr::col(("commitment_template", "kind")).eq("support_days"))
            .and_where(Expr::col(("commitment_template", "pathway_id")).is_not_null())
            .to_owned();
        let supported = Query::select()
            .column(("enrolment", "id"))
            .from("enrolment")
            .and_where(within("enrolment", "hub_id", led_hubs(viewer)))
            .and_where(within("enrolment", "pathway_id", one_to_one))
            .to_owned();
        let of_partner = level("school")
            .and(Expr::col(("survey_result", "respondent_group")).ne("leaders"))
            .and(within("survey_result", "enrolment_id", supported));
        let own = within("survey_result", "enrolment_id", own_enrolments(viewer, "id"));
        whole.or(of_hub).or(of_partner).or(own)
    }

    /// Rows of `alert_event`: the story of visible alerts.
    #[must_use]
    pub fn alert_events(&self) -> SimpleExpr {
        let alerts = Query::select()
            .column(("engagement_alert", "id"))
            .from("engagement_alert")
            .and_where(self.alerts())
            .to_owned();
        within("alert_event", "alert_id", alerts)
    }

    /// Rows of `event`: the programme's and visible hubs' published ones, and all of one's hubs.
    /// What is published for later is as good as not published.
    #[must_use]
    pub fn events(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let hubs =
            Query::select().column(("hub", "id")).from("hub").and_where(self.hubs()).to_owned();
        let of_all = Expr::col(("event", "hub_id")).is_null();
        Expr::col(("event", "published_at"))
            .lte(viewer.now)
            .and(of_all.or(within("event", "hub_id", hubs)))
            .or(within("event", "hub_id", led_hubs(viewer)))
    }

    /// Rows of `event` of which one may know how to join: those that one's enrolments, or those of
    /// one's hubs, have places at, and those of one's hubs.
    #[must_use]
    pub fn joinings(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let booked = Query::select()
            .column(("booking", "event_id"))
            .from("booking")
            .and_where(self.of_visible_enrolments("booking"))
            .and_where(Expr::col(("booking", "state")).eq("booked"))
            .to_owned();
        within("event", "id", booked).or(within("event", "hub_id", led_hubs(viewer)))
    }

    /// Rows of `audit_entry`: for those who answer for hubs, what was done to what belongs to their
    /// hubs; all else, as who signed in and how, is for admins.
    #[must_use]
    pub fn audit_entries(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        if viewer.hubs.is_empty() && viewer.regions.is_empty() {
            return Expr::cust("1 = 0");
        }
        let leads = || within("enrolment", "hub_id", led_hubs(viewer));
        let partners = Query::select()
            .column(("enrolment", "id"))
            .from("enrolment")
            .and_where(leads())
            .to_owned();
        let done_to = |table: &'static str, which: SimpleExpr| {
            let rows =
                Query::select().column((table, "id")).from(table).and_where(which).to_owned();
            within("audit_entry", "node_id", rows)
        };
        let hubs = |table: &'static str| done_to(table, within(table, "hub_id", led_hubs(viewer)));
        let of_partners =
            |table: &'static str| done_to(table, within(table, "enrolment_id", partners.clone()));
        let objectives = self.of_visible(
            "objective",
            "plan_id",
            "plan",
            within("plan", "enrolment_id", partners.clone()),
        );
        done_to("enrolment", leads())
            .or(hubs("obligation"))
            .or(hubs("visit"))
            .or(hubs("event"))
            .or(done_to("engagement_alert", self.alerts()))
            .or(of_partners("plan"))
            .or(done_to("objective", objectives))
            .or(of_partners("agreed_action"))
            .or(of_partners("review"))
            .or(of_partners("self_assessment"))
            .or(of_partners("booking"))
            .or(of_partners("event_attendance"))
    }

    /// Rows of `enrolment_change`: the history of visible enrolments.
    #[must_use]
    pub fn enrolment_changes(&self) -> SimpleExpr {
        if self.limited().is_none() {
            return all();
        }
        let enrolments = Query::select()
            .column(("enrolment", "id"))
            .from("enrolment")
            .and_where(self.enrolments())
            .to_owned();
        within("enrolment_change", "enrolment_id", enrolments)
    }

    /// Rows of `message_event`: the story of visible messages.
    #[must_use]
    pub fn message_events(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let messages = Query::select()
            .column(("message", "id"))
            .from("message")
            .and_where(Expr::col(("message", "person_id")).eq(viewer.person_id))
            .to_owned();
        within("message_event", "message_id", messages)
    }

    /// Rows of `session`: one's own, an admin's not excepted.
    #[must_use]
    pub fn sessions(&self) -> SimpleExpr {
        match self {
            Self::System => all(),
            Self::Viewer(viewer) => Expr::col(("session", "person_id")).eq(viewer.person_id),
        }
    }

    /// Rows of `access_token`: one's own, and for admins all.
    #[must_use]
    pub fn access_tokens(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        Expr::col(("access_token", "person_id")).eq(viewer.person_id)
    }

    /// Rows of `role_grant`: one's own.
    #[must_use]
    pub fn role_grants(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        Expr::col(("role_grant", "person_id")).eq(viewer.person_id)
    }
}
