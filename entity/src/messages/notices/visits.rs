//! Notices of visits: proposed, agreed, moved, cancelled.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::messages::entry::Entry;
use rules::messages::notices::{CalendarMethod, Reach, holds_entry, reach, stale_visit};
use rules::messages::{About, MessageKind};
use rules::visits::{Party, VisitKind, VisitState, VisitStep};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use super::people::{self, Sides};
use super::{Earlier, Moved, News, Notice, Thread, Time};
use crate::enrolments::enrolment;
use crate::hubs::hub;
use crate::messages::message;
use crate::messages::parcels::Content;
use crate::outcome::{StoreError, word};
use crate::people::{person, setting};
use crate::schools::school;
use crate::visits::{visit, visit_change};

/// A visit as one person sees it.
#[derive(Clone, Debug)]
pub struct VisitView {
    /// The visit as it stands.
    pub visit: visit::Model,
    /// What kind of visit it is.
    pub kind: VisitKind,
    /// Where it stands.
    pub state: VisitState,
    /// The side whose time stands.
    pub proposed_by: Party,
    /// Name of the programme.
    pub programme: String,
    /// The partner.
    pub setting_id: Uuid,
    /// Name of the partner.
    pub school: String,
    /// Where the partner is: its name, and its address as far as the register has it.
    pub place: String,
    /// Name of the hub.
    pub hub: String,
    /// The shared address of the hub.
    pub hub_email: Option<String>,
    /// Name of who of the hub comes, once that is said.
    pub visitor: Option<String>,
    /// On which side the reader is; none for somebody who has no part in it any more.
    pub reader: Option<Party>,
    /// Whether the reader speaks for that side; one who only visits for the hub does not.
    pub speaks: bool,
    /// The side that took the last step, if one did.
    pub taken_by: Option<Party>,
    /// Why, if they said.
    pub reason: Option<String>,
    /// The time that stood before, if it was another.
    pub before: Option<Time>,
}

/// What a notice of a visit says.
#[derive(Debug)]
pub struct VisitNotice {
    /// The visit.
    pub view: VisitView,
    /// The time that its reader knew before, if it was another.
    pub was: Option<Time>,
    /// What it shares with the notices before it.
    pub thread: Thread,
}

impl VisitView {
    /// Whether the reader's side is asked to agree to the time that stands.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.state == VisitState::Proposed
            && self.reader.is_some_and(|side| side != self.proposed_by)
    }

    /// Its entry in a calendar.
    #[must_use]
    pub fn entry(&self, method: CalendarMethod) -> Entry {
        let title = match self.kind {
            VisitKind::SupportDay => "Support day",
            VisitKind::DeepDiveVisit => "Deep-dive visit",
        };
        Entry {
            method,
            uid: format!("visit-{}", self.visit.id),
            sequence: self.visit.sequence,
            title: format!("{title}: {} and {}", self.school, self.hub),
            description: self.visit.purpose.clone(),
            place: Some(self.place.clone()),
            starts_at: self.visit.starts_at,
            ends_at: self.visit.ends_at,
            firm: self.state == VisitState::Agreed,
        }
    }
}

fn kind_of(step: VisitStep) -> Option<MessageKind> {
    Some(match step {
        VisitStep::Proposed => MessageKind::VisitProposed,
        VisitStep::Agreed => MessageKind::VisitAgreed,
        VisitStep::Rescheduled => MessageKind::VisitMoved,
        VisitStep::Cancelled => MessageKind::VisitCancelled,
        VisitStep::Recorded | VisitStep::Corrected => return None,
    })
}

/// Tells both sides that a step was taken in a visit that lies ahead, in the transaction that takes
/// it. Who has no part in it any more, and may have it in their calendar, is told to take it out.
pub(crate) async fn tell(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    row: &visit::Model,
    step: VisitStep,
    by: Option<Uuid>,
) -> Result<(), StoreError> {
    let Some(kind) = kind_of(step) else { return Ok(()) };
    let (about, about_id, expires_at) = (About::Visit, row.id, row.starts_at);
    let revision = row.sequence;
    let moved = match kind {
        MessageKind::VisitMoved => {
            let to = (row.starts_at, row.ends_at);
            before(&changes(txn, row.id).await?, to).map(|from| Moved { from, to })
        }
        _ => None,
    };
    let news = News { kind, about, about_id, revision, by, expires_at, moved };
    let earlier = super::earlier(txn, about, &[row.id], Some(LockType::Update)).await?;
    let Some(place) = Place::of(txn, row).await? else { return Ok(()) };
    let people = place.sides.all();
    super::tell(txn, now, news, &people, &earlier).await?;
    if kind == MessageKind::VisitCancelled || expires_at <= now {
        return Ok(());
    }
    let news = News { kind: MessageKind::VisitCancelled, ..news };
    for person in people::still_here(txn, &left(&earlier, &people)).await? {
        super::put(txn, now, news, person, None).await?;
    }
    Ok(())
}

/// Who may have an entry of the visit in their calendar, and has no part in it any more.
fn left(earlier: &[Earlier], people: &[Uuid]) -> Vec<Uuid> {
    let mut gone: Vec<Uuid> = earlier.iter().map(|one| one.person_id).collect();
    gone.sort_unstable();
    gone.dedup();
    gone.retain(|person| {
        let own = || earlier.iter().filter(|one| one.person_id == *person);
        let came: Vec<_> = own().map(Earlier::came).collect();
        // One that ended in doubt may not have arrived: it is told again.
        let told = own().any(|one| {
            one.kind == MessageKind::VisitCancelled && reach(one.state, false) != Reach::Never
        });
        !people.contains(person) && holds_entry(&came) && !told
    });
    gone
}

/// Between whom a visit is.
struct Place {
    programme: String,
    school: Uuid,
    hub: hub::Model,
    /// Who runs the hub, whether or not they come.
    leads: BTreeSet<Uuid>,
    sides: Sides,
}

/// The story of a visit, the last step first.
async fn changes(
    db: &impl ConnectionTrait,
    visit: Uuid,
) -> Result<Vec<visit_change::Model>, StoreError> {
    Ok(visit_change::Entity::find()
        .filter(visit_change::Column::VisitId.eq(visit))
        .order_by_desc(visit_change::Column::Id)
        .all(db)
        .await?)
}

/// The time that stood before the one that stands, if there was another.
fn before(changes: &[visit_change::Model], time: Time) -> Option<Time> {
    changes.iter().map(|it| (it.starts_at, it.ends_at)).find(|it| *it != time)
}

impl Place {
    async fn of(db: &impl ConnectionTrait, row: &visit::Model) -> Result<Option<Self>, StoreError> {
        let enrolment = enrolment::Entity::find_by_id(row.enrolment_id).one(db).await?;
        let hub = hub::Entity::find_by_id(row.hub_id).one(db).await?;
        let Some((enrolment, hub)) = enrolment.zip(hub) else { return Ok(None) };
        let (programme, policy) = people::programme_of(db, row.programme_id).await?;
        let school = enrolment.partner_setting_id;
        let mut contacts = people::contacts(db, &policy, &[school]).await?;
        let leads = people::leads(db, &hub).await?;
        let of_hub = leads.iter().copied().chain(row.visitor_id).collect();
        let sides = Sides { partner: contacts.remove(&school).unwrap_or_default(), hub: of_hub };
        Ok(Some(Self { programme, school, hub, leads, sides }))
    }
}

/// The name of a school, and its address as far as the register has it, on one line.
fn where_it_is(name: &str, school: Option<&school::Model>) -> String {
    let lines = school.into_iter().flat_map(|row| {
        [&row.street, &row.locality, &row.address3, &row.town, &row.county, &row.postcode]
    });
    let lines = lines.filter_map(|line| line.as_deref().map(str::trim));
    let lines = lines.filter(|line| !line.is_empty());
    std::iter::once(name).chain(lines).collect::<Vec<_>>().join(", ")
}

/// A visit as somebody sees it; none if it is gone.
///
/// # Errors
/// A row this version cannot read, or a database fault.
pub async fn look(
    db: &impl ConnectionTrait,
    id: Uuid,
    reader: Uuid,
) -> Result<Option<VisitView>, StoreError> {
    let Some(visit) = visit::Entity::find_by_id(id).one(db).await? else { return Ok(None) };
    let Some(place) = Place::of(db, &visit).await? else { return Ok(None) };
    let changes = changes(db, visit.id).await?;
    let last = changes.first();
    let taken_by = match &visit.cancelled_by {
        Some(party) => Some(word("visit", visit.id, party)?),
        None => last
            .and_then(|it| it.by_party.as_deref().map(|party| word("visit_change", it.id, party)))
            .transpose()?,
    };
    let visitor = match visit.visitor_id {
        Some(id) => person::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let setting = setting::Entity::find_by_id(place.school).one(db).await?;
    let school = match setting.as_ref().and_then(|row| row.school_id) {
        Some(id) => school::Entity::find_by_id(id).one(db).await?,
        None => None,
    };
    let name = setting.map(|row| row.name).unwrap_or_default();
    let side = place.sides.of(reader);
    Ok(Some(VisitView {
        kind: word("visit", visit.id, &visit.kind)?,
        state: word("visit", visit.id, &visit.state)?,
        proposed_by: word("visit", visit.id, &visit.proposed_by)?,
        programme: place.programme,
        setting_id: place.school,
        place: where_it_is(&name, school.as_ref()),
        school: name,
        hub: place.hub.name,
        hub_email: place.hub.email,
        visitor: visitor.map(|row| row.name),
        reader: side,
        speaks: side == Some(Party::Partner) || place.leads.contains(&reader),
        taken_by,
        reason: last.and_then(|it| it.reason.clone()),
        before: before(&changes, (visit.starts_at, visit.ends_at)),
        visit,
    }))
}

/// What a claimed notice of a visit is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let id = row.about_id.unwrap_or_default();
    let Some(view) = look(db, id, row.person_id).await? else {
        return Ok(Content::Unwanted("The visit is gone.".to_owned()));
    };
    let taken_from_them = kind == MessageKind::VisitCancelled
        && view.reader.is_none()
        && view.state != VisitState::Cancelled;
    if !taken_from_them {
        let told = row.about_revision.unwrap_or_default();
        if let Some(reason) = stale_visit(told, view.visit.sequence, view.state) {
            return Ok(Content::Unwanted(reason.to_owned()));
        }
        if view.reader.is_none() && kind != MessageKind::VisitCancelled {
            return Ok(Content::Unwanted("This person is no longer the one to tell.".to_owned()));
        }
    }
    let agreed = view.state == VisitState::Agreed;
    let thread = super::thread(db, row, About::Visit, kind, agreed).await?;
    let was = row.was_starts_at.zip(row.was_ends_at);
    Ok(Content::Notice(Box::new(Notice::Visit(VisitNotice { view, was, thread }))))
}
