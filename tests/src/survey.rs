//! A small survey of one school, open from 1 to 9 October 2026: pupils by a code, senior leaders by
//! links of their own.

use entity::id::new_id;
use entity::surveys::{
    campaign_group, personal_invitation, questionnaire, survey_campaign, survey_code,
    survey_invitation,
};
use rules::surveys::code;
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait as _, ColumnTrait as _, EntityTrait as _, QueryFilter as _};
use serde_json::json;
use uuid::Uuid;

use crate::World;
use crate::rise::{Rise, day};

/// The survey of the first partner of a programme.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The campaign.
    pub campaign: Uuid,
    /// Its pupils' invitation.
    pub pupils: Uuid,
    /// The pupils' code, as stored.
    pub code: String,
    /// Its leaders' invitation.
    pub leaders: Uuid,
    /// The headteacher's own invitation.
    pub personal: Uuid,
}

impl Survey {
    /// Seeds it. `enough` answers in each group meet what is owed.
    ///
    /// # Panics
    /// A row is refused.
    pub async fn seed(world: &World, rise: &Rise, enough: i32) -> Self {
        let now = world.clock.now();
        let owed = rise.obligation(world, rise.partners[0].enrolment, "perception_survey").await;
        let txn = world.db.write().await.expect("a transaction");
        let campaign = survey_campaign::ActiveModel {
            id: Set(new_id(now)),
            programme_id: Set(rise.id),
            key: Set("demo-baseline".to_owned()),
            title: Set("Autumn 2026".to_owned()),
            wave: Set("baseline".to_owned()),
            cohort_id: Set(Some(owed.cohort_id)),
            pathway_id: Set(None),
            template_id: Set(Some(owed.template_id)),
            event_id: Set(None),
            state: Set("open".to_owned()),
            anonymous: Set(true),
            enough_responses: Set(enough),
            remind_days: Set(json!([])),
            launches_itself: Set(false),
            opens_on: Set(day("2026-10-01")),
            closes_on: Set(day("2026-10-09")),
            launched_at: Set(Some(now)),
            closed_at: Set(None),
            published_at: Set(None),
            version: Set(1),
            created_at: Set(now),
            changed_at: Set(now),
        };
        let campaign = campaign.insert(&txn).await.expect("a campaign").id;
        let mut survey = Self {
            campaign,
            pupils: Uuid::nil(),
            code: String::new(),
            leaders: Uuid::nil(),
            personal: Uuid::nil(),
        };
        for (group, pages) in [("pupils", pupils()), ("leaders", leaders())] {
            let asked = questionnaire::ActiveModel {
                id: Set(new_id(now)),
                key: Set(format!("demo-{group}")),
                version: Set(1),
                title: Set(format!("How school feels to {group}")),
                introduction: Set("Tell us how it is.\nThere are no wrong answers.".to_owned()),
                groups: Set(json!([group])),
                pages: Set(pages),
                created_at: Set(now),
            };
            let asked = asked.insert(&txn).await.expect("a questionnaire").id;
            let by_link = group == "leaders";
            let row = campaign_group::ActiveModel {
                id: Set(new_id(now)),
                campaign_id: Set(campaign),
                respondent_group: Set(group.to_owned()),
                questionnaire_id: Set(asked),
                by_personal_link: Set(by_link),
            };
            row.insert(&txn).await.expect("a group");
            let row = survey_invitation::ActiveModel {
                id: Set(new_id(now)),
                campaign_id: Set(campaign),
                enrolment_id: Set(rise.partners[0].enrolment),
                respondent_group: Set(group.to_owned()),
                expected: Set(None),
                responses: Set(0),
                first_on: Set(None),
                enough_on: Set(None),
                told_at: Set(None),
                created_at: Set(now),
                changed_at: Set(now),
                version: Set(1),
            };
            let invitation = row.insert(&txn).await.expect("an invitation").id;
            let typed = code::from_random(if by_link { 4_711 } else { 20_261_005 });
            let row = survey_code::ActiveModel {
                id: Set(new_id(now)),
                invitation_id: Set(invitation),
                code: Set(typed.clone()),
                created_at: Set(now),
                retired_at: Set(None),
            };
            row.insert(&txn).await.expect("a code");
            if by_link {
                survey.leaders = invitation;
            } else {
                (survey.pupils, survey.code) = (invitation, typed);
            }
        }
        let row = personal_invitation::ActiveModel {
            id: Set(new_id(now)),
            campaign_id: Set(campaign),
            invitation_id: Set(survey.leaders),
            person_id: Set(rise.partners[0].head),
            answered_on: Set(None),
            created_at: Set(now),
        };
        survey.personal = row.insert(&txn).await.expect("a personal invitation").id;
        txn.commit().await.expect("commit");
        survey
    }

    /// How its groups stand: pupils, then leaders.
    ///
    /// # Panics
    /// They cannot be read.
    pub async fn invitations(&self, world: &World) -> [survey_invitation::Model; 2] {
        let rows = survey_invitation::Entity::find()
            .filter(survey_invitation::Column::CampaignId.eq(self.campaign))
            .all(world.db.reader())
            .await
            .expect("a read");
        let find = |id: Uuid| rows.iter().find(|row| row.id == id).expect("an invitation").clone();
        [find(self.pupils), find(self.leaders)]
    }
}

fn choice(key: &str, text: &str, required: bool) -> serde_json::Value {
    let labels = [("always", "Always"), ("often", "Often"), ("rarely", "Hardly ever or never")];
    let options: Vec<_> =
        labels.iter().map(|(key, label)| json!({ "key": key, "label": label })).collect();
    json!({ "key": key, "text": text, "kind": "choice", "options": options, "required": required })
}

fn pupils() -> serde_json::Value {
    json!([
        { "title": "In lessons", "question": [
            choice("calm", "My lessons are calm enough to learn in.", true),
            choice("fair", "Rules are the same for everybody.", true),
        ] },
        { "title": "Around school", "question": [
            choice("safe", "I feel safe at school, also between lessons & on the way out.", true),
            choice("belong", "I feel that I belong here.", false),
        ] },
    ])
}

fn leaders() -> serde_json::Value {
    let text = |key: &str, text: &str, required: bool| json!({ "key": key, "text": text, "kind": "text", "options": [], "required": required });
    json!([
        { "title": "The support", "question": [choice("useful", "The support is useful.", true)] },
        { "title": "In your words", "question": [
            text("best", "What helped most?", true),
            text("more", "What else should we know?", false),
        ] },
    ])
}
