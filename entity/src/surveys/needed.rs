//! How many answers are enough of each group of a school.

use std::collections::{HashMap, HashSet};
use std::slice;

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
    needed_of_all(db, slice::from_ref(campaign), invitations).await
}

/// The same of invitations of several campaigns, in two statements for all of them.
pub(super) async fn needed_of_all(
    db: &impl ConnectionTrait,
    campaigns: &[survey_campaign::Model],
    invitations: &[survey_invitation::Model],
) -> Result<HashMap<Uuid, i32>, StoreError> {
    let ids = campaigns.iter().map(|row| row.id);
    let by_link: HashSet<(Uuid, String)> = campaign_group::Entity::find()
        .filter(campaign_group::Column::CampaignId.is_in(ids))
        .filter(campaign_group::Column::ByPersonalLink.eq(true))
        .all(db)
        .await?
        .into_iter()
        .map(|group| (group.campaign_id, group.respondent_group))
        .collect();
    let is_linked = |row: &survey_invitation::Model| {
        by_link.contains(&(row.campaign_id, row.respondent_group.clone()))
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
    let enough_of: HashMap<Uuid, i32> =
        campaigns.iter().map(|row| (row.id, row.enough_responses)).collect();
    let of = |row: &survey_invitation::Model| {
        let links = links.get(&row.id).map_or(0, |links| i32::try_from(*links).unwrap_or(i32::MAX));
        let wanted = enough_of.get(&row.campaign_id)?;
        Some((row.id, enough(*wanted, is_linked(row).then_some(links))))
    };
    Ok(invitations.iter().filter_map(of).collect())
}
