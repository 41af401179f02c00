//! Watching: a subscription looks again whenever something may have changed, and tells what it had
//! not told. Each look is a read like any other, in the scope its viewer has then; what was told is
//! known by the [`Place`], so that a signal that is lost, late or doubled makes no difference.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use apollo_compiler::response::GraphQLError;
use chrono::{DateTime, TimeDelta, Utc};
use runtime::reads::{Rows, Snapshot};
use sea_orm::DbErr;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::answer::{Answer, told};
use super::bill::{self, Charge};
use super::caller::Caller;
use super::code::Code;
use super::cost;
use super::feed::{At, Change, Place};
use super::marks::Meaning;
use super::plan::{ChangeOut, Subscription};
use super::run::{Fetched, Stopped, fetch};
use super::sql;
use super::write::Writer;
use crate::app::App;

/// Most changes told after one look; more take another.
pub const AT_ONCE: usize = 20;
/// Most changes just before a subscription that it is spared.
const BEFORE: usize = 10_000;
/// An event that its reader did not take for so long is read again before it is told: the row, or
/// what the reader may see, can be another by then.
const FRESH: Duration = Duration::from_secs(1);

/// Why somebody is told nothing any more.
#[derive(Clone, Debug)]
pub enum Ended {
    /// The token or session ran out or was revoked.
    SignedOut,
    /// The person's roles are not what they were; what was told may be too much or too little.
    OtherRights,
    /// It comes to more than may be read.
    TooMuch(String),
    /// They cannot afford the next event at present.
    Spent(Charge),
}

/// A subscription under way. It reads only when asked for its next event, and never far ahead: a
/// slow reader costs a page of events, and is told the rest later.
pub struct Watch {
    app: App,
    caller: Caller,
    plan: Box<Subscription>,
    /// None before the first look of somebody who wants what changes from now on.
    place: Option<Place>,
    /// What the last look came to and was not told yet.
    ready: Option<Ready>,
    /// Whether everything missed was told once.
    caught_up: bool,
    /// Whether to look without being woken.
    due: bool,
    /// Points that an event takes, and whether they were taken for the next one; those of the first
    /// are taken with the beginning.
    price: u64,
    paid: bool,
    changes: watch::Receiver<u64>,
    turns: Arc<Semaphore>,
}

/// What a look came to.
struct Look {
    /// What was found, told before or not.
    found: Vec<Change>,
    /// How far the floor may rise.
    horizon: At,
    /// What is to be told.
    events: VecDeque<(Change, Vec<u8>)>,
    /// The place once that is done.
    place: Place,
    /// Whether there is more to find.
    more: bool,
}

/// A look that is being told.
struct Ready {
    look: Look,
    /// When it was taken.
    since: Instant,
    /// The event that says that everything missed was told.
    caught_up: Option<Vec<u8>>,
}

impl Watch {
    /// A subscription of `caller`. Of all in the process, only as many look at the same time as
    /// there are `turns`, so that they leave connections to others.
    #[must_use]
    pub fn new(
        app: &App,
        caller: Caller,
        mut plan: Box<Subscription>,
        turns: Arc<Semaphore>,
    ) -> Self {
        let place = plan.after.take();
        let price = cost::of_event(&plan);
        Self {
            app: app.clone(),
            caller,
            plan,
            place,
            ready: None,
            caught_up: false,
            due: true,
            price,
            paid: true,
            changes: app.signal.subscribe(),
            turns,
        }
    }

    /// Waits for the next event: a whole GraphQL response. It may be given up while waiting and
    /// called again; nothing is lost.
    ///
    /// # Errors
    /// There will be no more.
    pub async fn next(&mut self) -> Result<Vec<u8>, Ended> {
        loop {
            if self.ready.as_ref().is_some_and(Ready::is_waiting) {
                self.admit().await?;
            }
            if let Some(event) = self.told() {
                return Ok(event);
            }
            if !self.due {
                let pause = Duration::from_secs(self.app.config.live.look_seconds);
                // Woken or not: look.
                let _ = tokio::time::timeout(pause, self.changes.changed()).await;
                self.due = true;
            }
            let turns = Arc::clone(&self.turns);
            // Nobody closes it.
            let _turn = turns.acquire().await;
            self.changes.mark_unchanged();
            match self.look(self.app.clock.now()).await {
                Ok(Ok(look)) => self.take(look),
                Ok(Err(ended)) => return Err(ended),
                Err(Stopped::Database(error)) => {
                    tracing::warn!(%error, "a subscription could not look; it will again");
                    self.due = false;
                }
                Err(stopped) => return Err(Ended::TooMuch(told(&stopped).1)),
            }
        }
    }

    fn take(&mut self, look: Look) {
        let now_caught_up = !look.more && !self.caught_up;
        let caught_up =
            now_caught_up.then(|| self.event(None, &[], &look.place, self.app.clock.now()));
        self.due = look.more;
        self.ready = Some(Ready { look, since: Instant::now(), caught_up });
    }

    /// Sees to it that what waits may be told: it is fresh, its reader is who they were if anything
    /// has changed since it was read, and can afford it. What is not fresh is forgotten, so that one
    /// looks again.
    ///
    /// # Errors
    /// Nothing may be told any more.
    async fn admit(&mut self) -> Result<(), Ended> {
        let now = self.app.clock.now();
        let fresh = self.ready.as_ref().is_some_and(|ready| ready.since.elapsed() <= FRESH);
        let known = if fresh && self.changes.has_changed().unwrap_or(true) {
            self.caller.check(self.app.db.reader(), now).await
        } else {
            Ok(Ok(()))
        };
        match known {
            Ok(checked) => checked?,
            Err(error) => {
                tracing::warn!(%error, "a reader could not be looked up; they will be again");
                self.forget();
                return Ok(());
            }
        }
        if !fresh {
            self.forget();
        } else if !self.paid && self.ready.as_ref().is_some_and(Ready::has_row) {
            let whose = self.caller.viewer.person_id;
            let charged = bill::charge_event(&self.app, whose, self.price, now).await;
            // To go on they have to begin again.
            let again = cost::of_subscription(&self.plan);
            charged.map_err(|charge| Ended::Spent(charge.before(again)))?;
            self.paid = true;
        }
        Ok(())
    }

    /// Forgets what was read and not told, and looks again: it is found where it was.
    fn forget(&mut self) {
        self.ready = None;
        self.due = true;
    }

    /// The next event of the last look, which is then told; none if there is none.
    fn told(&mut self) -> Option<Vec<u8>> {
        let mut ready = self.ready.take()?;
        let told = ready.look.events.pop_front();
        self.paid &= told.is_none();
        if ready.look.events.is_empty() && (told.is_none() || ready.caught_up.is_none()) {
            // The last of this look.
            self.place = Some(ready.look.place);
            self.caught_up |= ready.caught_up.is_some();
            return told.map(|(_, event)| event).or(ready.caught_up);
        }
        let (change, event) = told?;
        let place = self.place.take();
        self.place =
            place.map(|place| place.having_told(change, &ready.look.found, ready.look.horizon));
        self.ready = Some(ready);
        Some(event)
    }

    /// Looks, and then whether the caller was still who they were: whoever lost a right before a row
    /// was changed is not told of the change, as what is read shows no change without what came
    /// before it.
    async fn look(&self, now: DateTime<Utc>) -> Result<Result<Look, Ended>, Stopped> {
        let look = self.read(now).await?;
        Ok(self.caller.check(self.app.db.reader(), now).await?.map(|()| look))
    }

    async fn read(&self, now: DateTime<Utc>) -> Result<Look, Stopped> {
        let mut snapshot = self.app.db.reads().snapshot().await?;
        let scope = self.caller.scope().at(now);
        let meaning = Meaning { scope: &scope, now, ids: &[] };
        let overlap = TimeDelta::seconds(self.app.config.live.overlap_seconds.into());
        let horizon = (now - overlap, Uuid::max());
        let Some(place) = &self.place else {
            let place = Place::after(horizon.0);
            let found = self.found(&mut snapshot, place.floor, BEFORE, &meaning).await?;
            let place = place.having_told_all(&found, horizon);
            let events = VecDeque::new();
            return Ok(Look { found: Vec::new(), horizon, events, place, more: false });
        };
        // What was told and is read again, as much as may be told now, and one to tell that there
        // is more; rounded up, so that few statements are prepared.
        let limit = (place.seen.len() + AT_ONCE + 1).next_power_of_two();
        let found = self.found(&mut snapshot, place.floor, limit, &meaning).await?;
        let mut untold = place.untold(&found);
        let more = found.len() == limit || untold.len() > AT_ONCE;
        untold.truncate(AT_ONCE);
        let ids: Vec<Uuid> = untold.iter().map(|change| change.at.1).collect();
        let mut rows = Vec::new();
        if !ids.is_empty() {
            let nodes = self.plan.out.iter().filter_map(|(_, out)| match out {
                ChangeOut::Node(node) => Some((&node.level, ids.clone())),
                _ => None,
            });
            rows = fetch(&mut snapshot, &meaning, nodes.collect()).await?;
        }
        drop(snapshot);
        let place_after = |change: &Change| place.having_told(*change, &found, horizon);
        let events = untold.iter().map(|change| {
            let place = place_after(change);
            (*change, self.event(Some(change.at.1), &rows, &place, now))
        });
        let events = events.collect();
        let place = match untold.last() {
            Some(last) if more => place_after(last),
            _ => place.having_told_all(&found, horizon),
        };
        Ok(Look { found, horizon, events, place, more })
    }

    async fn found(
        &self,
        snapshot: &mut Snapshot,
        floor: At,
        limit: usize,
        meaning: &Meaning<'_>,
    ) -> Result<Vec<Change>, Stopped> {
        let select = sql::changes(&self.plan, floor, limit, meaning.scope, meaning.now);
        let ask = sql::template(&select, snapshot.backend()).ask(&[], meaning);
        let rows = snapshot.ask(vec![ask], limit, false).await?.into_iter().next();
        let empty = || DbErr::Type("a change lacks its moment, id or mark".to_owned());
        let mut changes = Vec::new();
        for row in rows.iter().flat_map(Rows::iter) {
            let mark = row.text(2)?.ok_or_else(empty)?;
            let (moment, id) = row.moment(1)?.zip(row.id(0)?).ok_or_else(empty)?;
            changes.push(Change::new(moment, id, mark));
        }
        Ok(changes)
    }

    fn event(
        &self,
        id: Option<Uuid>,
        rows: &[Fetched],
        place: &Place,
        now: DateTime<Utc>,
    ) -> Vec<u8> {
        let root = vec![(self.plan.key.clone(), ())];
        let mut writer = Writer::new(now).of_session(self.caller.scope().session());
        let mut rows = rows.iter();
        // Rows are nullable, so this object is always whole.
        let _ = writer.object(&root, |writer, _, ()| {
            writer.object(&self.plan.out, |writer, _, out| {
                match out {
                    ChangeOut::Typename(name) => writer.text(name),
                    ChangeOut::Cursor => writer.text(&place.cursor(self.plan.feed.name)),
                    ChangeOut::Node(node) => match (id, rows.next()) {
                        (Some(id), Some(fetched)) => writer.row_by_id(node, fetched, id),
                        _ => writer.null(),
                    },
                }
                Ok(())
            })
        });
        Answer::executed(writer).body
    }
}

impl Ready {
    /// Whether anything was not told yet.
    fn is_waiting(&self) -> bool {
        self.has_row() || self.caught_up.is_some()
    }

    /// Whether what comes next tells of a row.
    fn has_row(&self) -> bool {
        !self.look.events.is_empty()
    }
}

impl Ended {
    /// Whether only the one subscription ends, and not everything that its reader asks for.
    #[must_use]
    pub fn is_of_one(&self) -> bool {
        matches!(self, Self::TooMuch(_) | Self::Spent(_))
    }

    /// As the answer that ends a subscription.
    #[must_use]
    pub fn answer(&self) -> Answer {
        Answer::refused(&vec![self.error()])
    }

    /// What a client hears of it.
    #[must_use]
    pub fn error(&self) -> GraphQLError {
        match self {
            Self::SignedOut => Code::Unauthenticated
                .error("sign in again: the token or session has run out or was revoked"),
            Self::OtherRights => {
                Code::Forbidden.error("what you may see has changed: connect again")
            }
            Self::TooMuch(message) => Code::TooComplex.error(message.as_str()),
            Self::Spent(charge) => charge.too_soon(),
        }
    }
}
