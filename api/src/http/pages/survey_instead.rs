//! What is shown instead of a page of a survey, and why.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use rules::calendar::in_words;

use super::parts::{Notice, PageError, page};
use super::survey_guesses::window;

/// Why a page of a survey is not shown.
#[derive(Debug)]
pub(super) enum SurveyError {
    /// A code that opens nothing, as it was typed: never one, of nobody, or changed since.
    NoSuchCode(String),
    /// Too many codes were tried out from this address.
    Slowed,
    /// It opens on a later day.
    NotYet(NaiveDate),
    /// It takes no more answers from this school.
    Closed,
    /// The same, to somebody who has begun to answer and has not sent.
    ClosedUnsent,
    /// The same, to somebody whose submission is not kept: sent or not, nothing tells.
    ClosedUnknown,
    /// This personal link was used.
    Answered,
    /// A submission that is not kept; the survey begins at this address.
    Lost(String),
    /// An address under `/survey` that opens nothing: whoever it is has a code, and no mail.
    Astray,
    /// As any other page.
    Page(PageError),
}

impl<T: Into<PageError>> From<T> for SurveyError {
    fn from(error: T) -> Self {
        Self::Page(error.into())
    }
}

/// The form for a code.
#[derive(Template)]
#[template(path = "pages/survey_code.html")]
pub(super) struct CodePage {
    /// What was typed before.
    pub typed: String,
    /// What is wrong with that.
    pub fault: Option<CodeFault>,
}

/// What is wrong with what was typed as a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeFault {
    /// Nothing was.
    Empty,
    /// It opens nothing.
    Wrong,
}

/// The way back to the form for a code.
#[derive(Template)]
#[template(path = "pages/survey_astray.html")]
struct AstrayPage;

/// The way back to the start of a survey.
#[derive(Template)]
#[template(path = "pages/survey_lost.html")]
struct LostPage {
    base: String,
}

impl IntoResponse for SurveyError {
    fn into_response(self) -> Response {
        let day;
        let (status, title, advice) = match self {
            Self::NoSuchCode(typed) => {
                let form = CodePage { typed, fault: Some(CodeFault::Wrong) };
                return answer(StatusCode::NOT_FOUND, &form);
            }
            Self::Astray => return answer(StatusCode::NOT_FOUND, &AstrayPage),
            Self::Lost(base) => return answer(StatusCode::GONE, &LostPage { base }),
            Self::Slowed => {
                let title = "Please wait a little";
                let advice = "Too many codes that do not exist were tried out from where you are. \
                              Wait ten minutes, then enter your code again.";
                let notice = Notice { title, advice };
                let mut response = answer(StatusCode::TOO_MANY_REQUESTS, &notice);
                let seconds = HeaderValue::from(window().num_seconds());
                response.headers_mut().insert(header::RETRY_AFTER, seconds);
                return response;
            }
            Self::NotYet(opens_on) => {
                day = format!("It opens on {}. Come back then.", in_words(opens_on));
                (StatusCode::FORBIDDEN, "This survey is not open yet", day.as_str())
            }
            Self::Closed => (
                StatusCode::GONE,
                "This survey is closed",
                "It takes no more answers. Thank you for wanting to take part.",
            ),
            Self::ClosedUnsent => {
                (StatusCode::GONE, "This survey has closed", "Your answers were not sent.")
            }
            Self::ClosedUnknown => (
                StatusCode::GONE,
                "This survey has closed",
                "Your answers were not sent, unless you sent them before it closed.",
            ),
            Self::Answered => (
                StatusCode::GONE,
                "You have answered this survey",
                "Your answers are in, thank you. This link works once, so there is nothing more to \
                 do.",
            ),
            Self::Page(PageError::Unknown) => (
                StatusCode::NOT_FOUND,
                "This address does not open anything",
                "It may have been cut short. Open the link from the mail itself, or copy the whole \
                 line.",
            ),
            Self::Page(PageError::Expired) => (
                StatusCode::GONE,
                "This link has expired",
                "Links work for 60 days. Use the link in your latest mail, if there is a later one.",
            ),
            Self::Page(error) => return error.into_response(),
        };
        answer(status, &Notice { title, advice })
    }
}

fn answer(status: StatusCode, content: &impl Template) -> Response {
    page(status, content).unwrap_or_else(|error| PageError::from(error).into_response())
}
