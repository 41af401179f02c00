//! Whom launching a campaign would write to, by the same steps as inviting takes.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rules::calendar::local;
use rules::messages::bulletin::Audience;
use rules::surveys::campaign::opens_early;
use sea_orm::{Condition, DatabaseTransaction, EntityTrait as _, QueryFilter as _};
use uuid::Uuid;

use super::campaigns::{groups_of, may_run};
use super::inviting::{asked, asks};
use super::launching::obstacle;
use super::queueing::Letters;
use super::survey_campaign;
use crate::enrolments::permission::require;
use crate::outcome::StoreError;
use crate::scope::Scope;

/// Why no letter goes to whom one would go to.
const TOO_LATE: &str = "The survey closes before their next hour for mail.";
/// Why somebody gets no letter where codes go to the school.
const NOT_ASKED: &str =
    "The survey asks nobody in their role, and the programme does not write to it.";
/// Why somebody gets no letter where there are no codes to give out.
const ALL_LINKED: &str =
    "All who are asked at their school get links of their own, and they are not among them.";

/// What launching a campaign would do.
#[derive(Clone, Debug)]
pub struct LaunchPreview {
    /// The campaign.
    pub campaign: survey_campaign::Model,
    /// Whom it would write to; nobody where it cannot be launched.
    pub audience: Audience,
    /// Whether it can be launched.
    pub may_go: bool,
    /// Why it cannot be launched, or what of it the launch changes, in a sentence.
    pub notice: Option<String>,
}

/// What launching a campaign would do, for whoever may launch it; none where they see no such
/// campaign. Locks nothing.
///
/// # Errors
/// A campaign the caller sees and does not run, or a database fault.
pub async fn of_launch(
    txn: &DatabaseTransaction,
    scope: &Scope,
    now: DateTime<Utc>,
    id: Uuid,
) -> Result<Option<LaunchPreview>, StoreError> {
    let found = survey_campaign::Entity::find_by_id(id)
        .filter(Condition::all().add(scope.survey_campaigns()))
        .one(txn)
        .await?;
    let Some(campaign) = found else { return Ok(None) };
    let allowed = may_run(txn, scope, campaign.event_id).await?;
    require(allowed, "campaignId", "Only the programme's admins run its survey campaigns.")?;
    let today = local(now).date();
    if let Some(problem) = obstacle(txn, &campaign, today).await? {
        let (audience, notice) = (Audience::default(), Some(problem.to_owned()));
        return Ok(Some(LaunchPreview { campaign, audience, may_go: false, notice }));
    }
    let audience = audience(txn, now, &campaign).await?;
    let notice = opens_early(campaign.opens_on, today);
    Ok(Some(LaunchPreview { campaign, audience, may_go: true, notice }))
}

/// Whom the letters of a launch go to, each with the school, whom not, and the schools at which nobody
/// is told how to answer.
pub(super) async fn audience(
    txn: &DatabaseTransaction,
    now: DateTime<Utc>,
    campaign: &survey_campaign::Model,
) -> Result<Audience, StoreError> {
    let asks = asks(&groups_of(txn, campaign.id).await?)?;
    let letters = Letters::load(txn, now, campaign).await?;
    let mut audience = Audience::default();
    let mut others: BTreeSet<(Uuid, Uuid, &str)> = BTreeSet::new();
    let mut wanted: BTreeSet<(Uuid, Uuid)> = BTreeSet::new();
    let settings = asked(txn, campaign).await?.into_iter().map(|row| row.partner_setting_id);
    for setting in settings.collect::<BTreeSet<Uuid>>() {
        let of_school = letters.of_school(setting, &asks);
        let readers = of_school.readers();
        let rest = letters.people(setting);
        let why = if of_school.coded.is_empty() { ALL_LINKED } else { NOT_ASKED };
        others.extend(rest.difference(&readers).map(|person| (*person, setting, why)));
        wanted.extend(readers.into_iter().map(|person| (person, setting)));
        audience.unreached.extend(of_school.warning().map(|why| (setting, why)));
    }
    for (person, setting) in wanted {
        let too_late = || letters.goes_at(setting, person).is_none().then(|| TOO_LATE.to_owned());
        match letters.kept_back.get(&person).cloned().or_else(too_late) {
            Some(why) => audience.excluded.push((person, setting, why)),
            None => audience.recipients.push((person, setting)),
        }
    }
    let others = others.into_iter();
    let others = others.map(|(person, setting, why)| (person, setting, why.to_owned()));
    audience.excluded.extend(others);
    Ok(audience)
}
