//! Finding the event and the partner that a row of a register names; what is not there is a fault of
//! its column.

use entity::enrolments::enrolment;
use entity::people::setting;
use entity::programme::{event, programme};
use entity::schools::{school, trust};
use rules::events::in_reach;
use sea_orm::{
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _,
};

use crate::commands::import_programme::row::{Cells, Reference};

/// The event with the key of a row, in the programme it names if it names one.
pub(super) async fn event(
    txn: &DatabaseTransaction,
    cells: &mut Cells<'_>,
) -> anyhow::Result<Option<event::Model>> {
    let key = cells.text("event");
    let within = cells.optional("programme");
    let of = match within {
        Some(key) => {
            let found = programme::Entity::find().filter(programme::Column::Key.eq(key));
            let Some(found) = found.one(txn).await? else {
                cells.fault("programme", format!("There is no programme \"{key}\"."));
                return Ok(None);
            };
            Some(found.id)
        }
        None => None,
    };
    let Some(key) = key else { return Ok(None) };
    let mut rows = event::Entity::find().filter(event::Column::Key.eq(key));
    if let Some(of) = of {
        rows = rows.filter(event::Column::ProgrammeId.eq(of));
    }
    let mut rows = rows.all(txn).await?;
    if rows.len() > 1 {
        let problem = format!("Several programmes have an event \"{key}\": name one of them.");
        cells.fault("programme", problem);
        return Ok(None);
    }
    let found = rows.pop();
    if found.is_none() {
        cells.fault("event", format!("There is no event \"{key}\"."));
    }
    Ok(found)
}

/// The enrolment of the school or trust of a row in the event's programme: the one the event is for
/// if there are several.
pub(super) async fn enrolment(
    txn: &DatabaseTransaction,
    cells: &mut Cells<'_>,
    event: &event::Model,
) -> anyhow::Result<Option<enrolment::Model>> {
    let Some((column, setting)) = setting(txn, cells).await? else { return Ok(None) };
    let enrolled = match setting {
        Some(setting) => {
            enrolment::Entity::find()
                .filter(enrolment::Column::ProgrammeId.eq(event.programme_id))
                .filter(enrolment::Column::PartnerSettingId.eq(setting.id))
                .order_by_asc(enrolment::Column::EnrolledOn)
                .order_by_asc(enrolment::Column::Id)
                .all(txn)
                .await?
        }
        None => Vec::new(),
    };
    let for_it = |row: &&enrolment::Model| {
        in_reach((event.hub_id, event.cohort_id), (row.hub_id, row.cohort_id))
    };
    // The latest of those that run, else the latest of all.
    let running = |row: &&enrolment::Model| row.ended_on.is_none();
    let found = enrolled
        .iter()
        .rfind(|row| for_it(row) && running(row))
        .or_else(|| enrolled.iter().rfind(for_it))
        .or_else(|| enrolled.iter().rfind(running))
        .or(enrolled.last())
        .cloned();
    if found.is_none() {
        cells.fault(column, "It is no partner in the programme of this event.");
    }
    Ok(found)
}

/// The column that names the partner, and its setting if it has one.
async fn setting(
    txn: &DatabaseTransaction,
    cells: &mut Cells<'_>,
) -> anyhow::Result<Option<(&'static str, Option<setting::Model>)>> {
    let (column, reference) = match (cells.optional("urn"), cells.optional("partner")) {
        (Some(_), Some(_)) => {
            cells.fault("partner", "Name the partner once: by urn or by partner.");
            return Ok(None);
        }
        (None, None) => {
            cells.fault("urn", "Name the partner: by urn or by partner.");
            return Ok(None);
        }
        (Some(cell), None) => {
            let Ok(urn) = cell.parse() else {
                cells.fault("urn", format!("\"{cell}\" is not a URN."));
                return Ok(None);
            };
            ("urn", Reference::School(urn))
        }
        (None, Some(_)) => match cells.reference("partner") {
            Some(reference) => ("partner", reference),
            None => return Ok(None),
        },
    };
    let place = match reference {
        Reference::School(urn) => {
            let found = school::Entity::find().filter(school::Column::Urn.eq(urn)).one(txn).await?;
            if found.is_none() {
                cells.fault(column, format!("There is no school with URN {urn} in the register."));
            }
            found.map(|school| setting::Column::SchoolId.eq(school.id))
        }
        Reference::Trust(code) => {
            let found =
                trust::Entity::find().filter(trust::Column::Code.eq(&code)).one(txn).await?;
            if found.is_none() {
                cells.fault(column, format!("There is no trust {code} in the register."));
            }
            found.map(|trust| setting::Column::TrustId.eq(trust.id))
        }
    };
    let Some(place) = place else { return Ok(None) };
    Ok(Some((column, setting::Entity::find().filter(place).one(txn).await?)))
}
