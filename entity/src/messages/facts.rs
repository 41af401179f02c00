//! Obligations as the reminder rules and the mails see them: one reading, a few statements,
//! whatever the number of obligations.

mod around;
mod book;
mod readers;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use rules::calendar::{Calendar, local};
use rules::commitments::{Action, CommitmentKind, ObligationState, OwedBy};
use rules::reminders::ObligationFacts;
use sea_orm::{Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use self::around::Around;
use crate::enrolments::obligation;
use crate::outcome::{StoreError, word};

pub use self::book::Book;
pub(super) use self::readers::{digest_minutes, own_calendars};

/// One obligation, with whom it concerns.
#[derive(Clone, Debug)]
pub struct Fact {
    /// As the rules see it.
    pub rules: ObligationFacts,
    /// The row.
    pub row: obligation::Model,
    /// What it takes to meet it now.
    pub action: Action,
    /// When the event it is about starts.
    pub starts_at: Option<DateTime<Utc>>,
    /// The setting that owes it: the partner, or the hub's lead setting.
    pub setting_id: Uuid,
    /// Its name.
    pub setting_name: String,
    /// Name of the hub.
    pub hub_name: String,
    /// The shared address of the hub.
    pub hub_email: Option<String>,
}

impl Fact {
    /// Whether `person` has a part in it: owes it, supports it or oversees it.
    #[must_use]
    pub fn concerns(&self, person: Uuid) -> bool {
        let all = [&self.rules.owners, &self.rules.hub_leads, &self.rules.programme_admins];
        all.iter().any(|people| people.contains(&person))
    }
}

/// What was read of some obligations.
#[derive(Debug, Default)]
pub struct Facts {
    /// Those that can be read, by id.
    pub read: HashMap<Uuid, Fact>,
    /// The others, each with the row that cannot be read.
    pub unreadable: HashMap<Uuid, StoreError>,
    /// Rows around them that are passed over: a contact in an unknown role, an unknown step.
    pub odd: Vec<StoreError>,
}

impl Facts {
    /// What cannot be read of them, row by row.
    #[must_use]
    pub fn faults(&self) -> BTreeSet<String> {
        self.unreadable.values().chain(&self.odd).map(StoreError::to_string).collect()
    }
}

/// Reads the facts of the obligations that `which` (a condition on `obligation`) selects. One that
/// this version cannot read keeps back no other.
///
/// # Errors
/// The database fails.
pub async fn load(
    db: &impl ConnectionTrait,
    book: &Book,
    now: DateTime<Utc>,
    which: Condition,
) -> Result<Facts, StoreError> {
    let rows = obligation::Entity::find().filter(which.clone()).all(db).await?;
    if rows.is_empty() {
        return Ok(Facts::default());
    }
    let mut around = Around::load(db, &which).await?;
    let overseers = around.overseers();
    let own_calendars = Arc::new(readers::own_calendars(db, book, &overseers).await?);
    let today = local(now).date();
    let mut calendars: HashMap<Uuid, Calendar> = HashMap::new();
    let mut facts = Facts { odd: std::mem::take(&mut around.odd), ..Facts::default() };
    let reading = Reading { book, around: &around, own_calendars, today, now };
    for row in rows {
        let id = row.id;
        match reading.fact(row, &mut calendars) {
            Ok(Some(fact)) => drop(facts.read.insert(id, fact)),
            // Somebody settled it between two of our statements: the next pass sees all or nothing.
            Ok(None) => {}
            Err(fault) => drop(facts.unreadable.insert(id, fault)),
        }
    }
    Ok(facts)
}

/// What the facts of one obligation after the other are made of.
struct Reading<'a> {
    book: &'a Book,
    around: &'a Around,
    own_calendars: Arc<HashMap<Uuid, Vec<Calendar>>>,
    today: NaiveDate,
    now: DateTime<Utc>,
}

impl Reading<'_> {
    fn fact(
        &self,
        row: obligation::Model,
        calendars: &mut HashMap<Uuid, Calendar>,
    ) -> Result<Option<Fact>, StoreError> {
        let (book, around) = (self.book, self.around);
        let Some((hub, setting_id, taking_part)) = around.place(&row, self.today) else {
            return Ok(None);
        };
        let calendar =
            calendars.entry(setting_id).or_insert_with(|| book.calendar(setting_id)).clone();
        let owed_by: OwedBy = word("obligation", row.id, &row.owed_by)?;
        let state: ObligationState = word("obligation", row.id, &row.state)?;
        let kind: CommitmentKind = word("obligation", row.id, &row.kind)?;
        let hub_leads = around.hub_leads(hub);
        let policy = book.policy(row.programme_id)?;
        let owners = match owed_by {
            OwedBy::Partner => around.contacts(setting_id, policy.reminders(kind).recipients),
            OwedBy::Hub => hub_leads.clone(),
        };
        Ok(Some(Fact {
            rules: ObligationFacts {
                id: row.id,
                kind,
                owed_by,
                state,
                revision: row.revision,
                opens_on: row.opens_on,
                due_on: row.due_on,
                nothing_left_to_attend: book.nothing_left_to_attend(&row, kind, self.now),
                reminded_by_survey: book.reminded_by_survey(&row),
                live: taking_part && !around.closed.contains(&setting_id),
                calendar,
                owners,
                hub_leads,
                programme_admins: around.admins.clone(),
                own_calendars: Arc::clone(&self.own_calendars),
                ledger: around.ledger(row.id, row.revision),
            },
            action: word("obligation", row.id, &row.action)?,
            starts_at: row.event_id.and_then(|id| book.start_of(id)),
            setting_id,
            setting_name: around.names.get(&setting_id).cloned().unwrap_or_default(),
            hub_name: hub.name.clone(),
            hub_email: hub.email.clone(),
            row,
        }))
    }
}
