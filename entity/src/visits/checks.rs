//! Whether a visit can be: its time, its pathway, and who comes.

use rules::commitments::{CommitmentKind, TermFacts};
use rules::visits::{
    NotNow, Party, Slot, VisitFault, VisitKind, VisitState, VisitStep, check_enough,
    check_half_days, check_slot, may,
};
use sea_orm::sea_query::LockType;
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, PaginatorTrait as _,
    QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::visit;
use crate::enrolments::{
    Partnership, check_version, commitment_facts, enrolment, partnership, refused, term_facts,
};
use crate::hubs::hub;
use crate::outcome::{RefusalCode, StoreError, word};
use crate::people::{contact, person, role_grant};
use crate::programme::{commitment_template, programme_term};
use crate::scope::Scope;

/// A visit about to change, with lead and partner, all locked.
pub(super) struct Held {
    pub visit: visit::Model,
    pub pair: Partnership,
    pub state: VisitState,
}

impl Held {
    pub(super) fn slot(&self) -> Slot {
        Slot { starts_at: self.visit.starts_at, ends_at: self.visit.ends_at }
    }

    /// Whether the caller's side may take this step now.
    pub(super) fn check_step(&self, step: VisitStep) -> Result<(), StoreError> {
        let proposed_by = word("visit", self.visit.id, &self.visit.proposed_by)?;
        may(self.state, step, self.pair.party, proposed_by).map_err(|why| {
            let code = match why {
                NotNow::ByTheHub | NotNow::OwnProposal => RefusalCode::Forbidden,
                _ => RefusalCode::Conflict,
            };
            StoreError::refused(code, Some("visitId"), why.to_string())
        })
    }
}

fn missing() -> StoreError {
    StoreError::refused(RefusalCode::NotFound, Some("visitId"), "There is no such visit.")
}

/// A visit the caller may see, as it is once nobody else can change it.
pub(super) async fn hold(
    txn: &DatabaseTransaction,
    scope: &Scope,
    id: Uuid,
    expected_version: Option<i32>,
) -> Result<Held, StoreError> {
    let seen = visit::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.visits()))
        .one(txn)
        .await?
        .ok_or_else(missing)?;
    let pair = partnership(txn, scope, seen.enrolment_id).await?;
    // Read again: it may have changed while we waited for the lock.
    let visit =
        visit::Entity::find_by_id(id).lock_exclusive().one(txn).await?.ok_or_else(missing)?;
    check_version(visit.version, expected_version)?;
    let state = word("visit", visit.id, &visit.state)?;
    Ok(Held { visit, pair, state })
}

/// The pathway promises visits of this kind, and this one is as long as it promises.
pub(super) async fn check_pathway(
    txn: &DatabaseTransaction,
    enrolment: &enrolment::Model,
    kind: VisitKind,
    half_days: i32,
) -> Result<(), StoreError> {
    let commitment = match kind {
        VisitKind::SupportDay => CommitmentKind::SupportDays,
        VisitKind::DeepDiveVisit => CommitmentKind::DeepDiveVisit,
    };
    let promised = commitment_template::Entity::find()
        .filter(commitment_template::Column::PathwayId.eq(enrolment.pathway_id))
        .filter(commitment_template::Column::Kind.eq(<&str>::from(commitment)))
        .filter(commitment_template::Column::RetiredAt.is_null())
        .all(txn)
        .await?;
    if promised.is_empty() {
        let message = "The partner's pathway has no visits of this kind.";
        return refused(RefusalCode::Conflict, "kind", message);
    }
    let mut required = None;
    for row in promised {
        required = required.max(commitment_facts(row)?.rule.half_days());
    }
    check_enough(kind, half_days, required).map_err(|fault| {
        StoreError::refused(RefusalCode::Invalid, Some("halfDays"), fault.to_string())
    })
}

/// The time lies where it may, and holds so many half days, given in the input field `length`.
pub(super) async fn check_time(
    txn: &DatabaseTransaction,
    enrolment: &enrolment::Model,
    slot: Slot,
    (length, half_days): (&'static str, i32),
) -> Result<(), StoreError> {
    let terms: Vec<TermFacts> = programme_term::Entity::find()
        .filter(programme_term::Column::CohortId.eq(enrolment.cohort_id))
        .all(txn)
        .await?
        .iter()
        .map(term_facts)
        .collect();
    check_slot(slot, &terms, enrolment.enrolled_on)
        .and_then(|()| check_half_days(slot, half_days))
        .map_err(|fault| {
            let field = match fault {
                VisitFault::Backwards | VisitFault::TooLong => "endsAt",
                VisitFault::BeforeJoining | VisitFault::OutsideTerms => "startsAt",
                VisitFault::HalfDays | VisitFault::TooShort(_) => length,
            };
            StoreError::refused(RefusalCode::Invalid, Some(field), fault.to_string())
        })
}

/// Who comes: whom the hub's side names, else, if nobody was named yet, the caller when of the hub.
/// The partner's side does not say who of the hub comes.
pub(super) async fn visitor(
    txn: &DatabaseTransaction,
    pair: &Partnership,
    by: Option<Uuid>,
    named: Option<Uuid>,
    before: Option<Uuid>,
) -> Result<Option<Uuid>, StoreError> {
    match (pair.party, named) {
        (Party::Partner, Some(_)) => {
            refused(RefusalCode::Forbidden, "visitorId", "The lead's side says who comes.")
        }
        (Party::Partner, None) => Ok(before),
        (Party::Hub, Some(person)) if is_of_hub(txn, &pair.hub, person).await? => Ok(Some(person)),
        (Party::Hub, Some(_)) => refused(
            RefusalCode::Invalid,
            "visitorId",
            "Name somebody of the hub or its lead school.",
        ),
        (Party::Hub, None) => match (before, by) {
            (None, Some(by)) if is_of_hub(txn, &pair.hub, by).await? => Ok(Some(by)),
            _ => Ok(before),
        },
    }
}

/// Whether somebody leads the hub, or is a contact of its lead setting, now.
async fn is_of_hub(
    txn: &DatabaseTransaction,
    hub: &hub::Model,
    person_id: Uuid,
) -> Result<bool, StoreError> {
    let leads = role_grant::Entity::find()
        .filter(role_grant::Column::PersonId.eq(person_id))
        .filter(role_grant::Column::HubId.eq(hub.id))
        .filter(role_grant::Column::RevokedAt.is_null())
        .count(txn)
        .await?;
    let works = contact::Entity::find()
        .filter(contact::Column::PersonId.eq(person_id))
        .filter(contact::Column::SettingId.eq(hub.lead_setting_id))
        .filter(contact::Column::EndedAt.is_null())
        .count(txn)
        .await?;
    Ok(leads + works > 0)
}

/// No other visit of this partner, and none that its visitor is bound to, is at that time. Locks the
/// visitor, who may be asked for by another partner at the same moment.
pub(super) async fn check_free(
    txn: &DatabaseTransaction,
    own: Option<Uuid>,
    enrolment_id: Uuid,
    visitor_id: Option<Uuid>,
    slot: Slot,
) -> Result<(), StoreError> {
    if let Some(visitor) = visitor_id {
        // Rows that name the person may still be written meanwhile: only visits wait.
        person::Entity::find_by_id(visitor).lock(LockType::NoKeyUpdate).one(txn).await?;
    }
    let mut meanwhile = Condition::all()
        .add(visit::Column::StartsAt.lt(slot.ends_at))
        .add(visit::Column::EndsAt.gt(slot.starts_at));
    if let Some(own) = own {
        meanwhile = meanwhile.add(visit::Column::Id.ne(own));
    }
    let of_partner = visit::Entity::find()
        .filter(meanwhile.clone())
        .filter(visit::Column::EnrolmentId.eq(enrolment_id))
        .filter(visit::Column::State.ne("cancelled"))
        .count(txn)
        .await?;
    if of_partner > 0 {
        let message = "The partner has another visit at that time.";
        return refused(RefusalCode::Conflict, "startsAt", message);
    }
    let Some(visitor) = visitor_id else { return Ok(()) };
    let of_visitor = visit::Entity::find()
        .filter(meanwhile)
        .filter(visit::Column::VisitorId.eq(visitor))
        .filter(visit::Column::State.is_in(["agreed", "recorded"]))
        .count(txn)
        .await?;
    if of_visitor > 0 {
        let message = "Who is to come is at another visit at that time.";
        return refused(RefusalCode::Conflict, "startsAt", message);
    }
    Ok(())
}
