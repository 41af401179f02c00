//! Visits in the graph.

use entity::plans::agreed_action;
use entity::scope::Scope;
use entity::visits::{visit, visit_change};
use rules::visits::{Party, VisitKind, VisitState, VisitStep};

use crate::audit::map::history;
use crate::read::map::{
    Holds, Plain, Type, Vocabulary, any_of, asc, before, column, desc, from, many, objects, one,
    part, refers, root, table, word,
};

impl Vocabulary for VisitKind {
    const NAME: &'static str = "VisitKind";
    const ABOUT: &'static str = "Kinds of visit.";
}

impl Vocabulary for VisitState {
    const NAME: &'static str = "VisitState";
    const ABOUT: &'static str = "Where a visit stands.";
}

impl Vocabulary for VisitStep {
    const NAME: &'static str = "VisitStep";
    const ABOUT: &'static str = "Steps in the life of a visit.";
}

impl Vocabulary for Party {
    const NAME: &'static str = "Party";
    const ABOUT: &'static str = "The two sides of a partnership.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![visit(), visit_change()]
}

fn visit() -> Type {
    use visit::Column as C;
    Type {
        name: "Visit",
        about: "A support day or a deep-dive visit: named by one side, agreed by the other, then \
                recorded or cancelled.",
        table: table(visit::Entity),
        scope: Scope::visits,
        root: root("visits", "The visits you may see."),
        fields: vec![
            word::<VisitKind>("kind", C::Kind, "Kind of visit."),
            word::<VisitState>("state", C::State, "Where it stands."),
            column("purpose", C::Purpose, "What it is for."),
            column("startsAt", C::StartsAt, "Start."),
            column("endsAt", C::EndsAt, "End."),
            column("halfDays", C::HalfDays, "Support time planned, in half days."),
            word::<Party>(
                "proposedBy",
                C::ProposedBy,
                "The side that named the time as it stands; the other one agrees to it.",
            ),
            column("agreedAt", C::AgreedAt, "When the other side agreed."),
            column("heldOn", C::HeldOn, "Day it counts for, once recorded."),
            column(
                "halfDaysUsed",
                C::HalfDaysUsed,
                "Support time used, in half days, once recorded.",
            ),
            objects(
                "attendees",
                C::Attendees,
                attendee(),
                "Who came; empty before it is recorded.",
            ),
            column("summary", C::Summary, "What was done, once recorded."),
            word::<Party>(
                "cancelledBy",
                C::CancelledBy,
                "The side that called it off; null also when it fell away because the partner left \
                 or moved to another hub.",
            ),
            column("cancelledAt", C::CancelledAt, "When it was cancelled."),
            column("cancellationReason", C::CancellationReason, "Why it was cancelled."),
            column(
                "sequence",
                C::Sequence,
                "Rises whenever its time or state changes, like that of its calendar entry.",
            ),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            column("createdAt", C::CreatedAt, "When first proposed."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("programme", "Programme", C::ProgrammeId, "Its programme."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The partner's enrolment."),
            one("hub", "Hub", C::HubId, "The hub that gives the support."),
            one("visitor", "Person", C::VisitorId, "Who of the hub comes, once that is said."),
            many("changes", "VisitChange", visit_change::Column::VisitId, "Its story."),
            many(
                "agreedActions",
                "AgreedAction",
                agreed_action::Column::VisitId,
                "What was agreed at it to be done.",
            ),
            history(),
        ],
        filters: vec![
            any_of::<VisitKind>("kind", C::Kind, "Of one of these kinds."),
            any_of::<VisitState>("state", C::State, "In one of these states."),
            any_of::<Party>("proposedBy", C::ProposedBy, "With a time named by one of these."),
            any_of::<Party>("cancelledBy", C::CancelledBy, "Called off by one of these."),
            refers("programme", "Programme", C::ProgrammeId, "In this programme."),
            refers("hub", "Hub", C::HubId, "Given by this hub."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "To the partner of this enrolment."),
            refers("visitor", "Person", C::VisitorId, "To which this person comes."),
            from("startsFrom", C::StartsAt, "That start at this moment or later."),
            before("startsBefore", C::StartsAt, "That start before this moment."),
        ],
        orders: vec![asc("STARTS_AT", C::StartsAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

/// Keys as in `rules::visits::Attendee`.
fn attendee() -> Plain {
    Plain {
        name: "VisitAttendee",
        about: "Somebody who came to a visit.",
        parts: vec![
            part("name", "name", Holds::Text, "Name."),
            part("role", "role", Holds::Text, "What they do there."),
        ],
    }
}

fn visit_change() -> Type {
    use visit_change::Column as C;
    Type {
        name: "VisitChange",
        about: "One step in the life of a visit.",
        table: table(visit_change::Entity),
        scope: Scope::visit_changes,
        root: None,
        fields: vec![
            word::<VisitStep>("what", C::What, "What was done."),
            word::<Party>(
                "byParty",
                C::ByParty,
                "The side that did it; null when it followed from the partner's leaving or moving.",
            ),
            column("startsAt", C::StartsAt, "The visit's start from then on."),
            column("endsAt", C::EndsAt, "The visit's end from then on."),
            column("reason", C::Reason, "Why, where a reason was given."),
            column("happenedAt", C::HappenedAt, "When."),
            one("visit", "Visit", C::VisitId, "The visit."),
            one("byPerson", "Person", C::ByPerson, "Who did it."),
        ],
        filters: vec![any_of::<VisitStep>("what", C::What, "One of these steps.")],
        orders: vec![asc("HAPPENED_AT", C::HappenedAt)],
    }
}
