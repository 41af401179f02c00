//! What lead and partner share, and what is flagged about partners.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};

use super::{Scope, all, any, leading, led_hubs, within};

impl Scope {
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
}
