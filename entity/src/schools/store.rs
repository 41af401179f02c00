//! Reads and writes of the register. It is open to everybody who is signed in, so no scope chooses
//! among its rows.

use std::collections::HashMap;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Query};
use sea_orm::{EntityTrait, Iterable as _, QuerySelect as _};

use super::{local_authority, school, school_link, trust};
use crate::people::setting;

/// Rows in one statement: SQLite takes 32,766 parameters, and a school has 32 columns.
pub const ROWS_PER_STATEMENT: usize = 1_000;

/// The school with this URN.
///
/// # Errors
/// The database's.
pub async fn school_by_urn(
    db: &impl ConnectionTrait,
    urn: i32,
) -> Result<Option<school::Model>, DbErr> {
    school::Entity::find().filter(school::Column::Urn.eq(urn)).one(db).await
}

/// The trust with this GIAS group code.
///
/// # Errors
/// The database's.
pub async fn trust_by_code(
    db: &impl ConnectionTrait,
    code: &str,
) -> Result<Option<trust::Model>, DbErr> {
    trust::Entity::find().filter(trust::Column::Code.eq(code)).one(db).await
}

/// What an import needs to know of a school that is already there.
#[derive(Clone, Copy, Debug)]
pub struct KnownSchool {
    /// Its row.
    pub id: Uuid,
    /// `register_hash` of the row.
    pub hash: i64,
    /// Whether it is closed.
    pub closed: bool,
}

/// All schools by URN.
///
/// # Errors
/// The database's.
pub async fn known_schools(db: &impl ConnectionTrait) -> Result<HashMap<i32, KnownSchool>, DbErr> {
    let closed = <&str>::from(rules::register::SchoolStatus::Closed);
    let rows: Vec<(i32, Uuid, i64, bool)> = school::Entity::find()
        .select_only()
        .columns([school::Column::Urn, school::Column::Id, school::Column::RegisterHash])
        .column_as(school::Column::Status.eq(closed), "closed")
        .into_tuple()
        .all(db)
        .await?;
    let known = |(urn, id, hash, closed)| (urn, KnownSchool { id, hash, closed });
    Ok(rows.into_iter().map(known).collect())
}

/// Adds schools, or rewrites those whose URN is there already, which keep their id and what stands
/// in the columns to `keep`.
///
/// # Errors
/// The database's.
pub async fn write_schools(
    db: &impl ConnectionTrait,
    rows: Vec<school::ActiveModel>,
    keep: &[school::Column],
) -> Result<(), DbErr> {
    let kept = |column: &school::Column| {
        matches!(column, school::Column::Id | school::Column::Urn)
            || keep.iter().any(|keep| keep.as_str() == column.as_str())
    };
    let rewritten = school::Column::iter().filter(|column| !kept(column));
    let rewrite = OnConflict::column(school::Column::Urn).update_columns(rewritten).to_owned();
    for rows in chunks(rows) {
        school::Entity::insert_many(rows)
            .on_conflict(rewrite.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Adds links, or rewrites name and day of those that are there already.
///
/// # Errors
/// The database's.
pub async fn write_links(
    db: &impl ConnectionTrait,
    rows: Vec<school_link::ActiveModel>,
) -> Result<(), DbErr> {
    use school_link::Column;
    let rewrite = OnConflict::columns([Column::Urn, Column::LinkUrn, Column::LinkType])
        .update_columns([Column::LinkName, Column::EstablishedOn])
        .to_owned();
    for rows in chunks(rows) {
        school_link::Entity::insert_many(rows)
            .on_conflict(rewrite.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Adds local authorities, or renames those whose code is there already.
///
/// # Errors
/// The database's.
pub async fn write_local_authorities(
    db: &impl ConnectionTrait,
    rows: Vec<local_authority::ActiveModel>,
) -> Result<(), DbErr> {
    use local_authority::Column;
    let rewrite = OnConflict::column(Column::Code)
        .update_columns([Column::Name, Column::RegionId])
        .to_owned();
    for rows in chunks(rows) {
        local_authority::Entity::insert_many(rows)
            .on_conflict(rewrite.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Adds trusts, or renames those whose code is there already.
///
/// # Errors
/// The database's.
pub async fn write_trusts(
    db: &impl ConnectionTrait,
    rows: Vec<trust::ActiveModel>,
) -> Result<(), DbErr> {
    use trust::Column;
    let rewrite =
        OnConflict::column(Column::Code).update_columns([Column::Name, Column::Kind]).to_owned();
    for rows in chunks(rows) {
        trust::Entity::insert_many(rows)
            .on_conflict(rewrite.clone())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// Gives every setting the name that its school or trust has today; how many differed.
///
/// # Errors
/// The database's.
pub async fn rename_settings(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let mut renamed = 0;
    for (table, own) in [("school", "school_id"), ("trust", "trust_id")] {
        let name_today = || {
            Query::select()
                .column((table, "name"))
                .from(table)
                .and_where(Expr::col((table, "id")).equals(("setting", own)))
                .to_owned()
        };
        let differs = Query::select()
            .expr(Expr::val(1))
            .from(table)
            .and_where(Expr::col((table, "id")).equals(("setting", own)))
            .and_where(Expr::col((table, "name")).ne(Expr::col(("setting", "name"))))
            .to_owned();
        let done = setting::Entity::update_many()
            .col_expr(setting::Column::Name, Expr::SubQuery(None, Box::new(name_today().into())))
            .filter(Expr::exists(differs))
            .exec(db)
            .await?;
        renamed += done.rows_affected;
    }
    Ok(renamed)
}

fn chunks<T>(rows: Vec<T>) -> impl Iterator<Item = Vec<T>> {
    let mut rows = rows.into_iter();
    std::iter::from_fn(move || {
        let chunk: Vec<T> = rows.by_ref().take(ROWS_PER_STATEMENT).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}
