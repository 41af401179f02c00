//! The life of a campaign: what may be done with it when, and whom it reminds.

use chrono::{DateTime, DurationRound as _, NaiveDate, TimeDelta, Utc};

use super::{CampaignState, RespondentGroup, SurveyWave};
use crate::calendar::{Calendar, in_words, local};
use crate::people::ContactRole;

/// Longest a campaign may be open, in days: a programme year and a little.
const LONGEST: i64 = 400;
/// Most answers that can be asked of a group before its commitment is met.
const MOST_RESPONSES: i32 = 10_000;
/// Most reminders of one campaign, and the earliest of them, in working days before the close.
const MOST_REMINDERS: usize = 5;
const EARLIEST_REMINDER: u32 = 60;

/// What somebody wants to do with a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Change what it asks and whom.
    Edit,
    /// Change its title, its close, its reminders and what is enough.
    Adjust,
    /// Send the invitations.
    Launch,
    /// Take no more answers.
    Close,
    /// Freeze the results and show them.
    Publish,
}

/// Whether a step can be taken in a state.
///
/// # Errors
/// Why it cannot, as a sentence.
pub fn check_step(state: CampaignState, step: Step) -> Result<(), &'static str> {
    use CampaignState::{Closed, Draft, Open, Published};
    match (step, state) {
        (Step::Edit | Step::Launch, Draft)
        | (Step::Adjust, Draft | Open)
        | (Step::Close, Open)
        | (Step::Publish, Closed) => Ok(()),
        (Step::Edit, _) => Err("What a campaign asks of whom is fixed once it was launched."),
        (Step::Adjust, _) => Err("This campaign is over: nothing of it can be changed any more."),
        (Step::Launch, _) => Err("This campaign was launched before."),
        (Step::Close, Draft) => Err("This campaign has not been launched yet."),
        (Step::Close, _) => Err("This campaign is closed already."),
        (Step::Publish, Draft | Open) => Err("Close the campaign first: results are frozen once."),
        (Step::Publish, Published) => Err("The results of this campaign are published already."),
    }
}

/// What a launch today changes of a campaign that was to open later, in a sentence.
#[must_use]
pub fn opens_early(opens_on: NaiveDate, today: NaiveDate) -> Option<String> {
    (today < opens_on).then(|| {
        format!(
            "Launched now, it opens today, {}, and not on {}: its first day becomes today.",
            in_words(today),
            in_words(opens_on)
        )
    })
}

/// Whether answers are taken at `now`: from the launch to the end of the closing day in London.
#[must_use]
pub fn takes_answers(state: CampaignState, closes_on: NaiveDate, now: DateTime<Utc>) -> bool {
    state == CampaignState::Open && local(now).date() <= closes_on
}

/// When whoever follows a campaign is told of an answer that comes at `now`: at the next full hour,
/// of all answers of the hour together, so that following tells the moment of none.
#[must_use]
pub fn told_at(now: DateTime<Utc>) -> DateTime<Utc> {
    let hour = TimeDelta::hours(1);
    // Whole hours of UTC are whole hours in London; a moment at the end of time stays what it is.
    now.duration_trunc(hour).map_or(now, |begun| begun + hour)
}

/// What a campaign is to be, as far as the rules look at it.
#[derive(Clone, Debug)]
pub struct Shape<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its wave.
    pub wave: SurveyWave,
    /// Whether it names an event.
    pub has_event: bool,
    /// Whether it names a cohort.
    pub has_cohort: bool,
    /// First day.
    pub opens_on: NaiveDate,
    /// Last day.
    pub closes_on: NaiveDate,
    /// So many answers of a group are enough.
    pub enough_responses: i32,
    /// Working days before the close on which schools are reminded.
    pub remind_days: &'a [u32],
    /// The groups asked.
    pub groups: &'a [RespondentGroup],
}

/// The first thing that is wrong with a campaign: the field of the input, and a sentence.
#[must_use]
pub fn fault(shape: &Shape<'_>) -> Option<(&'static str, String)> {
    let of_event = shape.wave == SurveyWave::EventFeedback;
    let days = (shape.closes_on - shape.opens_on).num_days();
    let title = shape.title.trim();
    let found = [
        (
            title.is_empty() || title.chars().count() > 200 || title.chars().any(char::is_control),
            "title",
            "Give a title of at most 200 characters, on one line.".to_owned(),
        ),
        (
            of_event && !shape.has_event,
            "eventId",
            "Feedback on an event names the event.".to_owned(),
        ),
        (
            !of_event && shape.has_event,
            "eventId",
            "Only a campaign of the wave EVENT_FEEDBACK is about an event.".to_owned(),
        ),
        (
            !of_event && !shape.has_cohort,
            "cohortId",
            "Name the cohort whose partners are asked.".to_owned(),
        ),
        (
            !(0..=LONGEST).contains(&days),
            "closesOn",
            format!(
                "It would open on {} and close on {}: give a later close, at most {LONGEST} days \
                 after it opens.",
                in_words(shape.opens_on),
                in_words(shape.closes_on)
            ),
        ),
        (
            !(1..=MOST_RESPONSES).contains(&shape.enough_responses),
            "enoughResponses",
            format!("Ask for 1 to {MOST_RESPONSES} answers of each group."),
        ),
        (
            shape.remind_days.len() > MOST_REMINDERS
                || shape.remind_days.iter().any(|days| !(1..=EARLIEST_REMINDER).contains(days)),
            "remindDays",
            format!(
                "Remind at most {MOST_REMINDERS} times, 1 to {EARLIEST_REMINDER} working days \
                 before the close."
            ),
        ),
        (shape.groups.is_empty(), "groups", "Ask at least one group.".to_owned()),
        (twice(shape.groups), "groups", "Each group is asked one questionnaire.".to_owned()),
    ];
    found.into_iter().find(|(wrong, ..)| *wrong).map(|(_, field, message)| (field, message))
}

/// Whether contacts in a role belong to a group, and get a link of their own where a campaign gives
/// them one. Pupils and parents are nobody's contacts.
#[must_use]
pub fn belongs(group: RespondentGroup, role: ContactRole) -> bool {
    match group {
        RespondentGroup::Leaders => matches!(
            role,
            ContactRole::Headteacher | ContactRole::SeniorLeader | ContactRole::TrustLead
        ),
        RespondentGroup::Staff => role == ContactRole::BehaviourLead,
        RespondentGroup::Pupils | RespondentGroup::Parents => false,
    }
}

/// Whether a group can be asked by links of their own at all.
#[must_use]
pub fn can_have_links(group: RespondentGroup) -> bool {
    matches!(group, RespondentGroup::Leaders | RespondentGroup::Staff)
}

/// So many answers are enough of one group of one school: what its campaign asks for, but of a group
/// asked by `links` of their own no more than it has links; at least one.
#[must_use]
pub fn enough(enough_responses: i32, links: Option<i32>) -> i32 {
    enough_responses.min(links.unwrap_or(i32::MAX)).max(1)
}

fn twice(groups: &[RespondentGroup]) -> bool {
    groups.iter().enumerate().any(|(at, group)| groups[..at].contains(group))
}

/// The reminder that is due at one school on `today`, as its number of working days before the
/// close: the latest whose day has come. None before the first, on a day the school does not work,
/// after the close, and for a school that was invited on the reminder's day or later: it has just
/// had its letter.
#[must_use]
pub fn reminder_due(
    remind_days: &[u32],
    closes_on: NaiveDate,
    invited_on: NaiveDate,
    today: NaiveDate,
    calendar: &Calendar,
) -> Option<u32> {
    if today > closes_on || !calendar.is_working_day(today) {
        return None;
    }
    let day = |before: u32| {
        calendar.add_working_days(closes_on, -i32::try_from(before).unwrap_or(i32::MAX))
    };
    let latest = remind_days.iter().copied().filter(|before| day(*before) <= today).min()?;
    (invited_on < day(latest)).then_some(latest)
}
