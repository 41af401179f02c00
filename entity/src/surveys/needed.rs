//! How many answers are enough of each group of a school.

use std::collections::HashMap;

use rules::surveys::campaign::enough;
use sea_orm::{
    ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use super::{campaign_group, personal_invitation, survey_campaign, survey_invitation};
use crate::outcome::StoreError;

/// So many answers are enough of each of these invitations of one campaign, by their ids.
///
/// # Errors
/// A database fault.
pub async fn needed(
    db: &impl ConnectionTrait,
    campaign: &survey_campaign::Model,
    invitations: &[survey_invitation::Model],
) -> Result<HashMap<Uuid, i32>, StoreError> {
    let by_link = campaign_group::Entity::find()
        .filter(campaign_group::Column::CampaignId.eq(campaign.id))
        .filter(campaign_group::Column::ByPersonalLink.eq(true))
        .all(db)
        .await?;
    let is_linked = |row: &survey_invitation::Model| {
        by_link.iter().any(|group| group.respondent_group == row.respondent_group)
    };
    let linked = invitations.iter().filter(|row| is_linked(row)).map(|row| row.id);
    let links: HashMap<Uuid, i64> = personal_invitation::Entity::find()
        .select_only()
        .column(personal_invitation::Column::InvitationId)
        .column_as(personal_invitation::Column::Id.count(), "links")
        .filter(personal_invitation::Column::InvitationId.is_in(linked))
        .group_by(personal_invitation::Column::InvitationId)
        .into_tuple()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let of = |row: &survey_invitation::Model| {
        let links = links.get(&row.id).map_or(0, |links| i32::try_from(*links).unwrap_or(i32::MAX));
        enough(campaign.enough_responses, is_linked(row).then_some(links))
    };
    Ok(invitations.iter().map(|row| (row.id, of(row))).collect())
}
