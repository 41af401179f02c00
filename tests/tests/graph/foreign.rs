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

/// Every place in a mutation's input where an id stands or could stand.
fn places(gate: &Gate, name: &str, input: &Value) -> Vec<(String, Value)> {
    let field = gate.schema().type_field("Mutation", name).expect("a mutation");
    let of = field.arguments.first().expect("an input").ty.inner_named_type();
    let mut places = Vec::new();
    for (field, definition) in &gate.schema().get_input_object(of).expect("an input").fields {
        if definition.ty.inner_named_type() == "ID" {
            let mut input = input.clone();
            // The partner is named once.
            if ["partnerSettingId", "trustId"].contains(&field.as_str()) {
                input.as_object_mut().expect("an object").remove("schoolId");
            }
            places.push((field.to_string(), input));
        }
    }
    places
}

#[tokio::test]
async fn a_mutation_given_something_out_of_sight_says_what_it_says_of_nothing() {
    both(async |world| {
        let app = app(&world).await;
        let gate = gate();
        let (mut not_found, mut wrong) = (0, Vec::new());
        for part in ASKING {
            let foreign = foreign(&app, part).await;
            for (name, _, input) in deeds() {
                let document = document(&gate, name);
                for (field, input) in places(&gate, name, &input) {
                    let of = named(&field);
                    // What everybody may see has no foreign rows.
                    let Some(hidden) = foreign.get(of.as_str()) else { continue };
                    let with = |id: &str| {
                        let mut input = input.clone();
                        let list = field.ends_with("Ids");
                        input[&field] = if list { json!([id]) } else { json!(id) };
                        (document.clone(), json!({ "input": input }))
                    };
                    let what = format!("{name}({field})");
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
        assert!(not_found > 100, "only {not_found} were about what was not found");
    })
    .await;
}
