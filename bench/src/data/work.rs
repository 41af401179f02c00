//! What partners have to do and did.

use super::cell::{Cell, Of, at, date, int, moment, spread, text};
use super::programme::KINDS;
use super::{PER_TERM, Size, TERMS, Table};

impl Size {
    #[expect(clippy::too_many_lines, reason = "one table after another")]
    pub(super) fn work(self) -> Vec<Table> {
        let enrolments = self.enrolments();
        vec![
            Table {
                name: "enrolment",
                columns: "id, programme_id, hub_id, cohort_id, pathway_id, partner_setting_id, \
                          status, enrolled_on, version, created_at, changed_at",
                rows: (0..enrolments)
                    .map(|n| {
                        vec![
                            at(Of::Enrolment, n),
                            at(Of::Programme, 0),
                            at(Of::Hub, self.hub_of(n)),
                            at(Of::Cohort, 0),
                            at(Of::Pathway, 0),
                            at(Of::Setting, self.hubs + n),
                            text(if n % 41 == 40 { "paused" } else { "active" }),
                            date(spread(n, 20)),
                            int(1),
                            moment(0, n),
                            moment(0, n),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "obligation",
                columns: "id, programme_id, cohort_id, hub_id, enrolment_id, subject_id, \
                          template_id, occurrence, owed_by, kind, action, title, term_id, \
                          opens_on, due_on, due_at, state, met_on, revision, version, created_at, \
                          changed_at",
                rows: (0..enrolments * PER_TERM * TERMS)
                    .map(|n| {
                        let (enrolment, turn) = (n / (PER_TERM * TERMS), n % (PER_TERM * TERMS));
                        let (term, kind) = (turn / PER_TERM, turn % PER_TERM);
                        let due = term * 100 + 30 + kind * 12 + spread(n, 9);
                        let met = due < 90 && spread(n, 3) > 0;
                        vec![
                            at(Of::Obligation, n),
                            at(Of::Programme, 0),
                            at(Of::Cohort, 0),
                            at(Of::Hub, self.hub_of(enrolment)),
                            at(Of::Enrolment, enrolment),
                            at(Of::Enrolment, enrolment),
                            at(Of::Template, kind),
                            text(format!("term-{}", term + 1)),
                            text("partner"),
                            text(KINDS[kind]),
                            text("do"),
                            text(format!("Demo duty {} of term {}", KINDS[kind], term + 1)),
                            at(Of::Term, term),
                            date(term * 100),
                            date(due),
                            moment(due, 0),
                            text(if met { "met" } else { "open" }),
                            if met { date(due - 3) } else { Cell::Null },
                            int(1),
                            int(1),
                            moment(0, 0),
                            moment(0, spread(n, 100_000)),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "visit",
                columns: "id, programme_id, enrolment_id, hub_id, kind, state, visitor_id, \
                          purpose, starts_at, ends_at, half_days, proposed_by, attendees, \
                          sequence, version, created_at, changed_at",
                rows: (0..self.visits)
                    .map(|n| {
                        let enrolment = n % enrolments;
                        let hub = self.hub_of(enrolment);
                        let on = spread(n, 280);
                        vec![
                            at(Of::Visit, n),
                            at(Of::Programme, 0),
                            at(Of::Enrolment, enrolment),
                            at(Of::Hub, hub),
                            text("support_day"),
                            text(if on < 80 { "recorded" } else { "agreed" }),
                            at(Of::Person, hub),
                            text("Walk the corridors at the change of lessons."),
                            moment(on, spread(n, 300)),
                            moment(on, spread(n, 300) + 180),
                            int(1),
                            text("hub"),
                            text("[]"),
                            int(0),
                            int(1),
                            moment(0, n),
                            moment(0, n),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "booking",
                columns: "id, event_id, enrolment_id, places, state, booked_at, version, changed_at",
                rows: (0..self.bookings)
                    .map(|n| {
                        vec![
                            at(Of::Booking, n),
                            at(Of::Event, n / enrolments),
                            at(Of::Enrolment, n % enrolments),
                            int(1),
                            text("booked"),
                            moment(0, n),
                            int(1),
                            moment(0, n),
                        ]
                    })
                    .collect(),
            },
            Table {
                name: "engagement_alert",
                columns: "id, rule, rule_version, subject_kind, subject_id, enrolment_id, hub_id, \
                          period, state, summary, threshold, evidence, raised_at, changed_at, \
                          version",
                rows: (0..self.alerts).map(|n| self.alert(n)).collect(),
            },
        ]
    }

    fn alert(self, n: usize) -> Vec<Cell> {
        let enrolment = spread(n, self.enrolments());
        let state = ["firing", "firing", "acknowledged", "resolved", "resolved"][n % 5];
        vec![
            at(Of::Alert, n),
            text("overdue_obligation"),
            int(1),
            text("enrolment"),
            at(Of::Enrolment, enrolment),
            at(Of::Enrolment, enrolment),
            at(Of::Hub, self.hub_of(enrolment)),
            text(format!("period-{n}")),
            text(state),
            text(format!("\"Demo duty\" is {} working days late.", 5 + n % 20)),
            text("5 working days"),
            text("[{\"fact\":\"It was due.\"}]"),
            moment(n % 90, spread(n, 600)),
            moment(n % 90, spread(n, 600)),
            int(1),
        ]
    }
}
