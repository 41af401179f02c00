//! Answering a survey, page by page. A GET never spends anything; what is sent twice counts once.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use entity::surveys::answering::{self, Progress};
use entity::surveys::sending::{self, Sending};
use rand::RngCore as _;
use rules::surveys::answers::{
    AnswerFault, Answers, Standing, check_page, page_to_go_on_with, submission, submission_hash,
};
use rules::surveys::{RespondentGroup, code};
use serde::Deserialize;

use super::parts::{PageError, page};
use super::survey_entrance::{Entrance, Submission};
use super::survey_instead::{CodeFault, CodePage, SurveyError};
use super::survey_views::{Check, Questions, Sent, Welcome};
use crate::app::App;

/// The step that shows all answers before they are sent.
const CHECK: &str = "check";
/// The step that says they were.
const SENT: &str = "sent";

type Shown = Result<Response, SurveyError>;

/// What the form for a code sends.
#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    code: String,
}

/// `GET /survey`
pub(super) async fn ask_for_code() -> Shown {
    Ok(page(StatusCode::OK, &CodePage { typed: String::new(), fault: None })?)
}

/// `POST /survey`. Whether the code is anybody's is asked where it leads.
pub(super) async fn look_up_code(form: Result<Form<Typed>, FormRejection>) -> Shown {
    let Form(form) = form.map_err(|_| PageError::BadForm)?;
    if form.code.trim().is_empty() {
        let empty = CodePage { typed: String::new(), fault: Some(CodeFault::Empty) };
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &empty)?);
    }
    match code::normalise(&form.code) {
        Some(code) => Ok(see(&format!("/survey/{code}"))),
        None => Err(SurveyError::NoSuchCode(form.code)),
    }
}

/// `GET /survey/{code}`, `GET /s/{token}`: what it is about.
pub(super) async fn welcome(entrance: Entrance) -> Shown {
    entrance.is_open()?;
    Ok(page(StatusCode::OK, &Welcome::of(&entrance))?)
}

/// `POST /survey/{code}`, `POST /s/{token}`: begins a submission.
pub(super) async fn begin(State(app): State<App>, entrance: Entrance) -> Shown {
    entrance.is_open()?;
    let id = submission(random());
    let hash = submission_hash(&id).ok_or(PageError::BadForm)?;
    let txn = app.db.write().await?;
    let now = app.clock.now();
    answering::begin(&txn, now, &entrance.asked, &hash).await?;
    txn.commit().await?;
    Ok(see(&entrance.address(&id, step_of(&entrance, 0))))
}

/// `GET /survey/{code}/{submission}`: goes on where one was.
pub(super) async fn go_on(entrance: Entrance) -> Shown {
    let (submission, progress) = under_way(&entrance)?;
    match progress {
        Progress::Begun(answers) => {
            entrance.is_open()?;
            let place = page_to_go_on_with(&entrance.asked.pages, answers);
            Ok(see(&entrance.address(&submission.id, step_of(&entrance, place))))
        }
        _ => Ok(see(&entrance.address(&submission.id, SENT))),
    }
}

/// `GET /survey/{code}/{submission}/{step}`
pub(super) async fn show(entrance: Entrance, RawQuery(query): RawQuery) -> Shown {
    let (submission, progress) = under_way(&entrance)?;
    let id = &submission.id;
    let Progress::Begun(answers) = progress else {
        if entrance.step != SENT {
            return Ok(see(&entrance.address(id, SENT)));
        }
        let sent = Sent {
            survey: entrance.asked.title.clone(),
            pupils: entrance.asked.group == RespondentGroup::Pupils,
            anonymous: entrance.asked.campaign.anonymous,
        };
        return Ok(page(StatusCode::OK, &sent)?);
    };
    entrance.is_open()?;
    let pages = &entrance.asked.pages;
    let reached = page_to_go_on_with(pages, answers);
    if entrance.step == CHECK && reached == pages.len() {
        return Ok(page(StatusCode::OK, &Check::of(&entrance, id, answers, &[]))?);
    }
    let number = number(&entrance).filter(|number| *number <= reached);
    let checking = query.as_deref() == Some(CHECK);
    let shown =
        number.and_then(|number| Questions::of(&entrance, id, number, answers, &[], checking));
    match shown {
        Some(shown) => Ok(page(StatusCode::OK, &shown)?),
        // Ahead of where one is, or nowhere.
        None => Ok(see(&entrance.address(id, step_of(&entrance, reached)))),
    }
}

/// `POST /survey/{code}/{submission}/{step}`: saves a page, or sends everything.
pub(super) async fn act(
    State(app): State<App>,
    entrance: Entrance,
    RawQuery(query): RawQuery,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Shown {
    let (submission, progress) = under_way(&entrance)?;
    if *progress == Progress::Sent {
        return Ok(see(&entrance.address(&submission.id, SENT)));
    }
    entrance.is_open()?;
    if entrance.step == CHECK {
        return send(&app, &entrance, submission).await;
    }
    let Form(entered) = form.map_err(|_| PageError::BadForm)?;
    let entered: Answers = entered.into_iter().collect();
    let number = number(&entrance).ok_or_else(|| entrance.astray())?;
    let Some(shown) = entrance.asked.pages.get(number) else {
        return Err(entrance.astray());
    };
    let checked = check_page(number, shown, &entered);
    let txn = app.db.write().await?;
    let now = app.clock.now();
    let saved = answering::save(&txn, now, &entrance.asked, &submission.hash, checked.kept).await?;
    txn.commit().await?;
    let checking = query.as_deref() == Some(CHECK);
    match saved {
        Progress::Sent => Ok(see(&entrance.address(&submission.id, SENT))),
        Progress::Unknown => Err(SurveyError::Lost(entrance.base)),
        Progress::Begun(_) if !checked.faults.is_empty() => {
            faulty(&entrance, &submission.id, number, &entered, &checked.faults, checking)
        }
        Progress::Begun(answers) => {
            let reached = page_to_go_on_with(&entrance.asked.pages, &answers);
            let next = if checking { reached } else { reached.min(number + 1) };
            Ok(see(&entrance.address(&submission.id, step_of(&entrance, next))))
        }
    }
}

fn faulty(
    entrance: &Entrance,
    id: &str,
    number: usize,
    entered: &Answers,
    faults: &[AnswerFault],
    checking: bool,
) -> Shown {
    let shown = Questions::of(entrance, id, number, entered, faults, checking);
    let shown = shown.ok_or(PageError::Unknown)?;
    Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &shown)?)
}

async fn send(app: &App, entrance: &Entrance, submission: &Submission) -> Shown {
    let txn = app.db.write_facts().await?;
    let now = app.clock.now();
    let sent = sending::send(&txn, now, &entrance.asked, &submission.hash).await?;
    match sent {
        Sending::Sent => {
            txn.commit().await?;
            app.signal.changed().await;
            Ok(see(&entrance.address(&submission.id, SENT)))
        }
        Sending::Incomplete(faults) => {
            let Progress::Begun(answers) = &submission.progress else {
                return Err(SurveyError::Lost(entrance.base.clone()));
            };
            let shown = Check::of(entrance, &submission.id, answers, &faults);
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, &shown)?)
        }
        Sending::Unknown => Err(SurveyError::Lost(entrance.base.clone())),
        Sending::Answered => Err(SurveyError::Answered),
        Sending::Closed => Err(SurveyError::ClosedUnsent),
    }
}

/// The submission of the address, unless it is not kept any more. Nobody is sent to the start of a
/// survey that takes no more answers.
fn under_way(entrance: &Entrance) -> Result<(&Submission, &Progress), SurveyError> {
    match &entrance.submission {
        Some(submission) if submission.progress != Progress::Unknown => {
            Ok((submission, &submission.progress))
        }
        _ if entrance.asked.standing == Standing::Closed => Err(SurveyError::ClosedUnknown),
        _ => Err(SurveyError::Lost(entrance.base.clone())),
    }
}

/// The page, from 0, that the address names.
fn number(entrance: &Entrance) -> Option<usize> {
    entrance.step.parse::<usize>().ok()?.checked_sub(1)
}

/// The step that shows the page `place`, from 0, or the check after the last.
fn step_of(entrance: &Entrance, place: usize) -> String {
    if place < entrance.asked.pages.len() { (place + 1).to_string() } else { CHECK.to_owned() }
}

fn see(address: &str) -> Response {
    Redirect::to(address).into_response()
}

fn random() -> [u8; 16] {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}
