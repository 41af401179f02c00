//! School calendars as the rules want them: loaded once per run, asked per setting.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rules::calendar::{Calendar, Span, SpanKind};
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, JoinType, QueryFilter as _,
    QuerySelect as _, RelationDef,
};
use uuid::Uuid;

use super::{bank_holiday, calendar_span, school_calendar};
use crate::outcome::{StoreError, word};
use crate::people::setting;
use crate::schools::school;

/// Every school calendar and bank holiday.
#[derive(Clone, Debug, Default)]
pub struct Calendars {
    bank_holidays: Arc<BTreeSet<chrono::NaiveDate>>,
    default: Vec<Span>,
    by_authority: HashMap<Uuid, Vec<Span>>,
    by_school: HashMap<Uuid, Vec<Span>>,
    /// School and local authority of each setting that may have another calendar than the default.
    schools: HashMap<Uuid, (Uuid, Option<Uuid>)>,
}

impl Calendars {
    /// Loads all calendars, and where each setting belongs.
    ///
    /// # Errors
    /// The database fails, or a span is of a kind this version does not know.
    pub async fn load(db: &impl ConnectionTrait) -> Result<Self, StoreError> {
        let mut calendars = Self::default();
        let holidays = bank_holiday::Entity::find().all(db).await?;
        calendars.bank_holidays = Arc::new(holidays.into_iter().map(|day| day.falls_on).collect());

        let mut spans: HashMap<Uuid, Vec<Span>> = HashMap::new();
        for span in calendar_span::Entity::find().all(db).await? {
            spans.entry(span.calendar_id).or_default().push(read_span(&span)?);
        }
        for owner in school_calendar::Entity::find().all(db).await? {
            let spans = spans.remove(&owner.id).unwrap_or_default();
            match (owner.school_id, owner.local_authority_id) {
                (Some(school), _) => drop(calendars.by_school.insert(school, spans)),
                (None, Some(authority)) => drop(calendars.by_authority.insert(authority, spans)),
                (None, None) => calendars.default = spans,
            }
        }
        calendars.schools = places(db).await?;
        Ok(calendars)
    }

    /// The calendar of everyone without another; also a hub's and a trust's.
    #[must_use]
    pub fn default_calendar(&self) -> Calendar {
        Calendar::new(self.default.clone(), Arc::clone(&self.bank_holidays))
    }

    /// Whether all settings keep to the same days.
    #[must_use]
    pub fn are_one(&self) -> bool {
        self.schools.is_empty()
    }

    /// Every calendar there is: the default one, and those of settings that have another.
    #[must_use]
    pub fn all(&self) -> Vec<Calendar> {
        let own = self.schools.iter().filter(|(_, (school, authority))| {
            let of_authority = authority.is_some_and(|id| self.by_authority.contains_key(&id));
            of_authority || self.by_school.contains_key(school)
        });
        let own = own.map(|(setting, _)| self.of_setting(*setting));
        std::iter::once(self.default_calendar()).chain(own).collect()
    }

    /// The calendar of a setting: the terms of its school if it has its own, else those of its
    /// local authority, else the default ones; its own INSET days on top in every case.
    #[must_use]
    pub fn of_setting(&self, setting_id: Uuid) -> Calendar {
        let Some((school, authority)) = self.schools.get(&setting_id) else {
            return self.default_calendar();
        };
        let own = self.by_school.get(school).map_or(&[][..], Vec::as_slice);
        let authority =
            authority.and_then(|id| self.by_authority.get(&id)).map_or(&[][..], Vec::as_slice);
        let mut spans = [own, authority]
            .into_iter()
            .find(|spans| spans.iter().any(|span| span.kind == SpanKind::Term))
            .unwrap_or(&self.default)
            .to_vec();
        let inset = own.iter().filter(|span| span.kind == SpanKind::Inset);
        let missing: Vec<Span> = inset.filter(|span| !spans.contains(span)).copied().collect();
        spans.extend(missing);
        Calendar::new(spans, Arc::clone(&self.bank_holidays))
    }
}

fn read_span(row: &calendar_span::Model) -> Result<Span, StoreError> {
    let kind = word("calendar_span", row.id, &row.kind)?;
    Ok(Span { kind, starts_on: row.starts_on, ends_on: row.ends_on })
}

/// The school and local authority of each setting whose school, or its authority, has a calendar of
/// its own; the others keep to the default one.
async fn places(
    db: &impl ConnectionTrait,
) -> Result<HashMap<Uuid, (Uuid, Option<Uuid>)>, StoreError> {
    let owners = |column| Query::select().column(column).from(school_calendar::Entity).to_owned();
    let with_calendars = Condition::any()
        .add(school::Column::Id.in_subquery(owners(school_calendar::Column::SchoolId)))
        .add(
            school::Column::LocalAuthorityId
                .in_subquery(owners(school_calendar::Column::LocalAuthorityId)),
        );
    let settings: Vec<(Uuid, Uuid, Option<Uuid>)> = setting::Entity::find()
        .select_only()
        .columns([setting::Column::Id, setting::Column::SchoolId])
        .column(school::Column::LocalAuthorityId)
        .join(JoinType::InnerJoin, of_school())
        .filter(with_calendars)
        .into_tuple()
        .all(db)
        .await?;
    Ok(settings.into_iter().map(|(setting, school, area)| (setting, (school, area))).collect())
}

/// From a setting to the school it is.
fn of_school() -> RelationDef {
    setting::Entity::belongs_to(school::Entity)
        .from(setting::Column::SchoolId)
        .to(school::Column::Id)
        .into()
}
