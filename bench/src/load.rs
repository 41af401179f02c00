//! Writing the data into a database by bulk inserts.

use std::fmt::Write as _;

use anyhow::Context as _;
use migration::{Migrator, MigratorTrait as _};
use runtime::config::DatabaseConfig;
use runtime::database::Database;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};

use crate::data::{Cell, Size};

/// Rows of one statement.
const AT_ONCE: usize = 400;

/// Migrates the database and fills it, unless it is filled.
pub async fn fill(url: &str, size: Size) -> anyhow::Result<()> {
    let config = DatabaseConfig { url: url.to_owned(), max_connections: 2 };
    let db = Database::open(&config).await.context("the database cannot be opened")?;
    Migrator::up(db.migrator(), None).await?;
    let backend = db.backend();
    if db
        .reader()
        .query_one_raw(Statement::from_string(backend, "SELECT id FROM programme"))
        .await?
        .is_some()
    {
        return Ok(());
    }
    let txn = db.write().await?;
    for table in size.tables() {
        for rows in table.rows.chunks(AT_ONCE) {
            let mut sql = format!("INSERT INTO {} ({}) VALUES ", table.name, table.columns);
            for (number, row) in rows.iter().enumerate() {
                sql.push_str(if number > 0 { ", (" } else { "(" });
                for (number, cell) in row.iter().enumerate() {
                    sql.push_str(if number > 0 { ", " } else { "" });
                    write(&mut sql, cell, backend);
                }
                sql.push(')');
            }
            let done = txn.execute_unprepared(&sql).await;
            done.with_context(|| format!("rows of {}", table.name))?;
        }
    }
    txn.commit().await?;
    db.migrator().execute_unprepared("ANALYZE").await?;
    Ok(())
}

fn write(sql: &mut String, cell: &Cell, backend: DbBackend) {
    // Writing into a string cannot fail.
    let _ = match cell {
        Cell::Null => write!(sql, "NULL"),
        Cell::Id(id) if backend == DbBackend::Sqlite => write!(sql, "x'{}'", id.simple()),
        Cell::Id(id) => write!(sql, "'{id}'"),
        Cell::Text(text) => write!(sql, "'{}'", text.replace('\'', "''")),
        Cell::Int(number) => write!(sql, "{number}"),
        Cell::Flag(yes) => write!(sql, "{yes}"),
    };
}
