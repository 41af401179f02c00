//! Rows of either database, read alike.

use std::rc::Rc;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::ValueRef;
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

/// Rows of SQLite: all texts and blobs in one stretch of memory.
#[derive(Debug)]
pub struct Table {
    /// Cells in a row.
    pub columns: usize,
    cells: Vec<Cell>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    Null,
    Whole(i64),
    Bytes(usize, usize),
}

/// One row of a table.
#[derive(Debug)]
pub struct Packed(Rc<Table>, usize);

impl Table {
    pub fn new(columns: usize) -> Self {
        Self { columns, cells: Vec::new(), bytes: Vec::new() }
    }

    pub fn push(&mut self, value: ValueRef<'_>) {
        self.cells.push(match value {
            ValueRef::Integer(number) => Cell::Whole(number),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                let from = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                Cell::Bytes(from, self.bytes.len())
            }
            ValueRef::Null | ValueRef::Real(_) => Cell::Null,
        });
    }

    pub fn into_rows(self) -> Vec<Packed> {
        let count = self.cells.len() / self.columns;
        let table = Rc::new(self);
        (0..count).map(|row| Packed(Rc::clone(&table), row * table.columns)).collect()
    }
}

impl Packed {
    fn bytes(&self, at: usize) -> &[u8] {
        match self.0.cells[self.1 + at] {
            Cell::Bytes(from, to) => &self.0.bytes[from..to],
            _ => &[],
        }
    }
}

impl Row for Packed {
    fn text(&self, at: usize) -> &str {
        std::str::from_utf8(self.bytes(at)).unwrap_or_default()
    }

    fn id(&self, at: usize) -> Option<Uuid> {
        Uuid::from_slice(self.bytes(at)).ok()
    }

    fn int(&self, at: usize) -> i32 {
        match self.0.cells[self.1 + at] {
            Cell::Whole(number) => i32::try_from(number).unwrap_or_default(),
            _ => 0,
        }
    }

    fn day(&self, at: usize) -> NaiveDate {
        self.text(at).parse().unwrap_or_default()
    }

    fn moment(&self, at: usize) -> DateTime<Utc> {
        let moment = DateTime::parse_from_rfc3339(self.text(at));
        moment.map(|moment| moment.to_utc()).unwrap_or_default()
    }
}
