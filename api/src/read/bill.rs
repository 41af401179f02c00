//! The bill of a request: what it costs is taken from the caller's allowance of points.

use chrono::{DateTime, Utc};
use entity::scope::Scope;
use runtime::allowance::{Spent, Terms};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use super::answer::Answer;
use super::code::Code;
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
        let limits = &self.app.config.limits;
        if limits.points == 0 {
            self.charged = Some(Charge { requested, left: None });
            return Ok(());
        }
        let terms = Terms { size: limits.points, per_second: limits.points_per_second };
        let affordable = u32::try_from(points).ok().filter(|_| requested <= terms.size.into());
        // What nobody can afford is refused, and charged as other refusals are.
        let cost = affordable.unwrap_or(1);
        let spent =
            self.app.allowances.spend(&format!("points:{whose}"), terms, cost, self.now).await;
        let charge = Charge { requested, left: Some((spent, terms)) };
        self.charged = Some(charge);
        if !spent.granted {
            let wait = spent.wait_seconds;
            let message = format!(
                "you have asked for much in a short time: this takes {requested} points and you \
                 have {} left; ask again in {wait} s",
                spent.left
            );
            let mut error = Code::RateLimited.error(message);
            error.extensions.insert("retryAfter", wait.into());
            return Err(Answer { charge: Some(charge), ..Answer::refused(&vec![error]) });
        }
        if affordable.is_none() {
            let message = format!(
                "this takes {requested} points and one request may take {}: ask for fewer rows, \
                 with smaller values of \"first\", or in several requests",
                terms.size
            );
            let error = Code::TooComplex.error(message);
            return Err(Answer { charge: Some(charge), ..Answer::refused(&vec![error]) });
        }
        Ok(())
    }
}
