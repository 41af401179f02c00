//! Hubs in the graph.

use entity::engagement::engagement_alert;
use entity::enrolments::{enrolment, obligation};
use entity::hubs::hub;
use entity::programme::event;
use entity::scope::Scope;
use entity::visits::visit;

use crate::read::map::{Type, asc, column, contains, empty, is, many, one, refers, root, table};

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![hub()]
}

fn hub() -> Type {
    use hub::Column as C;
    Type {
        name: "Hub",
        about: "A lead setting and the partners it supports in a programme.",
        table: table(hub::Entity),
        scope: Scope::hubs,
        root: root("hubs", "The hubs you may see."),
        fields: vec![
            column("key", C::Key, "Key within the programme."),
            column("name", C::Name, "Name."),
            column("wave", C::Wave, "Wave in which it opened."),
            column("capacityMin", C::CapacityMin, "Fewest partners it should support."),
            column("capacityMax", C::CapacityMax, "Most partners it can support."),
            column("openedOn", C::OpenedOn, "First day."),
            column("closedOn", C::ClosedOn, "Last day, when closed."),
            column(
                "email",
                C::Email,
                "The address at which several people of the hub read what is answered to mails \
                 about it; null where the programme reads that. It is nobody's own, and may be shown \
                 to everybody who sees the hub.",
            ),
            column("version", C::Version, "Rises with every change."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            one("leadSetting", "Setting", C::LeadSettingId, "The lead school or trust."),
            one("region", "Region", C::RegionId, "The region it serves."),
            many(
                "enrolments",
                "Enrolment",
                enrolment::Column::HubId,
                "The enrolments it supports, and those that ended with it.",
            ),
            many(
                "obligations",
                "Obligation",
                obligation::Column::HubId,
                "Its own duties and its partners' obligations; `owedBy` tells them apart.",
            ),
            many(
                "alerts",
                "EngagementAlert",
                engagement_alert::Column::HubId,
                "Alerts about it and its partners.",
            ),
            many("visits", "Visit", visit::Column::HubId, "Visits to its partners."),
            many("events", "Event", event::Column::HubId, "Events it hosts."),
            many(
                "surveyRates",
                "SurveyRate",
                entity::surveys::survey_rate::Column::HubId,
                "How its partners respond to survey campaigns.",
            ),
            many(
                "surveyResults",
                "SurveyResult",
                entity::surveys::survey_result::Column::HubId,
                "Published results of its partners, together and, on one-to-one support, each.",
            ),
        ],
        filters: vec![
            is("key", C::Key, "With this key."),
            contains("nameContains", C::Name, "With this text in the name, whatever its case."),
            refers("programme", "Programme", C::ProgrammeId, "Of this programme."),
            refers("region", "Region", C::RegionId, "Serving this region."),
            refers("leadSetting", "Setting", C::LeadSettingId, "Led by this setting."),
            empty("open", C::ClosedOn, "True: not closed. False: closed."),
        ],
        orders: vec![asc("NAME", C::Name), asc("OPENED_ON", C::OpenedOn)],
    }
}
