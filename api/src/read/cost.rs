//! What a request costs, in points, from its plan: how much it may make the database do, said before
//! it does anything. A point stands for one statement, or for ten rows.

use super::plan::{Action, ChangeOut, Keyed, Level, PayloadOut, Plan, RootField, Subscription};
use super::size::Size;

/// Tenths of a point for a statement; a row costs one.
const STATEMENT: u64 = 10;
/// Tenths of a point for a change, besides what is read of it: a transaction, and what follows.
const CHANGE: u64 = 100;
/// Tenths of a point for what is worked out: the statements behind it, and its rows.
const TOLD: u64 = 300;
/// Rows of each kind that it leads to, about.
const TOLD_ROWS: u64 = 100;
/// Values of the schema that one point introspects.
const INTROSPECTED: u64 = 2_000;
/// What asking costs at least, and a request that is refused at most.
pub const LEAST: u64 = 1;

/// Points of a query.
#[must_use]
pub fn of_query(plan: &Plan) -> u64 {
    points(plan.iter().map(|(_, field)| root(field)).fold(0, u64::saturating_add))
}

/// Points of a mutation.
#[must_use]
pub fn of_mutation(actions: &Keyed<Action>) -> u64 {
    let of_one = |action: &Action| {
        let nodes = action.out.iter().map(|(_, out)| match out {
            PayloadOut::Node(_, rows) => level(&rows.level, 1),
            _ => 0,
        });
        match action.name.as_str() {
            "__typename" => 0,
            _ => nodes.fold(CHANGE, u64::saturating_add),
        }
    };
    points(actions.iter().map(|(_, action)| of_one(action)).fold(0, u64::saturating_add))
}

/// Points of beginning to subscribe, the first event included.
#[must_use]
pub fn of_subscription(plan: &Subscription) -> u64 {
    points(CHANGE.saturating_add(event(plan)))
}

/// Points of each event that a subscription tells after its first.
#[must_use]
pub fn of_event(plan: &Subscription) -> u64 {
    points(event(plan))
}

fn event(plan: &Subscription) -> u64 {
    let nodes = plan.out.iter().map(|(_, out)| match out {
        ChangeOut::Node(rows) => level(&rows.level, 1),
        _ => 0,
    });
    nodes.fold(0, u64::saturating_add)
}

/// Points of the introspection in a document, which is answered while it is planned.
#[must_use]
pub fn of_introspection(size: &Size) -> u64 {
    size.introspected.div_ceil(INTROSPECTED)
}

fn points(tenths: u64) -> u64 {
    tenths.div_ceil(STATEMENT).max(LEAST)
}

fn root(field: &RootField) -> u64 {
    match field {
        RootField::Typename | RootField::Ready(_) | RootField::Wrong(_) | RootField::Node(None) => {
            0
        }
        RootField::Connection(connection) => level(&connection.level, 1),
        RootField::Node(Some((_, rows))) => level(&rows.level, 1),
        RootField::Told(told) => {
            let below = told.level.children.iter().map(|child| level(&child.level, TOLD_ROWS));
            below.fold(TOLD, u64::saturating_add)
        }
        RootField::Nodes(wanted, fetches) => {
            let of_fetch = |(at, rows): (usize, &super::plan::Rows)| {
                let ids = wanted.iter().flatten().filter(|(_, of)| *of == at).count();
                level(&rows.level, u64::try_from(ids).unwrap_or(u64::MAX))
            };
            fetches.iter().enumerate().map(of_fetch).fold(0, u64::saturating_add)
        }
    }
}

/// Tenths of a point of a level and all below it, for that many parents: its statement, the rows it
/// may bring, full lists assumed and joined rows counted, and a count for each parent if wanted.
fn level(level: &Level, parents: u64) -> u64 {
    let (rows, counts) = match &level.page {
        None => (parents, 0),
        Some(page) => {
            let most = u64::try_from(page.limit).unwrap_or(u64::MAX);
            let rows = if page.wants.rows { parents.saturating_mul(most) } else { 0 };
            let counts = if page.wants.total { STATEMENT.saturating_add(parents) } else { 0 };
            (rows, counts)
        }
    };
    let statement =
        if level.page.as_ref().is_none_or(|page| page.wants.rows) { STATEMENT } else { 0 };
    let width = u64::try_from(level.joins.len()).unwrap_or(u64::MAX).saturating_add(1);
    let below = level.children.iter().map(|child| self::level(&child.level, rows));
    below
        .fold(statement.saturating_add(counts), u64::saturating_add)
        .saturating_add(rows.saturating_mul(width))
}
