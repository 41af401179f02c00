//! Self-assessments, plans and reviews in the graph.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use entity::plans::{
    agreed_action, objective, plan, review, self_assessment, self_assessment_framework,
    self_assessment_rating,
};
use entity::scope::Scope;
use rules::plans::{
    ActionState, ObjectiveState, PlanKind, PlanState, ReviewKind, SelfAssessmentState, is_overdue,
};
use rules::visits::Party;
use sea_orm::DbErr;

use crate::audit::map::history;
use crate::read::map::{
    Cells, Holds, Leaf, Plain, Scalar, Type, Vocabulary, any_of, asc, before, column, derived,
    desc, from, many, objects, one, part, refers, root, table, word,
};

impl Vocabulary for SelfAssessmentState {
    const NAME: &'static str = "SelfAssessmentState";
    const ABOUT: &'static str = "Where a self-assessment stands.";
}

impl Vocabulary for PlanKind {
    const NAME: &'static str = "PlanKind";
    const ABOUT: &'static str = "Kinds of plan.";
}

impl Vocabulary for PlanState {
    const NAME: &'static str = "PlanState";
    const ABOUT: &'static str = "Where a plan stands.";
}

impl Vocabulary for ObjectiveState {
    const NAME: &'static str = "ObjectiveState";
    const ABOUT: &'static str = "Where an objective stands.";
}

impl Vocabulary for ActionState {
    const NAME: &'static str = "ActionState";
    const ABOUT: &'static str =
        "Where an agreed action stands. Overdue is no state: it is open and past its day.";
}

impl Vocabulary for ReviewKind {
    const NAME: &'static str = "ReviewKind";
    const ABOUT: &'static str = "Kinds of review.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![framework(), self_assessment(), rating(), plan(), objective(), agreed_action(), review()]
}

const VERSION: &str = "Rises with every change; give it back as `expectedVersion`.";

fn framework() -> Type {
    use self_assessment_framework::Column as C;
    Type {
        name: "SelfAssessmentFramework",
        about: "The themes and levels by which partners of a programme assess themselves.",
        table: table(self_assessment_framework::Entity),
        scope: Scope::everyone,
        root: root("selfAssessmentFrameworks", "All frameworks of all programmes."),
        fields: vec![
            column("version", C::Version, "1 for the first; the highest is in use."),
            column("title", C::Title, "Title."),
            objects("themes", C::Themes, theme(), "Its themes, in order."),
            column("createdAt", C::CreatedAt, "When loaded."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
        ],
        filters: vec![refers("programme", "Programme", C::ProgrammeId, "Of this programme.")],
        orders: vec![desc("VERSION", C::Version)],
    }
}

/// Keys as in `rules::plans::Theme`.
fn theme() -> Plain {
    Plain {
        name: "SelfAssessmentTheme",
        about: "A theme of a framework.",
        parts: vec![
            part("key", "key", Holds::Text, "Key within the framework."),
            part("title", "title", Holds::Text, "Title."),
            part("prompt", "prompt", Holds::Text, "What to think about."),
            part(
                "levels",
                "levels",
                Holds::List(Arc::new(level())),
                "Its levels, the lowest first: a rating's `level` is 1 for the first.",
            ),
        ],
    }
}

/// Keys as in `rules::plans::Level`.
fn level() -> Plain {
    Plain {
        name: "SelfAssessmentLevel",
        about: "A level of a theme.",
        parts: vec![
            part("title", "title", Holds::Text, "Name, such as `Developing`."),
            part("description", "description", Holds::Text, "How one recognises it."),
        ],
    }
}

fn self_assessment() -> Type {
    use self_assessment::Column as C;
    Type {
        name: "SelfAssessment",
        about: "How a partner sees itself, theme by theme.",
        table: table(self_assessment::Entity),
        scope: Scope::self_assessments,
        root: root("selfAssessments", "The self-assessments you may see."),
        fields: vec![
            column("number", C::Number, "1 for the partner's first."),
            word::<SelfAssessmentState>("state", C::State, "Where it stands."),
            column("completedOn", C::CompletedOn, "Day on which it was completed."),
            column("version", C::Version, VERSION),
            column("createdAt", C::CreatedAt, "When begun."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The partner's enrolment."),
            one(
                "framework",
                "SelfAssessmentFramework",
                C::FrameworkId,
                "What it is assessed by: the programme's when it was begun.",
            ),
            one("completedBy", "Person", C::CompletedBy, "Who completed it."),
            many(
                "ratings",
                "SelfAssessmentRating",
                self_assessment_rating::Column::SelfAssessmentId,
                "The themes rated so far.",
            ),
            history(),
        ],
        filters: vec![
            any_of::<SelfAssessmentState>("state", C::State, "In one of these states."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this partner's enrolment."),
            from("completedFrom", C::CompletedOn, "Completed on this day or later."),
            before("completedBefore", C::CompletedOn, "Completed before this day."),
        ],
        orders: vec![desc("CREATED_AT", C::CreatedAt)],
    }
}

fn rating() -> Type {
    use self_assessment_rating::Column as C;
    Type {
        name: "SelfAssessmentRating",
        about: "How a partner sees itself in one theme.",
        table: table(self_assessment_rating::Entity),
        scope: Scope::self_assessment_ratings,
        root: None,
        fields: vec![
            column("themeKey", C::ThemeKey, "Key of the theme within the framework."),
            column("level", C::Level, "The level chosen, 1 for the lowest of the theme."),
            column("evidence", C::Evidence, "What speaks for it."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("selfAssessment", "SelfAssessment", C::SelfAssessmentId, "The self-assessment."),
        ],
        filters: vec![],
        orders: vec![asc("LEVEL", C::Level), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn plan() -> Type {
    use plan::Column as C;
    Type {
        name: "Plan",
        about: "An action plan, or the improvement plan written with the lead in its stead. It \
                changes by a new version.",
        table: table(plan::Entity),
        scope: Scope::plans,
        root: root("plans", "The plans you may see."),
        fields: vec![
            word::<PlanKind>("kind", C::Kind, "Kind of plan: the one the pathway asks for."),
            word::<PlanState>("state", C::State, "Where it stands."),
            column("number", C::Number, "1 for the partner's first version."),
            column("summary", C::Summary, "What it is to achieve."),
            column(
                "partnerAgreedOn",
                C::PartnerAgreedOn,
                "Day on which the partner agreed to it as it is; null again once it is rewritten.",
            ),
            column(
                "hubAgreedOn",
                C::HubAgreedOn,
                "Day on which the lead agreed to it as it is. Only an improvement plan needs it.",
            ),
            column("agreedOn", C::AgreedOn, "Day from which it holds."),
            column("version", C::Version, VERSION),
            column("createdAt", C::CreatedAt, "When begun."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The partner's enrolment."),
            many("objectives", "Objective", objective::Column::PlanId, "What it is made of."),
            many("reviews", "Review", review::Column::PlanId, "Reviews of it."),
            history(),
        ],
        filters: vec![
            any_of::<PlanKind>("kind", C::Kind, "Of one of these kinds."),
            any_of::<PlanState>("state", C::State, "In one of these states."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this partner's enrolment."),
            from("agreedFrom", C::AgreedOn, "Agreed on this day or later."),
            before("agreedBefore", C::AgreedOn, "Agreed before this day."),
        ],
        orders: vec![desc("CREATED_AT", C::CreatedAt)],
    }
}

fn objective() -> Type {
    use objective::Column as C;
    Type {
        name: "Objective",
        about: "One objective of a plan.",
        table: table(objective::Entity),
        scope: Scope::objectives,
        root: None,
        fields: vec![
            column("position", C::Position, "Its place in the plan, 1 for the first."),
            column("themeKey", C::ThemeKey, "Theme of the self-assessment it comes from, if one."),
            column("title", C::Title, "What is to be different."),
            column("successMeasure", C::SuccessMeasure, "How one will know."),
            word::<ObjectiveState>("state", C::State, "Where it stands."),
            column("version", C::Version, VERSION),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("plan", "Plan", C::PlanId, "Its plan."),
            many(
                "actions",
                "AgreedAction",
                agreed_action::Column::ObjectiveId,
                "What is to be done for it.",
            ),
        ],
        filters: vec![any_of::<ObjectiveState>("state", C::State, "In one of these states.")],
        orders: vec![asc("POSITION", C::Position)],
    }
}

fn agreed_action() -> Type {
    use agreed_action::Column as C;
    Type {
        name: "AgreedAction",
        about: "Something agreed to be done, in a plan or at a visit, by somebody, by a day.",
        table: table(agreed_action::Entity),
        scope: Scope::agreed_actions,
        root: root("agreedActions", "The agreed actions you may see."),
        fields: vec![
            column("title", C::Title, "What is to be done."),
            word::<Party>("ownerParty", C::OwnerParty, "The side that does it."),
            column("ownerName", C::OwnerName, "Who does it."),
            column("dueOn", C::DueOn, "Day by the end of which it is to be done, in London."),
            word::<ActionState>("state", C::State, "Where it stands."),
            derived(
                "overdue",
                &[C::State, C::DueOn],
                Leaf::Boolean,
                overdue,
                "Whether it is open and its day is over, now.",
            ),
            column("doneOn", C::DoneOn, "Day on which it was done."),
            column("version", C::Version, VERSION),
            column("createdAt", C::CreatedAt, "When agreed."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The partner's enrolment."),
            one("objective", "Objective", C::ObjectiveId, "The objective it serves, if of a plan."),
            one("visit", "Visit", C::VisitId, "The visit at which it was agreed, if at one."),
            history(),
        ],
        filters: vec![
            any_of::<ActionState>("state", C::State, "In one of these states."),
            any_of::<Party>("ownerParty", C::OwnerParty, "To be done by one of these sides."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this partner's enrolment."),
            refers("visit", "Visit", C::VisitId, "Agreed at this visit."),
            from("dueFrom", C::DueOn, "Due on this day or later."),
            before("dueBefore", C::DueOn, "Due before this day."),
        ],
        orders: vec![asc("DUE_ON", C::DueOn)],
    }
}

fn overdue(cells: &Cells<'_>, now: DateTime<Utc>) -> Result<Scalar, DbErr> {
    Ok(Scalar::Boolean(is_overdue(cells.word(0)?, cells.day(1)?, now)))
}

fn review() -> Type {
    use review::Column as C;
    Type {
        name: "Review",
        about: "A review of progress, or the final one, held by lead and partner.",
        table: table(review::Entity),
        scope: Scope::reviews,
        root: root("reviews", "The reviews you may see."),
        fields: vec![
            word::<ReviewKind>("kind", C::Kind, "Kind of review."),
            column("heldOn", C::HeldOn, "Day on which it was held."),
            column("summary", C::Summary, "What was found."),
            column("nextSteps", C::NextSteps, "What follows."),
            column("recordedAt", C::RecordedAt, "When it was recorded, or last put right."),
            column("version", C::Version, VERSION),
            one("enrolment", "Enrolment", C::EnrolmentId, "The partner's enrolment."),
            one("plan", "Plan", C::PlanId, "The plan that held, if there was one."),
            one("recordedBy", "Person", C::RecordedBy, "Who recorded it, or last put it right."),
            history(),
        ],
        filters: vec![
            any_of::<ReviewKind>("kind", C::Kind, "Of one of these kinds."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this partner's enrolment."),
            refers("plan", "Plan", C::PlanId, "Of this plan."),
            from("heldFrom", C::HeldOn, "Held on this day or later."),
            before("heldBefore", C::HeldOn, "Held before this day."),
        ],
        orders: vec![desc("HELD_ON", C::HeldOn)],
    }
}
