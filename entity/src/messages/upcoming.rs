//! Which reminders go in the days ahead as things stand, and which do not, and why.

use std::collections::HashSet;

use chrono::{DateTime, Days, NaiveDate, Utc};
use rules::calendar::local;
use rules::reminders::{Account, Verdict, reach};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::account::{Accounted, of_obligations};
use super::facts::Book;
use crate::enrolments::obligation;
use crate::outcome::{RefusalCode, StoreError};
use crate::scope::Scope;

/// Most days looked at.
pub const LONGEST: u64 = 31;
/// Most obligations looked at: some seconds of work.
const MOST: u64 = 50_000;
/// Farthest first day, counted from the present one.
pub const FARTHEST: u64 = 400;

/// A reminder that goes, or would.
#[derive(Clone, Debug)]
pub struct Upcoming {
    /// About which obligation.
    pub obligation_id: Uuid,
    /// To whom.
    pub person_id: Uuid,
    /// Which reminder, when and why.
    pub account: Account,
}

/// Reminders of some days.
#[derive(Clone, Debug, Default)]
pub struct Outlook {
    /// Those that go.
    pub going: Vec<Upcoming>,
    /// Those that do not, each with the reason.
    pub excluded: Vec<Upcoming>,
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

/// The reminders that go from the first to the last of some London days, of a hub or of all that the
/// caller sees, as far as they may know of them.
///
/// # Errors
/// Days that cannot be looked at, more obligations than are looked at, a row this version cannot read,
/// or a database fault.
pub async fn outlook(
    db: &impl ConnectionTrait,
    scope: &Scope,
    now: DateTime<Utc>,
    (from, to): (NaiveDate, NaiveDate),
    hub_id: Option<Uuid>,
) -> Result<Outlook, StoreError> {
    check_days(local(now).date(), from, to)?;
    let book = Book::load(db).await?;
    let mut outlook = Outlook::default();
    let programmes: Vec<Uuid> = book.programmes.keys().copied().collect();
    let mut left = MOST;
    for programme_id in programmes {
        let policy = book.policy(programme_id)?;
        let calendars = book.calendars();
        let (first, _) = reach(policy, from, &calendars);
        let (_, last) = reach(policy, to, &calendars);
        let mut which = Condition::all()
            .add(obligation::Column::ProgrammeId.eq(programme_id))
            .add(obligation::Column::State.eq("open"))
            .add(obligation::Column::DueOn.between(first, last))
            .add(scope.obligations());
        if let Some(hub) = hub_id {
            which = which.add(obligation::Column::HubId.eq(hub));
        }
        let count = obligation::Entity::find().filter(which.clone()).count(db).await?;
        left = left.checked_sub(count).ok_or_else(|| {
            let message =
                format!("more than {MOST} obligations are due then: give a hub or fewer days");
            StoreError::refused(RefusalCode::Invalid, Some("to"), message)
        })?;
        let answered_for = answered_for(db, scope, which.clone()).await?;
        for one in of_obligations(db, &book, now, which, false).await? {
            for upcoming in told(one, scope, &answered_for) {
                outlook.sort_in(upcoming, from, to);
            }
        }
    }
    let key = |one: &Upcoming| (one.account.at, one.account.day, one.obligation_id, one.person_id);
    outlook.going.sort_by_key(key);
    outlook.excluded.sort_by_key(key);
    Ok(outlook)
}

impl Outlook {
    fn sort_in(&mut self, one: Upcoming, from: NaiveDate, to: NaiveDate) {
        let account = &one.account;
        let day = account.at.map_or(account.day, |at| local(at).date());
        if !(from..=to).contains(&day) {
            return;
        }
        match account.verdict {
            Verdict::OnItsWay | Verdict::Due | Verdict::Ahead => self.going.push(one),
            Verdict::KeptBack
            | Verdict::Paused
            | Verdict::Held
            | Verdict::CalledOff
            | Verdict::Never => self.excluded.push(one),
            Verdict::Sent | Verdict::Passed => {}
        }
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
    let obligation_id = one.fact.row.id;
    let own = match scope {
        Scope::System => None,
        Scope::Viewer(viewer) => Some(viewer.person_id),
    };
    let all = answered_for.contains(&obligation_id);
    let people = one.people.into_iter().filter(|(person, _)| all || own == Some(*person));
    people
        .flat_map(|(person_id, accounts)| {
            accounts.into_iter().map(move |account| Upcoming { obligation_id, person_id, account })
        })
        .collect()
}
