//! Which reminders go in the days ahead as things stand, and which do not, and why: page by page, so that
//! the largest programme can be read wholly.

mod place;

use std::collections::HashSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::local;
use rules::reminders::{Account, Verdict, reach};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};
use uuid::Uuid;

use super::BATCH;
use super::account::{Accounted, of_obligations};
use super::facts::Book;
use crate::enrolments::obligation;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

pub use place::{NoPlace, Place};

/// Most days looked at.
pub const LONGEST: u64 = 31;
/// Farthest first day, counted from the present one.
pub const FARTHEST: u64 = 400;

/// A reminder that goes, or would.
#[derive(Clone, Debug)]
pub struct Upcoming {
    /// About which obligation.
    pub obligation_id: Uuid,
    /// When that is due, in London.
    pub due_on: NaiveDate,
    /// To whom.
    pub person_id: Uuid,
    /// Which reminder, when and why.
    pub account: Account,
}

/// Which reminders are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    /// First and last London day.
    pub days: (NaiveDate, NaiveDate),
    /// Only about what this hub and its partners owe.
    pub hub_id: Option<Uuid>,
    /// Only those that go, or only those that do not.
    pub going: Option<bool>,
}

/// Which of them are told.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// At most so many.
    pub most: usize,
    /// From the end.
    pub backward: bool,
    /// Only those after this place.
    pub after: Option<Place>,
    /// Only those before this place.
    pub before: Option<Place>,
}

/// Reminders in the order of their places.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// They.
    pub reminders: Vec<Upcoming>,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

impl Upcoming {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            due_on: self.due_on,
            obligation_id: self.obligation_id,
            person_id: self.person_id,
            revision: self.account.revision,
            step: self.account.step,
        }
    }
}

/// Accounts for the reminders of an obligation, as far as the caller may know of them; nothing when
/// they may not see it.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn story(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
    obligation_id: Uuid,
    person_id: Option<Uuid>,
) -> Result<Option<Vec<Upcoming>>, StoreError> {
    let book = Book::load(db).await?;
    let which =
        Condition::all().add(obligation::Column::Id.eq(obligation_id)).add(scope.obligations());
    let accounted = of_obligations(db, &book, now, which.clone(), true).await?;
    let Some(one) = accounted.into_iter().next() else {
        return Ok(None);
    };
    let answered_for = answered_for(db, scope, which).await?;
    let all = told(one, scope, &answered_for);
    Ok(Some(all.into_iter().filter(|one| person_id.is_none_or(|id| id == one.person_id)).collect()))
}

/// Some of the reminders that are looked for, as far as the caller may know of them. Only as many
/// obligations are looked at as that takes.
///
/// # Errors
/// Days that cannot be looked at, a row this version cannot read, or a database fault.
pub async fn page(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
    wish: Wish,
    slice: Slice,
) -> Result<Page, StoreError> {
    let mut walk = Walk::begin(db, scope, now, wish, slice).await?;
    let mut page = Page::default();
    while let Some(found) = walk.next(db).await? {
        page.reminders.extend(found);
        if page.reminders.len() > slice.most {
            page.reminders.truncate(slice.most);
            page.more = true;
            break;
        }
    }
    if slice.backward {
        page.reminders.reverse();
    }
    Ok(page)
}

/// How many there are of the reminders that are looked for. It looks at every obligation.
///
/// # Errors
/// As [`page`].
pub async fn count(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
    wish: Wish,
) -> Result<usize, StoreError> {
    let all = Slice { most: usize::MAX, backward: false, after: None, before: None };
    let mut walk = Walk::begin(db, scope, now, wish, all).await?;
    let mut count = 0;
    while let Some(found) = walk.next(db).await? {
        count += found.len();
    }
    Ok(count)
}

/// Going through the obligations that can have such reminders, some at a time.
struct Walk<'a> {
    scope: &'a Scope,
    now: DateTime<Utc>,
    wish: Wish,
    slice: Slice,
    book: Book,
    which: Condition,
    /// The last one looked at: its due day and its id.
    reached: Option<(NaiveDate, Uuid)>,
}

impl<'a> Walk<'a> {
    async fn begin(
        db: &impl ConnectionTrait,
        scope: &'a Scope,
        now: DateTime<Utc>,
        wish: Wish,
        slice: Slice,
    ) -> Result<Self, StoreError> {
        let (from, to) = wish.days;
        check_days(local(now).date(), from, to)?;
        let book = Book::load(db).await?;
        let mut in_reach = Condition::any();
        for programme_id in book.programmes.keys() {
            let policy = book.policy(*programme_id)?;
            let calendars = book.calendars();
            let (first, _) = reach(policy, from, &calendars);
            let (_, last) = reach(policy, to, &calendars);
            let of_programme = Condition::all()
                .add(obligation::Column::ProgrammeId.eq(*programme_id))
                .add(obligation::Column::DueOn.between(first, last));
            in_reach = in_reach.add(of_programme);
        }
        let mut which = Condition::all()
            .add(obligation::Column::State.eq("open"))
            .add(in_reach)
            .add(scope.obligations());
        if let Some(hub) = wish.hub_id {
            which = which.add(obligation::Column::HubId.eq(hub));
        }
        // The obligation of a place may have more reminders behind it.
        let key = |place: &Place| (place.due_on, place.obligation_id);
        let ends = [(slice.after, false), (slice.before, true)];
        for (place, backward) in
            ends.iter().filter_map(|(place, way)| Some((place.as_ref()?, *way)))
        {
            let beyond =
                beyond(key(place), backward).add(obligation::Column::Id.eq(place.obligation_id));
            which = which.add(beyond);
        }
        Ok(Self { scope, now, wish, slice, book, which, reached: None })
    }

    /// The reminders of the next obligations; none when there are no more of those.
    async fn next(
        &mut self,
        db: &impl ConnectionTrait,
    ) -> Result<Option<Vec<Upcoming>>, StoreError> {
        let backward = self.slice.backward;
        let order = if backward { sea_orm::Order::Desc } else { sea_orm::Order::Asc };
        let mut which = self.which.clone();
        if let Some(reached) = self.reached {
            which = which.add(beyond(reached, backward));
        }
        let keys: Vec<(NaiveDate, Uuid)> = obligation::Entity::find()
            .select_only()
            .columns([obligation::Column::DueOn, obligation::Column::Id])
            .filter(which)
            .order_by(obligation::Column::DueOn, order.clone())
            .order_by(obligation::Column::Id, order)
            .limit(u64::try_from(BATCH).unwrap_or(u64::MAX))
            .into_tuple()
            .all(db)
            .await?;
        let Some(last) = keys.last() else { return Ok(None) };
        self.reached = Some(*last);
        let these = obligation::Column::Id.is_in(keys.iter().map(|(_, id)| *id));
        let these = Condition::all().add(these);
        let answered_for = answered_for(db, self.scope, these.clone()).await?;
        let mut found = Vec::new();
        for one in of_obligations(db, &self.book, self.now, these, false).await? {
            found.extend(told(one, self.scope, &answered_for));
        }
        let Slice { after, before, .. } = self.slice;
        found.retain(|one| {
            let place = one.place();
            self.wish.includes(one)
                && after.is_none_or(|after| after < place)
                && before.is_none_or(|before| place < before)
        });
        found.sort_by_key(Upcoming::place);
        if backward {
            found.reverse();
        }
        Ok(Some(found))
    }
}

/// The obligations that come after one in their order, or before it.
fn beyond((due_on, id): (NaiveDate, Uuid), backward: bool) -> Condition {
    use obligation::Column as C;
    let (day, same) = if backward {
        (C::DueOn.lt(due_on), C::Id.lt(id))
    } else {
        (C::DueOn.gt(due_on), C::Id.gt(id))
    };
    Condition::any().add(day).add(Condition::all().add(C::DueOn.eq(due_on)).add(same))
}

impl Wish {
    fn includes(&self, one: &Upcoming) -> bool {
        let account = &one.account;
        let day = account.at.map_or(account.day, |at| local(at).date());
        let (from, to) = self.days;
        let goes = match account.verdict {
            Verdict::OnItsWay | Verdict::Due | Verdict::Ahead => true,
            Verdict::KeptBack
            | Verdict::Paused
            | Verdict::Held
            | Verdict::CalledOff
            | Verdict::Never => false,
            Verdict::Sent | Verdict::Passed => return false,
        };
        (from..=to).contains(&day) && self.going.is_none_or(|going| going == goes)
    }
}

fn check_days(today: NaiveDate, from: NaiveDate, to: NaiveDate) -> Result<(), StoreError> {
    let refused = |field, message: String| {
        Err(StoreError::refused(RefusalCode::Invalid, Some(field), message))
    };
    if from < today || today + Days::new(FARTHEST) < from {
        let message = format!("\"from\" is today or one of the next {FARTHEST} days");
        return refused("from", message);
    }
    if to < from || from + Days::new(LONGEST - 1) < to {
        let message = format!("\"to\" is \"from\" or later, at most {LONGEST} days with it");
        return refused("to", message);
    }
    Ok(())
}

/// The obligations of which the caller may know whom else they are reminded to.
async fn answered_for(
    db: &impl ConnectionTrait,
    scope: &Scope,
    which: Condition,
) -> Result<HashSet<Uuid>, StoreError> {
    let ids: Vec<Uuid> = obligation::Entity::find()
        .select_only()
        .column(obligation::Column::Id)
        .filter(which.add(scope.answered_for()))
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().collect())
}

/// What the caller may know of an obligation's reminders: their own, or everybody's.
fn told(one: Accounted, scope: &Scope, answered_for: &HashSet<Uuid>) -> Vec<Upcoming> {
    let (obligation_id, due_on) = (one.fact.row.id, one.fact.row.due_on);
    let own = match scope {
        Scope::System => None,
        Scope::Viewer(viewer) => Some(viewer.person_id),
    };
    let all = answered_for.contains(&obligation_id);
    let people = one.people.into_iter().filter(|(person, _)| all || own == Some(*person));
    people
        .flat_map(|(person_id, accounts)| {
            accounts.into_iter().map(move |account| Upcoming {
                obligation_id,
                due_on,
                person_id,
                account,
            })
        })
        .collect()
}
