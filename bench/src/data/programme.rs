//! A programme and what it asks.

use super::cell::{Of, at, date, int, moment, text};
use super::{PER_TERM, TERMS, Table};

/// Kinds of commitment, one for each obligation of a term.
pub(super) const KINDS: [&str; PER_TERM] =
    ["attend_open_day", "support_days", "action_plan", "self_assessment", "attend_cpd_session"];

pub(super) fn programme() -> Vec<Table> {
    let of = at(Of::Programme, 0);
    vec![
        Table {
            name: "programme",
            columns: "id, key, name, description, policy, created_at, changed_at",
            rows: vec![vec![
                of.clone(),
                text("demo"),
                text("Demo Programme"),
                text("Invented."),
                text("{}"),
                moment(0, 0),
                moment(0, 0),
            ]],
        },
        Table {
            name: "pathway",
            columns: "id, programme_id, key, name, description, partner_kind",
            rows: vec![vec![
                at(Of::Pathway, 0),
                of.clone(),
                text("demo"),
                text("Demo Pathway"),
                text("Invented."),
                text("any"),
            ]],
        },
        Table {
            name: "cohort",
            columns: "id, programme_id, key, name",
            rows: vec![vec![at(Of::Cohort, 0), of.clone(), text("demo"), text("Demo Cohort")]],
        },
        Table {
            name: "programme_term",
            columns: "id, cohort_id, ordinal, name, starts_on, ends_on",
            rows: (0..TERMS)
                .map(|n| {
                    let (from, to) = (date(n * 100), date(n * 100 + 90));
                    let name = text(format!("Term {}", n + 1));
                    vec![at(Of::Term, n), at(Of::Cohort, 0), int(n + 1), name, from, to]
                })
                .collect(),
        },
        Table {
            name: "commitment_template",
            columns: "id, programme_id, key, kind, owed_by, title, rule, position",
            rows: KINDS
                .iter()
                .enumerate()
                .map(|(n, kind)| {
                    vec![
                        at(Of::Template, n),
                        of.clone(),
                        text(*kind),
                        text(*kind),
                        text("partner"),
                        text(*kind),
                        text("{}"),
                        int(n),
                    ]
                })
                .collect(),
        },
        Table {
            name: "event",
            columns: "id, programme_id, key, kind, title, starts_at, ends_at, published_at, version",
            rows: (0..30)
                .map(|n| {
                    vec![
                        at(Of::Event, n),
                        of.clone(),
                        text(format!("event-{n}")),
                        text("open_day"),
                        text(format!("Demo Event {n}")),
                        moment(n * 9, 60),
                        moment(n * 9, 240),
                        moment(0, 0),
                        int(1),
                    ]
                })
                .collect(),
        },
    ]
}
