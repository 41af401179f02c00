//! Connections: what to write of them, and which rows of each parent they are about.

use apollo_compiler::executable::Field as Selected;
use apollo_compiler::response::{JsonMap, JsonValue};
use chrono::{DateTime, Utc};
use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, LikeExpr, SimpleExpr};
use uuid::Uuid;

use super::{Planner, Same};
use crate::read::gate::Refused;
use crate::read::ids;
use crate::read::map::{Filter, Leaf, Link, Map, Order, Test, Type};
use crate::read::plan::{Connection, ConnectionOut, EdgeOut, Level, Page, PageOut, Wants};

/// Most rows of one list.
pub(in crate::read) const MAX_PAGE: usize = 100;
/// Rows of a list when neither `first` nor `last` is given.
pub(in crate::read) const USUAL_PAGE: usize = 20;
/// Longest text looked for in others, in bytes.
const LONGEST_SOUGHT: usize = 1_000;

impl<'d> Planner<'d> {
    /// Plans a connection to rows of a type, for at most `parents` parents.
    pub(super) fn connection(
        &mut self,
        of: &'static Type,
        same: &Same<'d>,
        given: &JsonMap,
        link: Option<Link>,
        parents: usize,
    ) -> Result<Connection, Refused> {
        let mut level = Level::new(of, link);
        let mut page = self.page(of, same[0], given)?;
        let expected = parents.saturating_mul(page.limit);
        let mut out = Vec::new();
        for (key, same) in self.fields(&format!("{}Connection", of.name), same)? {
            let written = match same[0].name.as_str() {
                "totalCount" => {
                    page.wants.total = true;
                    ConnectionOut::Total
                }
                "pageInfo" => ConnectionOut::PageInfo(self.page_info(&same)?),
                "nodes" => ConnectionOut::Nodes(self.object(&mut level, 0, of, &same, expected)?),
                "edges" => {
                    let mut edges = Vec::new();
                    for (key, same) in self.fields(&format!("{}Edge", of.name), &same)? {
                        let edge = match same[0].name.as_str() {
                            "cursor" => EdgeOut::Cursor,
                            "node" => {
                                EdgeOut::Node(self.object(&mut level, 0, of, &same, expected)?)
                            }
                            _ => EdgeOut::Typename(format!("{}Edge", of.name)),
                        };
                        edges.push((key, edge));
                    }
                    ConnectionOut::Edges(edges)
                }
                _ => ConnectionOut::Typename(format!("{}Connection", of.name)),
            };
            page.wants.rows |=
                !matches!(written, ConnectionOut::Total | ConnectionOut::Typename(_));
            page.wants.more |= wants_more(&written);
            out.push((key, written));
        }
        if page.wants.rows {
            self.count_rows(same[0], expected)?;
        }
        if out.iter().any(|(_, out)| wants_cursor(out)) {
            let key = level.column(0, page.order.column);
            page.cursor = Some((key, level.column(0, "id")));
        }
        level.page = Some(page);
        Ok(Connection { level, out })
    }

    fn page_info(
        &mut self,
        same: &Same<'d>,
    ) -> Result<Vec<(apollo_compiler::Name, PageOut)>, Refused> {
        let fields = self.fields("PageInfo", same)?.into_iter();
        let fields = fields.map(|(key, same)| {
            let out = match same[0].name.as_str() {
                "hasNextPage" => PageOut::HasNext,
                "hasPreviousPage" => PageOut::HasPrevious,
                "startCursor" => PageOut::Start,
                "endCursor" => PageOut::End,
                _ => PageOut::Typename,
            };
            (key, out)
        });
        Ok(fields.collect())
    }

    fn page(&self, of: &'static Type, field: &Selected, given: &JsonMap) -> Result<Page, Refused> {
        let first = self.page_size(field, given, "first")?;
        let last = self.page_size(field, given, "last")?;
        if first.is_some() && last.is_some() {
            return Err(self.refuse(field, "give \"first\" or \"last\", not both"));
        }
        let (order, descending) = self.order(of, field, given)?;
        let (mut filters, mut names) = (Vec::new(), Vec::new());
        if let Some(JsonValue::Object(given)) = given.get("filter") {
            for filter in &of.filters {
                if let Some(value) = given.get(filter.name).filter(|value| !value.is_null()) {
                    let found = condition(of, filter, value, self.now);
                    filters.push(found.map_err(|problem| {
                        self.refuse(field, format!("filter.{} {problem}", filter.name))
                    })?);
                    names.extend(named(self.map, filter, value));
                }
            }
        }
        Ok(Page {
            limit: first.or(last).unwrap_or(USUAL_PAGE),
            backward: last.is_some(),
            order,
            descending,
            after: self.place(order, field, given, "after")?,
            before: self.place(order, field, given, "before")?,
            filters,
            names,
            wants: Wants::default(),
            cursor: None,
        })
    }

    fn page_size(
        &self,
        field: &Selected,
        given: &JsonMap,
        name: &str,
    ) -> Result<Option<usize>, Refused> {
        let Some(given) = given.get(name).filter(|given| !given.is_null()) else {
            return Ok(None);
        };
        given
            .as_u64()
            .and_then(|given| usize::try_from(given).ok())
            .filter(|given| (1..=MAX_PAGE).contains(given))
            .map(Some)
            .ok_or_else(|| {
                let message = format!("\"{name}\" is from 1 to {MAX_PAGE}, not {given}");
                self.refuse(field, message)
            })
    }

    fn order(
        &self,
        of: &'static Type,
        field: &Selected,
        given: &JsonMap,
    ) -> Result<(&'static Order, bool), Refused> {
        let given = given.get("orderBy").and_then(JsonValue::as_str).unwrap_or_default();
        let (name, descending) = match given.strip_suffix("_DESC") {
            Some(name) => (name, true),
            None => (given.strip_suffix("_ASC").unwrap_or(given), false),
        };
        match of.orders.iter().find(|order| order.name == name) {
            Some(order) => Ok((order, descending)),
            None => Err(self.refuse(field, format!("there is no order {given}"))),
        }
    }

    fn place(
        &self,
        order: &Order,
        field: &Selected,
        given: &JsonMap,
        name: &str,
    ) -> Result<Option<(Value, Uuid)>, Refused> {
        let Some(given) = given.get(name).filter(|given| !given.is_null()) else {
            return Ok(None);
        };
        let place = given.as_str().and_then(|given| ids::parse_cursor(order, given));
        place.map(Some).ok_or_else(|| {
            let message = format!(
                "\"{name}\" is no cursor of this order: use one of this list, ordered alike"
            );
            self.refuse(field, message)
        })
    }
}

fn wants_more(out: &ConnectionOut) -> bool {
    let ConnectionOut::PageInfo(fields) = out else { return false };
    fields.iter().any(|(_, field)| matches!(field, PageOut::HasNext | PageOut::HasPrevious))
}

fn wants_cursor(out: &ConnectionOut) -> bool {
    match out {
        ConnectionOut::Edges(edges) => {
            edges.iter().any(|(_, edge)| matches!(edge, EdgeOut::Cursor))
        }
        ConnectionOut::PageInfo(fields) => {
            fields.iter().any(|(_, field)| matches!(field, PageOut::Start | PageOut::End))
        }
        _ => false,
    }
}

/// The row that a filter names, if it names one. It has to be in sight too, or the filter would tell
/// of it.
pub(super) fn named(
    map: &'static Map,
    filter: &Filter,
    value: &JsonValue,
) -> Option<(&'static Type, Uuid)> {
    let (of, id) = ids::parse_global(value.as_str()?)?;
    match &filter.test {
        Test::Refers(..) | Test::Concerns(..) | Test::Node(..) => Some((map.named(&of)?, id)),
        _ => None,
    }
}

/// A filter as a condition, or what is wrong with its value.
pub(super) fn condition(
    of: &Type,
    filter: &Filter,
    value: &JsonValue,
    now: DateTime<Utc>,
) -> Result<SimpleExpr, String> {
    let column = |name: &'static str| Expr::col((of.table, name));
    let yes = value.as_bool().unwrap_or_default();
    let text = value.as_str().unwrap_or_default();
    let nothing = || Expr::cust("1 = 0");
    let id = |of: &str| ids::parse(of, text).ok_or_else(|| ids::is_none_of(of));
    let is_id = matches!(&filter.test, Test::Refers(..) | Test::Concerns(..) | Test::Node(..));
    // PostgreSQL keeps no NUL in text, so nothing can match one; it must not get as far as asking.
    if text.contains('\0') && !is_id {
        return Ok(nothing());
    }
    Ok(match &filter.test {
        Test::Is(name, leaf) => column(name).eq(bind(leaf, value)?),
        Test::From(name, leaf) => column(name).gte(bind(leaf, value)?),
        Test::Before(name, leaf) => column(name).lt(bind(leaf, value)?),
        Test::AnyOf(name, words) => {
            let given = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            let given = given.iter().filter_map(|word| word.as_str());
            let stored = given.filter_map(|shown| {
                let word = words.values.iter().find(|word| word.shown == shown);
                word.map(|word| word.stored)
            });
            let stored: Vec<&str> = stored.collect();
            if stored.is_empty() {
                return Ok(nothing());
            }
            column(name).is_in(stored)
        }
        // So long is no text of ours, and SQLite takes no pattern without end.
        Test::Contains(_) if text.len() > LONGEST_SOUGHT => nothing(),
        Test::Contains(name) => {
            let small = text.to_lowercase();
            // SQLite lowers A to Z alone, so that other letters are looked for in both cases.
            let large = small.chars().flat_map(|letter| -> Vec<char> {
                if letter.is_ascii() { vec![letter] } else { letter.to_uppercase().collect() }
            });
            let large: String = large.collect();
            let holds = |part: &str| {
                let pattern = LikeExpr::new(pattern(part)).escape('\\');
                Expr::expr(Func::lower(column(name))).like(pattern)
            };
            if small == large { holds(&small) } else { holds(&small).or(holds(&large)) }
        }
        Test::Refers(target, name) => column(name).eq(id(target)?),
        Test::Concerns(target, concerns) => concerns(id(target)?),
        Test::Node(of, name) => match ids::parse_global(text) {
            // No type has a name that a database cannot hold.
            Some((type_name, id)) if !type_name.contains('\0') => {
                column(of).eq(type_name).and(column(name).eq(id))
            }
            _ => return Err("is no id of the graph".to_owned()),
        },
        Test::Empty(name) if yes => column(name).is_null(),
        Test::Empty(name) => column(name).is_not_null(),
        Test::Holds(holds) => holds(yes, now),
    })
}

/// A `LIKE` pattern for what contains the text.
fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// A scalar as the database takes it.
fn bind(leaf: &Leaf, value: &JsonValue) -> Result<Value, String> {
    let text = value.as_str().unwrap_or_default();
    match leaf {
        Leaf::Int => value
            .as_i64()
            .and_then(|number| i32::try_from(number).ok())
            .map(Into::into)
            .ok_or_else(|| "is not a whole number".to_owned()),
        Leaf::Boolean => Ok(value.as_bool().unwrap_or_default().into()),
        Leaf::Date => ids::parse_day(text).map(Into::into),
        Leaf::DateTime => ids::parse_moment(text).map(Into::into),
        Leaf::Float => Ok(value.as_f64().unwrap_or_default().into()),
        Leaf::Text | Leaf::Word(_) | Leaf::Words(_) => Ok(text.into()),
    }
}
