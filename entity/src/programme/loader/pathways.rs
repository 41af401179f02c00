//! Pathways, and the commitments of pathways and hubs.

use std::collections::HashMap;

use rules::commitments::OwedBy;
use rules::programme::{CommitmentSetUp, PathwaySetUp, SetUp};
use sea_orm::ActiveValue::{Set, Unchanged};
use sea_orm::{
    ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, ModelTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::{Deed, Loader, json, position, refused};
use crate::enrolments::enrolment;
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::programme::{commitment_template, pathway};
use crate::surveys::survey_campaign;
use crate::write::put;

/// Commitments already there, by key.
type Known = HashMap<String, commitment_template::Model>;

impl Loader<'_> {
    /// Writes pathways and commitments, then retires or removes those that left the file.
    pub(super) async fn pathways(&mut self, set_up: &SetUp) -> Result<(), StoreError> {
        let mut known: Known = commitment_template::Entity::find()
            .filter(commitment_template::Column::ProgrammeId.eq(self.programme_id))
            .all(self.txn)
            .await?
            .into_iter()
            .map(|row| (row.key.clone(), row))
            .collect();
        for wish in &set_up.pathways {
            let id = self.pathway(wish).await?;
            for (index, commitment) in wish.commitments.iter().enumerate() {
                let key = format!("{}.{}", wish.key, commitment.key);
                self.commitment(&mut known, Some(id), key, index, commitment).await?;
            }
        }
        for (index, commitment) in set_up.hub_commitments.iter().enumerate() {
            let key = format!("hub.{}", commitment.key);
            self.commitment(&mut known, None, key, index, commitment).await?;
        }
        self.retire(known).await?;
        self.drop_pathways(&set_up.pathways).await
    }

    async fn pathway(&mut self, wish: &PathwaySetUp) -> Result<Uuid, StoreError> {
        let old = pathway::Entity::find()
            .filter(pathway::Column::ProgrammeId.eq(self.programme_id))
            .filter(pathway::Column::Key.eq(&wish.key))
            .one(self.txn)
            .await?;
        let days = |days: u32| i32::try_from(days).ok();
        let wanted = pathway::Model {
            id: old.as_ref().map_or_else(|| new_id(self.now), |old| old.id),
            programme_id: self.programme_id,
            key: wish.key.clone(),
            name: wish.name.clone(),
            description: wish.description.clone(),
            partner_kind: <&str>::from(wish.partner_kind).to_owned(),
            leadership_days_min: wish.leadership_days.and_then(|(least, _)| days(least)),
            leadership_days_max: wish.leadership_days.and_then(|(_, most)| days(most)),
        };
        let id = wanted.id;
        let written = put(self.txn, old.as_ref(), wanted).await?;
        self.note_written(written, format!("pathway {}", wish.key));
        Ok(id)
    }

    async fn commitment(
        &mut self,
        known: &mut Known,
        pathway_id: Option<Uuid>,
        key: String,
        index: usize,
        wish: &CommitmentSetUp,
    ) -> Result<(), StoreError> {
        let old = known.remove(&key);
        let id = old.as_ref().map_or_else(|| new_id(self.now), |old| old.id);
        let owed_by = if pathway_id.is_some() { OwedBy::Partner } else { OwedBy::Hub };
        let place = format!("commitment {key}");
        let wanted = commitment_template::Model {
            id,
            programme_id: self.programme_id,
            pathway_id,
            key,
            kind: <&str>::from(wish.kind).to_owned(),
            owed_by: <&str>::from(owed_by).to_owned(),
            title: wish.title.clone(),
            rule: json("commitment_template", id, &wish.rule)?,
            position: position(index),
            retired_at: None,
        };
        let written = put(self.txn, old.as_ref(), wanted).await?;
        self.note_written(written, place);
        Ok(())
    }

    /// Retires the commitments that are left over.
    async fn retire(&mut self, left: Known) -> Result<(), StoreError> {
        let mut left: Vec<_> = left.into_values().collect();
        left.retain(|row| row.retired_at.is_none());
        left.sort_by(|a, b| a.key.cmp(&b.key));
        for old in left {
            let row = commitment_template::ActiveModel {
                id: Unchanged(old.id),
                retired_at: Set(Some(self.now)),
                ..Default::default()
            };
            row.update_without_returning(self.txn).await?;
            self.note(Deed::Retired, format!("commitment {}", old.key));
        }
        Ok(())
    }

    /// Removes the pathways that left the file, if nobody ever took them.
    async fn drop_pathways(&mut self, pathways: &[PathwaySetUp]) -> Result<(), StoreError> {
        let gone = pathway::Entity::find()
            .filter(pathway::Column::ProgrammeId.eq(self.programme_id))
            .filter(pathway::Column::Key.is_not_in(pathways.iter().map(|pathway| &pathway.key)))
            .all(self.txn)
            .await?;
        for old in gone {
            let place = format!("pathway {}", old.key);
            let taken = enrolment::Column::PathwayId.eq(old.id);
            let surveyed = survey_campaign::Column::PathwayId.eq(old.id);
            if self.any::<enrolment::Entity>(taken).await?
                || self.any::<survey_campaign::Entity>(surveyed).await?
            {
                return Err(refused(format!(
                    "The {place} is not in the file, but partners are or were enrolled on it. \
                     Keep it in the file, without commitments if nothing is owed on it any more."
                )));
            }
            commitment_template::Entity::delete_many()
                .filter(commitment_template::Column::PathwayId.eq(old.id))
                .exec(self.txn)
                .await?;
            old.delete(self.txn).await?;
            self.note(Deed::Removed, place);
        }
        Ok(())
    }
}
