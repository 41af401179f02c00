//! Rows as they come from either database, cells read when they are written.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::ValueRef;
use sea_orm::DbErr;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

/// The rows of one statement.
#[derive(Debug)]
pub struct Rows(Source);

#[derive(Debug)]
enum Source {
    Postgres(Vec<tokio_postgres::Row>),
    Sqlite(Table),
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'r>(Cells<'r>);

#[derive(Clone, Copy, Debug)]
enum Cells<'r> {
    Postgres(&'r tokio_postgres::Row),
    Sqlite(&'r Table, usize),
}

/// Rows of SQLite: all texts and blobs in one stretch of memory.
#[derive(Debug)]
pub struct Table {
    columns: usize,
    cells: Vec<Cell>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Bytes(usize, usize),
}

impl Table {
    pub(super) fn new(columns: usize) -> Self {
        Self { columns: columns.max(1), cells: Vec::new(), bytes: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len() / self.columns
    }

    pub(super) fn push(&mut self, value: ValueRef<'_>) {
        self.cells.push(match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Real(number) => Cell::Real(number),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                let from = self.bytes.len();
                self.bytes.extend_from_slice(bytes);
                Cell::Bytes(from, self.bytes.len())
            }
        });
    }

    fn cell(&self, row: usize, at: usize) -> Result<Cell, DbErr> {
        let cell = self.cells.get(row * self.columns + at).filter(|_| at < self.columns);
        cell.copied().ok_or_else(|| DbErr::Type(format!("there is no column {at}")))
    }

    fn text(&self, row: usize, at: usize) -> Result<Option<&str>, DbErr> {
        match self.cell(row, at)? {
            Cell::Null => Ok(None),
            Cell::Bytes(from, to) => {
                let text = self.bytes.get(from..to).unwrap_or_default();
                let text = std::str::from_utf8(text).map_err(|_| other(at, "text"))?;
                Ok(Some(text))
            }
            _ => Err(other(at, "text")),
        }
    }

    fn parsed<T>(
        &self,
        (row, at): (usize, usize),
        what: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, DbErr> {
        let text = self.text(row, at)?;
        text.map(|text| parse(text).ok_or_else(|| other(at, what))).transpose()
    }
}

impl Rows {
    pub(super) fn postgres(rows: Vec<tokio_postgres::Row>) -> Self {
        Self(Source::Postgres(rows))
    }

    pub(super) fn sqlite(table: Table) -> Self {
        Self(Source::Sqlite(table))
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Source::Postgres(rows) => rows.len(),
            Source::Sqlite(table) => table.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row of that number.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<Row<'_>> {
        match &self.0 {
            Source::Postgres(rows) => rows.get(number).map(|row| Row(Cells::Postgres(row))),
            Source::Sqlite(table) => {
                (number < table.len()).then_some(Row(Cells::Sqlite(table, number)))
            }
        }
    }

    /// All rows, in order.
    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).filter_map(|number| self.get(number))
    }
}

impl<'r> Row<'r> {
    /// The text in a column, if there is one.
    ///
    /// # Errors
    /// It holds something else.
    pub fn text(self, at: usize) -> Result<Option<&'r str>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => get(row, at),
            Cells::Sqlite(table, row) => table.text(row, at),
        }
    }

    /// The whole number in a column, if there is one.
    ///
    /// # Errors
    /// It holds something else.
    pub fn whole(self, at: usize) -> Result<Option<i64>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => {
                match row.columns().get(at).map(tokio_postgres::Column::type_) {
                    Some(&Type::INT4) => Ok(get::<Option<i32>>(row, at)?.map(i64::from)),
                    Some(&Type::INT2) => Ok(get::<Option<i16>>(row, at)?.map(i64::from)),
                    _ => get(row, at),
                }
            }
            Cells::Sqlite(table, row) => match table.cell(row, at)? {
                Cell::Null => Ok(None),
                Cell::Int(number) => Ok(Some(number)),
                _ => Err(other(at, "a whole number")),
            },
        }
    }

    /// The number in a column, if there is one.
    ///
    /// # Errors
    /// It holds something else.
    pub fn number(self, at: usize) -> Result<Option<f64>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => {
                match row.columns().get(at).map(tokio_postgres::Column::type_) {
                    Some(&Type::FLOAT4) => Ok(get::<Option<f32>>(row, at)?.map(f64::from)),
                    _ => get(row, at),
                }
            }
            Cells::Sqlite(table, row) => match table.cell(row, at)? {
                Cell::Null => Ok(None),
                Cell::Real(number) => Ok(Some(number)),
                #[expect(clippy::cast_precision_loss, reason = "as SQLite itself would")]
                Cell::Int(number) => Ok(Some(number as f64)),
                Cell::Bytes(..) => Err(other(at, "a number")),
            },
        }
    }

    /// Yes or no in a column, if it says.
    ///
    /// # Errors
    /// It holds something else.
    pub fn flag(self, at: usize) -> Result<Option<bool>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => get(row, at),
            Cells::Sqlite(..) => Ok(self.whole(at)?.map(|number| number != 0)),
        }
    }

    /// The id in a column, if there is one.
    ///
    /// # Errors
    /// It holds something else.
    pub fn id(self, at: usize) -> Result<Option<Uuid>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => get(row, at),
            Cells::Sqlite(table, row) => match table.cell(row, at)? {
                Cell::Null => Ok(None),
                Cell::Bytes(from, to) => {
                    let bytes = table.bytes.get(from..to).unwrap_or_default();
                    Uuid::from_slice(bytes).map(Some).map_err(|_| other(at, "an id"))
                }
                _ => Err(other(at, "an id")),
            },
        }
    }

    /// The day in a column, if there is one.
    ///
    /// # Errors
    /// It holds something else.
    pub fn day(self, at: usize) -> Result<Option<NaiveDate>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => get(row, at),
            Cells::Sqlite(table, row) => table.parsed((row, at), "a day", |text| text.parse().ok()),
        }
    }

    /// The moment in a column, if there is one.
    ///
    /// # Errors
    /// It holds something else.
    pub fn moment(self, at: usize) -> Result<Option<DateTime<Utc>>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => get(row, at),
            Cells::Sqlite(table, row) => table.parsed((row, at), "a moment", |text| {
                let exact = DateTime::parse_from_rfc3339(text).map(|moment| moment.to_utc());
                exact.or_else(|_| text.parse()).ok()
            }),
        }
    }

    /// The JSON in a column, if there is any.
    ///
    /// # Errors
    /// It holds something else.
    pub fn json(self, at: usize) -> Result<Option<serde_json::Value>, DbErr> {
        match self.0 {
            Cells::Postgres(row) => get(row, at),
            Cells::Sqlite(table, row) => {
                table.parsed((row, at), "JSON", |text| serde_json::from_str(text).ok())
            }
        }
    }
}

fn get<'r, T: FromSql<'r>>(row: &'r tokio_postgres::Row, at: usize) -> Result<T, DbErr> {
    row.try_get(at).map_err(|error| DbErr::Type(format!("column {at}: {error}")))
}

fn other(at: usize, what: &str) -> DbErr {
    DbErr::Type(format!("column {at} does not hold {what}"))
}
