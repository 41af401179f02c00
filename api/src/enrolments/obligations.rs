//! Obligations in the graph.

use chrono::{DateTime, Utc};
use entity::enrolments::obligation;
use entity::messages::reminder;
use entity::scope::Scope;
use rules::commitments::{Action, CommitmentKind, DeedKind, ObligationState, OwedBy, is_overdue};
use sea_orm::DbErr;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use uuid::Uuid;

use crate::audit::map::history;
use crate::read::map::{
    Cells, Field, Filter, Leaf, Scalar, Test, Type, Vocabulary, any_of, asc, before, column,
    derived, desc, filter, from, many, one, refers, root, table, word,
};

impl Vocabulary for ObligationState {
    const NAME: &'static str = "ObligationState";
    const ABOUT: &'static str =
        "Where an obligation stands. Overdue is no state: it is open and past its due moment.";
}

impl Vocabulary for Action {
    const NAME: &'static str = "ObligationAction";
    const ABOUT: &'static str = "What it takes to meet an obligation now.";
}

impl Vocabulary for DeedKind {
    const NAME: &'static str = "DeedKind";
    const ABOUT: &'static str = "Kinds of what is recorded and meets obligations.";
}

/// The type.
#[must_use]
pub fn obligation() -> Type {
    use obligation::Column as C;
    Type {
        name: "Obligation",
        about: "One dated instance of a commitment, owed by an enrolment or by a hub.",
        table: table(obligation::Entity),
        scope: Scope::obligations,
        root: root("obligations", "The obligations you may see."),
        fields: fields(),
        filters: filters(),
        orders: vec![asc("DUE_AT", C::DueAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn fields() -> Vec<Field> {
    use obligation::Column as C;
    vec![
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
        column("dueOn", C::DueOn, "Day by the end of which it is due, in London."),
        column("dueAt", C::DueAt, "Moment from which it is overdue."),
        column(
            "requiredHalfDays",
            C::RequiredHalfDays,
            "Support time it stands for, in half days.",
        ),
        column("metOn", C::MetOn, "Day on which it was met."),
        word::<DeedKind>(
            "deedKind",
            C::DeedKind,
            "What was recorded that met it; null while it is not met, and when it was reported by hand.",
        ),
        column(
            "note",
            C::Note,
            "Evidence of having met it, or why it was excused or opened again.",
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
        one("hub", "Hub", C::HubId, "The hub that owes it or supports who does."),
        one(
            "enrolment",
            "Enrolment",
            C::EnrolmentId,
            "The enrolment that owes it; null for a hub's own duty.",
        ),
        one("commitment", "Commitment", C::TemplateId, "The commitment it comes from."),
        one("term", "ProgrammeTerm", C::TermId, "The term it belongs to."),
        one("event", "Event", C::EventId, "The event it is about."),
        one(
            "recordedBy",
            "Person",
            C::RecordedBy,
            "Who recorded that it was met or excused, or opened it again.",
        ),
        many("reminders", "Reminder", reminder::Column::ObligationId, "Reminders about it."),
        history(),
    ]
}

fn filters() -> Vec<Filter> {
    use obligation::Column as C;
    vec![
        any_of::<ObligationState>("state", C::State, "In one of these states."),
        filter(
            "overdue",
            Test::Holds(overdue_rows),
            "True: open and past its due moment, now. False: not.",
        ),
        any_of::<CommitmentKind>("kind", C::Kind, "Of one of these kinds."),
        any_of::<OwedBy>("owedBy", C::OwedBy, "Owed by one of these."),
        refers("programme", "Programme", C::ProgrammeId, "In this programme."),
        refers("cohort", "Cohort", C::CohortId, "In this cohort."),
        refers("hub", "Hub", C::HubId, "Owed by this hub or by its partners."),
        refers("enrolment", "Enrolment", C::EnrolmentId, "Owed by this enrolment."),
        filter(
            "partner",
            Test::Concerns("Setting", owed_by_partner),
            "Owed by enrolments of this school or trust.",
        ),
        refers("term", "ProgrammeTerm", C::TermId, "Of this term."),
        from("dueFrom", C::DueOn, "Due on this day or later."),
        before("dueBefore", C::DueOn, "Due before this day."),
    ]
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
