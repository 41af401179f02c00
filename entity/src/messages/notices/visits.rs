//! Notices of visits: proposed, agreed, moved, cancelled.

use chrono::{DateTime, Utc};
use rules::messages::notices::{Reach, holds_entry, reach, stale_visit};
use rules::messages::{About, MessageKind};
use rules::visits::{Party, VisitKind, VisitState, VisitStep};
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
    QueryOrder as _,
};
use uuid::Uuid;

use super::people::{self, Sides};
use super::{Earlier, News, Notice, Thread};
use crate::enrolments::enrolment;
use crate::hubs::hub;
use crate::messages::message;
use crate::messages::parcels::Content;
use crate::outcome::{StoreError, word};
use crate::people::{person, setting};
use crate::visits::{visit, visit_change};

/// What a notice of a visit says.
#[derive(Debug)]
pub struct VisitNotice {
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
    /// Name of the partner.
    pub school: String,
    /// Name of the hub.
    pub hub: String,
    /// Name of who of the hub comes, once that is said.
    pub visitor: Option<String>,
    /// On which side the reader is; none for somebody who has no part in it any more.
    pub reader: Option<Party>,
    /// The side that took the last step, if one did.
    pub taken_by: Option<Party>,
    /// Why, if they said.
    pub reason: Option<String>,
    /// The time that stood before, if it was another.
    pub before: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// What it shares with the notices before it.
    pub thread: Thread,
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
    let news = News { kind, about, about_id, revision, by, expires_at };
    let earlier = super::earlier(txn, about, &[row.id]).await?;
    let Some(place) = Place::of(txn, row).await? else { return Ok(()) };
    let people = place.sides.all();
    super::tell(txn, now, news, &people, &earlier).await?;
    if kind == MessageKind::VisitCancelled || expires_at <= now {
        return Ok(());
    }
    let news = News { kind: MessageKind::VisitCancelled, ..news };
    for person in people::still_here(txn, &left(&earlier, &people)).await? {
        super::put(txn, now, news, person).await?;
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
        let told = own()
            .any(|one| one.kind == MessageKind::VisitCancelled && reach(one.state) != Reach::Never);
        !people.contains(person) && holds_entry(&came) && !told
    });
    gone
}

/// Between whom a visit is.
struct Place {
    programme: String,
    school: Uuid,
    hub: hub::Model,
    sides: Sides,
}

impl Place {
    async fn of(db: &impl ConnectionTrait, row: &visit::Model) -> Result<Option<Self>, StoreError> {
        let enrolment = enrolment::Entity::find_by_id(row.enrolment_id).one(db).await?;
        let hub = hub::Entity::find_by_id(row.hub_id).one(db).await?;
        let Some((enrolment, hub)) = enrolment.zip(hub) else { return Ok(None) };
        let (programme, policy) = people::programme_of(db, row.programme_id).await?;
        let school = enrolment.partner_setting_id;
        let mut contacts = people::contacts(db, &policy, &[school]).await?;
        let mut leads = people::leads(db, &hub).await?;
        leads.extend(row.visitor_id);
        let sides = Sides { partner: contacts.remove(&school).unwrap_or_default(), hub: leads };
        Ok(Some(Self { programme, school, hub, sides }))
    }
}

/// What a claimed notice of a visit is to say as things stand, or why it is not sent after all.
pub(in crate::messages) async fn open(
    db: &impl ConnectionTrait,
    kind: MessageKind,
    row: &message::Model,
) -> Result<Content, StoreError> {
    let gone = || Content::Unwanted("The visit is gone.".to_owned());
    let id = row.about_id.unwrap_or_default();
    let Some(visit) = visit::Entity::find_by_id(id).one(db).await? else { return Ok(gone()) };
    let Some(place) = Place::of(db, &visit).await? else { return Ok(gone()) };
    let state: VisitState = word("visit", visit.id, &visit.state)?;
    let reader = place.sides.of(row.person_id);
    let taken_from_them =
        kind == MessageKind::VisitCancelled && reader.is_none() && state != VisitState::Cancelled;
    if !taken_from_them {
        let told = row.about_revision.unwrap_or_default();
        if let Some(reason) = stale_visit(told, visit.sequence, state) {
            return Ok(Content::Unwanted(reason.to_owned()));
        }
        if reader.is_none() && kind != MessageKind::VisitCancelled {
            return Ok(Content::Unwanted("This person is no longer the one to tell.".to_owned()));
        }
    }
    let agreed = state == VisitState::Agreed;
    let thread = super::thread(db, row, About::Visit, kind, agreed).await?;
    let changes = visit_change::Entity::find()
        .filter(visit_change::Column::VisitId.eq(visit.id))
        .order_by_desc(visit_change::Column::Id)
        .all(db)
        .await?;
    let time = (visit.starts_at, visit.ends_at);
    let before = changes.iter().map(|it| (it.starts_at, it.ends_at)).find(|it| *it != time);
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
    let school = setting::Entity::find_by_id(place.school).one(db).await?;
    let notice = VisitNotice {
        kind: word("visit", visit.id, &visit.kind)?,
        state,
        proposed_by: word("visit", visit.id, &visit.proposed_by)?,
        programme: place.programme,
        school: school.map(|row| row.name).unwrap_or_default(),
        hub: place.hub.name,
        visitor: visitor.map(|row| row.name),
        reader,
        taken_by,
        reason: last.and_then(|it| it.reason.clone()),
        before,
        thread,
        visit,
    };
    Ok(Content::Notice(Box::new(Notice::Visit(notice))))
}
