//! Enrolments: from a row to the tables and to what is owed.

use entity::enrolments::{Enrol, enrolment, enrolment_academy, enrolment_change, enter};
use entity::hubs::hub;
use entity::scope::Scope;
use entity::write::Written;
use rules::enrolments::EnrolmentStatus;
use rules::people::SettingKind;
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::apply::{Done, Importer};
use super::lookup::{Place, Provision};
use super::row::Cells;

impl Importer<'_> {
    pub(super) async fn enrolment_row(
        &mut self,
        cells: &mut Cells<'_>,
        line: u64,
    ) -> anyhow::Result<Done> {
        let programme = self.programme(cells).await?;
        let hub = self.hub(cells, programme.as_ref()).await?;
        let cohort_key = cells.text("cohort");
        let cohort = self.cohort(cells, cohort_key, programme.as_ref()).await?;
        let pathway = self.pathway(cells, programme.as_ref()).await?;
        let partner = self.place(cells, "partner").await?;
        let enrolled_on = cells.day("enrolled_on");
        let academies = self.academies(cells).await?;
        let (Some(hub), Some(cohort), Some(pathway), Some((partner, _)), Some(enrolled_on)) =
            (hub, cohort, pathway, partner, enrolled_on)
        else {
            return Ok(None);
        };
        let is_trust = partner.setting.kind == <&str>::from(SettingKind::Trust);
        if is_trust && academies.is_empty() && cells.faults.is_empty() {
            cells.fault("academies", "Name the academies of the trust that take part.");
        }
        let place = (partner.setting.id, cohort.id);
        if let Some(other) = self.enrolled.insert(place, line) {
            let problem = format!("Line {other} enrols it in this cohort already.");
            cells.fault("partner", problem);
        }
        if !cells.faults.is_empty() {
            return Ok(None);
        }
        let wish = Enrol {
            hub_id: hub.id,
            cohort_id: cohort.id,
            pathway_id: pathway.id,
            partner_setting_id: partner.setting.id,
            enrolled_on,
            academies,
        };
        let mut warnings = Vec::new();
        let written = if self.is_there(cells, &wish).await? {
            Written::Unchanged
        } else {
            enter(self.txn, &Scope::System, None, self.now, wish).await?;
            self.touched.insert(hub.programme_id);
            Written::Added
        };
        warnings.extend(self.match_warnings(&hub, &partner).await?);
        warnings.extend(self.capacity_warning(&hub).await?);
        Ok(Some((written, warnings)))
    }

    /// The schools of the academies cell.
    async fn academies(&self, cells: &mut Cells<'_>) -> anyhow::Result<Vec<Uuid>> {
        let mut ids = Vec::new();
        for urn in cells.urns("academies") {
            if let Some(school) = self.school(cells, "academies", urn).await? {
                ids.push(school.id);
            }
        }
        Ok(ids)
    }

    /// Whether the enrolment was made before, so that the same file can be imported again, also
    /// after the partner was transferred or withdrew. One that differs is a fault: a file does not
    /// move partners between hubs or pathways.
    async fn is_there(&self, cells: &mut Cells<'_>, wish: &Enrol) -> anyhow::Result<bool> {
        let old = enrolment::Entity::find()
            .filter(enrolment::Column::PartnerSettingId.eq(wish.partner_setting_id))
            .filter(enrolment::Column::CohortId.eq(wish.cohort_id))
            .filter(enrolment::Column::EnrolledOn.eq(wish.enrolled_on))
            .one(self.txn)
            .await?;
        let Some(old) = old else { return Ok(false) };
        if old.pathway_id != wish.pathway_id {
            cells.fault("pathway", "It is enrolled in this cohort on another pathway.");
        }
        let joined = enrolment_change::Entity::find()
            .filter(enrolment_change::Column::EnrolmentId.eq(old.id))
            .filter(enrolment_change::Column::ToHubId.eq(wish.hub_id))
            .count(self.txn)
            .await?;
        if joined == 0 {
            cells.fault(
                "hub",
                "It is enrolled in this cohort under another hub. Transfer it instead.",
            );
        }
        let mut known: Vec<Uuid> = enrolment_academy::Entity::find()
            .select_only()
            .column(enrolment_academy::Column::SchoolId)
            .filter(enrolment_academy::Column::EnrolmentId.eq(old.id))
            .into_tuple()
            .all(self.txn)
            .await?;
        let mut wanted = wish.academies.clone();
        known.sort_unstable();
        wanted.sort_unstable();
        if known != wanted {
            cells.fault("academies", "It is enrolled with other academies.");
        }
        Ok(true)
    }

    /// What the programme should look at in the match of a partner with its lead.
    async fn match_warnings(
        &self,
        hub: &hub::Model,
        partner: &Place,
    ) -> anyhow::Result<Vec<String>> {
        let Some(lead) = self.place_of(hub.lead_setting_id).await? else {
            return Ok(Vec::new());
        };
        let mut warnings = Vec::new();
        if lead.trust_id.is_some() && lead.trust_id == partner.trust_id {
            warnings.push("lead and partner are in one trust: a conflict to flag".to_owned());
        }
        let different = match (lead.provision, partner.provision) {
            (Some(lead), Some(partner)) => partner != Provision::Mainstream && lead != partner,
            _ => false,
        };
        if different {
            warnings.push(
                "special schools and alternative provision are matched with a lead of the same \
                 provision"
                    .to_owned(),
            );
        }
        Ok(warnings)
    }

    /// A word when a hub has more partners than it can support.
    async fn capacity_warning(&self, hub: &hub::Model) -> anyhow::Result<Option<String>> {
        let Some(most) = hub.capacity_max else {
            return Ok(None);
        };
        let running = [EnrolmentStatus::Active, EnrolmentStatus::Paused];
        let partners = enrolment::Entity::find()
            .filter(enrolment::Column::HubId.eq(hub.id))
            .filter(enrolment::Column::Status.is_in(running.map(<&str>::from)))
            .count(self.txn)
            .await?;
        let over = i64::try_from(partners).unwrap_or(i64::MAX) > i64::from(most);
        Ok(over.then(|| {
            format!("the hub {} now has {partners} partners and can support {most}", hub.key)
        }))
    }
}
