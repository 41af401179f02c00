//! School calendars: the default, and those of local authorities and schools.

use rules::programme::{CalendarOwner, CalendarSetUp};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, IntoActiveModel as _, QueryFilter as _, QueryOrder as _,
};
use uuid::Uuid;

use super::{Deed, Loader, refused};
use crate::id::new_id;
use crate::outcome::StoreError;
use crate::programme::{calendar_span, school_calendar};
use crate::schools::{local_authority, school};
use crate::write::{Written, put};

impl Loader<'_> {
    /// Writes the calendars of the file, each as a whole, and says whether any changed. Calendars
    /// belong to every programme, so one that is not in this file is left alone.
    pub(super) async fn school_calendars(
        &mut self,
        calendars: &[CalendarSetUp],
    ) -> Result<bool, StoreError> {
        let before = self.changes.len();
        for wish in calendars {
            let (key, local_authority_id, school_id) = self.owner(wish.applies_to).await?;
            let old = school_calendar::Entity::find()
                .filter(school_calendar::Column::Key.eq(&key))
                .one(self.txn)
                .await?;
            let place = format!("calendar {key}");
            let wanted = school_calendar::Model {
                id: old.as_ref().map_or_else(|| new_id(self.now), |old| old.id),
                key,
                name: wish.name.clone(),
                local_authority_id,
                school_id,
            };
            let id = wanted.id;
            let written = put(self.txn, old.as_ref(), wanted).await?;
            let spans_changed = self.spans(id, wish).await?;
            match written {
                Written::Added => self.note(Deed::Added, place),
                Written::Changed => self.note(Deed::Changed, place),
                Written::Unchanged if spans_changed => self.note(Deed::Changed, place),
                Written::Unchanged => {}
            }
        }
        Ok(self.changes.len() > before)
    }

    /// The key of a calendar and the local authority or school it belongs to.
    async fn owner(
        &self,
        owner: CalendarOwner,
    ) -> Result<(String, Option<Uuid>, Option<Uuid>), StoreError> {
        let unknown = |what: String| {
            refused(format!(
                "A calendar applies to {what}, which is not in the register. Import the register \
                 first."
            ))
        };
        match owner {
            CalendarOwner::Default => Ok(("default".to_owned(), None, None)),
            CalendarOwner::LocalAuthority(code) => {
                let found = local_authority::Entity::find()
                    .filter(local_authority::Column::Code.eq(i64::from(code)))
                    .one(self.txn)
                    .await?;
                let found = found.ok_or_else(|| unknown(format!("local authority {code}")))?;
                Ok((format!("local-authority:{code}"), Some(found.id), None))
            }
            CalendarOwner::School(urn) => {
                let found = school::Entity::find()
                    .filter(school::Column::Urn.eq(i64::from(urn)))
                    .one(self.txn)
                    .await?;
                let found = found.ok_or_else(|| unknown(format!("the school with URN {urn}")))?;
                Ok((format!("school:{urn}"), None, Some(found.id)))
            }
        }
    }

    /// Replaces the spans of a calendar if they differ.
    async fn spans(&self, calendar_id: Uuid, wish: &CalendarSetUp) -> Result<bool, StoreError> {
        let mut wanted: Vec<calendar_span::Model> = wish
            .spans
            .iter()
            .map(|span| calendar_span::Model {
                id: Uuid::nil(),
                calendar_id,
                kind: <&str>::from(span.kind).to_owned(),
                name: span.name.clone(),
                starts_on: span.starts_on,
                ends_on: span.ends_on,
            })
            .collect();
        let is_its_own = calendar_span::Column::CalendarId.eq(calendar_id);
        let mut old = calendar_span::Entity::find()
            .filter(is_its_own.clone())
            .order_by_asc(calendar_span::Column::StartsOn)
            .all(self.txn)
            .await?;
        for span in &mut old {
            span.id = Uuid::nil();
        }
        let order = |span: &calendar_span::Model| (span.starts_on, span.ends_on, span.kind.clone());
        wanted.sort_by_key(order);
        old.sort_by_key(order);
        if old == wanted {
            return Ok(false);
        }
        calendar_span::Entity::delete_many().filter(is_its_own).exec(self.txn).await?;
        for mut span in wanted {
            span.id = new_id(self.now);
            calendar_span::Entity::insert(span.into_active_model())
                .exec_without_returning(self.txn)
                .await?;
        }
        Ok(true)
    }
}
