//! Events and who comes to them.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};

use super::{Scope, all, hosted_by, led_hubs, within};

impl Scope {
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
}
