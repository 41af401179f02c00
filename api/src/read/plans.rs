//! Plans made before. A plan holds marks where requests differ (see [`super::marks`]), so that it
//! serves every viewer and every id; what else its shape depends on is its key.

use std::sync::Arc;

use entity::scope::Scope;
use uuid::Uuid;

use super::cache::Cache;
use super::gate::{Checked, Gate, Refused};
use super::marks;
use super::plan::{Plan, RootField};
use super::planner::Planner;
use crate::schema;

/// Plans remembered, in bytes of memory, about.
const CACHED: usize = 32_000_000;
/// Longest key of one that is remembered, in bytes: what has so many variables is seldom asked again.
const LONGEST_KEY: usize = 1_000;

/// Plans made before.
#[derive(Debug)]
pub struct Plans(Cache<Box<[u8]>, Arc<Plan>>);

impl Default for Plans {
    fn default() -> Self {
        Self(Cache::holding(CACHED))
    }
}

impl Plans {
    /// The plan of a query, and the ids that its variables hold.
    ///
    /// # Errors
    /// As [`Planner::query`].
    pub fn of(
        &self,
        gate: &Gate,
        checked: &Checked,
        scope: &Scope,
    ) -> Result<(Arc<Plan>, Vec<Uuid>), Refused> {
        let (marked, ids) = marks::request(checked);
        let viewer = matches!(scope, Scope::Viewer(_)).then(marks::person);
        let key = key(&marked, viewer.is_some());
        if let Some(plan) = self.0.get(key.as_slice()) {
            return Ok((plan, ids));
        }
        let planner = Planner::new(schema::map(), gate, &marked, viewer, marks::now());
        let plan = Arc::new(planner.query()?);
        if key.len() <= LONGEST_KEY {
            let bytes = size(&marked, &plan) + key.len();
            self.0.keep(key.into_boxed_slice(), Arc::clone(&plan), bytes);
        }
        Ok((plan, ids))
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

/// About how much memory a plan takes up with its statements.
fn size(marked: &Checked, plan: &Plan) -> usize {
    let ready = plan.iter().map(|(_, field)| match field {
        RootField::Ready(json) => json.len(),
        _ => 2_000,
    });
    let document = marked.document.parsed.sources.values().map(|source| source.source_text().len());
    document.sum::<usize>() * 40 + ready.sum::<usize>()
}
