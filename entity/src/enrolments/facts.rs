//! Reading rows as the facts that derivation looks at.

use rules::commitments::{CommitmentFacts, EventFacts, ExistingObligation, TermFacts, Wanted};

use super::obligation;
use crate::outcome::{StoreError, word};
use crate::programme::{commitment_template, event, programme_term};

pub(crate) fn term(row: &programme_term::Model) -> TermFacts {
    TermFacts {
        id: row.id,
        ordinal: u32::try_from(row.ordinal).unwrap_or(0),
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        half_term: row.half_term_starts_on.zip(row.half_term_ends_on),
    }
}

pub(crate) fn commitment(row: commitment_template::Model) -> Result<CommitmentFacts, StoreError> {
    let table = "commitment_template";
    let rule = serde_json::from_value(row.rule).map_err(|error| StoreError::Unreadable {
        table,
        id: row.id,
        problem: error.to_string(),
    })?;
    let kind = word(table, row.id, &row.kind)?;
    Ok(CommitmentFacts { template_id: row.id, kind, title: row.title, rule })
}

pub(super) fn event(row: &event::Model) -> Result<EventFacts, StoreError> {
    Ok(EventFacts {
        id: row.id,
        key: row.key.clone(),
        kind: word("event", row.id, &row.kind)?,
        title: row.title.clone(),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        published_at: row.published_at,
        cancelled: row.cancelled_at.is_some(),
    })
}

pub(super) fn obligation(row: &obligation::Model) -> Result<ExistingObligation, StoreError> {
    let table = "obligation";
    Ok(ExistingObligation {
        id: row.id,
        state: word(table, row.id, &row.state)?,
        wanted: Wanted {
            template_id: row.template_id,
            occurrence: row.occurrence.clone(),
            kind: word(table, row.id, &row.kind)?,
            action: word(table, row.id, &row.action)?,
            title: row.title.clone(),
            term_id: row.term_id,
            event_id: row.event_id,
            required_half_days: row.required_half_days,
            opens_on: row.opens_on,
            due_on: row.due_on,
        },
    })
}
