//! Statements: one for the rows of a level, one for their number.

use chrono::{DateTime, Utc};
use entity::scope::Scope;
use sea_orm::sea_query::{
    Expr, ExprTrait as _, JoinType, Order as Direction, PostgresQueryBuilder, Query, QueryBuilder,
    SelectStatement, SimpleExpr, SqlWriter, SqlWriterValues, SqliteQueryBuilder, WindowStatement,
};
use sea_orm::{DbBackend, Statement, Value};
use uuid::Uuid;

use super::feed::At;
use super::map::{Link, Predicate, Type};
use super::plan::{Level, Page, Subscription};

/// The rows of a level, of these parents; the parent is the last column when there are any.
pub fn rows(level: &Level, parents: &[Uuid], scope: &Scope) -> SelectStatement {
    let mut select = Query::select();
    for (number, (table, column)) in level.columns.iter().enumerate() {
        select.expr_as(cell(level.of, *table, column), format!("c{number}"));
    }
    if level.columns.is_empty() {
        select.expr_as(Expr::col((level.of.table, "id")), "c0");
    }
    if let Some(link) = level.link {
        select.expr_as(parent(level.of, link), "p");
    }
    from(&mut select, level, parents, scope);
    for (number, join) in level.joins.iter().enumerate() {
        let alias = format!("j{}", number + 1);
        let mut on =
            Expr::col((alias.clone(), join.there)).eq(cell(level.of, join.left, join.here));
        if let Some(visible) = visible(join.target.scope, join.target.table, scope) {
            on = on.and(Expr::col((alias.clone(), "id")).in_subquery(visible));
        }
        select.join_as(JoinType::LeftJoin, join.target.table, alias, on);
    }
    let Some(page) = &level.page else {
        return select;
    };
    for (place, forward) in [(&page.after, true), (&page.before, false)] {
        if let Some((value, id)) = place {
            select.and_where(beyond(level.of, page, value, *id, forward));
        }
    }
    let downwards = page.descending != page.backward;
    let direction = || {
        if downwards { Direction::Desc } else { Direction::Asc }
    };
    let key = (level.of.table, page.order.column);
    let id = (level.of.table, "id");
    // One more than asked for tells whether there are more.
    let limit = page.limit + 1;
    let Some(link) = level.link.filter(|_| parents.len() > 1) else {
        select.order_by(key, direction()).order_by(id, direction()).limit(limit as u64);
        return select;
    };
    let mut window = WindowStatement::partition_by(parent_column(level.of, link));
    window.order_by(key, direction()).order_by(id, direction());
    select.expr_window_as(Expr::cust("ROW_NUMBER()"), window, "n");
    let mut cut = Query::select();
    for number in 0..level.columns.len().max(1) {
        cut.column(("x", format!("c{number}")));
    }
    cut.column(("x", "p"))
        .from_subquery(select, "x")
        .and_where(Expr::cust(format!("n <= {limit}")))
        .order_by(("x", "p"), Direction::Asc)
        .order_by(("x", "n"), Direction::Asc);
    cut
}

/// How many rows a level has in all, for each of these parents.
pub fn total(level: &Level, parents: &[Uuid], scope: &Scope) -> SelectStatement {
    let mut select = Query::select();
    select.expr(Expr::cust("COUNT(*)"));
    from(&mut select, level, parents, scope);
    if let Some(link) = level.link {
        select.expr(parent(level.of, link)).add_group_by([parent(level.of, link)]);
    }
    select
}

/// The changes a subscription is to tell, after a place and in order: id, moment and mark.
pub fn changes(
    subscription: &Subscription,
    (moment, id): At,
    limit: usize,
    scope: &Scope,
    now: DateTime<Utc>,
) -> SelectStatement {
    let Subscription { feed, of, filters, names, .. } = subscription;
    let seen = (of.scope)(scope);
    let told = match &feed.gone {
        Some(gone) => seen.or((gone.scope)(scope)),
        None => seen,
    };
    let key = [(of.table, feed.changed_at), (of.table, "id")];
    let mut select = Query::select();
    select
        .columns([key[1], key[0]])
        .expr(Expr::col((of.table, feed.mark)).cast_as("text"))
        .from(of.table)
        .and_where(told)
        .and_where(
            Expr::tuple(key.map(Expr::col)).gt(Expr::tuple([Expr::val(moment), Expr::val(id)])),
        )
        .order_by(key[0], Direction::Asc)
        .order_by(key[1], Direction::Asc)
        .limit(limit as u64);
    if feed.ahead {
        select.and_where(Expr::col(key[0]).lte(now));
    }
    for filter in filters {
        select.and_where(filter.clone());
    }
    in_sight(&mut select, names, scope);
    select
}

/// Table, parents, scope and filters: what rows and total have in common.
fn from(select: &mut SelectStatement, level: &Level, parents: &[Uuid], scope: &Scope) {
    let of = level.of;
    select.from(of.table);
    if let Some(Link::Through { table, child, .. }) = level.link {
        let on = Expr::col((table, child)).eq(Expr::col((of.table, "id")));
        select.join(JoinType::InnerJoin, table, on);
    }
    if let Some(link) = level.link {
        select.and_where(match parents {
            [one] => parent(of, link).eq(*one),
            several => parent(of, link).is_in(several.iter().copied()),
        });
    }
    let predicate = (of.scope)(scope);
    if predicate != Scope::System.everyone() {
        select.and_where(predicate);
    }
    if let Some(page) = &level.page {
        for filter in &page.filters {
            select.and_where(filter.clone());
        }
        in_sight(select, &page.names, scope);
    }
}

/// Nothing, unless the rows that filters name may be seen.
fn in_sight(select: &mut SelectStatement, names: &[(&'static Type, Uuid)], scope: &Scope) {
    for (of, id) in names {
        if let Some(visible) = visible(of.scope, of.table, scope) {
            let one = visible.clone().and_where(Expr::col((of.table, "id")).eq(*id)).to_owned();
            select.and_where(Expr::exists(one));
        }
    }
}

/// The ids a caller may see, or none if they may see all.
fn visible(predicate: Predicate, table: &'static str, scope: &Scope) -> Option<SelectStatement> {
    let predicate = predicate(scope);
    (predicate != Scope::System.everyone())
        .then(|| Query::select().column((table, "id")).from(table).and_where(predicate).to_owned())
}

/// Rows past a place, in reading direction or against it.
fn beyond(of: &Type, page: &Page, value: &Value, id: Uuid, forward: bool) -> SimpleExpr {
    let row = Expr::tuple([Expr::col((of.table, page.order.column)), Expr::col((of.table, "id"))]);
    let place = Expr::tuple([Expr::val(value.clone()), Expr::val(id)]);
    if forward == page.descending { row.lt(place) } else { row.gt(place) }
}

fn cell(of: &Type, table: usize, column: &'static str) -> SimpleExpr {
    match table {
        0 => Expr::col((of.table, column)),
        number => Expr::col((format!("j{number}"), column)),
    }
}

fn parent_column(of: &Type, link: Link) -> (&'static str, &'static str) {
    match link {
        Link::Column(column) => (of.table, column),
        Link::Through { table, parent, .. } => (table, parent),
    }
}

fn parent(of: &Type, link: Link) -> SimpleExpr {
    Expr::col(parent_column(of, link))
}

/// A statement for the backend. Its limit stands in the text: bound, it would keep PostgreSQL
/// from planning for a short list.
pub fn statement(select: &SelectStatement, backend: DbBackend) -> Statement {
    let (mark, numbered) = match backend {
        DbBackend::Postgres => ("$", true),
        _ => ("?", false),
    };
    let mut writer = LimitInText(SqlWriterValues::new(mark, numbered));
    match backend {
        DbBackend::Postgres => select.build_collect_into(PostgresQueryBuilder, &mut writer),
        _ => select.build_collect_into(SqliteQueryBuilder, &mut writer),
    }
    let (text, values) = writer.0.into_parts();
    Statement::from_sql_and_values(backend, text, values)
}

/// Writes numbers of the kind only limits are made of into the text.
struct LimitInText(SqlWriterValues);

impl std::fmt::Write for LimitInText {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0.write_str(text)
    }
}

impl std::fmt::Display for LimitInText {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}

impl SqlWriter for LimitInText {
    fn push_param<T: QueryBuilder>(&mut self, value: Value, builder: &T) {
        use std::fmt::Write as _;
        match value {
            Value::BigUnsigned(Some(limit)) => {
                // Writing into a string cannot fail.
                let _ = write!(self.0, "{limit}");
            }
            other => self.0.push_param(other, builder),
        }
    }

    fn as_writer(&mut self) -> &mut dyn std::fmt::Write {
        self
    }
}
