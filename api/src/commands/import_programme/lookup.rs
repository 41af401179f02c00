//! Finding what a row refers to; what is not there is a fault of its column.

use entity::hubs::hub;
use entity::people::{setting, settings};
use entity::programme::{cohort, pathway, programme};
use entity::schools::{region, school, trust};
use rules::register::SchoolStatus;
use sea_orm::{ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::apply::Importer;
use super::row::{Cells, Reference};

/// Special schools' types of establishment in the register.
const SPECIAL: &[i32] = &[7, 12, 33, 36, 44];
/// Alternative provision's types of establishment in the register.
const ALTERNATIVE: &[i32] = &[14, 38, 42, 43];

/// What kind of education a school provides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provision {
    /// Neither of the others.
    Mainstream,
    /// A special school.
    Special,
    /// Alternative provision.
    Alternative,
}

impl Provision {
    fn of(type_code: i32) -> Self {
        if SPECIAL.contains(&type_code) {
            Self::Special
        } else if ALTERNATIVE.contains(&type_code) {
            Self::Alternative
        } else {
            Self::Mainstream
        }
    }
}

/// A school or trust that a row refers to.
pub struct Place {
    /// Its setting.
    pub setting: setting::Model,
    /// The trust it is or belongs to.
    pub trust_id: Option<Uuid>,
    /// What it provides, if it is a school.
    pub provision: Option<Provision>,
}

impl Importer<'_> {
    pub(super) async fn programme(
        &self,
        cells: &mut Cells<'_>,
    ) -> anyhow::Result<Option<programme::Model>> {
        let Some(key) = cells.text("programme") else {
            return Ok(None);
        };
        let found =
            programme::Entity::find().filter(programme::Column::Key.eq(key)).one(self.txn).await?;
        if found.is_none() {
            cells.fault(
                "programme",
                format!("There is no programme \"{key}\". Load its set-up first."),
            );
        }
        Ok(found)
    }

    pub(super) async fn hub(
        &self,
        cells: &mut Cells<'_>,
        programme: Option<&programme::Model>,
    ) -> anyhow::Result<Option<hub::Model>> {
        let (Some(key), Some(programme)) = (cells.text("hub"), programme) else {
            return Ok(None);
        };
        let found = hub::Entity::find()
            .filter(hub::Column::ProgrammeId.eq(programme.id))
            .filter(hub::Column::Key.eq(key))
            .one(self.txn)
            .await?;
        if found.is_none() {
            let name = (programme.id, key.to_owned());
            let problem = match self.faulty_hubs.get(&name) {
                Some(line) => format!("The hub \"{key}\" of line {line} cannot be imported."),
                None => format!("The programme has no hub \"{key}\", nor has this file."),
            };
            cells.fault("hub", problem);
        }
        Ok(found)
    }

    pub(super) async fn cohort(
        &self,
        cells: &mut Cells<'_>,
        key: Option<&str>,
        programme: Option<&programme::Model>,
    ) -> anyhow::Result<Option<cohort::Model>> {
        let (Some(key), Some(programme)) = (key, programme) else {
            return Ok(None);
        };
        let found = cohort::Entity::find()
            .filter(cohort::Column::ProgrammeId.eq(programme.id))
            .filter(cohort::Column::Key.eq(key))
            .one(self.txn)
            .await?;
        if found.is_none() {
            cells.fault("cohort", format!("The programme has no cohort \"{key}\"."));
        }
        Ok(found)
    }

    pub(super) async fn pathway(
        &self,
        cells: &mut Cells<'_>,
        programme: Option<&programme::Model>,
    ) -> anyhow::Result<Option<pathway::Model>> {
        let (Some(key), Some(programme)) = (cells.text("pathway"), programme) else {
            return Ok(None);
        };
        let found = pathway::Entity::find()
            .filter(pathway::Column::ProgrammeId.eq(programme.id))
            .filter(pathway::Column::Key.eq(key))
            .one(self.txn)
            .await?;
        if found.is_none() {
            cells.fault("pathway", format!("The programme has no pathway \"{key}\"."));
        }
        Ok(found)
    }

    /// The region of a cell, or `None` when the cell is empty.
    pub(super) async fn region(&self, cells: &mut Cells<'_>) -> anyhow::Result<Option<Uuid>> {
        let Some(name) = cells.optional("region") else {
            return Ok(None);
        };
        let found =
            region::Entity::find().filter(region::Column::Name.eq(name)).one(self.txn).await?;
        if found.is_none() {
            let regions = region::Entity::find().all(self.txn).await?;
            let names: Vec<String> = regions.into_iter().map(|region| region.name).collect();
            cells.fault("region", format!("\"{name}\" is none of: {}.", names.join(", ")));
        }
        Ok(found.map(|region| region.id))
    }

    /// The open school or the trust of a cell, as a setting, with its region for a school.
    pub(super) async fn place(
        &self,
        cells: &mut Cells<'_>,
        column: &str,
    ) -> anyhow::Result<Option<(Place, Option<Uuid>)>> {
        match cells.reference(column) {
            None => Ok(None),
            Some(Reference::School(urn)) => {
                let Some(school) = self.school(cells, column, urn).await? else {
                    return Ok(None);
                };
                let setting = settings::ensure_for_school(self.txn, self.now, school.id).await?;
                let place = Place {
                    setting,
                    trust_id: school.trust_id,
                    provision: Some(Provision::of(school.type_code)),
                };
                Ok(Some((place, school.region_id)))
            }
            Some(Reference::Trust(code)) => {
                let found = trust::Entity::find()
                    .filter(trust::Column::Code.eq(&code))
                    .one(self.txn)
                    .await?;
                let Some(trust) = found else {
                    cells.fault(column, format!("There is no trust {code} in the register."));
                    return Ok(None);
                };
                let setting = settings::ensure_for_trust(self.txn, self.now, trust.id).await?;
                let place = Place { setting, trust_id: Some(trust.id), provision: None };
                Ok(Some((place, None)))
            }
        }
    }

    /// The school or trust behind a setting that is there already.
    pub(super) async fn place_of(&self, setting_id: Uuid) -> anyhow::Result<Option<Place>> {
        let setting = setting::Entity::find_by_id(setting_id).one(self.txn).await?;
        let Some(setting) = setting else {
            return Ok(None);
        };
        let school = match setting.school_id {
            Some(id) => school::Entity::find_by_id(id).one(self.txn).await?,
            None => None,
        };
        Ok(Some(Place {
            trust_id: setting.trust_id.or(school.as_ref().and_then(|school| school.trust_id)),
            provision: school.map(|school| Provision::of(school.type_code)),
            setting,
        }))
    }

    /// The open school with this URN.
    pub(super) async fn school(
        &self,
        cells: &mut Cells<'_>,
        column: &str,
        urn: i32,
    ) -> anyhow::Result<Option<school::Model>> {
        let found =
            school::Entity::find().filter(school::Column::Urn.eq(urn)).one(self.txn).await?;
        match &found {
            None => {
                cells.fault(column, format!("There is no school with URN {urn} in the register."));
            }
            Some(school) if school.status == <&str>::from(SchoolStatus::Closed) => {
                cells.fault(
                    column,
                    format!("The school with URN {urn} has closed. Name its successor."),
                );
                return Ok(None);
            }
            Some(_) => {}
        }
        Ok(found)
    }
}
