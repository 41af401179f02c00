//! What mutations answer.

use serde_json::Value as Json;
use uuid::Uuid;

use super::{Writer, Written};
use crate::read::plan::{Keyed, PayloadOut};
use crate::read::run::Fetched;

/// What a mutation answered.
#[derive(Debug, serde::Deserialize)]
pub struct Payload {
    /// Refusals.
    #[serde(rename = "userErrors")]
    pub errors: Vec<serde_json::Map<String, Json>>,
    /// Ids of rows, and texts, by field.
    #[serde(flatten)]
    pub values: std::collections::HashMap<String, Option<String>>,
}

impl Payload {
    /// The row in a field, if there is one.
    #[must_use]
    pub fn row(&self, field: &str) -> Option<Uuid> {
        self.values.get(field)?.as_ref()?.parse().ok()
    }
}

impl<'p> Writer<'p> {
    /// Writes a mutation's payload, its rows fetched in the order of the plan.
    pub fn payload(
        &mut self,
        out: &'p Keyed<PayloadOut>,
        payload: &Payload,
        fetched: &[Fetched],
    ) -> Written {
        let mut fetched = fetched.iter();
        self.object(out, |writer, _, out| match out {
            PayloadOut::Typename(name) => {
                writer.text(name);
                Ok(())
            }
            PayloadOut::Errors(fields) => writer.list(payload.errors.iter(), |writer, error| {
                writer.object(fields, |writer, _, field| {
                    match error.get(field.as_str()) {
                        Some(value) => writer.out.extend_from_slice(value.to_string().as_bytes()),
                        None if field == "__typename" => writer.text("UserError"),
                        None => writer.null(),
                    }
                    Ok(())
                })
            }),
            PayloadOut::Text(name) => {
                match payload.values.get(name.as_str()) {
                    Some(Some(text)) => writer.text(text),
                    _ => writer.null(),
                }
                Ok(())
            }
            PayloadOut::Node(name, rows) => {
                match (payload.row(name), fetched.next()) {
                    (Some(id), Some(fetched)) => writer.row_by_id(rows, fetched, id),
                    _ => writer.null(),
                }
                Ok(())
            }
        })
    }
}
