use rules::calendar::{Calendar, Span, SpanKind};
use rules::engagement::{AlertState, AlertStep};
use rules::events::BookingState;
use rules::messages::notices::{
    CalendarMethod, Reach, holds_entry, is_told, method, notice, reach, stale_booking, stale_visit,
};
use rules::messages::summaries::{AlertNews, alert_news, begins_week, week_of};
use rules::messages::{MessageKind, MessageState};
use rules::visits::VisitState;
use strum::VariantArray as _;

use MessageKind::{
    BookingCancelled, EventBooked, EventCancelled, EventMoved, EventPlace, EventWaiting,
    JoiningChanged, VisitAgreed, VisitCancelled, VisitMoved, VisitProposed,
};
use Reach::{Gone, Never, Waiting};

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap_or_default()
}

#[test]
fn what_may_be_on_its_way_counts_as_told() {
    for state in MessageState::VARIANTS {
        let wanted = match state {
            MessageState::Pending | MessageState::Deferred => Waiting,
            MessageState::Rejected
            | MessageState::Cancelled
            | MessageState::Suppressed
            | MessageState::Expired => Never,
            _ => Gone,
        };
        assert_eq!(reach(*state, false), wanted, "{state:?}");
        assert_eq!(reach(*state, true), Gone, "{state:?}, and it may have arrived");
    }
}

#[test]
fn people_get_the_notice_that_fits_what_they_know() {
    type Row = (MessageKind, &'static [(MessageKind, Reach)], Option<MessageKind>);
    let table: &[Row] = &[
        // Who was told nothing arranged it, and hears of everything.
        (VisitProposed, &[], Some(VisitProposed)),
        (VisitCancelled, &[], Some(VisitCancelled)),
        (EventCancelled, &[], Some(EventCancelled)),
        // What nobody heard of is not cancelled for them.
        (VisitCancelled, &[(VisitProposed, Waiting)], None),
        (VisitCancelled, &[(VisitProposed, Never)], None),
        (VisitCancelled, &[(VisitProposed, Gone)], Some(VisitCancelled)),
        (VisitCancelled, &[(VisitProposed, Gone), (VisitMoved, Waiting)], Some(VisitCancelled)),
        (BookingCancelled, &[(EventBooked, Waiting)], None),
        (EventCancelled, &[(EventWaiting, Waiting)], None),
        (EventCancelled, &[(EventBooked, Gone)], Some(EventCancelled)),
        // What changes before the first notice was sent was so from the start.
        (VisitMoved, &[(VisitProposed, Waiting)], Some(VisitProposed)),
        (VisitMoved, &[(VisitProposed, Gone)], Some(VisitMoved)),
        (VisitMoved, &[(VisitProposed, Gone), (VisitAgreed, Waiting)], Some(VisitMoved)),
        (EventMoved, &[(EventBooked, Waiting)], Some(EventBooked)),
        (EventMoved, &[(EventWaiting, Waiting)], Some(EventWaiting)),
        (EventMoved, &[(EventWaiting, Gone), (EventPlace, Waiting)], Some(EventPlace)),
        (EventMoved, &[(EventBooked, Gone), (JoiningChanged, Waiting)], Some(EventMoved)),
        (JoiningChanged, &[(EventBooked, Gone), (EventMoved, Waiting)], Some(EventMoved)),
        (JoiningChanged, &[(EventBooked, Waiting)], Some(EventBooked)),
        (EventPlace, &[(EventWaiting, Waiting)], Some(EventPlace)),
        (VisitAgreed, &[(VisitProposed, Waiting)], Some(VisitAgreed)),
    ];
    for (news, earlier, wanted) in table {
        assert_eq!(notice(*news, earlier), *wanted, "{news:?} after {earlier:?}");
    }
}

#[test]
fn who_brought_it_about_is_told_only_where_their_calendar_needs_it() {
    for (news, holds, told) in [
        (VisitProposed, false, false),
        (VisitAgreed, false, true),
        (EventBooked, false, true),
        (EventPlace, false, true),
        (EventWaiting, false, false),
        (VisitMoved, false, false),
        (VisitMoved, true, true),
        (VisitCancelled, false, false),
        (VisitCancelled, true, true),
        (BookingCancelled, true, true),
    ] {
        assert_eq!(is_told(news, true, holds), told, "{news:?}");
        assert!(is_told(news, false, holds), "{news:?}");
    }
}

#[test]
fn calendars_are_told_of_what_they_hold() {
    assert!(holds_entry(&[(VisitProposed, Gone), (VisitAgreed, Gone)]));
    assert!(!holds_entry(&[(VisitProposed, Gone), (VisitAgreed, Waiting)]));
    assert!(!holds_entry(&[(EventWaiting, Gone), (EventMoved, Gone)]));
    let (request, cancel) = (Some(CalendarMethod::Request), Some(CalendarMethod::Cancel));
    for (kind, without, with) in [
        (VisitProposed, None, request),
        (VisitAgreed, request, request),
        (VisitMoved, None, request),
        (VisitCancelled, None, cancel),
        (EventBooked, request, request),
        (EventWaiting, None, None),
        (EventPlace, request, request),
        (BookingCancelled, None, cancel),
        (EventMoved, None, request),
        (EventCancelled, None, cancel),
        (JoiningChanged, None, request),
        (MessageKind::Digest, None, None),
    ] {
        assert_eq!((method(kind, false), method(kind, true)), (without, with), "{kind:?}");
    }
}

#[test]
fn a_notice_of_another_revision_is_not_true_any_more() {
    for state in VisitState::VARIANTS {
        assert_eq!(stale_visit(3, 3, *state), None);
        assert!(stale_visit(2, 3, *state).is_some());
    }
}

#[test]
fn a_notice_of_a_booking_is_true_while_the_booking_is_as_it_says() {
    use BookingState::{Booked, Cancelled, Waiting};
    for (kind, true_in) in [
        (EventBooked, &[Booked][..]),
        (EventPlace, &[Booked]),
        (JoiningChanged, &[Booked]),
        (EventWaiting, &[Waiting]),
        (EventMoved, &[Booked, Waiting]),
        (BookingCancelled, &[Cancelled]),
        (EventCancelled, &[]),
    ] {
        for state in BookingState::VARIANTS {
            let stale = stale_booking(kind, *state, false);
            assert_eq!(stale.is_none(), true_in.contains(state), "{kind:?} {state:?}: {stale:?}");
            let off = stale_booking(kind, *state, true);
            assert_eq!(off.is_none(), kind == EventCancelled, "{kind:?} {state:?}");
        }
    }
}

#[test]
fn only_summaries_and_bulletins_are_optional_and_whatever_is_optional_keeps_to_hours() {
    let optional: Vec<_> = MessageKind::optional().collect();
    let expected = [MessageKind::HubWeek, MessageKind::AlertDigest, MessageKind::Bulletin];
    assert_eq!(optional, expected);
    assert!(optional.iter().all(|kind| kind.is_routine()));
    for immediate in [VisitProposed, EventBooked, MessageKind::SignInLink] {
        assert!(!immediate.is_routine());
    }
}

#[test]
fn the_week_begins_on_its_first_working_day() {
    let term =
        |kind, starts_on, ends_on| Span { kind, starts_on: day(starts_on), ends_on: day(ends_on) };
    let spans = vec![
        term(SpanKind::Term, "2026-09-01", "2026-12-18"),
        term(SpanKind::HalfTerm, "2026-10-26", "2026-10-30"),
        term(SpanKind::Inset, "2026-11-02", "2026-11-02"),
        term(SpanKind::Term, "2027-01-04", "2027-03-25"),
    ];
    let calendar = Calendar::new(
        spans,
        [day("2027-01-04")].into_iter().collect::<std::collections::BTreeSet<_>>().into(),
    );
    for (text, begins) in [
        ("2026-10-05", true),
        ("2026-10-06", true),
        ("2026-10-07", false),
        ("2026-10-10", false),
        // Half-term has none; after it Monday is for training, and after Christmas a bank holiday.
        ("2026-10-26", false),
        ("2026-10-30", false),
        ("2026-11-02", false),
        ("2026-11-03", true),
        ("2026-11-04", true),
        ("2026-11-05", false),
        ("2027-01-04", false),
        ("2027-01-05", true),
        ("2027-01-06", true),
        ("2027-01-07", false),
    ] {
        assert_eq!(begins_week(&calendar, day(text)), begins, "{text}");
    }
    assert_eq!(week_of(day("2026-10-05")), "2026-W41");
    assert_eq!(week_of(day("2027-01-03")), "2026-W53");
}

#[test]
fn alerts_are_told_as_new_escalated_or_resolved() {
    use AlertState::{Acknowledged, Clearing, Firing, Pending, Resolved, Snoozed};
    use AlertStep as S;
    for (steps, state, news) in [
        (&[S::Raised][..], Firing, Some(AlertNews::New)),
        (&[S::Raised, S::EvidenceChanged], Acknowledged, Some(AlertNews::New)),
        (&[S::EvidenceChanged], Firing, Some(AlertNews::Escalated)),
        (&[S::Clearing, S::Reopened], Firing, Some(AlertNews::Escalated)),
        (&[S::Woken], Firing, Some(AlertNews::Escalated)),
        (&[S::Acknowledged], Acknowledged, None),
        (&[S::Raised], Clearing, None),
        (&[S::Snoozed], Snoozed, None),
        (&[S::Noticed], Pending, None),
        (&[S::Resolved], Resolved, Some(AlertNews::Resolved)),
        (&[S::Raised, S::Resolved], Resolved, None),
    ] {
        assert_eq!(alert_news(steps, state), news, "{steps:?} {state:?}");
    }
}
