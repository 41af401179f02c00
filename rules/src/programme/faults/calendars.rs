//! School calendars.

use std::collections::HashSet;

use super::Faults;
use crate::calendar::SpanKind;
use crate::programme::{CalendarOwner, CalendarSetUp, SpanSetUp};

pub(super) fn check(calendars: &[CalendarSetUp], faults: &mut Faults) {
    let mut owners = HashSet::new();
    for calendar in calendars {
        let place = match calendar.applies_to {
            CalendarOwner::Default => "calendar.default".to_owned(),
            CalendarOwner::LocalAuthority(code) => format!("calendar.local_authority.{code}"),
            CalendarOwner::School(urn) => format!("calendar.school.{urn}"),
        };
        faults.text(format!("{place}.name"), &calendar.name);
        faults.expect(
            owners.insert(calendar.applies_to),
            format!("{place}.applies_to"),
            "has two calendars.",
        );
        check_spans(&calendar.spans, &place, faults);
    }
}

fn of_kind(spans: &[SpanSetUp], kind: SpanKind) -> Vec<&SpanSetUp> {
    let mut spans: Vec<_> = spans.iter().filter(|span| span.kind == kind).collect();
    spans.sort_by_key(|span| span.starts_on);
    spans
}

fn check_spans(spans: &[SpanSetUp], place: &str, faults: &mut Faults) {
    for (index, span) in spans.iter().enumerate() {
        let place = format!("{place}.span.{}", index + 1);
        faults.text(format!("{place}.name"), &span.name);
        faults.expect(
            span.starts_on <= span.ends_on,
            format!("{place}.ends_on"),
            format!("{} is before the start, {}.", span.ends_on, span.starts_on),
        );
    }
    let terms = of_kind(spans, SpanKind::Term);
    faults.expect(!terms.is_empty(), format!("{place}.span"), "names no term.");
    for pair in terms.windows(2) {
        faults.expect(
            pair[0].ends_on < pair[1].starts_on,
            format!("{place}.span"),
            format!("the terms `{}` and `{}` overlap.", pair[0].name, pair[1].name),
        );
    }
    for half_term in of_kind(spans, SpanKind::HalfTerm) {
        faults.expect(
            terms.iter().any(|term| {
                term.starts_on <= half_term.starts_on && half_term.ends_on <= term.ends_on
            }),
            format!("{place}.span"),
            format!("the half-term `{}` is inside no term.", half_term.name),
        );
    }
}
