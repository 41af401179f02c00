//! The bill of a request, and of each event of a subscription: what it costs is taken from the
//! caller's allowance of points.

use apollo_compiler::response::GraphQLError;
use chrono::{DateTime, Utc};
use entity::scope::Scope;
use runtime::allowance::{Spent, Terms};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::answer::Answer;
use super::code::Code;
use super::cost;
use crate::app::App;

/// What a request cost.
#[derive(Clone, Copy, Debug)]
pub struct Charge {
    /// Points it takes.
    pub requested: u64,
    /// What is left, and the terms; none where points are not counted.
    pub left: Option<(Spent, Terms)>,
}

impl Charge {
    /// As clients read it in `extensions.cost`.
    #[must_use]
    pub fn told(&self) -> Json {
        match self.left {
            None => json!({ "requested": self.requested }),
            Some((spent, terms)) => json!({
                "requested": self.requested,
                "remaining": spent.left,
                "limit": terms.size,
                "restoreRate": terms.per_second,
            }),
        }
    }

    /// Whether the caller can afford it.
    fn is_granted(&self) -> bool {
        self.left.is_none_or(|(spent, _)| spent.granted)
    }

    /// What a client hears of a charge that they cannot afford at present.
    pub(super) fn too_soon(&self) -> GraphQLError {
        let wait = self.wait_seconds();
        let message = format!(
            "you have asked for much in a short time: this takes {} points and you have {} left; \
             ask again in {wait} s",
            self.requested,
            self.left.map_or(0, |(spent, _)| spent.left)
        );
        let mut error = Code::RateLimited.error(message);
        error.extensions.insert("retryAfter", wait.into());
        error
    }

    /// The same for somebody who needs so many points to ask again.
    pub(super) fn before(self, requested: u64) -> Self {
        let left = self.left.map(|(spent, terms)| {
            let lacking = requested.saturating_sub(spent.left.into());
            let wait = lacking.div_ceil(terms.per_second.max(1).into());
            (Spent { wait_seconds: u32::try_from(wait).unwrap_or(u32::MAX), ..spent }, terms)
        });
        Self { requested, left }
    }

    /// Seconds until it can be afforded; 0 if it could.
    #[must_use]
    pub fn wait_seconds(&self) -> u32 {
        self.left.map_or(0, |(spent, _)| spent.wait_seconds)
    }
}

/// Adds up what a request is charged.
pub(super) struct Bill<'a> {
    app: &'a App,
    whose: Option<Uuid>,
    now: DateTime<Utc>,
    /// What was charged so far.
    pub charged: Option<Charge>,
}

impl<'a> Bill<'a> {
    pub(super) fn new(app: &'a App, scope: &Scope, now: DateTime<Utc>) -> Self {
        let whose = match scope {
            Scope::Viewer(viewer) => Some(viewer.person_id),
            Scope::System => None,
        };
        Self { app, whose, now, charged: None }
    }

    /// Charges points, which were not charged before.
    ///
    /// # Errors
    /// The answer to a request that the caller cannot afford, now or ever.
    pub(super) async fn charge(&mut self, points: u64) -> Result<(), Answer> {
        let Some(whose) = self.whose.filter(|_| points > 0) else {
            return Ok(());
        };
        let requested = points + self.charged.map_or(0, |charge| charge.requested);
        let most = self.app.config.limits.points;
        let affordable = most == 0 || requested <= most.into();
        // What nobody can afford is refused, and charged as other refusals are.
        let taken = if affordable { points } else { cost::LEAST };
        let charge = Charge { requested, left: take(self.app, whose, taken, self.now).await };
        self.charged = Some(charge);
        let error = if !charge.is_granted() {
            charge.too_soon()
        } else if !affordable {
            too_dear(requested, most)
        } else {
            return Ok(());
        };
        Err(Answer { charge: Some(charge), ..Answer::refused(&vec![error]) })
    }
}

/// Charges whoever follows something for an event.
///
/// # Errors
/// The charge that they cannot afford at present.
pub(super) async fn charge_event(
    app: &App,
    whose: Uuid,
    points: u64,
    now: DateTime<Utc>,
) -> Result<(), Charge> {
    let charge = Charge { requested: points, left: take(app, whose, points, now).await };
    if charge.is_granted() { Ok(()) } else { Err(charge) }
}

/// Takes points of somebody's, and tells what is left; nothing where points are not counted.
async fn take(app: &App, whose: Uuid, points: u64, now: DateTime<Utc>) -> Option<(Spent, Terms)> {
    let limits = &app.config.limits;
    if limits.points == 0 {
        return None;
    }
    let terms = Terms { size: limits.points, per_second: limits.points_per_second };
    let points = u32::try_from(points).unwrap_or(u32::MAX);
    let spent = app.allowances.spend(&format!("points:{whose}"), terms, points, now).await;
    Some((spent, terms))
}

/// What a client hears of a request that takes more points than anybody can have.
pub(super) fn too_dear(points: u64, most: u32) -> GraphQLError {
    let message = format!(
        "this takes {points} points and one request may take {most}: ask for fewer rows, with \
         smaller values of \"first\", or in several requests"
    );
    Code::TooComplex.error(message)
}
