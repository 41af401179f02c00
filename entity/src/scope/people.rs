//! People: who they are, what they are told, and what they sign in with.

use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};

use super::{
    Scope, all, any, lead_settings, leading, led_hubs, one_of, own_enrolments, running,
    settings_of_led_hubs, within,
};

impl Scope {
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

    /// Rows of `role_grant`: one's own.
    #[must_use]
    pub fn role_grants(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        Expr::col(("role_grant", "person_id")).eq(viewer.person_id)
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

    /// Rows of `obligation` of which one may know whom else they are reminded to: those of the hubs
    /// one answers for.
    #[must_use]
    pub fn answered_for(&self) -> SimpleExpr {
        match self.limited() {
            Some(viewer) => within("obligation", "hub_id", led_hubs(viewer)),
            None => all(),
        }
    }

    /// Rows of `suppression`: those of contacts, while they are in their role, of the settings that
    /// work with one's hubs now.
    #[must_use]
    pub fn suppressions(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let contacts = Query::select()
            .column(("contact", "person_id"))
            .from("contact")
            .and_where(Expr::col(("contact", "ended_at")).is_null())
            .and_where(settings_of_led_hubs(viewer, "contact", "setting_id", running()))
            .to_owned();
        let addresses = Query::select()
            .column(("person", "email"))
            .from("person")
            .and_where(within("person", "id", contacts))
            .to_owned();
        any([leading(viewer, || within("suppression", "address", addresses))])
    }

    /// Rows of `bulletin`: those of the hubs one answers for.
    #[must_use]
    pub fn bulletins(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        any([leading(viewer, || within("bulletin", "hub_id", led_hubs(viewer)))])
    }

    /// Rows of `message`: one's own; of the hubs one answers for, the letters of their bulletins, and
    /// the mails whose reminders are all about what they and their partners owe. A digest that tells
    /// of another hub's business besides is for its reader alone.
    #[must_use]
    pub fn messages(&self) -> SimpleExpr {
        let Some(viewer) = self.limited() else {
            return all();
        };
        let own = Expr::col(("message", "person_id")).eq(viewer.person_id);
        let led = leading(viewer, || {
            let bulletins = Query::select()
                .column(("bulletin", "id"))
                .from("bulletin")
                .and_where(self.bulletins())
                .to_owned();
            let about_led = || {
                let obligations = Query::select()
                    .column(("obligation", "id"))
                    .from("obligation")
                    .and_where(self.answered_for())
                    .to_owned();
                within("reminder", "obligation_id", obligations)
            };
            let carrying = Query::select()
                .column(("reminder", "message_id"))
                .from("reminder")
                .and_where(Expr::col(("reminder", "message_id")).is_not_null())
                .and_where(about_led())
                .to_owned();
            let of_others = Query::select()
                .column(("reminder", "id"))
                .from("reminder")
                .and_where(Expr::col(("reminder", "message_id")).equals(("message", "id")))
                .and_where(about_led().not())
                .to_owned();
            let mails = within("message", "id", carrying).and(Expr::exists(of_others).not());
            let letters = Expr::col(("message", "about_kind"))
                .eq("bulletin")
                .and(within("message", "about_id", bulletins));
            any([Some(letters), Some(mails)])
        });
        any([Some(own), led])
    }

    /// Rows of `message_event`: the story of visible messages.
    #[must_use]
    pub fn message_events(&self) -> SimpleExpr {
        self.of_visible("message_event", "message_id", "message", self.messages())
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
}
