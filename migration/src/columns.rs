//! The column kinds the schema is made of, so that every table spells them the same way on both
//! databases.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Starts a table with a UUIDv7 primary key `id`.
pub fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).col(ColumnDef::new("id").uuid().not_null().primary_key()).to_owned()
}

/// A required column of any kind: `required("name").text()` and so on.
pub fn required(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).not_null().to_owned()
}

/// A column that may be empty.
pub fn optional(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).null().to_owned()
}

/// Text that lists are ordered or paged by: compared byte by byte on both databases, so that a
/// cursor means the same on each.
pub fn sort_text(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    let mut column = required(name).text().to_owned();
    if manager.get_database_backend() == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// A word out of a closed list, checked by the database too.
pub fn word(name: &'static str, words: &[&'static str]) -> ColumnDef {
    required(name).text().check(Expr::col(name).is_in(words.iter().copied())).to_owned()
}

/// A moment in UTC with microseconds, always bound by the caller, never the database's `now()`.
pub fn moment(name: &'static str) -> ColumnDef {
    required(name).timestamp_with_time_zone().to_owned()
}

/// A moment that may not have come.
pub fn optional_moment(name: &'static str) -> ColumnDef {
    optional(name).timestamp_with_time_zone().to_owned()
}

/// A foreign key from `column` to `target.id`; rows are ended, never deleted, so nothing cascades.
pub fn references(
    from: &'static str,
    column: &'static str,
    target: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create()
        .name(format!("{from}_{column}_fkey"))
        .from(from, column)
        .to(target, "id")
        .to_owned()
}

/// An index over `columns`, named after them.
pub fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{}_idx", columns.join("_"))).table(table);
    for column in columns {
        index.col(*column);
    }
    index
}

/// A unique index over `columns`, named after them.
pub fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    index(table, columns).unique().name(format!("{table}_{}_key", columns.join("_"))).to_owned()
}

/// Creates the tables, then the indices.
///
/// # Errors
/// Whatever the database answers; the migration's transaction is then rolled back.
pub async fn create(
    manager: &SchemaManager<'_>,
    tables: Vec<TableCreateStatement>,
    indices: Vec<IndexCreateStatement>,
) -> Result<(), DbErr> {
    for table in tables {
        manager.create_table(table).await?;
    }
    for index in indices {
        manager.create_index(index).await?;
    }
    Ok(())
}

/// Drops the tables in the order given: children first.
///
/// # Errors
/// Whatever the database answers; the migration's transaction is then rolled back.
pub async fn drop(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}

/// A word out of a closed list that may be empty, checked by the database too.
pub fn optional_word(name: &'static str, words: &[&'static str]) -> ColumnDef {
    optional(name).text().check(Expr::col(name).is_in(words.iter().copied())).to_owned()
}

/// Adds columns to a table, one statement each: SQLite takes no more at a time.
///
/// # Errors
/// Whatever the database answers; the migration's transaction is then rolled back.
pub async fn add(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: Vec<ColumnDef>,
) -> Result<(), DbErr> {
    for column in columns {
        manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
    }
    Ok(())
}

/// Takes columns from a table.
///
/// # Errors
/// Whatever the database answers; the migration's transaction is then rolled back.
pub async fn remove(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    for column in columns {
        manager.alter_table(Table::alter().table(table).drop_column(*column).to_owned()).await?;
    }
    Ok(())
}
