//! Statements: one for the rows of a level, one for their number.

use chrono::{DateTime, Utc};
use entity::people::principal;
use entity::scope::Scope;
use runtime::reads::{Ask, Bind};
use sea_orm::sea_query::Func;
use sea_orm::sea_query::{
    Asterisk, Expr, ExprTrait as _, JoinType, Order as Direction, PostgresQueryBuilder, Query,
    QueryBuilder, SelectStatement, SimpleExpr, SqlWriter, SqlWriterValues, SqliteQueryBuilder,
    WindowStatement,
};
use sea_orm::{DbBackend, Value};
use std::sync::{Arc, Mutex, OnceLock};
use uuid::Uuid;

use super::feed::At;
use super::map::{Link, Predicate, Type};
use super::marks::{self, Meaning, Shape};
use super::plan::{Level, Page, Subscription};

/// Most statements kept of one level.
pub const KEPT: usize = 8;

/// A statement in which marks, and the places of parents, are still open.
#[derive(Debug)]
pub struct Template {
    text: Arc<str>,
    values: Vec<Value>,
}

/// How many parents a statement is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parents {
    /// None: it is for all rows.
    None,
    /// One.
    One,
    /// Any number, bound as a list.
    List,
    /// So many, each bound by itself.
    Each(usize),
}

/// What the text of a level's statement depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    backend: DbBackend,
    total: bool,
    parents: Parents,
    shape: Shape,
}

/// The statements of a level, each written when first needed.
#[derive(Debug, Default)]
pub struct Templates(Mutex<Vec<(Form, Arc<Template>)>>);

impl Parents {
    /// For these parents, on this database. Without lists, their number is rounded up, so that
    /// there are few texts.
    fn of(level: &Level, parents: &[Uuid], backend: DbBackend) -> Self {
        match (level.link, parents.len()) {
            (None, _) => Self::None,
            (Some(_), 1) => Self::One,
            (Some(_), _) if backend == DbBackend::Postgres => Self::List,
            (Some(_), many) => Self::Each(many.next_power_of_two()),
        }
    }
}

/// The statement for the rows of a level, or for their number, of these parents.
pub fn ask(
    level: &Level,
    total: bool,
    parents: &[Uuid],
    meaning: &Meaning<'_>,
    backend: DbBackend,
) -> Ask {
    let parents_of = Parents::of(level, parents, backend);
    let form = Form { backend, total, parents: parents_of, shape: marks::shape(meaning.scope) };
    let kept = level.templates.0.lock().ok().and_then(|kept| {
        kept.iter().find(|(of, _)| *of == form).map(|(_, template)| Arc::clone(template))
    });
    let template = kept.unwrap_or_else(|| {
        let scope = marks::scope(meaning.scope);
        let select = if total {
            self::total(level, parents_of, &scope)
        } else {
            rows(level, parents_of, &scope)
        };
        let template = Arc::new(template(&select, backend));
        if let Ok(mut kept) = level.templates.0.lock() {
            if kept.len() >= KEPT {
                kept.clear();
            }
            kept.push((form, Arc::clone(&template)));
        }
        template
    });
    template.ask(parents, meaning)
}

impl Template {
    /// The statement with everything bound that was open.
    pub fn ask(&self, parents: &[Uuid], meaning: &Meaning<'_>) -> Ask {
        let values = self.values.iter().map(|value| match value {
            Value::Unsigned(Some(LIST)) => Bind::Ids(parents.to_vec()),
            // Where more are bound than there are, the last one is again.
            Value::Unsigned(Some(number)) => {
                let number = usize::try_from(*number).unwrap_or_default();
                let parent = parents.get(number).or(parents.last()).copied();
                Bind::Value(parent.unwrap_or_default().into())
            }
            other => meaning.value(other),
        });
        Ask { text: Arc::clone(&self.text), values: values.collect() }
    }
}

/// Stands for the parent of that number: a kind of number that no column and no filter has.
fn place(number: usize) -> Value {
    Value::Unsigned(u32::try_from(number).ok())
}

/// Stands for the list of all parents.
const LIST: u32 = u32::MAX;

fn list() -> Expr {
    Expr::val(Value::Unsigned(Some(LIST)))
}

/// The rows of a level; the parent is the last column when there are any parents.
fn rows(level: &Level, parents: Parents, scope: &Scope) -> SelectStatement {
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
    from(&mut select, level, false, parents, scope);
    for (number, join) in level.joins.iter().enumerate() {
        let alias = format!("j{}", number + 1);
        let target = join.target;
        let on = Expr::col((alias.clone(), join.there)).eq(cell(level.of, join.left, join.here));
        match visible(target.scope, target.table, scope) {
            Some(visible) => select.join_subquery(JoinType::LeftJoin, visible, alias, on),
            None => select.join_as(JoinType::LeftJoin, target.table, alias, on),
        };
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
    let limit = page.limit + usize::from(page.wants.more);
    let many = matches!(parents, Parents::List | Parents::Each(_));
    let Some(link) = level.link.filter(|_| many) else {
        select.order_by(key, direction()).order_by(id, direction()).limit(limit as u64);
        return select;
    };
    let mut cut = Query::select();
    for number in 0..level.columns.len().max(1) {
        cut.column(("x", format!("c{number}")));
    }
    if parents == Parents::List {
        // Parent by parent, each by its place in an index: a window over the rows of all of them
        // would read and sort those that are cut off, too. Such a join can only be a loop, which
        // keeps the order of each parent's rows; to sort them again costs a fifth.
        select.order_by(key, direction()).order_by(id, direction()).limit(limit as u64);
        cut.column(("u", "u"))
            .from_function(Func::cust("UNNEST").arg(list().cast_as("uuid[]")), "u")
            .join_lateral(JoinType::InnerJoin, select, "x", Expr::cust("TRUE"));
        return cut;
    }
    let mut window = WindowStatement::partition_by(parent_column(level.of, link));
    window.order_by(key, direction()).order_by(id, direction());
    select.expr_window_as(Expr::cust("ROW_NUMBER()"), window, "n");
    cut.column(("x", "p"))
        .from_subquery(select, "x")
        .and_where(Expr::cust(format!("n <= {limit}")))
        .order_by(("x", "p"), Direction::Asc)
        .order_by(("x", "n"), Direction::Asc);
    cut
}

/// How many rows a level has in all, for each of these parents.
fn total(level: &Level, parents: Parents, scope: &Scope) -> SelectStatement {
    let mut select = Query::select();
    select.expr(Expr::cust("COUNT(*)"));
    from(&mut select, level, true, parents, scope);
    if let Some(link) = level.link {
        select.expr(parent(level.of, link)).add_group_by([parent(level.of, link)]);
    }
    select
}

/// Who has the token of this hash, and their roles: see [`principal::of_token`].
pub fn token(backend: DbBackend, token_hash: &str, now: DateTime<Utc>) -> Ask {
    static TEXTS: [OnceLock<Arc<str>>; 2] = [OnceLock::new(), OnceLock::new()];
    let text = &TEXTS[usize::from(backend == DbBackend::Postgres)];
    let text = text.get_or_init(|| template(&principal::of_token(token_hash, now), backend).text);
    let values = [Value::from(token_hash), Value::from(now)].map(Bind::Value);
    Ask { text: Arc::clone(text), values: values.into() }
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
fn from(select: &mut SelectStatement, level: &Level, total: bool, parents: Parents, scope: &Scope) {
    let of = level.of;
    select.from(of.table);
    if let Some(Link::Through { table, child, .. }) = level.link {
        let on = Expr::col((table, child)).eq(Expr::col((of.table, "id")));
        select.join(JoinType::InnerJoin, table, on);
    }
    if let Some(link) = level.link {
        select.and_where(match parents {
            Parents::None | Parents::One => parent(of, link).eq(place(0)),
            Parents::List if level.page.is_some() && !total => {
                parent(of, link).eq(Expr::col(("u", "u")))
            }
            Parents::List => parent(of, link).eq(Func::cust("ANY").arg(list())),
            Parents::Each(number) => parent(of, link).is_in((0..number).map(place)),
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

/// The rows a caller may see, or none if they may see all.
fn visible(predicate: Predicate, table: &'static str, scope: &Scope) -> Option<SelectStatement> {
    let predicate = predicate(scope);
    (predicate != Scope::System.everyone())
        .then(|| Query::select().column(Asterisk).from(table).and_where(predicate).to_owned())
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

/// A statement as text. Its limit stands in it: bound, it would keep PostgreSQL from planning for a
/// short list.
pub fn template(select: &SelectStatement, backend: DbBackend) -> Template {
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
    Template { text: text.into(), values: values.0 }
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
