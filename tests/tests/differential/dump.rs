//! The rows a viewer may see and how the schema shows them, as JSON for the reference. Which rows
//! those are is all that is shared with the read plans: they are selected here table by table,
//! without joins, filters, orders or pages.

use api::app::App;
use api::read::map::{Field, Filter, Holds, Kind, Leaf, Link, Plain, Test, Type, Words};
use chrono::{DateTime, NaiveDate, Utc};
use entity::scope::Scope;
use rules::{commitments, events, plans, surveys};
use sea_orm::sea_query::{Expr, Query, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait as _, QueryResult};
use serde_json::{Map, Value, json};
use strum::VariantArray as _;
use uuid::Uuid;

/// All that `scope` may see.
pub async fn dump(app: &App, scope: &Scope) -> Value {
    let now = app.clock.now();
    let scope = scope.at(now);
    let viewer = match &scope {
        Scope::Viewer(viewer) => Some(viewer.person_id),
        Scope::System => None,
    };
    let mut types = Map::new();
    let mut between = Map::new();
    for of in &api::schema::map().types {
        types.insert(of.name.to_owned(), ty(app, of, &scope, now).await);
        for field in &of.fields {
            if let Kind::Many { link: Link::Through { table, parent, child }, .. } = &field.kind {
                let select = Query::select()
                    .columns([(*table, *parent), (*table, *child)])
                    .from(*table)
                    .to_owned();
                let rows = rows(app, &select).await;
                let rows = rows.iter().map(|row| {
                    let ids: (Uuid, Uuid) = (
                        row.try_get("", parent).expect("an id"),
                        row.try_get("", child).expect("an id"),
                    );
                    json!({ *parent: ids.0, *child: ids.1 })
                });
                between.insert((*table).to_owned(), rows.collect());
            }
        }
    }
    json!({ "viewer": viewer, "types": types, "between": between })
}

/// What is kept in a column, as far as the reference looks at it.
#[derive(Clone)]
enum Holding {
    Leaf(Leaf),
    Id,
    Json,
    /// Only whether it is empty.
    Empty,
}

/// The columns of a type that anything in the schema looks at.
fn columns(of: &Type) -> Vec<(&'static str, Holding)> {
    let mut columns: Vec<(&'static str, Holding)> = Vec::new();
    for field in &of.fields {
        columns.push(match &field.kind {
            Kind::Column { column, leaf, .. } => (column, Holding::Leaf(leaf.clone())),
            Kind::One { here, .. } | Kind::Either { here, .. } => (here, Holding::Id),
            Kind::Objects { column, .. } => (column, Holding::Json),
            Kind::Derived { .. } | Kind::Many { .. } => continue,
        });
    }
    for filter in &of.filters {
        let held: (&'static str, Holding) = match &filter.test {
            Test::Is(column, leaf) | Test::From(column, leaf) | Test::Before(column, leaf) => {
                (column, Holding::Leaf(leaf.clone()))
            }
            Test::AnyOf(column, _) | Test::Contains(column) => (column, Holding::Leaf(Leaf::Text)),
            Test::Refers(_, column) => (column, Holding::Id),
            Test::Node(of, column) => {
                columns.push((of, Holding::Leaf(Leaf::Text)));
                (column, Holding::Id)
            }
            Test::Empty(column) => (column, Holding::Empty),
            Test::Concerns(..) | Test::Holds(_) => continue,
        };
        columns.push(held);
    }
    for order in &of.orders {
        columns.push((order.column, Holding::Leaf(order.leaf.clone())));
    }
    // What other types lead here by.
    for other in &api::schema::map().types {
        for field in &other.fields {
            match &field.kind {
                Kind::One { target, there, .. } if *target == of.name => {
                    columns.push((there, Holding::Id));
                }
                Kind::Many { target, link: Link::Column(column) } if *target == of.name => {
                    columns.push((column, Holding::Id));
                }
                _ => {}
            }
        }
    }
    columns
}

async fn ty(app: &App, of: &'static Type, scope: &Scope, now: DateTime<Utc>) -> Value {
    let select = Query::select()
        .column((of.table, sea_orm::sea_query::Asterisk))
        .from(of.table)
        .and_where((of.scope)(scope))
        .to_owned();
    let columns = columns(of);
    let found = rows(app, &select).await;
    let found = found.iter().map(|row| {
        let mut shown = Map::from_iter([("id".to_owned(), json!(id(row)))]);
        for (column, holding) in &columns {
            let (name, value) = match holding {
                Holding::Empty => {
                    let empty = cell(row, column, &Holding::Leaf(Leaf::DateTime))
                        .or_else(|| cell(row, column, &Holding::Leaf(Leaf::Date)));
                    let empty = empty.expect("a day or a moment") == Value::Null;
                    (format!("empty:{column}"), empty.into())
                }
                holding => {
                    let value = cell(row, column, holding);
                    let value = value.unwrap_or_else(|| panic!("{}.{column}", of.table));
                    ((*column).to_owned(), value)
                }
            };
            shown.insert(name, value);
        }
        for field in &of.fields {
            if let Kind::Derived { .. } = field.kind {
                shown.insert(format!("={}", field.name), derived(of.name, field.name, row, now));
            }
        }
        Value::Object(shown)
    });
    let found: Value = found.collect();
    let all = ids(app, of, None).await;
    let mut filters = Map::new();
    for each in &of.filters {
        filters.insert(each.name.to_owned(), filter(app, of, each, now).await);
    }
    let fields = of.fields.iter().map(|each| (each.name.to_owned(), field(each)));
    let orders = of.orders.iter().map(|order| {
        (order.name.to_owned(), json!({ "column": order.column, "leaf": order.leaf.name() }))
    });
    json!({
        "root": of.root.map(|root| root.name),
        "fields": fields.collect::<Map<_, _>>(),
        "filters": filters,
        "orders": orders.collect::<Map<_, _>>(),
        "rows": found,
        "ids": all,
    })
}

/// A cell as JSON, moments as microseconds since 1970; none if it holds something else.
fn cell(row: &QueryResult, column: &str, holding: &Holding) -> Option<Value> {
    Some(match holding {
        // Rows are also found by an address.
        Holding::Id => match row.try_get::<Option<Uuid>>("", column) {
            Ok(id) => json!(id),
            Err(_) => json!(row.try_get::<Option<String>>("", column).ok()?),
        },
        Holding::Json => json!(row.try_get::<Option<Value>>("", column).ok()?),
        Holding::Empty => return None,
        Holding::Leaf(leaf) => match leaf {
            Leaf::Words(_) => return None,
            Leaf::Text | Leaf::Word(_) => json!(row.try_get::<Option<String>>("", column).ok()?),
            Leaf::Int => json!(row.try_get::<Option<i32>>("", column).ok()?),
            Leaf::Float => json!(row.try_get::<Option<f64>>("", column).ok()?),
            Leaf::Boolean => json!(row.try_get::<Option<bool>>("", column).ok()?),
            Leaf::Date => {
                let day = row.try_get::<Option<NaiveDate>>("", column).ok()?;
                json!(day.map(|day| day.to_string()))
            }
            Leaf::DateTime => {
                let moment = row.try_get::<Option<DateTime<Utc>>>("", column).ok()?;
                json!(moment.map(|moment| moment.timestamp_micros()))
            }
        },
    })
}

/// A derived field, straight from the rules.
fn derived(of: &str, field: &str, row: &QueryResult, now: DateTime<Utc>) -> Value {
    let moment = |column| row.try_get::<Option<DateTime<Utc>>>("", column).expect("a moment");
    let day = |column| row.try_get::<NaiveDate>("", column).expect("a day");
    let word = |column| row.try_get::<String>("", column).expect("a word");
    let number = |column| row.try_get::<Option<i32>>("", column).expect("a number");
    let at = |column| moment(column).expect("a moment");
    match (of, field) {
        ("Obligation", "overdue") => {
            let state = word("state").parse().expect("a state");
            commitments::is_overdue(state, at("due_at"), now).into()
        }
        ("AgreedAction", "overdue") => {
            plans::is_overdue(word("state").parse().expect("a state"), day("due_on"), now).into()
        }
        ("SurveyCampaign", "takesAnswers") => {
            let state = word("state").parse().expect("a state");
            surveys::campaign::takes_answers(state, day("closes_on"), now).into()
        }
        ("Event", "state") => {
            let (published, cancelled) = (moment("published_at"), moment("cancelled_at"));
            let state: &str = events::state(published, cancelled, at("ends_at"), now).into();
            state.to_ascii_uppercase().into()
        }
        ("Event", "placesLeft") => {
            let booked = number("places_booked").expect("a number");
            json!(events::places::left(number("capacity"), booked))
        }
        ("Message", "lane") => {
            let lane = rules::lanes::lane_of(word("kind").parse().expect("a kind"));
            <&str>::from(lane).to_ascii_uppercase().into()
        }
        ("MailLane", "kinds") => {
            let lane = word("name").parse().expect("a lane");
            let kinds = rules::messages::MessageKind::VARIANTS.iter();
            let kinds = kinds.filter(|kind| rules::lanes::lane_of(**kind) == lane);
            kinds.map(|kind| <&str>::from(kind).to_ascii_uppercase()).collect()
        }
        ("Pause", "isInForce") => {
            let span = rules::timetable::Pause { since: at("since"), until: moment("until") };
            (moment("ended_at").is_none() && span.holds(now)).into()
        }
        _ => panic!("say here what the rules make of {of}.{field}"),
    }
}

fn words(words: &Words) -> Value {
    let words = words.values.iter().map(|word| (word.stored.to_owned(), json!(word.shown)));
    Value::Object(words.collect())
}

fn field(field: &Field) -> Value {
    match &field.kind {
        Kind::Column { column, leaf, .. } => {
            let mut shown = json!({ "kind": "column", "column": column, "leaf": leaf.name() });
            if let Leaf::Word(of) = leaf {
                shown["words"] = words(of);
            }
            shown
        }
        Kind::Derived { .. } => json!({ "kind": "derived" }),
        Kind::One { target, here, there } => {
            json!({ "kind": "one", "target": target, "here": here, "there": there })
        }
        Kind::Either { of, here } => {
            json!({ "kind": "either", "targets": of.targets, "here": here })
        }
        Kind::Many { target, link } => {
            let link = match link {
                Link::Column(column) => json!({ "column": column }),
                Link::Through { table, parent, child } => {
                    json!({ "table": table, "parent": parent, "child": child })
                }
            };
            json!({ "kind": "many", "target": target, "link": link })
        }
        Kind::Objects { column, of } => {
            json!({ "kind": "objects", "column": column, "of": plain(of) })
        }
    }
}

fn plain(of: &Plain) -> Value {
    let parts = of.parts.iter().map(|part| {
        let mut shown = match &part.holds {
            Holds::Text | Holds::TextIfAny | Holds::Day | Holds::MomentIfAny | Holds::Int => {
                json!({ "holds": "value" })
            }
            Holds::Flag => json!({ "holds": "flag" }),
            Holds::Word(of) | Holds::WordIfAny(of) => {
                json!({ "holds": "word", "words": words(of) })
            }
            Holds::Row(target) => json!({ "holds": "row", "target": target }),
            Holds::Count | Holds::Object(_) => {
                panic!("nothing that is kept in a column holds these")
            }
            Holds::List(inner) => json!({ "holds": "list", "of": plain(inner) }),
        };
        shown["key"] = part.key.into();
        (part.name.to_owned(), shown)
    });
    json!({ "name": of.name, "parts": parts.collect::<Map<_, _>>() })
}

/// A filter. What only the database can say of it is asked row by row, or once for each answer.
async fn filter(app: &App, of: &'static Type, filter: &Filter, now: DateTime<Utc>) -> Value {
    match &filter.test {
        Test::Is(column, leaf) => json!({ "test": "is", "column": column, "leaf": leaf.name() }),
        Test::From(column, leaf) => {
            json!({ "test": "from", "column": column, "leaf": leaf.name() })
        }
        Test::Before(column, leaf) => {
            json!({ "test": "before", "column": column, "leaf": leaf.name() })
        }
        Test::AnyOf(column, of) => json!({ "test": "anyOf", "column": column, "words": words(of) }),
        Test::Contains(column) => json!({ "test": "contains", "column": column }),
        Test::Refers(target, column) => {
            json!({ "test": "refers", "column": column, "target": target })
        }
        Test::Node(of, column) => json!({ "test": "node", "column": column, "typeColumn": of }),
        Test::Empty(column) => json!({ "test": "empty", "column": column }),
        Test::Holds(holds) => json!({
            "test": "holds",
            "true": ids(app, of, Some(holds(true, now))).await,
            "false": ids(app, of, Some(holds(false, now))).await,
        }),
        Test::Concerns(target, concerns) => {
            let mut found = Map::new();
            let target_type = api::schema::map().named(target).expect("a mapped type");
            for id in ids(app, target_type, None).await {
                found.insert(id.to_string(), json!(ids(app, of, Some(concerns(id))).await));
            }
            json!({ "test": "concerns", "target": target, "rows": found })
        }
    }
}

/// The ids of all rows of a type, whoever may see them; or of those for which something holds.
async fn ids(app: &App, of: &Type, holding: Option<SimpleExpr>) -> Vec<Uuid> {
    let holding = holding.unwrap_or_else(|| Expr::cust("1 = 1"));
    let select =
        Query::select().column((of.table, "id")).from(of.table).and_where(holding).to_owned();
    rows(app, &select).await.iter().map(id).collect()
}

fn id(row: &QueryResult) -> Uuid {
    row.try_get("", "id").expect("an id")
}

async fn rows(app: &App, select: &SelectStatement) -> Vec<QueryResult> {
    app.db.reader().query_all(select).await.expect("rows")
}
