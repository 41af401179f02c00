//! Survey campaigns: drafts that open by themselves when their day comes.

use std::collections::HashMap;

use rules::programme::SetUp;
use rules::surveys::{CampaignSetUp, CampaignState};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ModelTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{Deed, Loader, refused};
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::programme::{commitment_template, pathway};
use crate::surveys::campaigns::{GroupWish, groups_of, put_groups};
use crate::surveys::{campaign_group, questionnaires, survey_campaign};
use crate::write::{Written, put};

/// A campaign that nobody was invited to yet.
const DRAFT: CampaignState = CampaignState::Draft;

impl Loader<'_> {
    /// Writes the campaigns of the file; one that was launched stays as it went out.
    pub(super) async fn campaigns(
        &mut self,
        set_up: &SetUp,
        cohorts: &HashMap<String, Uuid>,
    ) -> Result<(), StoreError> {
        for wish in &set_up.campaigns {
            let old = survey_campaign::Entity::find()
                .filter(survey_campaign::Column::ProgrammeId.eq(self.programme_id))
                .filter(survey_campaign::Column::Key.eq(&wish.key))
                .one(self.txn)
                .await?;
            if old.as_ref().is_some_and(|old| old.state != <&str>::from(DRAFT)) {
                continue;
            }
            let place = format!("campaign {}", wish.key);
            let terms = set_up.cohorts.iter().find(|cohort| cohort.key == wish.cohort);
            let terms = terms.map_or(&[][..], |cohort| &cohort.terms);
            let (Some(opens_on), Some(closes_on)) =
                (wish.opens.date(terms), wish.closes.date(terms))
            else {
                return Err(refused(format!("The {place} opens or closes in no term.")));
            };
            let (pathway_id, template_id) = self.pathway_of(wish).await?;
            let id = old.as_ref().map_or_else(|| new_id(self.now), |old| old.id);
            let mut wanted = survey_campaign::Model {
                id,
                programme_id: self.programme_id,
                key: wish.key.clone(),
                title: wish.title.trim().to_owned(),
                wave: <&str>::from(wish.wave).to_owned(),
                cohort_id: cohorts.get(&wish.cohort).copied(),
                pathway_id,
                template_id,
                event_id: None,
                state: <&str>::from(DRAFT).to_owned(),
                anonymous: true,
                enough_responses: i32::try_from(wish.enough_responses).unwrap_or(i32::MAX),
                remind_days: wish.remind_days.clone().into(),
                launches_itself: true,
                opens_on,
                closes_on,
                launched_at: None,
                closed_at: None,
                published_at: None,
                version: old.as_ref().map_or(1, |old| old.version),
                created_at: old.as_ref().map_or(self.now, |old| old.created_at),
                changed_at: old.as_ref().map_or(self.now, |old| old.changed_at),
            };
            let groups = self.groups_wanted(wish, &place).await?;
            let regrouped = self.groups_differ(id, &groups).await?;
            if old.as_ref().is_some_and(|old| *old != wanted || regrouped) {
                wanted.version += 1;
                wanted.changed_at = self.now;
            }
            let written = put(self.txn, old.as_ref(), wanted).await?;
            if regrouped {
                campaign_group::Entity::delete_many()
                    .filter(campaign_group::Column::CampaignId.eq(id))
                    .exec(self.txn)
                    .await?;
                put_groups(self.txn, self.now, id, &groups).await?;
            }
            if written != Written::Unchanged {
                self.note_written(written, place);
            }
        }
        Ok(())
    }

    /// The pathway a campaign asks, and the commitment that answering meets.
    async fn pathway_of(
        &self,
        wish: &CampaignSetUp,
    ) -> Result<(Option<Uuid>, Option<Uuid>), StoreError> {
        let Some(key) = &wish.pathway else { return Ok((None, None)) };
        let pathway = pathway::Entity::find()
            .filter(pathway::Column::ProgrammeId.eq(self.programme_id))
            .filter(pathway::Column::Key.eq(key))
            .one(self.txn)
            .await?;
        let Some(commitment) = &wish.commitment else {
            return Ok((pathway.map(|pathway| pathway.id), None));
        };
        let template = commitment_template::Entity::find()
            .filter(commitment_template::Column::ProgrammeId.eq(self.programme_id))
            .filter(commitment_template::Column::Key.eq(format!("{key}.{commitment}")))
            .one(self.txn)
            .await?;
        Ok((pathway.map(|pathway| pathway.id), template.map(|template| template.id)))
    }

    /// The groups of a campaign with the newest version of what each is asked.
    async fn groups_wanted(
        &self,
        wish: &CampaignSetUp,
        place: &str,
    ) -> Result<Vec<GroupWish>, StoreError> {
        let mut groups = Vec::with_capacity(wish.groups.len());
        for group in &wish.groups {
            let key = &group.questionnaire;
            let found = questionnaires::newest(self.txn, key).await?;
            let Some(found) = found else {
                return Err(refused(format!(
                    "The {place} asks the questionnaire `{key}`, which is not loaded."
                )));
            };
            if !questionnaires::groups(&found)?.contains(&group.who) {
                let who: &str = group.who.into();
                return Err(refused(format!(
                    "The {place} puts the questionnaire `{key}` to {who}, for whom it is not."
                )));
            }
            groups.push(GroupWish {
                group: group.who,
                questionnaire_id: found.id,
                by_personal_link: group.personal_links,
            });
        }
        Ok(groups)
    }

    async fn groups_differ(&self, id: Uuid, wanted: &[GroupWish]) -> Result<bool, StoreError> {
        let there = groups_of(self.txn, id).await?;
        let same = there.len() == wanted.len()
            && there.iter().zip(wanted).all(|(row, wish)| {
                row.respondent_group == <&str>::from(wish.group)
                    && row.questionnaire_id == wish.questionnaire_id
                    && row.by_personal_link == wish.by_personal_link
            });
        Ok(!same)
    }

    /// Removes the drafts of an earlier file that left it; those prepared by hand do not launch
    /// themselves, and stay.
    pub(super) async fn drop_campaigns(
        &mut self,
        campaigns: &[CampaignSetUp],
    ) -> Result<(), StoreError> {
        let gone = survey_campaign::Entity::find()
            .filter(survey_campaign::Column::ProgrammeId.eq(self.programme_id))
            .filter(survey_campaign::Column::State.eq(<&str>::from(DRAFT)))
            .filter(survey_campaign::Column::LaunchesItself.eq(true))
            .filter(
                survey_campaign::Column::Key
                    .is_not_in(campaigns.iter().map(|campaign| &campaign.key)),
            )
            .order_by_asc(survey_campaign::Column::Key)
            .all(self.txn)
            .await?;
        for old in gone {
            campaign_group::Entity::delete_many()
                .filter(campaign_group::Column::CampaignId.eq(old.id))
                .exec(self.txn)
                .await?;
            let place = format!("campaign {}", old.key);
            old.delete(self.txn).await?;
            self.note(Deed::Removed, place);
        }
        Ok(())
    }
}
