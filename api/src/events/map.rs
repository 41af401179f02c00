//! Events, bookings and event attendance in the graph.

use chrono::{DateTime, Utc};
use entity::events::{booking, event_attendance};
use entity::programme::event;
use entity::scope::Scope;
use rules::events::{self, AttendanceMode, BookingState, EventState, TrainingModule, places};
use rules::programme::EventKind;
use sea_orm::DbErr;
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use uuid::Uuid;

use crate::audit::map::history;
use crate::read::map::{
    Cells, Field, Filter, Leaf, Scalar, Test, Type, Vocabulary, any_of, asc, before, column,
    contains, derived, derived_if_any, desc, empty, filter, from, is, many, one, refers, root,
    table, word,
};

impl Vocabulary for EventKind {
    const NAME: &'static str = "EventKind";
    const ABOUT: &'static str = "Kinds of event.";
}

impl Vocabulary for EventState {
    const NAME: &'static str = "EventState";
    const ABOUT: &'static str = "Where an event stands, now.";
}

impl Vocabulary for TrainingModule {
    const NAME: &'static str = "TrainingModule";
    const ABOUT: &'static str = "The kinds of training module.";
}

impl Vocabulary for BookingState {
    const NAME: &'static str = "BookingState";
    const ABOUT: &'static str = "Where a booking stands.";
}

impl Vocabulary for AttendanceMode {
    const NAME: &'static str = "EventAttendanceMode";
    const ABOUT: &'static str = "What is known of a partner at an event.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![event(), joining(), booking(), attendance()]
}

fn event() -> Type {
    use event::Column as C;
    Type {
        name: "Event",
        about: "An open day, CPD session, training module or networking event.",
        table: table(event::Entity),
        scope: Scope::events,
        root: root("events", "The events you may see: the programme's, and those of your hubs."),
        fields: event_fields(),
        filters: event_filters(),
        orders: vec![asc("STARTS_AT", C::StartsAt)],
    }
}

fn event_fields() -> Vec<Field> {
    use event::Column as C;
    vec![
        column("key", C::Key, "Key within the programme; a register names the event by it."),
        word::<EventKind>("kind", C::Kind, "What it is."),
        word::<TrainingModule>("module", C::Module, "Of a training module: what kind."),
        column("title", C::Title, "Title."),
        column("summary", C::Summary, "What it is about."),
        column("place", C::Place, "Where it takes place."),
        column("startsAt", C::StartsAt, "Start."),
        column("endsAt", C::EndsAt, "End."),
        derived(
            "state",
            &[C::PublishedAt, C::CancelledAt, C::EndsAt],
            Leaf::Word(EventState::words()),
            state,
            "Where it stands, now.",
        ),
        column("capacity", C::Capacity, "Places in all; null for no limit."),
        column("placesBooked", C::PlacesBooked, "Places given out; the waiting list not counted."),
        derived_if_any(
            "placesLeft",
            &[C::Capacity, C::PlacesBooked],
            Leaf::Int,
            places_left,
            "Places left; null for no limit. While somebody waits, they go to who waits first.",
        ),
        column(
            "publishedAt",
            C::PublishedAt,
            "From when schools can see it; nothing is owed before.",
        ),
        column("cancelledAt", C::CancelledAt, "When it was cancelled, if it was."),
        column("cancellationReason", C::CancellationReason, "Why it was cancelled."),
        column("recordingUrl", C::RecordingUrl, "Where its recording can be watched."),
        column("changedAt", C::ChangedAt, "When last changed by hand."),
        column(
            "version",
            C::Version,
            "Rises with every change; give it back as `expectedVersion`. Bookings do not count.",
        ),
        one("programme", "Programme", C::ProgrammeId, "Its programme."),
        one("cohort", "Cohort", C::CohortId, "The cohort it is for; null for every cohort."),
        one("hub", "Hub", C::HubId, "The hub that hosts it; null for one of the whole programme."),
        one(
            "joining",
            "EventJoining",
            C::Id,
            "How to join or get there; null unless you have places, answer for somebody who has, \
             or host it.",
        ),
        many("bookings", "Booking", booking::Column::EventId, "The bookings you may see."),
        many(
            "surveyCampaigns",
            "SurveyCampaign",
            entity::surveys::survey_campaign::Column::EventId,
            "Campaigns that ask for feedback on it.",
        ),
        many(
            "attendances",
            "EventAttendance",
            event_attendance::Column::EventId,
            "What is known of the partners you may see.",
        ),
    ]
}

fn event_filters() -> Vec<Filter> {
    use event::Column as C;
    vec![
        any_of::<EventKind>("kind", C::Kind, "Of one of these kinds."),
        any_of::<TrainingModule>("module", C::Module, "Training modules of one of these kinds."),
        is("key", C::Key, "With this key."),
        contains("titleContains", C::Title, "With this text in the title, whatever its case."),
        refers("programme", "Programme", C::ProgrammeId, "Of this programme."),
        refers("cohort", "Cohort", C::CohortId, "For this cohort only."),
        refers("hub", "Hub", C::HubId, "Hosted by this hub."),
        filter(
            "openTo",
            Test::Concerns("Enrolment", open_to),
            "For this enrolment: of its programme, and not of another hub or cohort.",
        ),
        filter(
            "bookedBy",
            Test::Concerns("Enrolment", booked_by),
            "At which this enrolment has places, or waits for some.",
        ),
        from("startsFrom", C::StartsAt, "That start at this moment or later."),
        before("startsBefore", C::StartsAt, "That start before this moment."),
        filter("published", Test::Holds(published), "True: schools can see it now. False: not."),
        filter("over", Test::Holds(over), "True: its end has passed. False: not."),
        empty("goesAhead", C::CancelledAt, "True: not cancelled. False: cancelled."),
    ]
}

/// How to join is a type of its own, as fewer people may see it than the event.
fn joining() -> Type {
    use event::Column as C;
    Type {
        name: "EventJoining",
        about: "How to join an event or get there: for who has places, their lead and the host.",
        table: table(event::Entity),
        scope: Scope::joinings,
        root: None,
        fields: vec![
            column("startsAt", C::StartsAt, "Start of the event."),
            column("details", C::JoiningDetails, "How to join or get there."),
            history(),
        ],
        filters: vec![],
        orders: vec![asc("STARTS_AT", C::StartsAt)],
    }
}

fn booking() -> Type {
    use booking::Column as C;
    Type {
        name: "Booking",
        about: "A partner's places at an event, or on its waiting list, which is served in order: \
                nobody overtakes.",
        table: table(booking::Entity),
        scope: Scope::bookings,
        root: root(
            "bookings",
            "The bookings you may see: of enrolments you may see, and at events of your hubs.",
        ),
        fields: vec![
            word::<BookingState>("state", C::State, "Where it stands."),
            column("places", C::Places, "How many people come."),
            column(
                "bookedAt",
                C::BookedAt,
                "Its place in the order: when booked or put on the list.",
            ),
            column("promotedAt", C::PromotedAt, "When it got its places from the waiting list."),
            column("cancelledAt", C::CancelledAt, "When it was given up."),
            column("cancellationReason", C::CancellationReason, "Why it was given up."),
            column("changedAt", C::ChangedAt, "When last changed."),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            one("event", "Event", C::EventId, "The event."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The partner's enrolment."),
            one("bookedBy", "Person", C::BookedBy, "Who booked; null for the system."),
            history(),
        ],
        filters: vec![
            any_of::<BookingState>("state", C::State, "In one of these states."),
            refers("event", "Event", C::EventId, "At this event."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this enrolment."),
            from("bookedFrom", C::BookedAt, "Booked at this moment or later."),
            before("bookedBefore", C::BookedAt, "Booked before this moment."),
        ],
        orders: vec![asc("BOOKED_AT", C::BookedAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn attendance() -> Type {
    use event_attendance::Column as C;
    Type {
        name: "EventAttendance",
        about: "What is known of a partner at an event: one row for having been there or not, one \
                for the recording.",
        table: table(event_attendance::Entity),
        scope: Scope::event_attendances,
        root: root(
            "eventAttendances",
            "What is known of partners at events, as far as you may see it.",
        ),
        fields: vec![
            word::<AttendanceMode>("mode", C::Mode, "What is known."),
            column("onDay", C::OnDay, "Day of the event, or of watching the recording, in London."),
            column("people", C::People, "How many people of the partner; 0 if nobody."),
            column("seniorLeader", C::SeniorLeader, "Whether a senior leader was among them."),
            column("note", C::Note, "Remark."),
            column("recordedAt", C::RecordedAt, "When recorded or last put right."),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            one("event", "Event", C::EventId, "The event."),
            one("enrolment", "Enrolment", C::EnrolmentId, "The partner's enrolment."),
            one("recordedBy", "Person", C::RecordedBy, "Who recorded it; null for an import."),
        ],
        filters: vec![
            any_of::<AttendanceMode>("mode", C::Mode, "With one of these modes."),
            refers("event", "Event", C::EventId, "At this event."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "Of this enrolment."),
            is(
                "seniorLeader",
                C::SeniorLeader,
                "True: a senior leader was among them. False: none was.",
            ),
            from("onFrom", C::OnDay, "On this day or later."),
            before("onBefore", C::OnDay, "Before this day."),
        ],
        orders: vec![desc("ON_DAY", C::OnDay), desc("RECORDED_AT", C::RecordedAt)],
    }
}

fn state(cells: &Cells<'_>, now: DateTime<Utc>) -> Result<Scalar, DbErr> {
    let (published, cancelled) = (cells.moment_if_any(0)?, cells.moment_if_any(1)?);
    let state = events::state(published, cancelled, cells.moment(2)?, now);
    Ok(Scalar::Word(state.into()))
}

fn places_left(cells: &Cells<'_>, _: DateTime<Utc>) -> Result<Scalar, DbErr> {
    let left = places::left(cells.int(0)?, cells.int(1)?.unwrap_or(0));
    Ok(left.map_or(Scalar::Nothing, Scalar::Int))
}

fn published(yes: bool, now: DateTime<Utc>) -> SimpleExpr {
    let at = || Expr::col(("event", "published_at"));
    if yes { at().lte(now) } else { at().is_null().or(at().gt(now)) }
}

fn over(yes: bool, now: DateTime<Utc>) -> SimpleExpr {
    let ends_at = Expr::col(("event", "ends_at"));
    if yes { ends_at.lte(now) } else { ends_at.gt(now) }
}

/// As `rules::events::in_reach`, asked of the database.
fn open_to(enrolment: Uuid) -> SimpleExpr {
    let of = |column: &'static str| {
        Query::select()
            .column(("enrolment", column))
            .from("enrolment")
            .and_where(Expr::col(("enrolment", "id")).eq(enrolment))
            .to_owned()
    };
    let column = |name: &'static str| Expr::col(("event", name));
    let any_or = |name: &'static str| column(name).is_null().or(column(name).in_subquery(of(name)));
    column("programme_id")
        .in_subquery(of("programme_id"))
        .and(any_or("hub_id"))
        .and(any_or("cohort_id"))
}

fn booked_by(enrolment: Uuid) -> SimpleExpr {
    let booked = Query::select()
        .column(("booking", "event_id"))
        .from("booking")
        .and_where(Expr::col(("booking", "enrolment_id")).eq(enrolment))
        .and_where(Expr::col(("booking", "state")).ne("cancelled"))
        .to_owned();
    Expr::col(("event", "id")).in_subquery(booked)
}
