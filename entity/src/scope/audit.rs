//! Who may read what was done.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};

use super::{Scope, all, led_hubs, within};

impl Scope {
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
}
