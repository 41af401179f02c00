//! Lists paged forwards and backwards, also while they change, and what is counted.

use api::read::plan::RootField;
use api::read::planner::Planner;
use chrono::TimeDelta;
use entity::enrolments::obligation;
use sea_orm::{ActiveModelTrait as _, EntityTrait as _, IntoActiveModel as _};
use serde_json::{Value, json};
use tests::both;
use uuid::Uuid;

use crate::seed::{ENROLMENT_BIRCH, OBLIGATION, Who, app, ask, at, data, global, id};

/// An obligation like one of the seed's, due so many hours after it.
async fn put(app: &api::app::App, row: Uuid, hours: i64) {
    let like = obligation::Entity::find_by_id(id(OBLIGATION)).one(app.db.reader()).await;
    let like = like.expect("a read").expect("the obligation");
    let due_at = like.due_at + TimeDelta::hours(hours);
    let row = obligation::Model {
        id: row,
        due_at,
        occurrence: format!("invented {row}"),
        title: row.to_string(),
        ..like
    };
    let txn = app.db.write().await.expect("a transaction");
    row.into_active_model().insert(&txn).await.expect("a row");
    txn.commit().await.expect("a commit");
}

async fn remove(app: &api::app::App, row: Uuid) {
    let txn = app.db.write().await.expect("a transaction");
    obligation::Entity::delete_by_id(row).exec(&txn).await.expect("a removal");
    txn.commit().await.expect("a commit");
}

/// One page of Birch's obligations: their ids, and the cursor to go on from.
async fn page(
    app: &api::app::App,
    forwards: bool,
    size: usize,
    cursor: &Value,
) -> (Vec<Value>, Value) {
    let (size, from, next, more) = if forwards {
        (format!("first: {size}"), "after", "endCursor", "hasNextPage")
    } else {
        (format!("last: {size}"), "before", "startCursor", "hasPreviousPage")
    };
    let query = format!(
        "query($id: ID!, $cursor: String) {{ node(id: $id) {{ ... on Enrolment {{
            obligations({size}, {from}: $cursor, orderBy: DUE_AT_ASC) {{
                nodes {{ id }} pageInfo {{ {next} {more} }}
            }}
        }} }} }}"
    );
    let variables = json!({ "id": global("Enrolment", ENROLMENT_BIRCH), "cursor": cursor });
    let mut response = ask(app, Who::HubLead, &query, variables).await;
    let list = response["data"]["node"]["obligations"].take();
    let ids = list["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].clone());
    let next =
        if list["pageInfo"][more] == true { list["pageInfo"][next].clone() } else { Value::Null };
    (ids.collect(), next)
}

fn shown(rows: &[Uuid]) -> Vec<Value> {
    rows.iter().map(|row| global("Obligation", *row).into()).collect()
}

#[tokio::test]
async fn a_page_goes_on_from_its_cursor_whatever_came_and_went_meanwhile() {
    both(async |world| {
        let app = app(&world).await;
        // Due in the order of their numbers, the first of them 0 hours after itself.
        let seeded = |number: u128| id(OBLIGATION + number);
        let (first, next) = page(&app, true, 2, &Value::Null).await;
        assert_eq!(first, shown(&[seeded(0), seeded(1)]), "{}", world.name);
        // One before the page, one after it at the very moment of the cursor, one further on; and
        // the row of the cursor goes.
        put(&app, id(900), -1).await;
        put(&app, id(901), 24).await;
        put(&app, id(902), 25).await;
        remove(&app, seeded(1)).await;
        let (second, next) = page(&app, true, 2, &next).await;
        assert_eq!(second, shown(&[id(901), id(902)]), "{}", world.name);
        let (third, next) = page(&app, true, 3, &next).await;
        assert_eq!(third, shown(&[seeded(2), seeded(3), seeded(4)]), "{}", world.name);
        assert_eq!(next, Value::Null);

        let (last, next) = page(&app, false, 2, &Value::Null).await;
        assert_eq!(last, shown(&[seeded(3), seeded(4)]), "{}", world.name);
        put(&app, id(903), 1_000).await;
        put(&app, id(904), 26).await;
        remove(&app, seeded(3)).await;
        let (before, next) = page(&app, false, 3, &next).await;
        assert_eq!(before, shown(&[id(902), id(904), seeded(2)]), "{}", world.name);
        let (before, next) = page(&app, false, 3, &next).await;
        assert_eq!(before, shown(&[id(900), seeded(0), id(901)]), "{}", world.name);
        assert_eq!(next, Value::Null);
    })
    .await;
}

#[tokio::test]
async fn a_list_paged_while_it_grows_shows_what_was_there_exactly_once() {
    both(async |world| {
        let app = app(&world).await;
        for number in 0..20_u128 {
            // Pairs at the same moment, so that ids decide too.
            put(&app, id(1_000 + number), i64::try_from(number / 2).expect("small")).await;
        }
        let writing = app.clone();
        let writer = tokio::spawn(async move {
            for number in 0..40_u128 {
                let hours = i64::try_from(number * 7 % 20).expect("small");
                put(&writing, id(2_000 + number), hours).await;
                if number % 4 == 3 {
                    remove(&writing, id(2_000 + number - 2)).await;
                }
            }
        });
        for forwards in [true, false] {
            let mut seen = Vec::new();
            let mut cursor = Value::Null;
            loop {
                let (ids, next) = page(&app, forwards, 3, &cursor).await;
                seen.extend(ids);
                cursor = next;
                if cursor.is_null() {
                    break;
                }
            }
            for number in 0..20 {
                let row: Value = global("Obligation", id(1_000 + number)).into();
                let times = seen.iter().filter(|seen| **seen == row).count();
                assert_eq!(times, 1, "{}: {number}, forwards: {forwards}", world.name);
            }
        }
        writer.await.expect("the writer ends");
    })
    .await;
}

#[test]
fn rows_and_their_number_are_read_only_where_they_are_selected() {
    let graph = api::schema::graph().expect("the schema");
    let wants = |selection: &str| {
        let query = format!("{{ hubs {{ {selection} }} }}");
        let variables = serde_json::from_value(json!({})).expect("no variables");
        let checked = graph.gate.check(&query, None, &variables).expect("a valid query");
        let now = at("2026-10-05T06:58:00Z");
        let planner = Planner::new(api::schema::map(), &graph.gate, &checked, None, now);
        let (plan, _) = planner.query().expect("a plan");
        let [(_, RootField::Connection(list))] = plan.as_slice() else {
            panic!("one list");
        };
        let wants = list.level.page.as_ref().expect("a page").wants;
        (wants.rows, wants.total)
    };
    assert_eq!(wants("nodes { id }"), (true, false));
    assert_eq!(wants("nodes { id } totalCount @include(if: false)"), (true, false));
    assert_eq!(
        wants(
            "pageInfo { endCursor } ...f } } fragment f on HubConnection { a: __typename ... @skip(if: false) { nodes { id }"
        ),
        (true, false)
    );
    assert_eq!(wants("nodes { id } totalCount"), (true, true));
    assert_eq!(wants("__typename total: totalCount"), (false, true));
}

/// Walks a list in pages of two and returns the titles of each page.
async fn walk(app: &api::app::App, order: &str, forwards: bool) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let (size, from) = if forwards { ("first", "after") } else { ("last", "before") };
        let query = format!(
            "query($id: ID!, $cursor: String) {{ node(id: $id) {{ ... on Enrolment {{
                obligations({size}: 2, {from}: $cursor, orderBy: {order}) {{
                    edges {{ cursor node {{ title }} }}
                    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
                }}
            }} }} }}"
        );
        let variables = json!({ "id": global("Enrolment", ENROLMENT_BIRCH), "cursor": cursor });
        let response = ask(app, Who::HubLead, &query, variables).await;
        let list = &response["data"]["node"]["obligations"];
        let edges = list["edges"].as_array().expect("edges");
        pages.push(edges.iter().map(|edge| edge["node"]["title"].to_string()).collect());
        let page = &list["pageInfo"];
        assert_eq!(page["startCursor"], edges[0]["cursor"]);
        assert_eq!(page["endCursor"], edges[edges.len() - 1]["cursor"]);
        let (more, next) = if forwards {
            (&page["hasNextPage"], &page["endCursor"])
        } else {
            (&page["hasPreviousPage"], &page["startCursor"])
        };
        if more == false {
            return pages;
        }
        cursor = next.clone();
    }
}

#[tokio::test]
async fn a_list_is_paged_forwards_and_backwards_in_either_order() {
    both(async |world| {
        let app = app(&world).await;
        let titles = |pages: &[&[u8]]| -> Vec<Vec<String>> {
            let title = |number: &u8| format!("\"Obligation {number}\"");
            pages.iter().map(|page| page.iter().map(title).collect()).collect()
        };
        let walked = walk(&app, "DUE_AT_ASC", true).await;
        assert_eq!(walked, titles(&[&[0, 1], &[2, 3], &[4]]));
        let walked = walk(&app, "DUE_AT_DESC", true).await;
        assert_eq!(walked, titles(&[&[4, 3], &[2, 1], &[0]]));
        let walked = walk(&app, "DUE_AT_ASC", false).await;
        assert_eq!(walked, titles(&[&[3, 4], &[1, 2], &[0]]));
        // All five changed at the same moment: ids decide.
        let walked = walk(&app, "CHANGED_AT_DESC", true).await;
        assert_eq!(walked, titles(&[&[4, 3], &[2, 1], &[0]]));
    })
    .await;
}

#[tokio::test]
async fn each_parent_has_its_own_page_and_its_own_end() {
    both(async |world| {
        let app = app(&world).await;
        let query = "{ hubs { nodes { obligations(last: 1) {
            nodes { title } totalCount pageInfo { hasPreviousPage hasNextPage }
        } } } }";
        let list = |title: &str, total: i32, more: bool| {
            json!({ "obligations": {
                "nodes": [{ "title": title }], "totalCount": total,
                "pageInfo": { "hasPreviousPage": more, "hasNextPage": false }
            } })
        };
        let expected = [list("Obligation 5", 1, false), list("Obligation 6", 6, true)];
        let seen = data(&app, Who::Admin, query).await;
        assert_eq!(seen["hubs"]["nodes"], json!(expected));
    })
    .await;
}
