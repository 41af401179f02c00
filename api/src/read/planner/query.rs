//! The fields of `Query`.

use apollo_compiler::Name;
use apollo_compiler::ast::OperationType;
use apollo_compiler::response::{JsonMap, JsonValue};
use uuid::Uuid;

use super::{Planner, Same, Whence};
use crate::read::gate::Refused;
use crate::read::ids;
use crate::read::plan::{Level, Plan, RootField, Rows, Told};
use crate::read::telling::{EXPECTED, Telling};
use crate::schema;

/// Most ids `nodes` takes.
const MAX_IDS: usize = 100;

impl<'d> Planner<'d> {
    /// Plans a query, and tells how many selections it has, fragments expanded.
    ///
    /// # Errors
    /// An argument that cannot be used, or more than a request may ask for.
    pub fn query(mut self) -> Result<(Plan, usize), Refused> {
        let mut introspected = None;
        let mut plan = Plan::new();
        for (key, same) in self.operation(OperationType::Query)? {
            let field = same[0];
            let planned = match field.name.as_str() {
                "__typename" => RootField::Typename,
                "__schema" | "__type" => match self.arguments(field) {
                    Err(problem) => RootField::Wrong(problem),
                    Ok(_) => RootField::Ready(self.introspected(&mut introspected, &key)?),
                },
                "viewer" => RootField::Node(match (self.viewer, self.map.named("Person")) {
                    (Some(id), Some(person)) => Some((id, self.rows_of(person, &same, 1)?)),
                    _ => None,
                }),
                name => match self.arguments(field) {
                    Err(problem) => RootField::Wrong(problem),
                    Ok(given) => self.root(name, &same, &given)?,
                },
            };
            plan.push((key, planned));
        }
        Ok((plan, self.selections))
    }

    /// What introspection answers under a key; it is asked once for all.
    fn introspected(&self, answers: &mut Option<JsonMap>, key: &Name) -> Result<Vec<u8>, Refused> {
        let answers = match answers {
            Some(answers) => answers,
            none => none.insert(self.gate.introspect(self.checked)?),
        };
        let answer = answers.remove(key.as_str()).unwrap_or(JsonValue::Null);
        Ok(answer.to_string().into_bytes())
    }

    /// Plans a field of `Query` that takes arguments.
    fn root(&mut self, name: &str, same: &Same<'d>, given: &JsonMap) -> Result<RootField, Refused> {
        Ok(match name {
            "node" => RootField::Node(self.node(same, given)?),
            "nodes" => self.nodes(same, given)?,
            name => match self.map.listed_by(name) {
                Some(listed) => {
                    RootField::Connection(self.connection(listed, same, given, None, 1)?)
                }
                None => match schema::tellings().iter().find(|one| one.name == name) {
                    Some(telling) => self.told(telling, same, given)?,
                    None => return Err(self.not_mapped(same[0], name)),
                },
            },
        })
    }

    fn told(
        &mut self,
        of: &'static Telling,
        same: &Same<'d>,
        given: &JsonMap,
    ) -> Result<RootField, Refused> {
        // No statement asks for its rows; any type does.
        let mut level = Level::by_id(self.target(same[0], "Person")?);
        let parts = self.parts(&mut level, Whence::Told, &of.of, same, EXPECTED)?;
        Ok(RootField::Told(Told { of, arguments: given.clone(), level, parts }))
    }

    fn node(&mut self, same: &Same<'d>, given: &JsonMap) -> Result<Option<(Uuid, Rows)>, Refused> {
        let id = given.get("id").and_then(JsonValue::as_str);
        let found = id.and_then(ids::parse_global);
        let Some((name, id)) = found else {
            return Ok(None);
        };
        match self.map.named(&name) {
            Some(of) => Ok(Some((id, self.rows_of(of, same, 1)?))),
            None => Ok(None),
        }
    }

    fn nodes(&mut self, same: &Same<'d>, given: &JsonMap) -> Result<RootField, Refused> {
        let given = given.get("ids").and_then(JsonValue::as_array);
        let given = given.map(Vec::as_slice).unwrap_or_default();
        if given.len() > MAX_IDS {
            let message = format!("nodes takes at most {MAX_IDS} ids, not {}", given.len());
            return Err(self.refuse(same[0], message));
        }
        let mut fetches: Vec<Rows> = Vec::new();
        let mut wanted = Vec::new();
        for id in given {
            let found = id.as_str().and_then(ids::parse_global);
            let found = found.and_then(|(name, id)| Some((self.map.named(&name)?, id)));
            let Some((of, id)) = found else {
                wanted.push(None);
                continue;
            };
            let same_type = |rows: &Rows| rows.level.of.name == of.name;
            let at = if let Some(at) = fetches.iter().position(same_type) {
                at
            } else {
                fetches.push(self.rows_of(of, same, MAX_IDS)?);
                fetches.len() - 1
            };
            wanted.push(Some((id, at)));
        }
        Ok(RootField::Nodes(wanted, fetches))
    }
}
