//! The way into a survey: a code of a school's group, or the link of one known contact. Both lead to
//! the same pages.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use entity::surveys::answering::{Asked, Progress, find_by_code, find_by_link, progress};
use rules::links::Purpose;
use rules::surveys::answers::{Standing, submission_hash};
use rules::surveys::code;

use super::survey_guesses::{Guesses, client};
use super::survey_instead::SurveyError;
use super::{Opened, PageError};
use crate::app::App;

/// A survey, the address that leads to it, and the submission under way.
pub(super) struct Entrance {
    /// `/survey/{code}` or `/s/{token}`.
    pub base: String,
    /// What is asked of whom.
    pub asked: Asked,
    /// The submission that the address names.
    pub submission: Option<Submission>,
    /// What the address asks of it: a page's number, `check` or `sent`.
    pub step: String,
}

/// A submission and where it stands.
pub(super) struct Submission {
    /// Its id, known to its respondent alone.
    pub id: String,
    /// What the database knows of it.
    pub hash: String,
    /// Where it stands.
    pub progress: Progress,
}

impl FromRequestParts<App> for Entrance {
    type Rejection = SurveyError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, SurveyError> {
        let by_code = parts.uri.path().starts_with("/survey");
        Self::find(parts, app).await.map_err(|error| match error {
            SurveyError::Page(PageError::Unknown) if by_code => SurveyError::Astray,
            error => error,
        })
    }
}

impl Entrance {
    async fn find(parts: &mut Parts, app: &App) -> Result<Self, SurveyError> {
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
        let Ok(Path(mut names)) = names else { return Err(PageError::Unknown.into()) };
        let mut take = |name: &str| names.remove(name);
        let (token, typed) = (take("token"), take("code").unwrap_or_default());
        let id = take("submission");
        let step = take("step").unwrap_or_default();
        let now = app.clock.now();
        let reader = app.db.reader();
        let (base, asked, slowed) = if let Some(token) = token {
            let link = Opened::read(app, token).await?;
            let Purpose::Survey(invitation) = link.link.purpose else {
                return Err(PageError::Unknown.into());
            };
            let found = find_by_link(reader, now, invitation, link.link.person_id).await?;
            (format!("/s/{}", link.token), found.ok_or(PageError::Revoked)?, false)
        } else {
            let code = code::normalise(&typed);
            let code = code.ok_or_else(|| SurveyError::NoSuchCode(typed.clone()))?;
            let address = client(parts, app.config.http.proxies);
            let guesses = parts.extensions.get::<Arc<Guesses>>();
            let slowed = guesses.is_some_and(|guesses| guesses.is_slowed(address, now));
            if slowed && id.is_none() {
                return Err(SurveyError::Slowed);
            }
            let Some(asked) = find_by_code(reader, now, &code).await? else {
                if let Some(guesses) = guesses {
                    guesses.note(address, now);
                }
                return Err(refused(slowed, typed));
            };
            (format!("/survey/{code}"), asked, slowed)
        };
        let submission = match id {
            Some(id) => {
                let hash = submission_hash(&id).ok_or(PageError::Unknown)?;
                let progress = progress(reader, &asked, &hash).await?;
                Some(Submission { id, hash, progress })
            }
            None => None,
        };
        // Who began is let in although the code was changed, or others here were guessing.
        let began = submission.as_ref().is_some_and(|one| one.progress != Progress::Unknown);
        if !began && (slowed || !asked.may_begin) {
            return Err(refused(slowed, typed));
        }
        Ok(Self { base, asked, submission, step })
    }

    /// Refuses what comes too early, too late, or a second time.
    pub fn is_open(&self) -> Result<(), SurveyError> {
        if self.asked.is_answered() {
            return Err(SurveyError::Answered);
        }
        match self.asked.standing {
            Standing::Open => Ok(()),
            Standing::NotYet => Err(SurveyError::NotYet(self.asked.campaign.opens_on)),
            Standing::Closed if self.submission.is_some() => Err(SurveyError::ClosedUnsent),
            Standing::Closed => Err(SurveyError::Closed),
        }
    }

    /// What to say of an address under this one that opens nothing.
    pub fn astray(&self) -> SurveyError {
        if self.base.starts_with("/survey") {
            SurveyError::Astray
        } else {
            PageError::Unknown.into()
        }
    }

    /// The address of a step of a submission.
    pub fn address(&self, id: &str, step: impl std::fmt::Display) -> String {
        format!("{}/{id}/{step}", self.base)
    }
}

fn refused(slowed: bool, typed: String) -> SurveyError {
    if slowed { SurveyError::Slowed } else { SurveyError::NoSuchCode(typed) }
}
