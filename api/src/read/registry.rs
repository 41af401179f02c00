//! Putting the map into async-graphql's registry, so that there is one schema. The registry is
//! hidden from its documentation, hence the exact pin of its version; all calls to it are here,
//! in `meta` and in `subscription`.

mod meta;
mod subscription;

pub use subscription::Subscription;

use std::borrow::Cow;

use async_graphql::parser::types::Field as ParsedField;
use async_graphql::registry::{MetaField, MetaType, MetaTypeId, Registry};
use async_graphql::{
    ContainerType, Context, ContextSelectionSet, InputType, InputValueError, InputValueResult,
    Name, ObjectType, OutputType, Positioned, ServerError, ServerResult, Value,
};
use uuid::Uuid;

use meta::{enumeration, field, input, input_object, interface, object, scalar, union, with};

use super::map::{Field, Holds, Kind, Leaf, Map, Plain, Test, Type, Vocabulary, Words};

/// `Query`: registered from the map, answered by the read plans, never by async-graphql.
#[derive(Debug)]
pub struct Query;

impl ContainerType for Query {
    async fn resolve_field(&self, context: &Context<'_>) -> ServerResult<Option<Value>> {
        let place = Some(context.item.pos);
        Err(ServerError::new("queries are answered by the read plans", place))
    }
}

impl OutputType for Query {
    fn type_name() -> Cow<'static, str> {
        "Query".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        register(registry, crate::schema::map());
        Self::qualified_type_name()
    }

    async fn resolve(
        &self,
        _context: &ContextSelectionSet<'_>,
        field: &Positioned<ParsedField>,
    ) -> ServerResult<Value> {
        let place = Some(field.pos);
        Err(ServerError::new("queries are answered by the read plans", place))
    }
}

impl ObjectType for Query {}

/// A mapped type that mutations return.
pub trait Mapped {
    /// Its name in the map.
    const NAME: &'static str;
    /// Input fields that name other rows, and the columns that name them too, by which its row is
    /// found where an input gives no id of its own.
    const KEYS: &'static [(&'static str, &'static str)] = &[];
}

/// A row in a mutation's payload: its id. What the client selected of it is read by a plan.
#[derive(Debug)]
pub struct Ref<T> {
    id: Uuid,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T> Ref<T> {
    /// The row of that id.
    #[must_use]
    pub fn new(id: Uuid) -> Self {
        Self { id, of: std::marker::PhantomData }
    }
}

impl<T: Mapped> OutputType for Ref<T> {
    fn type_name() -> Cow<'static, str> {
        T::NAME.into()
    }

    /// The type itself is registered by [`Query`].
    fn create_type_info(_registry: &mut Registry) -> String {
        Self::qualified_type_name()
    }

    async fn resolve(
        &self,
        _context: &ContextSelectionSet<'_>,
        _field: &Positioned<ParsedField>,
    ) -> ServerResult<Value> {
        Ok(Value::String(self.id.to_string()))
    }
}

/// A word in a mutation's input or payload, shown as an enum.
#[derive(Clone, Copy, Debug)]
pub struct Shown<V>(pub V);

impl<V: Vocabulary + Send + Sync> OutputType for Shown<V> {
    fn type_name() -> Cow<'static, str> {
        V::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        let words = V::words();
        registry.create_output_type::<Self, _>(MetaTypeId::Enum, |_| words_type(&words))
    }

    async fn resolve(
        &self,
        _context: &ContextSelectionSet<'_>,
        _field: &Positioned<ParsedField>,
    ) -> ServerResult<Value> {
        let stored: &'static str = self.0.into();
        Ok(Value::String(stored.to_ascii_uppercase()))
    }
}

/// The word that an input names.
impl<V: Vocabulary + Send + Sync> InputType for Shown<V> {
    type RawValueType = V;

    fn type_name() -> Cow<'static, str> {
        V::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Self as OutputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let value = value.unwrap_or_default();
        let name = match &value {
            Value::Enum(name) => name.as_str(),
            Value::String(name) => name.as_str(),
            _ => return Err(InputValueError::expected_type(value)),
        };
        let stored = |word: &V| -> &'static str { (*word).into() };
        let word = V::VARIANTS.iter().find(|word| stored(word).to_ascii_uppercase() == name);
        word.copied()
            .map(Self)
            .ok_or_else(|| InputValueError::custom(format!("{} has no value {name}", V::NAME)))
    }

    fn to_value(&self) -> Value {
        let stored: &'static str = self.0.into();
        Value::Enum(Name::new(stored.to_ascii_uppercase()))
    }

    fn as_raw_value(&self) -> Option<&V> {
        Some(&self.0)
    }
}

/// Registers every type of the map, and `Query` over them.
fn register(registry: &mut Registry, map: &Map) {
    let mut all = Registered { registry };
    all.insert(scalar("Date", "A day, like `2026-10-05`, in London unless said otherwise."));
    all.insert(scalar("DateTime", "A moment in UTC, like `2026-10-05T07:00:00Z`."));
    all.insert(object(
        "PageInfo",
        "Where a page lies in its list.",
        [
            field("hasNextPage", "Boolean!", "Whether there is more after it."),
            field("hasPreviousPage", "Boolean!", "Whether there is more before it."),
            field("startCursor", "String", "Cursor of its first row, for `before`."),
            field("endCursor", "String", "Cursor of its last row, for `after`."),
        ],
    ));
    for of in &map.types {
        all.mapped(of);
    }
    all.insert(interface(
        "Node",
        "Anything with a globally unique id.",
        [id_field()],
        map.types.iter().map(|of| of.name),
    ));
    let mut roots = vec![
        field("viewer", "Person", "The person who is signed in."),
        with(
            field("node", "Node", "The row with this id; null if there is none that you may see."),
            [input("id", "ID!", "A global id.")],
        ),
        with(
            field(
                "nodes",
                "[Node]",
                "The rows with these ids, at most 100, in their order; null for each that is \
                 none you may see.",
            ),
            [input("ids", "[ID!]!", "Global ids.")],
        ),
    ];
    for of in &map.types {
        if let Some(root) = of.root {
            roots.push(connection_field(of, root.name, root.about));
        }
    }
    for telling in crate::schema::tellings() {
        all.plain(&telling.of);
        let ty =
            if telling.list { format!("[{}!]", telling.of.name) } else { telling.of.name.into() };
        let arguments = telling.arguments.iter().map(|(name, ty, about)| input(name, ty, about));
        roots.push(with(field(telling.name, &ty, telling.about), arguments.collect::<Vec<_>>()));
    }
    all.insert(object("Query", "Everything that can be read.", roots));
}

struct Registered<'a> {
    registry: &'a mut Registry,
}

impl Registered<'_> {
    fn insert(&mut self, ty: MetaType) {
        self.registry.types.entry(ty.name().to_owned()).or_insert(ty);
    }

    fn leaf(&mut self, leaf: &Leaf) -> &'static str {
        if let Leaf::Word(words) | Leaf::Words(words) = leaf {
            self.insert(words_type(words));
        }
        leaf.name()
    }

    fn mapped(&mut self, of: &Type) {
        let map = crate::schema::map();
        let fields: Vec<MetaField> = std::iter::once(id_field())
            .chain(of.fields.iter().map(|each| self.field(map, each)))
            .collect();
        self.insert(object(of.name, of.about, fields));
        self.registry.add_implements(of.name, "Node");
        self.insert(object(
            format!("{}Connection", of.name),
            "A page of a list.",
            [
                field("nodes", &format!("[{}!]!", of.name), "The rows of the page."),
                field(
                    "edges",
                    &format!("[{}Edge!]!", of.name),
                    "The rows of the page, each with its cursor.",
                ),
                field("pageInfo", "PageInfo!", "Where the page lies in the list."),
                field(
                    "totalCount",
                    "Int!",
                    "How many rows the whole list has. Counted only when asked for.",
                ),
            ],
        ));
        self.insert(object(
            format!("{}Edge", of.name),
            "A row and its place in the list.",
            [
                field("node", &format!("{}!", of.name), "The row."),
                field("cursor", "String!", "Its place, for `after` and `before`."),
            ],
        ));
        if !of.filters.is_empty() {
            let about = "Only rows for which everything given holds.";
            let filters: Vec<_> = of
                .filters
                .iter()
                .map(|filter| input(filter.name, &self.filter(&filter.test), filter.about))
                .collect();
            self.insert(input_object(format!("{}Filter", of.name), about, filters));
        }
        self.insert(orders(of));
    }

    fn field(&mut self, map: &Map, each: &Field) -> MetaField {
        match &each.kind {
            Kind::Column { leaf, nullable, .. } | Kind::Derived { leaf, nullable, .. } => {
                let mark = if *nullable { "" } else { "!" };
                let of = self.leaf(leaf);
                let ty = match leaf {
                    Leaf::Words(_) => format!("[{of}!]{mark}"),
                    _ => format!("{of}{mark}"),
                };
                field(each.name, &ty, each.about)
            }
            Kind::One { target, .. } => field(each.name, target, each.about),
            Kind::Either { of, .. } => {
                self.insert(union(of.name, of.about, &of.targets));
                field(each.name, of.name, each.about)
            }
            Kind::Many { target, .. } => match map.named(target) {
                Some(target) => connection_field(target, each.name, each.about),
                None => field(each.name, target, each.about),
            },
            Kind::Objects { of, .. } => {
                self.plain(of);
                field(each.name, &format!("[{}!]!", of.name), each.about)
            }
        }
    }

    /// A plain object, and those inside it.
    fn plain(&mut self, of: &Plain) {
        let parts: Vec<_> = of
            .parts
            .iter()
            .map(|part| {
                let ty = match &part.holds {
                    Holds::Text => "String!".to_owned(),
                    Holds::TextIfAny => "String".to_owned(),
                    Holds::Day => "Date!".to_owned(),
                    Holds::MomentIfAny => "DateTime".to_owned(),
                    Holds::Int => "Int".to_owned(),
                    Holds::Count => "Int!".to_owned(),
                    Holds::Flag => "Boolean!".to_owned(),
                    Holds::Word(words) => {
                        self.insert(words_type(words));
                        format!("{}!", words.name)
                    }
                    Holds::WordIfAny(words) => {
                        self.insert(words_type(words));
                        words.name.to_owned()
                    }
                    Holds::Row(target) => (*target).to_owned(),
                    Holds::Object(inner) => {
                        self.plain(inner);
                        format!("{}!", inner.name)
                    }
                    Holds::List(inner) => {
                        self.plain(inner);
                        format!("[{}!]!", inner.name)
                    }
                };
                field(part.name, &ty, part.about)
            })
            .collect();
        self.insert(object(of.name, of.about, parts));
    }

    fn filter(&mut self, test: &Test) -> String {
        match test {
            Test::Is(_, leaf) | Test::From(_, leaf) | Test::Before(_, leaf) => {
                self.leaf(leaf).to_owned()
            }
            Test::AnyOf(_, words) => {
                self.insert(words_type(words));
                format!("[{}!]", words.name)
            }
            Test::Contains(_) => "String".to_owned(),
            Test::Refers(..) | Test::Concerns(..) | Test::Node(..) => "ID".to_owned(),
            Test::Empty(_) | Test::Holds(_) => "Boolean".to_owned(),
        }
    }
}

fn id_field() -> MetaField {
    field(
        "id",
        "ID!",
        "Globally unique, and stable: give it to `node`. What is inside is nobody's business.",
    )
}

fn connection_field(of: &Type, name: &str, about: &str) -> MetaField {
    let mut arguments = vec![
        input(
            "first",
            "Int",
            "At most so many from the start, 1 to 100; 20 when neither this nor `last` is given.",
        ),
        input("after", "String", "Only rows after this cursor."),
        input("last", "Int", "At most so many from the end, 1 to 100."),
        input("before", "String", "Only rows before this cursor."),
    ];
    if !of.filters.is_empty() {
        arguments.push(input("filter", &format!("{}Filter", of.name), "Which rows."));
    }
    let mut order = input("orderBy", &format!("{}Order!", of.name), "In which order.");
    order.default_value = of.orders.first().map(|order| {
        let way = if order.descending { "DESC" } else { "ASC" };
        format!("{}_{way}", order.name)
    });
    arguments.push(order);
    with(field(name, &format!("{}Connection", of.name), about), arguments)
}

fn words_type(words: &Words) -> MetaType {
    let values = words.values.iter().map(|word| (word.shown.clone(), word.about.to_owned()));
    enumeration(words.name, words.about, values)
}

fn orders(of: &Type) -> MetaType {
    let values = of.orders.iter().flat_map(|order| {
        [
            (format!("{}_ASC", order.name), "Smallest or earliest first.".to_owned()),
            (format!("{}_DESC", order.name), "Largest or latest first.".to_owned()),
        ]
    });
    let about = "What to order by; equal rows are ordered by id.";
    enumeration(format!("{}Order", of.name), about, values)
}
