//! Engagement alerts in the graph.

use entity::engagement::{alert_event, engagement_alert};
use entity::scope::Scope;
use rules::engagement::{AlertState, AlertStep, AlertSubject, RuleName};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query, SimpleExpr};
use uuid::Uuid;

use crate::audit::map::history;
use crate::read::map::{
    Either, Holds, Plain, Test, Type, Vocabulary, any_of, asc, before, column, desc, either,
    filter, from, is, many, objects, one, part, refers, root, table, word,
};

impl Vocabulary for AlertState {
    const NAME: &'static str = "AlertState";
    const ABOUT: &'static str = "Where an alert stands.";
}

impl Vocabulary for AlertSubject {
    const NAME: &'static str = "AlertSubject";
    const ABOUT: &'static str = "What an alert is about.";
}

impl Vocabulary for AlertStep {
    const NAME: &'static str = "AlertStep";
    const ABOUT: &'static str = "The steps in the life of an alert.";
}

impl Vocabulary for RuleName {
    const NAME: &'static str = "AlertRule";
    const ABOUT: &'static str = "The rules that raise alerts.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![alert(), alert_event()]
}

fn alert() -> Type {
    use engagement_alert::Column as C;
    Type {
        name: "EngagementAlert",
        about: "That a rule found a partner or a hub in need of attention, and why.",
        table: table(engagement_alert::Entity),
        scope: Scope::alerts,
        root: root(
            "alerts",
            "The alerts you may see: those of hubs you answer for, less what was only just noticed and may be gone tomorrow.",
        ),
        fields: vec![
            word::<RuleName>("rule", C::Rule, "The rule that raised it."),
            column("ruleVersion", C::RuleVersion, "Version of that rule."),
            word::<AlertSubject>(
                "subjectKind",
                C::SubjectKind,
                "Whether it is about an enrolment, a hub or a contact.",
            ),
            column(
                "period",
                C::Period,
                "The period it is about: `whole`, a term of the partner such as `term-1`, or a term of a cohort of the hub such as `september-2026/term-1`. There is one open alert per subject, rule and period.",
            ),
            word::<AlertState>("state", C::State, "Where it stands."),
            column("summary", C::Summary, "What is wrong, in a sentence."),
            column("threshold", C::Threshold, "The threshold that was passed, in words."),
            objects("evidence", C::Evidence, evidence(), "The facts behind it."),
            column("raisedAt", C::RaisedAt, "When raised."),
            column("changedAt", C::ChangedAt, "When last changed."),
            column(
                "acknowledgedAt",
                C::AcknowledgedAt,
                "When somebody took it on; null again once it has come back after it was over.",
            ),
            column("acknowledgementNote", C::AcknowledgementNote, "What they noted."),
            column(
                "snoozedUntil",
                C::SnoozedUntil,
                "London day on which it wants attention again, if it was set aside. Until then it stays quiet, even if what raised it goes and comes back.",
            ),
            column("snoozeReason", C::SnoozeReason, "Why it was set aside."),
            column(
                "clearingSince",
                C::ClearingSince,
                "Since when it is no longer so; it is over once that has lasted.",
            ),
            column("reopened", C::Reopened, "How often it has come back."),
            column("resolvedAt", C::ResolvedAt, "When resolved."),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            one("enrolment", "Enrolment", C::EnrolmentId, "The enrolment it is about, if one."),
            one("hub", "Hub", C::HubId, "The hub concerned."),
            one("contact", "Contact", C::ContactId, "The contact it is about, if one."),
            one("acknowledgedBy", "Person", C::AcknowledgedBy, "Who took it on."),
            one("snoozedBy", "Person", C::SnoozedBy, "Who set it aside."),
            either(
                "subject",
                concern(),
                C::SubjectId,
                "What it is about, if that is still there and you may see it.",
            ),
            many(
                "events",
                "AlertEvent",
                alert_event::Column::AlertId,
                "Its story, from being raised to where it stands.",
            ),
            history(),
        ],
        filters: vec![
            any_of::<AlertState>("state", C::State, "In one of these states."),
            any_of::<RuleName>("rule", C::Rule, "Raised by one of these rules."),
            any_of::<AlertSubject>("subjectKind", C::SubjectKind, "About one of these."),
            is("period", C::Period, "About this period."),
            filter("snoozed", Test::Holds(snoozed), "True: set aside until a day. False: not."),
            filter("open", Test::Holds(open), "True: not over yet. False: over."),
            refers("hub", "Hub", C::HubId, "Concerning this hub."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "About this enrolment."),
            filter(
                "region",
                Test::Concerns("Region", in_region),
                "Concerning a hub of this region.",
            ),
            from("raisedFrom", C::RaisedAt, "Raised at this moment or later."),
            before("raisedBefore", C::RaisedAt, "Raised before this moment."),
        ],
        orders: vec![desc("RAISED_AT", C::RaisedAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn concern() -> Either {
    Either {
        name: "AlertConcern",
        about: "What an alert is about: a partner's enrolment, a hub, or a contact.",
        targets: vec!["Enrolment", "Hub", "Contact"],
    }
}

fn alert_event() -> Type {
    use alert_event::Column as C;
    Type {
        name: "AlertEvent",
        about: "One step in the life of an alert.",
        table: table(alert_event::Entity),
        scope: Scope::alert_events,
        root: None,
        fields: vec![
            word::<AlertStep>("what", C::What, "What happened."),
            column(
                "detail",
                C::Detail,
                "What happened, in a sentence: a note, a reason, or what the rule found.",
            ),
            column("happenedAt", C::HappenedAt, "When."),
            one("alert", "EngagementAlert", C::AlertId, "The alert."),
            one(
                "by",
                "Person",
                C::ByPerson,
                "Who did it; null for a rule and for the passing of a day.",
            ),
        ],
        filters: vec![any_of::<AlertStep>("what", C::What, "One of these steps.")],
        orders: vec![asc("HAPPENED_AT", C::HappenedAt)],
    }
}

fn state() -> Expr {
    Expr::col(("engagement_alert", "state"))
}

fn snoozed(yes: bool, _: chrono::DateTime<chrono::Utc>) -> SimpleExpr {
    if yes { state().eq("snoozed") } else { state().ne("snoozed") }
}

fn open(yes: bool, _: chrono::DateTime<chrono::Utc>) -> SimpleExpr {
    if yes { state().ne("resolved") } else { state().eq("resolved") }
}

/// Alerts of the hubs of a region.
fn in_region(region: Uuid) -> SimpleExpr {
    let hubs = Query::select()
        .column(("hub", "id"))
        .from("hub")
        .and_where(Expr::col(("hub", "region_id")).eq(region))
        .to_owned();
    Expr::col(("engagement_alert", "hub_id")).in_subquery(hubs)
}

/// Keys as in `rules::engagement::Evidence`.
fn evidence() -> Plain {
    let row = |name, key, of, about| part(name, key, Holds::Row(of), about);
    Plain {
        name: "AlertEvidence",
        about: "One fact behind an alert.",
        parts: vec![
            part(
                "fact",
                "fact",
                Holds::Text,
                "The fact, in a sentence. Working days in it are those of the school that it is about, \
                 of a hub its lead school: without its holidays and INSET days, and bank holidays.",
            ),
            row("obligation", "obligation_id", "Obligation", "The obligation it is about, if one."),
            row("event", "event_id", "Event", "The event it is about, if one."),
            row("visit", "visit_id", "Visit", "The visit it is about, if one."),
            row(
                "surveyCampaign",
                "campaign_id",
                "SurveyCampaign",
                "The survey campaign it is about, if one.",
            ),
            row(
                "surveyInvitation",
                "invitation_id",
                "SurveyInvitation",
                "The group of a school asked in that campaign, if one.",
            ),
            row(
                "enrolment",
                "enrolment_id",
                "Enrolment",
                "The partner it is about, in an alert about a hub.",
            ),
        ],
    }
}
