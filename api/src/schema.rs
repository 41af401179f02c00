//! The one schema: the types of the map, the feeds and the mutations of the areas together, as
//! async-graphql registers
//! them, as SDL, and as the gate reads it.

use std::fmt::Write as _;
use std::sync::LazyLock;

use async_graphql::{MergedObject, SDLExportOptions, Schema, Variables};
use chrono::{DateTime, Utc};
use entity::scope::Scope;

use crate::act::reach::beyond;
use crate::act::{Acting, Undone};
use crate::app::App;
use crate::read::feed::Feed;
use crate::read::gate::Gate;
use crate::read::map::Map;
use crate::read::plan::Action;
use crate::read::plans::Plans;
use crate::read::registry::{Query, Subscription};
use crate::read::telling::Telling;
use crate::read::write::Payload;
use crate::{
    audit, engagement, enrolments, events, hubs, messages, operations, people, plans, programme,
    schools, surveys, visits,
};

/// The types of all areas.
#[must_use]
pub fn map() -> &'static Map {
    static MAP: LazyLock<Map> = LazyLock::new(|| {
        let areas = [
            programme::map::types(),
            events::map::types(),
            schools::map::types(),
            hubs::map::types(),
            enrolments::map::types(),
            visits::map::types(),
            plans::map::types(),
            engagement::map::types(),
            messages::map::types(),
            people::map::types(),
            people::sign_in::types(),
            surveys::map::types(),
            audit::map::types(),
            operations::map::types(),
        ];
        Map::new(areas.into_iter().flatten().collect())
    });
    &MAP
}

/// What can be subscribed to, of all areas.
#[must_use]
pub fn feeds() -> &'static [Feed] {
    static FEEDS: LazyLock<Vec<Feed>> = LazyLock::new(|| {
        let areas = [
            engagement::subscription::feeds(),
            visits::subscription::feeds(),
            messages::subscription::feeds(),
            surveys::subscription::feeds(),
        ];
        areas.into_iter().flatten().collect()
    });
    &FEEDS
}

/// What is worked out for each request, of all areas.
#[must_use]
pub fn tellings() -> &'static [Telling] {
    static TELLINGS: LazyLock<Vec<Telling>> = LazyLock::new(|| {
        let areas = [messages::reminding::tellings(), messages::telling::tellings()];
        areas.into_iter().flatten().collect()
    });
    &TELLINGS
}

/// Everything that can be done.
#[derive(MergedObject, Default)]
pub struct Mutation(
    enrolments::mutations::EnrolmentMutations,
    visits::mutations::VisitMutations,
    plans::mutations::PlanMutations,
    plans::assessing::SelfAssessmentMutations,
    enrolments::standing::StandingMutations,
    engagement::mutations::EngagementMutations,
    events::mutations::EventMutations,
    surveys::mutations::SurveyMutations,
    people::mutations::SignInMutations,
    messages::mutations::MessageMutations,
    operations::mutations::OperationMutations,
);

type Executor = Schema<Query, Mutation, Subscription>;

/// The schema, ready to answer.
pub struct Graph {
    /// What checks documents.
    pub gate: Gate,
    /// Plans made before.
    pub(crate) plans: Plans,
    executor: Executor,
}

fn executor() -> Executor {
    Schema::build(Query, Mutation::default(), Subscription).finish()
}

/// The schema as SDL, as committed in `schema.graphql`.
#[must_use]
pub fn sdl() -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions().use_space_ident();
    executor().sdl_with_options(options)
}

/// The schema, made once.
///
/// # Errors
/// The map does not make a valid schema; a test would have said so.
pub fn graph() -> Result<&'static Graph, &'static str> {
    static GRAPH: LazyLock<Result<Graph, String>> = LazyLock::new(|| {
        Ok(Graph { gate: Gate::new(&sdl())?, plans: Plans::default(), executor: executor() })
    });
    GRAPH.as_ref().map_err(String::as_str)
}

impl Graph {
    /// Does one mutation. async-graphql sees a small document of ours, never the client's: its own
    /// validation does not hold against hostile ones, and the payload is written by the read plan.
    ///
    /// # Errors
    /// An input value that cannot be read, or a fault of ours.
    pub(crate) async fn mutate(
        &self,
        app: &App,
        scope: &Scope,
        now: DateTime<Utc>,
        action: &Action,
    ) -> Result<Payload, Undone> {
        let request = self.document(action);
        let request = request.ok_or_else(|| Undone::fault(&"there is no such mutation"))?;
        let variables = serde_json::to_value(&action.arguments);
        let variables = variables.map_err(|error| Undone::fault(&error))?;
        if let Some(problem) = self.beyond_reach(action, &variables) {
            return Err(Undone::Unreadable(problem));
        }
        let acting = Acting {
            app: app.clone(),
            scope: scope.clone(),
            now,
            action: action.name.to_string(),
            input: variables["input"].clone(),
        };
        let request = async_graphql::Request::new(request)
            .variables(Variables::from_json(variables))
            .data(acting);
        let response = self.executor.execute(request).await;
        if let Some(error) = response.errors.into_iter().next() {
            return Err(Undone::of(&error));
        }
        let data = response.data.into_json().unwrap_or_default();
        serde_json::from_value(data["payload"].clone()).map_err(|error| Undone::fault(&error))
    }

    /// What is wrong with a day or moment that is further off than can be reckoned with.
    fn beyond_reach(&self, action: &Action, given: &serde_json::Value) -> Option<String> {
        let schema = self.gate.schema();
        let field = schema.type_field("Mutation", &action.name).ok()?;
        field.arguments.iter().find_map(|argument| {
            let (name, of) = (argument.name.as_str(), argument.ty.inner_named_type());
            beyond(schema, of, given.get(name)?, name)
        })
    }

    fn document(&self, action: &Action) -> Option<String> {
        let schema = self.gate.schema();
        let field = schema.type_field("Mutation", &action.name).ok()?;
        let mut variables = String::new();
        let mut arguments = String::new();
        for argument in &field.arguments {
            write!(variables, "${}: {} ", argument.name, argument.ty).ok()?;
            write!(arguments, "{0}: ${0} ", argument.name).ok()?;
        }
        let payload = schema.get_object(field.ty.inner_named_type())?;
        let mut selection = String::new();
        for (name, field) in &payload.fields {
            if name == "userErrors" {
                selection.push_str("userErrors { code field message } ");
            } else if schema.get_object(field.ty.inner_named_type()).is_some() {
                write!(selection, "{name} {{ __typename }} ").ok()?;
            } else {
                write!(selection, "{name} ").ok()?;
            }
        }
        let name = &action.name;
        Some(format!("mutation ({variables}) {{ payload: {name}({arguments}) {{ {selection} }} }}"))
    }
}
