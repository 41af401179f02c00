//! The words of alerts.

use crate::words::words;

words! {
    /// Where an alert stands.
    AlertState {
        /// Seen once, not yet shown to anybody: it may be gone tomorrow.
        Pending,
        /// Shown, and nobody has taken it on.
        Firing,
        /// Somebody has taken it on.
        Acknowledged,
        /// Set aside until a day.
        Snoozed,
        /// No longer true, kept for a while in case it comes back.
        Clearing,
        /// Over.
        Resolved,
    }
    /// What an alert is about.
    AlertSubject {
        /// A partner's enrolment.
        Enrolment,
        /// A hub.
        Hub,
        /// A contact.
        Contact,
    }
    /// The rules there are.
    RuleName {
        /// Obligations overdue by more working days than the programme allows, of kinds that no
        /// other rule is about.
        OverdueObligation,
        /// A partner missed the open day of a term.
        OpenDayMissed,
        /// A partner is behind with CPD sessions and their recordings.
        CpdBehind,
        /// A partner turned support days down and has used too few of them.
        SupportDaysBehind,
        /// A partner has not completed its self-assessment.
        SelfAssessmentMissing,
        /// A partner has no agreed plan.
        PlanMissing,
        /// Nobody of a group at a school has answered a survey that is well under way.
        SurveyNotStarted,
        /// Too few of a group at a school have answered a survey.
        SurveyLowResponse,
        /// A partner has nobody whom mail can reach.
        NoReachableContact,
        /// A hub offers no open day in a term that is half over.
        NoOpenDayOffered,
        /// A hub has offered its partners too few of a term's support days.
        SupportDaysNotDelivered,
        /// A hub supports more partners than it can, or fewer than it should.
        Capacity,
    }
    /// The steps in the life of an alert.
    AlertStep {
        /// A rule found it so, for the first time; not shown unless it lasts.
        Noticed,
        /// A rule found it so, and it is shown.
        Raised,
        /// The rule sees other facts than before.
        EvidenceChanged,
        /// Somebody took it on.
        Acknowledged,
        /// Somebody set it aside until a day.
        Snoozed,
        /// The snooze ended, by its day or by hand.
        Woken,
        /// It is no longer so; kept for a while in case it comes back.
        Clearing,
        /// It is so again.
        Reopened,
        /// Over.
        Resolved,
    }
}
