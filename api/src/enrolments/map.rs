//! Enrolments in the graph.

use entity::engagement::engagement_alert;
use entity::enrolments::{enrolment, enrolment_academy, enrolment_change, obligation};
use entity::events::{booking, event_attendance};
use entity::plans::{agreed_action, plan, review, self_assessment};
use entity::scope::Scope;
use entity::visits::visit;
use rules::enrolments::EnrolmentStatus;

use super::obligations;
use crate::audit::map::history;
use crate::read::map::{
    Filter, Type, Vocabulary, any_of, asc, before, column, desc, from, many, many_through, one,
    refers, root, table, word,
};

impl Vocabulary for EnrolmentStatus {
    const NAME: &'static str = "EnrolmentStatus";
    const ABOUT: &'static str = "Where an enrolment stands.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![enrolment(), enrolment_change(), obligations::obligation()]
}

fn enrolment() -> Type {
    use enrolment::Column as C;
    let between = (enrolment_academy::Column::EnrolmentId, enrolment_academy::Column::SchoolId);
    Type {
        name: "Enrolment",
        about: "A partner setting's place on a pathway, under a hub, in a cohort.",
        table: table(enrolment::Entity),
        scope: Scope::enrolments,
        root: root("enrolments", "The enrolments you may see."),
        fields: vec![
            word::<EnrolmentStatus>("status", C::Status, "Where it stands."),
            column("enrolledOn", C::EnrolledOn, "First day."),
            column("endedOn", C::EndedOn, "Last day, once withdrawn or completed."),
            column("endReason", C::EndReason, "Why it ended."),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            column("createdAt", C::CreatedAt, "When recorded."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            one("hub", "Hub", C::HubId, "The hub that supports it now."),
            one("cohort", "Cohort", C::CohortId, "Its cohort."),
            one("pathway", "Pathway", C::PathwayId, "Its pathway."),
            one("partner", "Setting", C::PartnerSettingId, "The partner school or trust."),
            many_through(
                "academies",
                "School",
                table(enrolment_academy::Entity),
                between,
                "The academies of a trust that take part.",
            ),
            many(
                "obligations",
                "Obligation",
                obligation::Column::EnrolmentId,
                "What the partner owes.",
            ),
            many("visits", "Visit", visit::Column::EnrolmentId, "Visits, arranged and held."),
            many(
                "selfAssessments",
                "SelfAssessment",
                self_assessment::Column::EnrolmentId,
                "Its self-assessments.",
            ),
            many("plans", "Plan", plan::Column::EnrolmentId, "Its plan, in all its versions."),
            many(
                "agreedActions",
                "AgreedAction",
                agreed_action::Column::EnrolmentId,
                "What was agreed to be done, in plans and at visits.",
            ),
            many("reviews", "Review", review::Column::EnrolmentId, "Reviews of its progress."),
            many(
                "alerts",
                "EngagementAlert",
                engagement_alert::Column::EnrolmentId,
                "Alerts about it.",
            ),
            many(
                "bookings",
                "Booking",
                booking::Column::EnrolmentId,
                "The places it has booked at events, or waits for.",
            ),
            many(
                "eventAttendances",
                "EventAttendance",
                event_attendance::Column::EnrolmentId,
                "What is known of it at events.",
            ),
            many(
                "surveyInvitations",
                "SurveyInvitation",
                entity::surveys::survey_invitation::Column::EnrolmentId,
                "Its groups asked in survey campaigns.",
            ),
            many(
                "surveyResults",
                "SurveyResult",
                entity::surveys::survey_result::Column::EnrolmentId,
                "Published results of its surveys.",
            ),
            many(
                "changes",
                "EnrolmentChange",
                enrolment_change::Column::EnrolmentId,
                "Its history.",
            ),
            history(),
        ],
        filters: filters(),
        orders: vec![asc("ENROLLED_ON", C::EnrolledOn), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn filters() -> Vec<Filter> {
    use enrolment::Column as C;
    vec![
        any_of::<EnrolmentStatus>("status", C::Status, "With one of these statuses."),
        refers("programme", "Programme", C::ProgrammeId, "In this programme."),
        refers("hub", "Hub", C::HubId, "Supported by this hub."),
        refers("cohort", "Cohort", C::CohortId, "In this cohort."),
        refers("pathway", "Pathway", C::PathwayId, "On this pathway."),
        refers("partner", "Setting", C::PartnerSettingId, "Of this school or trust."),
        from("enrolledFrom", C::EnrolledOn, "Enrolled on this day or later."),
        before("enrolledBefore", C::EnrolledOn, "Enrolled before this day."),
    ]
}

fn enrolment_change() -> Type {
    use enrolment_change::Column as C;
    Type {
        name: "EnrolmentChange",
        about: "One step in the history of an enrolment.",
        table: table(enrolment_change::Entity),
        scope: Scope::enrolment_changes,
        root: None,
        fields: vec![
            column(
                "kind",
                C::Kind,
                "`enrolled`, `transferred`, `paused`, `resumed`, `withdrawn` or `completed`.",
            ),
            column("reason", C::Reason, "The reason given."),
            column("changedAt", C::ChangedAt, "When."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The enrolment."),
            one("fromHub", "Hub", C::FromHubId, "The hub before a transfer."),
            one("toHub", "Hub", C::ToHubId, "The hub after it."),
            one("changedBy", "Person", C::ChangedBy, "Who did it; null for an import."),
        ],
        filters: vec![],
        orders: vec![asc("CHANGED_AT", C::ChangedAt)],
    }
}
