//! Marks: what stands in a plan for what differs from request to request, so that a plan and its
//! statements can be used again by anybody. Ids that came in by variables, the moment of the
//! request, and whatever of the viewer the scope predicates name are marks when a statement is
//! written, and are replaced when it is run: for every request anew, so that no plan holds what
//! one viewer may see.
//!
//! A mark is an id that no row has. Somebody who sends one as a literal has it replaced by what is
//! theirs anyway.

use apollo_compiler::validation::Valid;
use chrono::{DateTime, Utc};
use entity::scope::{Scope, Viewer};
use runtime::reads::Bind;
use sea_orm::Value;
use uuid::Uuid;

use super::gate::Checked;
use super::ids;

/// Upper half of every mark; version 0 is no version.
const MARK: u64 = 0x4d61_726b_0000_0000;

/// What a mark stands for; the number says which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Kind {
    Variable = 1,
    Person,
    Region,
    Hub,
    Setting,
}

fn mark(kind: Kind, number: usize) -> Uuid {
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    Uuid::from_u64_pair(MARK, (u64::from(kind as u32) << 32) | u64::from(number))
}

/// The mark of the person who asks.
pub fn person() -> Uuid {
    mark(Kind::Person, 0)
}

/// The mark of the moment of the request: later than any that can be given or stored.
pub fn now() -> DateTime<Utc> {
    DateTime::<Utc>::MAX_UTC
}

/// The same request with marks for the ids in its variables, and those ids.
pub fn request(checked: &Checked) -> (Checked, Vec<Uuid>) {
    let mut found = Vec::new();
    let mut variables = (*checked.variables).clone();
    for variable in &checked.operation.variables {
        if variable.ty.is_list() || variable.ty.inner_named_type() != "ID" {
            continue;
        }
        let Some(value) = variables.get_mut(variable.name.as_str()) else {
            continue;
        };
        if let Some((of, id)) = value.as_str().and_then(ids::parse_global) {
            *value = ids::global(&of, mark(Kind::Variable, found.len())).into();
            found.push(id);
        }
    }
    let (document, operation) = (checked.document.clone(), checked.operation.clone());
    (Checked { document, operation, variables: Valid::assume_valid(variables) }, found)
}

/// What statements depend on of a scope besides its values: where this is equal, so is the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    system: bool,
    admin: bool,
    evaluator: bool,
    regions: usize,
    hubs: usize,
    settings: usize,
}

/// The shape of a scope.
pub fn shape(scope: &Scope) -> Shape {
    match scope {
        Scope::System => {
            Shape { system: true, admin: false, evaluator: false, regions: 0, hubs: 0, settings: 0 }
        }
        Scope::Viewer(viewer) => Shape {
            system: false,
            admin: viewer.admin,
            evaluator: viewer.evaluator,
            regions: viewer.regions.len(),
            hubs: viewer.hubs.len(),
            settings: viewer.settings.len(),
        },
    }
}

/// The same scope with marks for everything that is the viewer's own.
pub fn scope(scope: &Scope) -> Scope {
    // Named one by one: what is added to a viewer has to be thought of here.
    // How they came, and whether they may write, chooses no rows.
    let Scope::Viewer(Viewer {
        person_id: _,
        admin,
        regions,
        hubs,
        settings,
        evaluator,
        session_id: _,
        only_reads: _,
        is_machine: _,
        now: _,
    }) = scope
    else {
        return Scope::System;
    };
    let marks = |kind, ids: &[Uuid]| (0..ids.len()).map(|number| mark(kind, number)).collect();
    Scope::Viewer(Viewer {
        person_id: person(),
        admin: *admin,
        regions: marks(Kind::Region, regions),
        hubs: marks(Kind::Hub, hubs),
        settings: marks(Kind::Setting, settings),
        evaluator: *evaluator,
        session_id: None,
        only_reads: false,
        is_machine: false,
        now: now(),
    })
}

/// What the marks of a plan stand for in one request.
#[derive(Clone, Copy, Debug)]
pub struct Meaning<'r> {
    /// On whose behalf it is read.
    pub scope: &'r Scope,
    /// The moment of the request.
    pub now: DateTime<Utc>,
    /// Ids that came in by variables.
    pub ids: &'r [Uuid],
}

impl Meaning<'_> {
    /// The id that is meant: itself, or what the mark stands for.
    pub fn id(&self, id: Uuid) -> Uuid {
        let (upper, lower) = id.as_u64_pair();
        if upper != MARK {
            return id;
        }
        let kind = u32::try_from(lower >> 32).unwrap_or_default();
        let number = usize::try_from(lower & u64::from(u32::MAX)).unwrap_or(usize::MAX);
        let nobody = Viewer::default();
        let viewer = match self.scope {
            Scope::Viewer(viewer) => viewer,
            Scope::System => &nobody,
        };
        let list: &[Uuid] = match kind {
            kind if kind == Kind::Variable as u32 => self.ids,
            kind if kind == Kind::Person as u32 => &[viewer.person_id],
            kind if kind == Kind::Region as u32 => &viewer.regions,
            kind if kind == Kind::Hub as u32 => &viewer.hubs,
            kind if kind == Kind::Setting as u32 => &viewer.settings,
            _ => &[],
        };
        list.get(number).copied().unwrap_or_default()
    }

    /// The value that is meant.
    pub fn value(&self, value: &Value) -> Bind {
        Bind::Value(match value {
            Value::Uuid(Some(id)) => self.id(*id).into(),
            Value::ChronoDateTimeUtc(Some(moment)) if *moment == now() => self.now.into(),
            other => other.clone(),
        })
    }
}
