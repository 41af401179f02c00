//! Surveys, how many answered and what they said.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};

use super::{Scope, all, hosted_by, led_hubs, own_enrolments, within};

impl Scope {
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
}
