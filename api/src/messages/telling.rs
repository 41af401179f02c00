//! What is worked out about messages to many: who gets them, who does not, and why.

use std::sync::Arc;

use entity::messages::{bulletin_hours, bulletins};
use entity::outcome::{RefusalCode, StoreError};
use entity::scope::Scope;
use entity::surveys::preview::{LaunchPreview, of_launch};
use rules::messages::bulletin::settled;
use rules::messages::preview::{PREVIEW_LASTS, Preview, Sending, seal};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::app::App;
use crate::http::pages::parts::secret;
use crate::read::ids::moment;
use crate::read::map::{Holds, Plain, part};
use crate::read::telling::{Asked, Telling};

/// The telling fields about messages to many.
#[must_use]
pub fn tellings() -> Vec<Telling> {
    vec![
        Telling {
            name: "bulletinPreview",
            about: "Who would get a message to the partners of a hub, who would not and why, and the \
                    token with which `bulletinSend` sends exactly that. For who runs the hub; null \
                    for a hub you may not see.",
            arguments: &[
                ("hub", "ID!", "The hub."),
                ("subject", "String!", "Subject line, up to 150 characters."),
                ("text", "String!", "What it says: plain text, up to 10,000 characters."),
            ],
            of: preview(),
            list: false,
            tell: |asked| Box::pin(bulletin(asked)),
        },
        Telling {
            name: "surveyCampaignPreview",
            about: "Whom launching a survey campaign would write to, at which school, whom not and why, \
                    at which schools nobody could answer, and the token with which \
                    `surveyCampaignLaunch` does exactly that. For whoever may launch it; null for a \
                    campaign you may not see. One that cannot be launched has no recipients and no \
                    token, and `notice` says why.",
            arguments: &[("campaign", "ID!", "The campaign.")],
            of: preview(),
            list: false,
            tell: |asked| Box::pin(campaign(asked)),
        },
    ]
}

fn preview() -> Plain {
    let recipient = Plain {
        name: "PreviewedRecipient",
        about: "Somebody who would get a message, or would not.",
        parts: vec![
            part("person", "person", Holds::Row("Person"), "Who."),
            part("setting", "setting", Holds::Row("Setting"), "For which partner."),
            part("why", "why", Holds::TextIfAny, "Why they do not get it; null if they do."),
        ],
    };
    let unreached = Plain {
        name: "UnreachedSetting",
        about: "A partner that is not reached.",
        parts: vec![
            part("setting", "setting", Holds::Row("Setting"), "Which partner."),
            part(
                "why",
                "why",
                Holds::Text,
                "Whom it does not reach there, and why, in a sentence.",
            ),
        ],
    };
    let list = || Holds::List(Arc::new(recipient.clone()));
    Plain {
        name: "SendPreview",
        about: "What would be sent to whom.",
        parts: vec![
            part(
                "token",
                "token",
                Holds::TextIfAny,
                "Sends exactly this, once given back by the same person; null when it cannot be sent, and \
                  for a message that nobody would get.",
            ),
            part("expiresAt", "expires_at", Holds::MomentIfAny, "Until when the token works."),
            part("recipients", "recipients", list(), "Who gets it."),
            part("excluded", "excluded", list(), "Who does not, and why."),
            part(
                "unreached",
                "unreached",
                Holds::List(Arc::new(unreached)),
                "Partners that take part and where nobody gets it; of a campaign, where nobody is \
                 told how some group, or any, can answer.",
            ),
            part(
                "notice",
                "notice",
                Holds::TextIfAny,
                "Show it with the preview, if there is one: why it cannot be sent, what sending it \
                 changes besides, as when a campaign opens earlier than planned, or that holidays keep \
                 a bulletin back, and until when.",
            ),
        ],
    }
}

async fn bulletin(asked: Asked) -> Result<Json, StoreError> {
    let hub = asked.row("hub", "Hub")?;
    let (subject, text) = (asked.text("subject"), asked.text("text"));
    let (subject, text) = (subject.unwrap_or_default(), text.unwrap_or_default());
    let snapshot = asked.app.db.snapshot().await?;
    let hub = match bulletins::hub_to_write_to(&snapshot, &asked.scope, hub).await {
        Err(StoreError::Refused(refusal)) if refusal.code == RefusalCode::NotFound => {
            return Ok(Json::Null);
        }
        found => found?,
    };
    bulletins::check(subject, text)?;
    let audience = bulletins::audience_of(&snapshot, asked.now, &hub).await?;
    let notice = bulletin_hours::waits(&snapshot, asked.now, &hub, &audience).await?;
    snapshot.commit().await?;
    let words = settled(subject, text);
    let words = words.each_ref().map(String::as_str);
    let shown = Preview { sending: Sending::Bulletin(hub.id), words, audience: &audience };
    previewed(&asked, &shown, notice.as_deref(), !audience.recipients.is_empty()).await
}

async fn campaign(asked: Asked) -> Result<Json, StoreError> {
    let id = asked.row("campaign", "SurveyCampaign")?;
    let snapshot = asked.app.db.snapshot().await?;
    let found = of_launch(&snapshot, &asked.scope, asked.now, id).await?;
    snapshot.commit().await?;
    let Some(LaunchPreview { campaign, audience, notice, may_go }) = found else {
        return Ok(Json::Null);
    };
    let version = campaign.version.to_string();
    let words = [campaign.title.as_str(), &version];
    let shown = Preview { sending: Sending::Launch(id), words, audience: &audience };
    // A campaign is launched for its codes too, where nobody gets a letter.
    previewed(&asked, &shown, notice.as_deref(), may_go).await
}

/// A preview, with its token if what it shows may go.
async fn previewed(
    asked: &Asked,
    shown: &Preview<'_>,
    notice: Option<&str>,
    may_go: bool,
) -> Result<Json, StoreError> {
    let audience = shown.audience;
    let by = match &asked.scope {
        Scope::Viewer(viewer) => viewer.person_id,
        Scope::System => Uuid::nil(),
    };
    let until = asked.now + PREVIEW_LASTS;
    let token = if may_go {
        Some(seal(link_secret(&asked.app).await?.as_bytes(), shown, by, until))
    } else {
        None
    };
    let row = |person: &Uuid, setting: &Uuid, why: Option<&str>| json!({ "person": person, "setting": setting, "why": why });
    let recipients = audience.recipients.iter().map(|(person, setting)| row(person, setting, None));
    let excluded = audience.excluded.iter();
    let excluded = excluded.map(|(person, setting, why)| row(person, setting, Some(why)));
    let unreached = audience.unreached.iter();
    let unreached = unreached.map(|(setting, why)| json!({ "setting": setting, "why": why }));
    Ok(json!({
        "expires_at": token.as_ref().map(|_| moment(until)),
        "token": token,
        "recipients": recipients.collect::<Json>(),
        "excluded": excluded.collect::<Json>(),
        "unreached": unreached.collect::<Json>(),
        "notice": notice,
    }))
}

/// What signs previews, the same as links.
///
/// # Errors
/// The database fails.
pub(crate) async fn link_secret(app: &App) -> Result<String, StoreError> {
    secret(app).await.map_err(|_| StoreError::Unreadable {
        table: "instance_secret",
        id: Uuid::nil(),
        problem: "it cannot be read".to_owned(),
    })
}
