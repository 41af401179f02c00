//! What letters about surveys say: which survey, of which school, and the codes of its groups. Read
//! for many letters at a time, in as many statements as for one.

mod around;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rules::messages::MessageKind;
use rules::surveys::RespondentGroup;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use self::around::Around;
pub(super) use self::around::Place;
use super::{survey_campaign, survey_invitation, wanted};
use crate::outcome::{StoreError, word};

/// Letters that are read together: each asks for a few ids, well below SQLite's limit of bound
/// values.
const TOGETHER: usize = 250;

/// A survey of one school, as a letter tells of it.
#[derive(Clone, Debug)]
pub struct SurveyLetter {
    /// The campaign.
    pub campaign: survey_campaign::Model,
    /// Name of the programme.
    pub programme: String,
    /// The hub of the school.
    pub hub_id: Uuid,
    /// Its name.
    pub hub: String,
    /// Its shared address.
    pub hub_email: Option<String>,
    /// The setting asked.
    pub setting_id: Uuid,
    /// Its name.
    pub setting: String,
    /// Title of the event it asks about, if it asks about one.
    pub event: Option<String>,
    /// The groups of the school; for a link of one's own only its group.
    pub groups: Vec<AskedGroup>,
    /// The reader's own invitation.
    pub personal: Option<Uuid>,
}

/// A group of a school, and how far it has come.
#[derive(Clone, Debug)]
pub struct AskedGroup {
    /// The group.
    pub group: RespondentGroup,
    /// Its code, in capitals without a dash; none where there is none in force.
    pub code: Option<String>,
    /// Whether it answers by links of its own, and one of them at least reaches somebody who is still
    /// at the school; if not, it answers by its code like the others.
    pub has_links: bool,
    /// How many have answered.
    pub responses: i32,
    /// How many are enough.
    pub needed: i32,
    /// Whether there are, or were, enough.
    pub enough: bool,
}

/// A message about a survey that is to be looked at once more.
#[derive(Clone, Copy, Debug)]
pub struct Asking {
    /// The message.
    pub message: Uuid,
    /// Which of the letters about surveys it is.
    pub kind: MessageKind,
    /// The invitation it is about; for [`MessageKind::SurveyLink`] the personal one.
    pub about: Uuid,
    /// To whom.
    pub person: Uuid,
}

/// What a letter is to say, or why it is not sent after all, in a sentence.
pub type Opened = Result<Box<SurveyLetter>, &'static str>;

/// What each of these letters is to say as things stand, by the message. One whose rows cannot be
/// read is answered with its fault, and does not keep the others.
///
/// # Errors
/// A database fault.
pub async fn open(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    letters: &[Asking],
) -> Result<HashMap<Uuid, Result<Opened, StoreError>>, StoreError> {
    let mut opened = HashMap::with_capacity(letters.len());
    for letters in letters.chunks(TOGETHER) {
        let around = Around::load(db, letters).await?;
        for asking in letters {
            opened.insert(asking.message, opened_by(&around, now, asking));
        }
    }
    Ok(opened)
}

fn opened_by(around: &Around, now: DateTime<Utc>, asking: &Asking) -> Result<Opened, StoreError> {
    let place = match around.place(asking) {
        Ok(place) => place,
        Err(gone) => return Ok(Err(gone)),
    };
    if let Some(reason) = wanted::unwanted(&place, now, asking)? {
        return Ok(Err(reason));
    }
    let Place { campaign, enrolment, personal, .. } = place;
    let mut groups =
        place.asked.iter().map(|row| group(around, row)).collect::<Result<Vec<_>, _>>()?;
    groups.sort_by_key(|asked| asked.group);
    let setting_id = enrolment.partner_setting_id;
    let hub = around.hubs.get(&enrolment.hub_id);
    Ok(Ok(Box::new(SurveyLetter {
        campaign: campaign.clone(),
        programme: around.programmes.get(&campaign.programme_id).cloned().unwrap_or_default(),
        hub_id: enrolment.hub_id,
        hub: hub.map(|row| row.name.clone()).unwrap_or_default(),
        hub_email: hub.and_then(|row| row.email.clone()),
        setting_id,
        setting: around.settings.get(&setting_id).cloned().unwrap_or_default(),
        event: campaign.event_id.and_then(|id| around.events.get(&id).cloned()),
        groups,
        personal: personal.map(|row| row.id),
    })))
}

fn group(around: &Around, row: &survey_invitation::Model) -> Result<AskedGroup, StoreError> {
    Ok(AskedGroup {
        group: word("survey_invitation", row.id, &row.respondent_group)?,
        code: around.codes.get(&row.id).cloned(),
        has_links: around.linked.contains(&row.id),
        responses: row.responses,
        needed: around.needed.get(&row.id).copied().unwrap_or_default(),
        enough: row.enough_on.is_some(),
    })
}
