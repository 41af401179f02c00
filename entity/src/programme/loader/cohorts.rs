//! Cohorts and their terms.

use std::collections::HashMap;

use rules::programme::{CohortSetUp, TermSetUp};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, ModelTrait as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{Deed, Loader, position, refused};
use crate::enrolments::{enrolment, obligation};
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::programme::{cohort, event, programme_term};
use crate::surveys::survey_campaign;
use crate::write::put;

impl Loader<'_> {
    /// Writes the cohorts of the file and returns their ids by key.
    pub(super) async fn cohorts(
        &mut self,
        cohorts: &[CohortSetUp],
    ) -> Result<HashMap<String, Uuid>, StoreError> {
        let mut ids = HashMap::new();
        for wish in cohorts {
            let old = cohort::Entity::find()
                .filter(cohort::Column::ProgrammeId.eq(self.programme_id))
                .filter(cohort::Column::Key.eq(&wish.key))
                .one(self.txn)
                .await?;
            let wanted = cohort::Model {
                id: old.as_ref().map_or_else(|| new_id(self.now), |old| old.id),
                programme_id: self.programme_id,
                key: wish.key.clone(),
                name: wish.name.clone(),
            };
            let id = wanted.id;
            let written = put(self.txn, old.as_ref(), wanted).await?;
            self.note_written(written, format!("cohort {}", wish.key));
            self.terms(id, &wish.key, &wish.terms).await?;
            ids.insert(wish.key.clone(), id);
        }
        Ok(ids)
    }

    async fn terms(
        &mut self,
        cohort_id: Uuid,
        cohort_key: &str,
        terms: &[TermSetUp],
    ) -> Result<(), StoreError> {
        let existing = programme_term::Entity::find()
            .filter(programme_term::Column::CohortId.eq(cohort_id))
            .order_by_asc(programme_term::Column::Ordinal)
            .all(self.txn)
            .await?;
        for (index, wish) in terms.iter().enumerate() {
            let ordinal = position(index + 1);
            let old = existing.iter().find(|term| term.ordinal == ordinal);
            let wanted = programme_term::Model {
                id: old.map_or_else(|| new_id(self.now), |old| old.id),
                cohort_id,
                ordinal,
                name: wish.name.clone(),
                starts_on: wish.starts_on,
                ends_on: wish.ends_on,
                half_term_starts_on: wish.half_term.map(|(first, _)| first),
                half_term_ends_on: wish.half_term.map(|(_, last)| last),
            };
            let written = put(self.txn, old, wanted).await?;
            self.note_written(written, format!("term {ordinal} of cohort {cohort_key}"));
        }
        for old in existing.into_iter().skip(terms.len()) {
            let place = format!("term {} of cohort {cohort_key}", old.ordinal);
            let hangs = obligation::Column::TermId.eq(old.id);
            if self.any::<obligation::Entity>(hangs).await? {
                return Err(refused(format!(
                    "The {place} is not in the file, but there are obligations in it. Keep it, \
                     and move its dates if they changed."
                )));
            }
            old.delete(self.txn).await?;
            self.note(Deed::Removed, place);
        }
        Ok(())
    }

    /// Removes the cohorts that left the file, if nothing hangs on them.
    pub(super) async fn drop_cohorts(&mut self, cohorts: &[CohortSetUp]) -> Result<(), StoreError> {
        let gone = cohort::Entity::find()
            .filter(cohort::Column::ProgrammeId.eq(self.programme_id))
            .filter(cohort::Column::Key.is_not_in(cohorts.iter().map(|cohort| &cohort.key)))
            .all(self.txn)
            .await?;
        for old in gone {
            let place = format!("cohort {}", old.key);
            let enrolled = enrolment::Column::CohortId.eq(old.id);
            let owed = obligation::Column::CohortId.eq(old.id);
            let planned = event::Column::CohortId.eq(old.id);
            let surveyed = survey_campaign::Column::CohortId.eq(old.id);
            if self.any::<enrolment::Entity>(enrolled).await?
                || self.any::<obligation::Entity>(owed).await?
                || self.any::<event::Entity>(planned).await?
                || self.any::<survey_campaign::Entity>(surveyed).await?
            {
                return Err(refused(format!(
                    "The {place} is not in the file, but there are enrolments, obligations, \
                     events or surveys of it. Keep it in the file."
                )));
            }
            programme_term::Entity::delete_many()
                .filter(programme_term::Column::CohortId.eq(old.id))
                .exec(self.txn)
                .await?;
            old.delete(self.txn).await?;
            self.note(Deed::Removed, place);
        }
        Ok(())
    }
}
