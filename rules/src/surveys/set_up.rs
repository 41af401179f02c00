//! Campaigns as data of a programme: whom to ask what, and when.

use chrono::{Datelike as _, Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{RespondentGroup, SurveyWave};
use crate::programme::TermSetUp;

/// A campaign of a set-up file. It is loaded as a draft, and opens by itself when its day comes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignSetUp {
    /// Key within the programme.
    pub key: String,
    /// Title, shown to respondents.
    pub title: String,
    /// Which round it is.
    pub wave: SurveyWave,
    /// The cohort asked, by key.
    pub cohort: String,
    /// The pathway asked, by key; all when absent.
    #[serde(default)]
    pub pathway: Option<String>,
    /// The commitment that answering meets, by its key within the pathway.
    #[serde(default)]
    pub commitment: Option<String>,
    /// Who is asked what.
    #[serde(rename = "group")]
    pub groups: Vec<CampaignGroupSetUp>,
    /// First day.
    pub opens: CampaignDay,
    /// Last day.
    pub closes: CampaignDay,
    /// So many answers in each group of a school meet its commitment.
    pub enough_responses: u32,
    /// Working days before the close on which schools without enough answers are reminded.
    #[serde(default)]
    pub remind_days: Vec<u32>,
}

/// Which group is asked what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignGroupSetUp {
    /// Who answers.
    pub who: RespondentGroup,
    /// What is asked, by key.
    pub questionnaire: String,
    /// Whether known contacts get links of their own.
    #[serde(default)]
    pub personal_links: bool,
}

/// A day of a campaign, counted in the terms of its cohort or given as a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignDay {
    /// This day.
    On(NaiveDate),
    /// The Monday of a week of a term, or the term's first day.
    StartOfWeek(TermWeek),
    /// The Friday of a week of a term, or the term's last day.
    EndOfWeek(TermWeek),
    /// The last day of the term with this ordinal.
    EndOfTerm(u32),
    /// The day with which the last so many weeks of the final term begin.
    LastWeeks(u32),
    /// The last day of the final term.
    EndOfLastTerm,
}

/// A week of a term; the week in which the term starts is week 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermWeek {
    /// Ordinal of the term.
    pub term: u32,
    /// Which week of it.
    pub week: u32,
}

impl CampaignDay {
    /// The day in a cohort of these terms, the first being term 1. None when there is no such
    /// term, or no such week in it.
    #[must_use]
    pub fn date(self, terms: &[TermSetUp]) -> Option<NaiveDate> {
        let number = |term: u32| terms.get(usize::try_from(term.checked_sub(1)?).ok()?);
        match self {
            Self::On(day) => Some(day),
            Self::StartOfWeek(TermWeek { term, week }) => {
                let term = number(term)?;
                let monday = monday_of(term, week)?;
                Some(monday.max(term.starts_on))
            }
            Self::EndOfWeek(TermWeek { term, week }) => {
                let term = number(term)?;
                let friday = monday_of(term, week)?.checked_add_days(Days::new(4))?;
                Some(friday.clamp(term.starts_on, term.ends_on))
            }
            Self::EndOfTerm(term) => Some(number(term)?.ends_on),
            Self::LastWeeks(weeks) => {
                let term = terms.last()?;
                let first = term.ends_on.checked_sub_days(Days::new(7 * u64::from(weeks)))?;
                Some(first.succ_opt()?.max(term.starts_on))
            }
            Self::EndOfLastTerm => Some(terms.last()?.ends_on),
        }
    }
}

/// The Monday of a week of a term; none for a week that starts after its end.
fn monday_of(term: &TermSetUp, week: u32) -> Option<NaiveDate> {
    let back = u64::from(term.starts_on.weekday().num_days_from_monday());
    let first = term.starts_on.checked_sub_days(Days::new(back))?;
    let monday = first.checked_add_days(Days::new(7 * u64::from(week.checked_sub(1)?)))?;
    (monday <= term.ends_on).then_some(monday)
}
