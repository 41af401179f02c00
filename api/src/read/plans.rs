//! Plans made before. A plan holds marks where requests differ (see [`super::marks`]), so that it
//! serves every viewer and every id; what else its shape depends on is its key.

use std::sync::Arc;

use entity::scope::Scope;
use uuid::Uuid;

use super::cache::Cache;
use super::gate::{Checked, Gate, Refused};
use super::marks;
use super::plan::{Level, Plan, RootField};
use super::planner::Planner;
use super::sql::KEPT;
use crate::schema;

/// Plans remembered, in bytes of memory, about.
const CACHED: usize = 32_000_000;
/// Longest key of one that is remembered, in bytes: what has so many variables is seldom asked again.
const LONGEST_KEY: usize = 1_000;

/// Bytes that a selection, fragments expanded, comes to in a plan, about.
const OF_SELECTION: usize = 300;

/// Plans made before.
#[derive(Debug)]
pub struct Plans(Cache<Box<[u8]>, Arc<Plan>>);

impl Default for Plans {
    fn default() -> Self {
        Self(Cache::holding(CACHED))
    }
}

/// A plan, and what it takes to remember it.
#[derive(Debug)]
pub struct Made {
    /// The plan.
    pub plan: Arc<Plan>,
    /// The ids that the variables of the request hold.
    pub ids: Vec<Uuid>,
    /// Its key and about how many bytes it takes up; none if it is remembered already, or not worth
    /// remembering.
    unknown: Option<(Box<[u8]>, usize)>,
}

impl Plans {
    /// The plan of a query. It is [remembered](Self::keep) once it is paid for.
    ///
    /// # Errors
    /// As [`Planner::query`].
    pub fn of(&self, gate: &Gate, checked: &Checked, scope: &Scope) -> Result<Made, Refused> {
        let (marked, ids) = marks::request(checked);
        let viewer = matches!(scope, Scope::Viewer(_)).then(marks::person);
        let key = key(&marked, viewer.is_some());
        if let Some(plan) = self.0.get(key.as_slice()) {
            return Ok(Made { plan, ids, unknown: None });
        }
        let planner = Planner::new(schema::map(), gate, &marked, viewer, marks::now());
        let (plan, selections) = planner.query()?;
        let bytes = size(&plan) + selections * OF_SELECTION + key.len();
        let unknown = (key.len() <= LONGEST_KEY).then(|| (key.into_boxed_slice(), bytes));
        Ok(Made { plan: Arc::new(plan), ids, unknown })
    }

    /// Remembers a plan that was made.
    pub fn keep(&self, made: &mut Made) {
        if let Some((key, bytes)) = made.unknown.take() {
            self.0.keep(key, Arc::clone(&made.plan), bytes);
        }
    }
}

/// All that a plan depends on: the document, the operation, whether somebody asks, and the
/// variables, less the ids in them.
fn key(marked: &Checked, viewer: bool) -> Vec<u8> {
    let mut key = marked.document.number.to_be_bytes().to_vec();
    key.push(u8::from(viewer));
    key.extend_from_slice(marked.operation.name.as_deref().unwrap_or_default().as_bytes());
    // No name holds it.
    key.push(0);
    // Writing into memory cannot fail.
    let _ = serde_json::to_writer(&mut key, &*marked.variables);
    key
}

/// About how much memory the levels of a plan take up, with the statements they will come to hold.
fn size(plan: &Plan) -> usize {
    let of_field = |field: &RootField| match field {
        RootField::Typename | RootField::Node(None) => 0,
        RootField::Wrong(problem) => problem.len(),
        RootField::Ready(json) => json.len(),
        RootField::Connection(connection) => of_level(&connection.level),
        RootField::Node(Some((_, rows))) => of_level(&rows.level),
        RootField::Told(told) => of_level(&told.level),
        RootField::Nodes(wanted, parts) => {
            let levels: usize = parts.iter().map(|rows| of_level(&rows.level)).sum();
            levels + wanted.len() * 32
        }
    };
    plan.iter().map(|(_, field)| of_field(field)).sum()
}

fn of_level(level: &Level) -> usize {
    let text = 1_000 + level.columns.len() * 50 + level.joins.len() * 500;
    let below: usize = level.children.iter().map(|child| of_level(&child.level)).sum();
    text * (KEPT + 1) + below
}

#[cfg(test)]
mod tests {
    use apollo_compiler::response::JsonMap;

    use super::*;

    fn made(plans: &Plans, query: &str) -> Option<Made> {
        let graph = schema::graph().ok()?;
        let checked = graph.gate.check(query, None, &JsonMap::new()).ok()?;
        plans.of(&graph.gate, &checked, &Scope::System).ok()
    }

    #[test]
    fn a_plan_is_remembered_only_once_it_is_kept() {
        let (plans, query) = (Plans::default(), "{ hubs { nodes { id name } } }");
        for _ in 0..2 {
            assert!(made(&plans, query).is_some_and(|made| made.unknown.is_some()));
        }
        if let Some(mut made) = made(&plans, query) {
            plans.keep(&mut made);
        }
        assert!(made(&plans, query).is_some_and(|made| made.unknown.is_none()));
    }

    #[test]
    fn a_plan_weighs_what_its_fragments_expand_to_not_what_they_are_written_as() {
        let bytes = |query: &str| {
            let unknown = made(&Plans::default(), query).and_then(|made| made.unknown);
            unknown.map(|(_, bytes)| bytes)
        };
        let lists = |count: usize| {
            (0..count).fold(String::new(), |text, number| {
                text + &format!("l{number}: enrolments(first: 1) {{ nodes {{ id }} }} ")
            })
        };
        let once = bytes(&format!("{{ hubs {{ nodes {{ {} }} }} }}", lists(2)));
        let many = bytes(&format!("{{ hubs {{ nodes {{ {} }} }} }}", lists(40)));
        let spread = bytes(&format!(
            "{{ a: hubs {{ ...F }} b: hubs {{ ...F }} c: hubs {{ ...F }} d: hubs {{ ...F }} }} \
             fragment F on HubConnection {{ nodes {{ {} }} }}",
            lists(10)
        ));
        assert!(once.is_some() && once < spread && spread > many.map(|many| many / 2));
    }
}
