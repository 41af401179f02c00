//! The demo's visits: those of past terms, which met what was owed, and those of this autumn in every
//! state.

use anyhow::Context as _;
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc, Weekday};
use entity::enrolments::{enrolment, obligation};
use entity::outcome::{RefusalCode, StoreError};
use entity::people::role_grant;
use entity::plans::actions::ActionWish;
use entity::scope::{Scope, Viewer};
use entity::visits::{self, Agree, Cancel, Proposal, Record, Reschedule, visit};
use rules::calendar::moment;
use rules::commitments::CommitmentKind;
use rules::visits::{Attendee, Party, Slot, VisitKind};
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::enrolled;

/// Most half days of support that the story tells visit by visit.
const MOST_TOLD: i32 = 6;
/// How far back a free day is looked for.
const MOST_DAYS_BACK: u32 = 30;

/// A partner and those who act for the two sides.
pub(super) struct Sides {
    pub enrolment: enrolment::Model,
    pub hub: Scope,
    pub partner: Scope,
}

/// The one who acts in a scope.
pub(super) fn by(scope: &Scope) -> Option<Uuid> {
    match scope {
        Scope::Viewer(viewer) => Some(viewer.person_id),
        Scope::System => None,
    }
}

/// The two sides of an enrolment: the hub's first lead, and a contact of the partner.
pub(super) async fn sides(
    txn: &DatabaseTransaction,
    enrolment: enrolment::Model,
) -> anyhow::Result<Sides> {
    let granted = async |of| {
        let grants = role_grant::Entity::find().filter(of).order_by_asc(role_grant::Column::Id);
        let first = grants.one(txn).await?.context("the demo's hubs and partners have contacts")?;
        anyhow::Ok(first.person_id)
    };
    let lead = granted(role_grant::Column::HubId.eq(enrolment.hub_id)).await?;
    let settings = vec![enrolment.partner_setting_id];
    let head = granted(role_grant::Column::SettingId.eq(enrolment.partner_setting_id)).await?;
    let hubs = vec![enrolment.hub_id];
    Ok(Sides {
        hub: Scope::Viewer(Viewer { person_id: lead, hubs, ..Viewer::default() }),
        partner: Scope::Viewer(Viewer { person_id: head, settings, ..Viewer::default() }),
        enrolment,
    })
}

/// The enrolment of a school of the demo.
pub(super) async fn sides_of_school(txn: &DatabaseTransaction, urn: i32) -> anyhow::Result<Sides> {
    sides(txn, enrolled(txn, urn).await?).await
}

/// Meets what is owed by visits held until `done_on`; false, if it is nothing that visits meet, or
/// more than the story tells one by one.
pub(super) async fn perform(
    txn: &DatabaseTransaction,
    done_on: NaiveDate,
    owed: &obligation::Model,
) -> anyhow::Result<bool> {
    let (Ok(kind), Some(enrolment_id)) = (owed.kind.parse(), owed.enrolment_id) else {
        return Ok(false);
    };
    let kind = match kind {
        CommitmentKind::SupportDays => VisitKind::SupportDay,
        CommitmentKind::DeepDiveVisit => VisitKind::DeepDiveVisit,
        _ => return Ok(false),
    };
    let mut left = owed.required_half_days.unwrap_or(2);
    if left > MOST_TOLD {
        return Ok(false);
    }
    let enrolled = enrolment::Entity::find_by_id(enrolment_id).one(txn).await?;
    let sides = sides(txn, enrolled.context("an obligation's enrolment")?).await?;
    let mut day = done_on;
    for _ in 0..MOST_DAYS_BACK {
        let half_days = left.min(2);
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        if !weekend && held(txn, &sides, kind, day, half_days).await? {
            left -= half_days;
        }
        if left <= 0 {
            return Ok(true);
        }
        day = day.pred_opt().unwrap_or(day);
    }
    anyhow::bail!("no free day was found for {}", owed.title)
}

/// Proposes and records a visit of that day; false, if somebody is at another one then.
async fn held(
    txn: &DatabaseTransaction,
    sides: &Sides,
    kind: VisitKind,
    day: NaiveDate,
    half_days: i32,
) -> anyhow::Result<bool> {
    let slot =
        Slot { starts_at: at(day, 9), ends_at: at(day, if half_days > 1 { 15 } else { 12 }) };
    let wish = proposal(sides, kind, slot, half_days);
    match visits::propose(txn, &sides.hub, by(&sides.hub), at(day, 8), wish).await {
        Ok(visit) => {
            record(txn, sides, visit.id, at(day, 17), half_days, Vec::new()).await?;
            Ok(true)
        }
        Err(StoreError::Refused(refusal)) if refusal.code == RefusalCode::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn proposal(sides: &Sides, kind: VisitKind, slot: Slot, half_days: i32) -> Proposal {
    let purpose = match kind {
        VisitKind::SupportDay => "See how the new routines work in lessons and at break.",
        VisitKind::DeepDiveVisit => "Look at attendance and behaviour together for a day.",
    };
    Proposal {
        enrolment_id: sides.enrolment.id,
        kind,
        slot,
        half_days,
        purpose: purpose.to_owned(),
        visitor_id: None,
    }
}

async fn record(
    txn: &DatabaseTransaction,
    sides: &Sides,
    visit_id: Uuid,
    now: DateTime<Utc>,
    half_days_used: i32,
    actions: Vec<ActionWish>,
) -> anyhow::Result<visit::Model> {
    let attendee =
        |name: &str, role: &str| Attendee { name: name.to_owned(), role: role.to_owned() };
    let wish = Record {
        visit_id,
        expected_version: None,
        slot: None,
        half_days_used,
        attendees: vec![
            attendee("The hub's lead", "Lead school"),
            attendee("The deputy headteacher", "Partner school"),
        ],
        summary: "Walked the school from arrival to the first break and talked it over with staff."
            .to_owned(),
        actions,
    };
    Ok(visits::record(txn, &sides.hub, by(&sides.hub), now, wish).await?)
}

/// Tells this autumn's visits: one held with what was agreed at it, one agreed for next week, one
/// each that waits for the partner and for the lead, one that the partner called off, one moved.
pub(super) async fn tell(txn: &DatabaseTransaction) -> anyhow::Result<()> {
    let september = |day| NaiveDate::from_ymd_opt(2026, 9, day).unwrap_or_default();
    let october = |day| NaiveDate::from_ymd_opt(2026, 10, day).unwrap_or_default();
    let full = |day| Slot { starts_at: at(day, 9), ends_at: at(day, 15) };
    let (support, deep) = (VisitKind::SupportDay, VisitKind::DeepDiveVisit);

    let ash = sides_of_school(txn, 900_003).await?;
    let visit = offer(txn, &ash, support, full(september(24)), at(september(14), 9)).await?;
    accept(txn, &ash.partner, visit.id, at(september(15), 11)).await?;
    let gate = ActionWish {
        title: "Greet pupils at both gates every morning".to_owned(),
        owner_party: Party::Partner,
        owner_name: "The deputy headteacher".to_owned(),
        due_on: september(30),
    };
    let share = ActionWish {
        title: "Share the lead school's lunchtime rota".to_owned(),
        owner_party: Party::Hub,
        owner_name: "The hub's lead".to_owned(),
        due_on: october(16),
    };
    record(txn, &ash, visit.id, at(september(24), 17), 2, vec![gate, share]).await?;
    let visit = offer(txn, &ash, deep, full(october(13)), at(september(15), 9)).await?;
    accept(txn, &ash.partner, visit.id, at(september(16), 10)).await?;

    let larch = sides_of_school(txn, 900_011).await?;
    offer(txn, &larch, support, full(october(15)), at(september(28), 9)).await?;

    let elder = sides_of_school(txn, 900_023).await?;
    let wish = proposal(&elder, support, full(october(20)), 2);
    visits::propose(txn, &elder.partner, by(&elder.partner), at(october(1), 14), wish).await?;

    let maple = sides_of_school(txn, 900_024).await?;
    let visit = offer(txn, &maple, support, full(september(30)), at(september(21), 9)).await?;
    accept(txn, &maple.partner, visit.id, at(september(22), 12)).await?;
    let wish = Cancel {
        visit_id: visit.id,
        expected_version: None,
        called_off_by: None,
        reason: "Two of our senior leaders are away that day.".to_owned(),
    };
    visits::cancel(txn, &maple.partner, by(&maple.partner), at(september(29), 15), wish).await?;

    let hazel = sides_of_school(txn, 900_032).await?;
    let visit = offer(txn, &hazel, deep, full(october(8)), at(september(23), 9)).await?;
    let wish = Reschedule {
        visit_id: visit.id,
        expected_version: None,
        slot: full(october(14)),
        half_days: None,
        visitor_id: None,
        reason: "The eighth is our harvest assembly.".to_owned(),
    };
    visits::reschedule(txn, &hazel.partner, by(&hazel.partner), at(september(24), 16), wish)
        .await?;
    accept(txn, &hazel.hub, visit.id, at(september(25), 9)).await?;
    Ok(())
}

async fn offer(
    txn: &DatabaseTransaction,
    sides: &Sides,
    kind: VisitKind,
    slot: Slot,
    now: DateTime<Utc>,
) -> anyhow::Result<visit::Model> {
    let wish = proposal(sides, kind, slot, 2);
    Ok(visits::propose(txn, &sides.hub, by(&sides.hub), now, wish).await?)
}

async fn accept(
    txn: &DatabaseTransaction,
    scope: &Scope,
    visit_id: Uuid,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let wish = Agree { visit_id, expected_version: None, visitor_id: None };
    visits::agree(txn, scope, by(scope), now, wish).await?;
    Ok(())
}

/// The moment of an hour of a day in London.
pub(super) fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    moment(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()))
}
