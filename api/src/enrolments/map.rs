//! Enrolments and obligations in the graph.

use chrono::{DateTime, Utc};
use entity::engagement::engagement_alert;
use entity::enrolments::{enrolment, enrolment_academy, enrolment_change, obligation};
use entity::messages::reminder;
use entity::scope::Scope;
use rules::commitments::{Action, CommitmentKind, ObligationState, OwedBy, is_overdue};
use rules::enrolments::EnrolmentStatus;
use sea_orm::DbErr;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use uuid::Uuid;

use crate::read::map::{
    Cells, Leaf, Scalar, Test, Type, Vocabulary, any_of, asc, before, column, derived, desc,
    filter, from, many, many_through, one, refers, root, table, word,
};

impl Vocabulary for EnrolmentStatus {
    const NAME: &'static str = "EnrolmentStatus";
    const ABOUT: &'static str = "Where an enrolment stands.";
}

impl Vocabulary for ObligationState {
    const NAME: &'static str = "ObligationState";
    const ABOUT: &'static str =
        "Where an obligation stands. Overdue is no state: it is open and past its due moment.";
}

impl Vocabulary for Action {
    const NAME: &'static str = "ObligationAction";
    const ABOUT: &'static str = "What it takes to meet an obligation now.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![enrolment(), enrolment_change(), obligation()]
}

fn enrolment() -> Type {
    use enrolment::Column as C;
    let between = (
        enrolment_academy::Column::EnrolmentId,
        enrolment_academy::Column::SchoolId,
    );
    Type {
        name: "Enrolment",
        about: "A partner setting's place on a pathway, under a hub, in a cohort.",
        table: table(enrolment::Entity),
        scope: Scope::enrolments,
        root: root("enrolments", "The enrolments you may see."),
        fields: vec![
            word::<EnrolmentStatus>("status", C::Status, "Where it stands."),
            column("enrolledOn", C::EnrolledOn, "First day."),
            column(
                "endedOn",
                C::EndedOn,
                "Last day, once withdrawn or completed.",
            ),
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
            one(
                "partner",
                "Setting",
                C::PartnerSettingId,
                "The partner school or trust.",
            ),
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
            many(
                "alerts",
                "EngagementAlert",
                engagement_alert::Column::EnrolmentId,
                "Alerts about it.",
            ),
            many(
                "changes",
                "EnrolmentChange",
                enrolment_change::Column::EnrolmentId,
                "Its history.",
            ),
        ],
        filters: vec![
            any_of::<EnrolmentStatus>("status", C::Status, "With one of these statuses."),
            refers(
                "programme",
                "Programme",
                C::ProgrammeId,
                "In this programme.",
            ),
            refers("hub", "Hub", C::HubId, "Supported by this hub."),
            refers("cohort", "Cohort", C::CohortId, "In this cohort."),
            refers("pathway", "Pathway", C::PathwayId, "On this pathway."),
            refers(
                "partner",
                "Setting",
                C::PartnerSettingId,
                "Of this school or trust.",
            ),
            from(
                "enrolledFrom",
                C::EnrolledOn,
                "Enrolled on this day or later.",
            ),
            before("enrolledBefore", C::EnrolledOn, "Enrolled before this day."),
        ],
        orders: vec![
            asc("ENROLLED_ON", C::EnrolledOn),
            desc("CHANGED_AT", C::ChangedAt),
        ],
    }
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
            column("kind", C::Kind, "`enrolled`, `transferred` or `withdrawn`."),
            column("reason", C::Reason, "The reason given."),
            column("changedAt", C::ChangedAt, "When."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The enrolment."),
            one("fromHub", "Hub", C::FromHubId, "The hub before a transfer."),
            one("toHub", "Hub", C::ToHubId, "The hub after it."),
            one(
                "changedBy",
                "Person",
                C::ChangedBy,
                "Who did it; null for an import.",
            ),
        ],
        filters: vec![],
        orders: vec![asc("CHANGED_AT", C::ChangedAt)],
    }
}

fn obligation() -> Type {
    use obligation::Column as C;
    Type {
        name: "Obligation",
        about: "One dated instance of a commitment, owed by an enrolment or by a hub.",
        table: table(obligation::Entity),
        scope: Scope::obligations,
        root: root("obligations", "The obligations you may see."),
        fields: vec![
            word::<CommitmentKind>("kind", C::Kind, "Kind of commitment."),
            word::<OwedBy>("owedBy", C::OwedBy, "Who owes it."),
            word::<Action>("action", C::Action, "What it takes to meet it now."),
            column("title", C::Title, "What is to be done."),
            word::<ObligationState>("state", C::State, "Where it stands."),
            derived(
                "overdue",
                &[C::State, C::DueAt],
                Leaf::Boolean,
                overdue,
                "Whether it is open and past its due moment, now.",
            ),
            column("opensOn", C::OpensOn, "First day on which it can be done."),
            column(
                "dueOn",
                C::DueOn,
                "Day by the end of which it is due, in London.",
            ),
            column("dueAt", C::DueAt, "Moment from which it is overdue."),
            column(
                "requiredHalfDays",
                C::RequiredHalfDays,
                "Support time it stands for, in half days.",
            ),
            column("metOn", C::MetOn, "Day on which it was met."),
            column(
                "note",
                C::Note,
                "Evidence of having met it, or why it was excused.",
            ),
            column("recordedAt", C::RecordedAt, "When that was recorded."),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            column("createdAt", C::CreatedAt, "When first derived."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            one("cohort", "Cohort", C::CohortId, "Its cohort."),
            one(
                "hub",
                "Hub",
                C::HubId,
                "The hub that owes it or supports who does.",
            ),
            one(
                "enrolment",
                "Enrolment",
                C::EnrolmentId,
                "The enrolment that owes it; null for a hub's own duty.",
            ),
            one(
                "commitment",
                "Commitment",
                C::TemplateId,
                "The commitment it comes from.",
            ),
            one(
                "term",
                "ProgrammeTerm",
                C::TermId,
                "The term it belongs to.",
            ),
            one("event", "Event", C::EventId, "The event it is about."),
            one(
                "recordedBy",
                "Person",
                C::RecordedBy,
                "Who recorded that it was met or excused.",
            ),
            many(
                "reminders",
                "Reminder",
                reminder::Column::ObligationId,
                "Reminders about it.",
            ),
        ],
        filters: vec![
            any_of::<ObligationState>("state", C::State, "In one of these states."),
            filter(
                "overdue",
                Test::Holds(overdue_rows),
                "True: open and past its due moment, now. False: not.",
            ),
            any_of::<CommitmentKind>("kind", C::Kind, "Of one of these kinds."),
            any_of::<OwedBy>("owedBy", C::OwedBy, "Owed by one of these."),
            refers(
                "programme",
                "Programme",
                C::ProgrammeId,
                "In this programme.",
            ),
            refers("cohort", "Cohort", C::CohortId, "In this cohort."),
            refers(
                "hub",
                "Hub",
                C::HubId,
                "Owed by this hub or by its partners.",
            ),
            refers(
                "enrolment",
                "Enrolment",
                C::EnrolmentId,
                "Owed by this enrolment.",
            ),
            filter(
                "partner",
                Test::Concerns("Setting", owed_by_partner),
                "Owed by enrolments of this school or trust.",
            ),
            refers("term", "ProgrammeTerm", C::TermId, "Of this term."),
            from("dueFrom", C::DueOn, "Due on this day or later."),
            before("dueBefore", C::DueOn, "Due before this day."),
        ],
        orders: vec![asc("DUE_AT", C::DueAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn overdue(cells: &Cells<'_>, now: DateTime<Utc>) -> Result<Scalar, DbErr> {
    let overdue = is_overdue(cells.word(0)?, cells.moment(1)?, now);
    Ok(Scalar::Boolean(overdue))
}

/// As [`is_overdue`], asked of the database.
fn overdue_rows(yes: bool, now: DateTime<Utc>) -> SimpleExpr {
    let column = |name| Expr::col(("obligation", name));
    let open: &'static str = ObligationState::Open.into();
    let overdue = column("state").eq(open).and(column("due_at").lte(now));
    if yes { overdue } else { overdue.not() }
}

fn owed_by_partner(setting: Uuid) -> SimpleExpr {
    let enrolments = Query::select()
        .column(("enrolment", "id"))
        .from("enrolment")
        .and_where(Expr::col(("enrolment", "partner_setting_id")).eq(setting))
        .to_owned();
    Expr::col(("obligation", "enrolment_id")).in_subquery(enrolments)
}
