//! Alert rules: one file per rule, and the list that names them. A rule turns facts into raise,
//! keep or clear, with its evidence; [`life`] says what an alert makes of that.
//!
//! **Each obligation is flagged by one rule.** [`rule_of`] names it: support days, open days, CPD
//! sessions, self-assessments, plans and surveys under way have rules of their own, and everything
//! else is left to `overdue_obligation`, which so never repeats what another rule says.

mod capacity;
mod cpd_behind;
mod facts;
mod late;
pub mod life;
mod no_open_day_offered;
mod no_reachable_contact;
mod open_day_missed;
mod overdue_obligation;
mod plan_missing;
mod policy;
mod self_assessment_missing;
mod support;
mod support_days_behind;
mod support_days_not_delivered;
mod survey_low_response;
mod survey_not_started;
mod words;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::facts::{
    ContactFacts, EngagementFacts, ObligationEvidence, OpenDayFacts, PartnerFacts, SubjectTerm,
    SurveyFacts, VisitFacts,
};
pub use self::late::rule_of;
pub use self::policy::AlertPolicy;
pub use self::words::{AlertState, AlertStep, AlertSubject, RuleName};
use crate::calendar::{Calendar, local};
use crate::programme::Policy;

/// Period of an alert about a subject as a whole, not about one of its terms.
pub const WHOLE: &str = "whole";

/// One reason, as stored with an alert and shown to people: a fact, and the rows it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Evidence {
    /// The fact, in a sentence with its dates. It stays the same while the fact does, so it tells
    /// days, not how long ago they were.
    pub fact: String,
    /// The obligation it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obligation_id: Option<Uuid>,
    /// The event it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
    /// The visit it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub visit_id: Option<Uuid>,
    /// The survey campaign it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<Uuid>,
    /// The group of a school asked in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_id: Option<Uuid>,
    /// The partner it is about, in an alert about a hub.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrolment_id: Option<Uuid>,
}

impl Evidence {
    /// Whether it is about the same rows as another, however its sentence reads.
    #[must_use]
    pub fn is_about_the_same_as(&self, other: &Self) -> bool {
        let rows = |of: &Self| Self { fact: String::new(), ..of.clone() };
        rows(self) == rows(other)
    }
}

/// What a rule decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is so: an alert is opened, or the open one keeps this evidence.
    Raise {
        /// What is wrong, in a sentence.
        summary: String,
        /// The threshold that was passed, in words.
        threshold: String,
        /// The reasons.
        evidence: Vec<Evidence>,
    },
    /// It may be so, but this is no time to say it, as for a paused or new school or in the
    /// holidays: leave things as they are.
    Keep,
    /// There is nothing to judge by, as with a survey of nobody knows how many: leave things as
    /// they are, which is not to say that all is well.
    NoData,
    /// It is not, or no longer, so.
    Clear,
}

/// One question to a rule: these facts, this moment, this term.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The facts.
    pub facts: &'a EngagementFacts,
    /// The programme's thresholds.
    pub policy: &'a Policy,
    /// As of when.
    pub now: DateTime<Utc>,
    /// The term asked about, by a rule that looks at terms.
    pub term: Option<&'a SubjectTerm>,
    /// Evidence of the alert that is open; empty when none is.
    pub before: &'a [Evidence],
}

impl Case<'_> {
    /// The London day of the moment.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        local(self.now).date()
    }

    /// Raises with this evidence, if there is any and this is a time to say so.
    fn raise_if_any(
        &self,
        evidence: Vec<Evidence>,
        summary: impl FnOnce(&[Evidence]) -> String,
        threshold: String,
    ) -> Decision {
        if evidence.is_empty() {
            return Decision::Clear;
        }
        let joined_on = self.term.map_or(self.facts.joined_on, |term| term.joined_on);
        let facts = self.facts;
        if !facts.live
            || self.is_in_grace(joined_on, &facts.calendar)
            || facts.calendar.is_holiday(self.today())
        {
            return Decision::Keep;
        }
        Decision::Raise { summary: summary(&evidence), threshold, evidence }
    }

    /// Whether somebody who joined on `joined_on` is still too new to be flagged.
    fn is_in_grace(&self, joined_on: NaiveDate, calendar: &Calendar) -> bool {
        let grace = i32::try_from(self.policy.grace_working_days).unwrap_or(i32::MAX);
        self.today() < calendar.add_working_days(joined_on, grace)
    }

    /// The term asked about, while anything can still come of flagging it: until the one after it
    /// is over.
    fn recent_term(&self) -> Option<&SubjectTerm> {
        let asked = self.term?;
        let next = self.facts.terms.iter().find(|other| {
            other.cohort_id == asked.cohort_id && other.term.ordinal == asked.term.ordinal + 1
        });
        let stale = next.is_some_and(|next| next.term.ends_on < self.today());
        (!stale).then_some(asked)
    }
}

/// A rule: what it is about, and its decision.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Name.
    pub name: RuleName,
    /// Version, raised when its meaning changes.
    pub version: i32,
    /// Whether it is asked of enrolments, of hubs or of both.
    pub about: &'static [AlertSubject],
    /// Whether it is asked once for each term that has begun, or once for the whole time.
    pub by_term: bool,
    /// Whether what it looks at comes and goes, so that its alerts wait before they are shown and
    /// before they end. A dated deed that was not done, and then is, needs no waiting.
    pub settles: bool,
    /// The decision.
    pub decide: fn(&Case<'_>) -> Decision,
}

/// Every rule, in the order they are shown.
pub const RULES: &[Rule] = &[
    overdue_obligation::RULE,
    open_day_missed::RULE,
    cpd_behind::RULE,
    support_days_behind::RULE,
    self_assessment_missing::RULE,
    plan_missing::RULE,
    survey_not_started::RULE,
    survey_low_response::RULE,
    no_reachable_contact::RULE,
    no_open_day_offered::RULE,
    support_days_not_delivered::RULE,
    capacity::RULE,
];

const PARTNER: &[AlertSubject] = &[AlertSubject::Enrolment];
const HUB: &[AlertSubject] = &[AlertSubject::Hub];

/// What one rule decided about one period.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The rule's name.
    pub rule: RuleName,
    /// `term-1` and the like, or [`WHOLE`].
    pub period: String,
    /// The decision.
    pub decision: Decision,
}

/// Asks every rule about a subject, for its whole time or for each of its terms that has begun.
/// `before` tells the evidence of the alert that is open by a rule about a period.
#[must_use]
pub fn assess<'a>(
    facts: &EngagementFacts,
    policy: &Policy,
    now: DateTime<Utc>,
    before: impl Fn(RuleName, &str) -> &'a [Evidence],
) -> Vec<Verdict> {
    let today = local(now).date();
    let mut verdicts = Vec::new();
    for rule in RULES.iter().filter(|rule| rule.about.contains(&facts.subject)) {
        let begun = facts.terms.iter().filter(|term| term.term.starts_on <= today);
        let terms: Vec<Option<&SubjectTerm>> =
            if rule.by_term { begun.map(Some).collect() } else { vec![None] };
        for term in terms {
            let period = term.map_or(WHOLE, |term| &term.period);
            let before = before(rule.name, period);
            let decision = (rule.decide)(&Case { facts, policy, now, term, before });
            verdicts.push(Verdict { rule: rule.name, period: period.to_owned(), decision });
        }
    }
    verdicts
}

/// `1 school is`, `2 schools are`: a count with its noun and verb.
fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}
