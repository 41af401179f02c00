//! Rows of either database, read alike.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::Value;
use uuid::Uuid;

/// A row. Cells are numbered; one that holds something else reads as nothing.
pub trait Row {
    fn text(&self, at: usize) -> &str;
    fn id(&self, at: usize) -> Option<Uuid>;
    fn int(&self, at: usize) -> i32;
    fn day(&self, at: usize) -> NaiveDate;
    fn moment(&self, at: usize) -> DateTime<Utc>;
}

impl Row for tokio_postgres::Row {
    fn text(&self, at: usize) -> &str {
        self.get(at)
    }

    fn id(&self, at: usize) -> Option<Uuid> {
        self.get(at)
    }

    fn int(&self, at: usize) -> i32 {
        self.get(at)
    }

    fn day(&self, at: usize) -> NaiveDate {
        self.get(at)
    }

    fn moment(&self, at: usize) -> DateTime<Utc> {
        self.get(at)
    }
}

impl Row for Vec<Value> {
    fn text(&self, at: usize) -> &str {
        match &self[at] {
            Value::Text(text) => text,
            _ => "",
        }
    }

    fn id(&self, at: usize) -> Option<Uuid> {
        match &self[at] {
            Value::Blob(bytes) => Uuid::from_slice(bytes).ok(),
            _ => None,
        }
    }

    fn int(&self, at: usize) -> i32 {
        match &self[at] {
            Value::Integer(number) => i32::try_from(*number).unwrap_or_default(),
            _ => 0,
        }
    }

    fn day(&self, at: usize) -> NaiveDate {
        self.text(at).parse().unwrap_or_default()
    }

    fn moment(&self, at: usize) -> DateTime<Utc> {
        self.text(at).parse().unwrap_or_default()
    }
}
