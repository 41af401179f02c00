//! Whom launching a campaign would write to, by the same steps as inviting takes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rules::messages::bulletin::Audience;
use rules::messages::suppression::normalised;
use rules::surveys::campaign::belongs;
use sea_orm::sea_query::Query;
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseTransaction, EntityTrait as _, QueryFilter as _,
};
use uuid::Uuid;

use super::campaigns::{group, groups_of, may_run};
use super::inviting::{Letters, asked};
use super::survey_campaign;
use crate::enrolments::permission::require;
use crate::enrolments::refused;
use crate::messages::suppressions;
use crate::outcome::{RefusalCode, StoreError};
use crate::people::{contact, person};
use crate::scope::Scope;

/// Why no letter goes to whom one would go to.
const TOO_LATE: &str = "The survey closes before their next hour for mail.";

/// A campaign and whom its launch would write to, for whoever may launch it. Locks nothing.
///
/// # Errors
/// No such campaign in scope, one the caller does not run, or a database fault.
pub async fn of_launch(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<(survey_campaign::Model, Audience), StoreError> {
    let found = survey_campaign::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.survey_campaigns()))
        .one(txn)
        .await?;
    let Some(row) = found else {
        return refused(RefusalCode::NotFound, "campaignId", "There is no such survey campaign.");
    };
    let allowed = may_run(txn, scope, row.event_id).await?;
    require(allowed, "campaignId", "Only the programme's admins run its survey campaigns.")?;
    let audience = audience(txn, now, &row).await?;
    Ok((row, audience))
}

/// Whom the letters of a launch go to, each with the school, and whom not.
pub(super) async fn audience(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    campaign: &survey_campaign::Model,
) -> Result<Audience, StoreError> {
    let groups = groups_of(txn, campaign.id).await?;
    let mut linked_groups = Vec::new();
    for of in groups.iter().filter(|of| of.by_personal_link) {
        linked_groups.push(group(of)?);
    }
    let all_linked = linked_groups.len() == groups.len();
    let letters = Letters::load(txn, now, campaign).await?;
    let mut wanted: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    let mut others: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    for enrolment in asked(txn, campaign).await? {
        let setting = enrolment.partner_setting_id;
        let belongs_to_one = |role| linked_groups.iter().any(|of| belongs(*of, role));
        let mut written = letters.people(setting, belongs_to_one);
        if !all_linked || written.is_empty() {
            written.extend(letters.people(setting, |role| letters.writes_to(role)));
        }
        let rest = letters.people(setting, |_| true);
        others.extend(rest.difference(&written).map(|person| (*person, setting)));
        wanted.extend(written.into_iter().map(|person| (person, setting)));
    }
    let suppressed = kept_back(txn, campaign.programme_id).await?;
    let mut audience = Audience::default();
    for (person, setting) in wanted {
        let too_late = || (letters.goes_at(setting, person).is_none()).then(|| TOO_LATE.to_owned());
        match suppressed.get(&person).cloned().or_else(too_late) {
            Some(why) => audience.excluded.push((person, setting, why)),
            None => audience.recipients.push((person, setting)),
        }
    }
    let why = "The survey asks nobody in their role, and the programme does not write to it.";
    let others = others.into_iter();
    audience.excluded.extend(others.map(|(person, setting)| (person, setting, why.to_owned())));
    Ok(audience)
}

/// The people of a programme's partners whose addresses take no mail at all, and why.
async fn kept_back(
    txn: &DatabaseTransaction,
    programme_id: Uuid,
) -> Result<BTreeMap<Uuid, String>, StoreError> {
    use crate::enrolments::enrolment;
    let settings = Query::select()
        .column(enrolment::Column::PartnerSettingId)
        .from(enrolment::Entity)
        .and_where(enrolment::Column::ProgrammeId.eq(programme_id))
        .to_owned();
    let contacts = Query::select()
        .column(contact::Column::PersonId)
        .from(contact::Entity)
        .and_where(contact::Column::SettingId.in_subquery(settings))
        .to_owned();
    let people =
        person::Entity::find().filter(person::Column::Id.in_subquery(contacts)).all(txn).await?;
    let listed =
        suppressions::of_addresses(txn, people.iter().map(|row| row.email.as_str())).await?;
    let of = |row: person::Model| {
        let reason = listed.get(&normalised(&row.email)).filter(|reason| reason.withholds_all())?;
        Some((row.id, reason.kept_back()))
    };
    Ok(people.into_iter().filter_map(of).collect())
}
