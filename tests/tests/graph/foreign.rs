//! Ids of what somebody may not see, given wherever an id can be given: each is answered with the
//! same bytes as an id of the same type that is nobody's.

use std::collections::{BTreeMap, BTreeSet};

use api::app::App;
use api::read::gate::Gate;
use api::read::ids::parse_global;
use api::read::map::{Test, Type};
use serde_json::{Value, json};
use tests::both;
use uuid::Uuid;

use crate::deeds::{Part, deeds, document, gate};
use crate::seed::{Who, app, bytes, global, id, support};

/// Who asks: between them they see some of everything.
const ASKING: [Part; 4] =
    [Part::Of(Who::HubLead), Part::Of(Who::SchoolUser), Part::Of(Who::Evaluator), Part::Nobody];

/// An id that is nobody's.
const NOBODYS: Uuid = id(0xdead);

/// The type that an input field names, for those whose name does not say it.
const NAMES: &[(&str, &str)] = &[
    ("academyIds", "School"),
    ("alertId", "EngagementAlert"),
    ("campaignId", "SurveyCampaign"),
    ("invitationId", "SurveyInvitation"),
    ("partnerSettingId", "Setting"),
    ("toHubId", "Hub"),
    ("visitorId", "Person"),
];

fn named(field: &str) -> String {
    let known = NAMES.iter().find(|(name, _)| *name == field).map(|(_, of)| (*of).to_owned());
    known.unwrap_or_else(|| {
        let stem = field.strip_suffix("Id").unwrap_or_else(|| panic!("what does {field} name?"));
        let of = stem[..1].to_uppercase() + &stem[1..];
        assert!(api::schema::map().named(&of).is_some(), "what does {field} name?");
        of
    })
}

async fn json_of(app: &App, part: Part, query: &str) -> Value {
    let body = bytes(app, part.viewer(app).await, query, json!({})).await;
    serde_json::from_slice(&body).expect("JSON")
}

/// For each type, a row that an admin sees and this part does not.
async fn foreign(app: &App, part: Part) -> BTreeMap<&'static str, Uuid> {
    let mut all = BTreeMap::new();
    for of in &api::schema::map().types {
        let Some(root) = of.root else { continue };
        let query = format!("{{ list: {}(first: 100) {{ nodes {{ id }} }} }}", root.name);
        let rows = async |part| {
            let list = json_of(app, part, &query).await;
            let rows = list["data"]["list"]["nodes"].as_array().expect("a list").iter();
            let ids = rows.filter_map(|row| parse_global(row["id"].as_str()?));
            ids.map(|(_, id)| id).collect::<BTreeSet<Uuid>>()
        };
        let (everybodys, own) = (rows(Part::Of(Who::Admin)).await, rows(part).await);
        // The last one is Cedar's, or of the London hub.
        if let Some(hidden) = everybodys.difference(&own).last() {
            all.insert(of.name, *hidden);
        }
    }
    // Those that no list of `Query` shows.
    all.insert("Objective", id(support::OBJECTIVE + 2));
    all.insert("AlertEvent", id(801));
    all.insert("VisitChange", id(362));
    all.insert("SelfAssessmentRating", id(372));
    all
}

/// Asks the same with a foreign id and with one that is nobody's, and returns the answer, or how the
/// two differ.
async fn alike(
    app: &App,
    part: Part,
    (of, hidden): (&str, Uuid),
    what: &str,
    ask: impl Fn(&str) -> (String, Value),
) -> Result<Value, String> {
    let viewer = part.viewer(app).await;
    let (query, variables) = ask(&global(of, hidden));
    let seen = bytes(app, viewer.clone(), &query, variables).await;
    let (query, variables) = ask(&global(of, NOBODYS));
    let missing = bytes(app, viewer, &query, variables).await;
    if seen != missing {
        let text = |body: &[u8]| String::from_utf8_lossy(body).into_owned();
        return Err(format!("{what} as {part:?}: {} but {}", text(&seen), text(&missing)));
    }
    Ok(serde_json::from_slice(&seen).expect("JSON"))
}

#[tokio::test]
async fn a_node_out_of_sight_is_as_none_at_all_one_by_one_and_in_a_list() {
    both(async |world| {
        let app = app(&world).await;
        for part in ASKING {
            for (of, hidden) in foreign(&app, part).await {
                let one = "query($id: ID!) { node(id: $id) { __typename id } }";
                let answer =
                    alike(&app, part, (of, hidden), of, |id| (one.to_owned(), json!({ "id": id })));
                assert_eq!(answer.await, Ok(json!({ "data": { "node": null } })));
                let list = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
                let answer = alike(&app, part, (of, hidden), of, |id| {
                    (list.to_owned(), json!({ "ids": [id, id] }))
                });
                assert_eq!(answer.await, Ok(json!({ "data": { "nodes": [null, null] } })));
            }
        }
    })
    .await;
}

/// The filters of a type that take an id, with the type that the id is of.
fn filters(of: &'static Type) -> Vec<(&'static str, Option<&'static str>)> {
    let takes = of.filters.iter().filter_map(|filter| match &filter.test {
        Test::Refers(target, _) | Test::Concerns(target, _) => Some((filter.name, Some(*target))),
        Test::Node(..) => Some((filter.name, None)),
        _ => None,
    });
    takes.collect()
}

#[tokio::test]
async fn a_filter_by_something_out_of_sight_finds_as_little_as_one_by_nothing() {
    both(async |world| {
        let app = app(&world).await;
        let (mut tried, mut wrong) = (0, Vec::new());
        for part in ASKING {
            let foreign = foreign(&app, part).await;
            for of in &api::schema::map().types {
                let Some(root) = of.root else { continue };
                for (filter, target) in filters(of) {
                    let hidden = foreign
                        .iter()
                        .filter(|(name, _)| target.is_none_or(|target| target == **name));
                    for (name, hidden) in hidden {
                        let what = format!("{}(filter: {{ {filter} }})", root.name);
                        let query = format!(
                            "query($id: ID) {{ list: {}(filter: {{ {filter}: $id }}) {{ \
                             totalCount nodes {{ id }} }} }}",
                            root.name
                        );
                        let asked = alike(&app, part, (*name, *hidden), &what, |id| {
                            (query.clone(), json!({ "id": id }))
                        });
                        wrong.extend(asked.await.err());
                        tried += 1;
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(tried > 100, "only {tried}");
    })
    .await;
}

/// A place in a mutation's input where an id stands or could stand: the names on the way to it, `0`
/// for the first of a list.
type Place = Vec<String>;

/// Every such place, at any depth.
fn places(gate: &Gate, name: &str) -> Vec<Place> {
    let field = gate.schema().type_field("Mutation", name).expect("a mutation");
    let of = field.arguments.first().expect("an input").ty.inner_named_type();
    let mut places = Vec::new();
    within(gate, of, &mut Vec::new(), &mut places);
    places
}

fn within(gate: &Gate, of: &str, at: &mut Place, places: &mut Vec<Place>) {
    for (field, definition) in &gate.schema().get_input_object(of).expect("an input").fields {
        let ty = &definition.ty;
        let inner = ty.inner_named_type();
        let depth = at.len();
        at.push(field.to_string());
        if ty.is_list() {
            at.push("0".to_owned());
        }
        if inner == "ID" {
            places.push(at.clone());
        } else if gate.schema().get_input_object(inner).is_some() {
            assert!(at.len() < 20, "{of} holds itself: {at:?}");
            within(gate, inner, at, places);
        }
        at.truncate(depth);
    }
}

/// The last name on the way to a place.
fn field_of(place: &Place) -> &str {
    place.iter().rev().find(|part| *part != "0").expect("a name")
}

/// An input with this id at that place; what leads there must be in the input already.
fn put(input: &Value, place: &Place, id: &str) -> Value {
    let mut input = input.clone();
    // The partner is named once.
    if ["partnerSettingId", "trustId"].contains(&field_of(place)) {
        input.as_object_mut().expect("an object").remove("schoolId");
    }
    let list = place.last().is_some_and(|last| last == "0");
    let way = &place[..place.len() - if list { 2 } else { 1 }];
    let pointer = [&[String::new()], way].concat().join("/");
    let around = input.pointer_mut(&pointer);
    let around = around.unwrap_or_else(|| panic!("the input to try with lacks {pointer}"));
    around[field_of(place)] = if list { json!([id]) } else { json!(id) };
    input
}

/// Types of which everybody sees all rows.
const EVERYBODYS: [&str; 7] =
    ["Cohort", "Commitment", "Pathway", "Programme", "Questionnaire", "School", "Trust"];

#[tokio::test]
async fn a_mutation_given_something_out_of_sight_says_what_it_says_of_nothing() {
    both(async |world| {
        let app = app(&world).await;
        let gate = gate();
        let (mut not_found, mut wrong) = (0, Vec::new());
        let mut untried: BTreeSet<(&str, Place)> = BTreeSet::new();
        for (name, ..) in deeds() {
            let places = places(&gate, name).into_iter();
            let hidden = places.filter(|place| !EVERYBODYS.contains(&&*named(field_of(place))));
            untried.extend(hidden.map(|place| (name, place)));
        }
        for part in ASKING {
            let foreign = foreign(&app, part).await;
            for (name, _, input) in deeds() {
                let document = document(&gate, name);
                for place in places(&gate, name) {
                    let of = named(field_of(&place));
                    let Some(hidden) = foreign.get(of.as_str()) else { continue };
                    untried.remove(&(name, place.clone()));
                    let with =
                        |id: &str| (document.clone(), json!({ "input": put(&input, &place, id) }));
                    let what = format!("{name}({})", place.join("."));
                    let answer = match alike(&app, part, (of.as_str(), *hidden), &what, with).await
                    {
                        Ok(answer) => answer,
                        Err(differs) => {
                            wrong.push(differs);
                            continue;
                        }
                    };
                    let errors = &answer["data"]["done"]["userErrors"];
                    if !errors[0]["code"].is_string() {
                        wrong.push(format!("{what} as {part:?} was done: {answer}"));
                    }
                    not_found += usize::from(errors[0]["code"] == "NOT_FOUND");
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert!(untried.is_empty(), "no part has foreign rows to try at {untried:?}");
        assert!(not_found > 100, "only {not_found} were about what was not found");
    })
    .await;
}
