//! What the planner makes of a document: which rows to fetch, and how to write them.

use apollo_compiler::Name;
use apollo_compiler::response::JsonMap;
use sea_orm::Value;
use sea_orm::sea_query::SimpleExpr;
use uuid::Uuid;

use super::feed::{Feed, Place};
use super::map::{Compute, Leaf, Link, Order, Type, Words};
use super::sql::Templates;
use super::telling::Telling;

/// Response keys in query order, each with what is written under it.
pub type Keyed<T> = Vec<(Name, T)>;

/// A query.
pub type Plan = Keyed<RootField>;

/// A field of `Query`.
#[derive(Debug)]
pub enum RootField {
    /// `__typename`.
    Typename,
    /// Introspection, as JSON.
    Ready(Vec<u8>),
    /// A list of all visible rows.
    Connection(Connection),
    /// One row by id; none for an id that is nobody's.
    Node(Option<(Uuid, Rows)>),
    /// Nothing can be read, and why.
    Wrong(String),
    /// Rows by id: for each, which of the fetches it is in.
    Nodes(Vec<Option<(Uuid, usize)>>, Vec<Rows>),
    /// What is worked out.
    Told(Told),
}

/// What is worked out for each request, and how to write it.
#[derive(Debug)]
pub struct Told {
    /// The field.
    pub of: &'static Telling,
    /// Its arguments, with marks for the ids that came in by variables.
    pub arguments: JsonMap,
    /// No statement of its own, only those that hang on it.
    pub level: Level,
    /// What to write of it, or of each item of a list.
    pub parts: Keyed<PartOut>,
}

/// Rows of one type fetched by their ids, and how to write one.
#[derive(Debug)]
pub struct Rows {
    /// The fetch.
    pub level: Level,
    /// What to write of a row.
    pub object: Object,
}

/// One statement's worth of rows.
#[derive(Debug)]
pub struct Level {
    /// Their type.
    pub of: &'static Type,
    /// How they name their parents; none for all rows.
    pub link: Option<Link>,
    /// Columns to select: which table (0 the type's own, n the n-th join) and name.
    pub columns: Vec<(usize, &'static str)>,
    /// To-one relations in the same statement.
    pub joins: Vec<Join>,
    /// Statements that hang on these rows.
    pub children: Vec<Child>,
    /// Which rows of each parent; none for all.
    pub page: Option<Page>,
    /// Its statements.
    pub(super) templates: Templates,
}

/// A to-one relation.
#[derive(Debug)]
pub struct Join {
    /// The table it starts from: 0 the type's own, n the n-th join.
    pub left: usize,
    /// Its column.
    pub here: &'static str,
    /// The type it leads to.
    pub target: &'static Type,
    /// That type's column.
    pub there: &'static str,
}

/// A fetch that hangs on the rows of another.
#[derive(Debug)]
pub struct Child {
    /// Where the parents are named.
    pub key: Key,
    /// The fetch.
    pub level: Level,
}

/// Where a row names the parent of a child fetch.
#[derive(Clone, Copy, Debug)]
pub enum Key {
    /// In a column.
    Column(usize),
    /// In every object of a JSON list, under a key.
    Json(usize, &'static str),
    /// Anywhere in what is worked out, under a key.
    Told(&'static str),
}

/// Which rows of each parent.
#[derive(Debug)]
pub struct Page {
    /// At most so many.
    pub limit: usize,
    /// From the end.
    pub backward: bool,
    /// In which order.
    pub order: &'static Order,
    /// Whether that order runs downwards.
    pub descending: bool,
    /// After this place.
    pub after: Option<(Value, Uuid)>,
    /// Before this place.
    pub before: Option<(Value, Uuid)>,
    /// Only these.
    pub filters: Vec<SimpleExpr>,
    /// And only if these rows may be seen.
    pub names: Vec<(&'static Type, Uuid)>,
    /// What is wanted of them.
    pub wants: Wants,
    /// The sort column and the id, if cursors are wanted.
    pub cursor: Option<(usize, usize)>,
}

/// What is wanted of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wants {
    /// Rows.
    pub rows: bool,
    /// The number of all rows.
    pub total: bool,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

/// A connection as a root field.
#[derive(Debug)]
pub struct Connection {
    /// The fetch.
    pub level: Level,
    /// What to write.
    pub out: Keyed<ConnectionOut>,
}

/// What can be written of a row.
pub type Object = Keyed<Out>;

/// Something written of a row.
#[derive(Debug)]
pub enum Out {
    /// `__typename`.
    Typename(&'static str),
    /// The global id.
    Id {
        /// Type.
        of: &'static str,
        /// Column.
        at: usize,
    },
    /// A column.
    Leaf {
        /// Column.
        at: usize,
        /// What it holds.
        leaf: &'static Leaf,
        /// Whether null may be written.
        nullable: bool,
    },
    /// A derived value.
    Derived {
        /// Columns.
        at: Vec<usize>,
        /// The working out.
        compute: Compute,
    },
    /// A row joined to this one.
    One {
        /// Column of its id.
        at: usize,
        /// What to write of it.
        object: Object,
    },
    /// A connection.
    Many {
        /// Column of the id its rows name.
        at: usize,
        /// Which child fetch.
        child: usize,
        /// What to write.
        out: Keyed<ConnectionOut>,
    },
    /// The row of these joined to this one; at most one is.
    Either(Vec<(usize, Object)>),
    /// Nothing can be written, and why.
    Wrong(String),
    /// A JSON list of plain objects.
    Objects {
        /// Column.
        at: usize,
        /// What to write of each.
        parts: Keyed<PartOut>,
    },
}

/// Something written of a plain object.
#[derive(Debug)]
pub enum PartOut {
    /// `__typename`.
    Typename(&'static str),
    /// The text under a key.
    Text(&'static str),
    /// The text under a key, or null.
    TextIfAny(&'static str),
    /// The whole number under a key, or null.
    Int(&'static str),
    /// Whether what is under a key is true.
    Flag(&'static str),
    /// The word under a key.
    Word(&'static str, &'static Words),
    /// The word under a key, or null.
    WordIfAny(&'static str, &'static Words),
    /// The plain object under a key.
    Object(&'static str, Keyed<PartOut>),
    /// The plain objects in the list under a key.
    List(&'static str, Keyed<PartOut>),
    /// The row whose id is under a key.
    Node {
        /// Key.
        key: &'static str,
        /// Which child fetch.
        child: usize,
        /// What to write of it.
        object: Object,
    },
}

impl PartOut {
    /// The key it is found under, if it is one of the object's own.
    pub(super) fn key(&self) -> Option<&'static str> {
        match self {
            Self::Typename(_) => None,
            Self::Text(key)
            | Self::TextIfAny(key)
            | Self::Int(key)
            | Self::Flag(key)
            | Self::Word(key, _)
            | Self::WordIfAny(key, _)
            | Self::Object(key, _)
            | Self::List(key, _)
            | Self::Node { key, .. } => Some(key),
        }
    }
}

/// Something written of a connection.
#[derive(Debug)]
pub enum ConnectionOut {
    /// `__typename`.
    Typename(String),
    /// `totalCount`.
    Total,
    /// `pageInfo`.
    PageInfo(Keyed<PageOut>),
    /// `nodes`.
    Nodes(Object),
    /// `edges`.
    Edges(Keyed<EdgeOut>),
}

/// Something written of `pageInfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageOut {
    /// `__typename`.
    Typename,
    /// `hasNextPage`.
    HasNext,
    /// `hasPreviousPage`.
    HasPrevious,
    /// `startCursor`.
    Start,
    /// `endCursor`.
    End,
}

/// Something written of an edge.
#[derive(Debug)]
pub enum EdgeOut {
    /// `__typename`.
    Typename(String),
    /// `cursor`.
    Cursor,
    /// `node`.
    Node(Object),
}

/// A mutation's field: what to call, and how to write its payload.
#[derive(Debug)]
pub struct Action {
    /// Name of the mutation.
    pub name: Name,
    /// Its arguments as JSON.
    pub arguments: JsonMap,
    /// What to write of the payload.
    pub out: Keyed<PayloadOut>,
}

/// Something written of a payload.
#[derive(Debug)]
pub enum PayloadOut {
    /// `__typename`.
    Typename(Name),
    /// `userErrors`: the fields of each.
    Errors(Keyed<Name>),
    /// A text of the payload's own, found in its field of that name.
    Text(Name),
    /// A row, its id found in the payload's field of that name.
    Node(Name, Box<Rows>),
}

/// A subscription.
#[derive(Debug)]
pub struct Subscription {
    /// Response key of its field.
    pub key: Name,
    /// The feed.
    pub feed: &'static Feed,
    /// The type of its rows.
    pub of: &'static Type,
    /// Only these rows.
    pub filters: Vec<SimpleExpr>,
    /// And only if these may be seen.
    pub names: Vec<(&'static Type, Uuid)>,
    /// Only changes after this place; none for those from now on.
    pub after: Option<Place>,
    /// What to write of a change.
    pub out: Keyed<ChangeOut>,
}

/// Something written of a change.
#[derive(Debug)]
pub enum ChangeOut {
    /// `__typename`.
    Typename(&'static str),
    /// `cursor`.
    Cursor,
    /// The row.
    Node(Box<Rows>),
}

impl Level {
    /// Rows of a type whose ids are given.
    pub(super) fn by_id(of: &'static Type) -> Self {
        Self::new(of, Some(Link::Column("id")))
    }

    pub(super) fn new(of: &'static Type, link: Option<Link>) -> Self {
        Self {
            of,
            link,
            columns: Vec::new(),
            joins: Vec::new(),
            children: Vec::new(),
            page: None,
            templates: Templates::default(),
        }
    }

    /// Selects a column once and says where it is.
    pub(super) fn column(&mut self, table: usize, name: &'static str) -> usize {
        let wanted = (table, name);
        if let Some(at) = self.columns.iter().position(|column| *column == wanted) {
            return at;
        }
        self.columns.push(wanted);
        self.columns.len() - 1
    }

    /// Joins a relation once and says which table it is.
    pub(super) fn join(
        &mut self,
        left: usize,
        here: &'static str,
        target: &'static Type,
        there: &'static str,
    ) -> usize {
        let same = |join: &Join| {
            (join.left, join.here, join.target.name, join.there) == (left, here, target.name, there)
        };
        if let Some(at) = self.joins.iter().position(same) {
            return at + 1;
        }
        self.joins.push(Join { left, here, target, there });
        self.joins.len()
    }

    pub(super) fn child(&mut self, key: Key, level: Level) -> usize {
        self.children.push(Child { key, level });
        self.children.len() - 1
    }
}
