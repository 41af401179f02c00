//! Engagement alerts in the graph.

use entity::engagement::engagement_alert;
use entity::scope::Scope;
use rules::engagement::{AlertState, AlertSubject, RuleName};

use crate::read::map::{
    Holds, Plain, Type, Vocabulary, any_of, before, column, desc, from, objects, one, part, refers,
    root, table, word,
};

impl Vocabulary for AlertState {
    const NAME: &'static str = "AlertState";
    const ABOUT: &'static str = "Where an alert stands.";
}

impl Vocabulary for AlertSubject {
    const NAME: &'static str = "AlertSubject";
    const ABOUT: &'static str = "What an alert is about.";
}

impl Vocabulary for RuleName {
    const NAME: &'static str = "AlertRule";
    const ABOUT: &'static str = "The rules that raise alerts.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![alert()]
}

fn alert() -> Type {
    use engagement_alert::Column as C;
    Type {
        name: "EngagementAlert",
        about: "That a rule found a partner or a hub in need of attention, and why.",
        table: table(engagement_alert::Entity),
        scope: Scope::alerts,
        root: root("alerts", "The alerts you may see: those of hubs you answer for."),
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
                "The period it is about; one open alert per subject, rule and period.",
            ),
            word::<AlertState>("state", C::State, "Where it stands."),
            column("summary", C::Summary, "What is wrong, in a sentence."),
            column("threshold", C::Threshold, "The threshold that was passed, in words."),
            objects("evidence", C::Evidence, evidence(), "The facts behind it."),
            column("raisedAt", C::RaisedAt, "When raised."),
            column("changedAt", C::ChangedAt, "When last changed."),
            column("acknowledgedAt", C::AcknowledgedAt, "When somebody took it on."),
            column("acknowledgementNote", C::AcknowledgementNote, "What they noted."),
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
        ],
        filters: vec![
            any_of::<AlertState>("state", C::State, "In one of these states."),
            any_of::<RuleName>("rule", C::Rule, "Raised by one of these rules."),
            refers("hub", "Hub", C::HubId, "Concerning this hub."),
            refers("enrolment", "Enrolment", C::EnrolmentId, "About this enrolment."),
            from("raisedFrom", C::RaisedAt, "Raised at this moment or later."),
            before("raisedBefore", C::RaisedAt, "Raised before this moment."),
        ],
        orders: vec![desc("RAISED_AT", C::RaisedAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

/// Keys as in `rules::engagement::Evidence`.
fn evidence() -> Plain {
    Plain {
        name: "AlertEvidence",
        about: "One fact behind an alert.",
        parts: vec![
            part("fact", "fact", Holds::Text, "The fact, in a sentence."),
            part(
                "obligation",
                "obligation_id",
                Holds::Row("Obligation"),
                "The obligation it is about.",
            ),
        ],
    }
}
