//! Hubs, settings, enrolments and what follows from them.

use sea_orm::sea_query::{Query, SimpleExpr};

use super::{
    Scope, all, any, at_setting, lead_settings, leading, led, led_hubs, one_of, own_enrolments,
    settings_of_led_hubs, within,
};

impl Scope {
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
}
