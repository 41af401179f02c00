//! The audit in the graph.

use entity::audit::audit_entry;
use entity::scope::Scope;
use sea_orm::IdenStatic as _;

use crate::read::map::{
    Field, Holds, Plain, Test, Type, before, column, desc, filter, from, is, many, objects, one,
    part, refers, root, table,
};

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![entry()]
}

/// What was ever done to a row: a field for the map of its type.
#[must_use]
pub fn history() -> Field {
    let about = "What was ever done to it, by whom, when, and what that changed. For programme \
                 admins, and for hub and regional leads about what belongs to their hubs; empty for \
                 everybody else.";
    many("history", "AuditEntry", audit_entry::Column::NodeId, about)
}

fn entry() -> Type {
    use audit_entry::Column as C;
    let mut fields = vec![
        column(
            "action",
            C::Action,
            "What was done: the name of a mutation, as `visitRecord`, a step of signing in, what a \
             page behind a mailed link does, as `obligationReported`, or a command of the command \
             line, as `import-programme`.",
        ),
        column("happenedAt", C::HappenedAt, "When."),
        one(
            "by",
            "Person",
            C::ByPerson,
            "Who did it; null for the system and its commands, and for people whom you may not see.",
        ),
        column("nodeType", C::NodeType, "Type of what it was done to, as `Visit`."),
        objects(
            "changes",
            C::Changes,
            change(),
            "What it changed of that, field by field; of something new, all that it was given.",
        ),
        column("detail", C::Detail, "A sentence more; empty if there is nothing to add."),
    ];
    // What it was done to: of these, the one that `nodeType` says.
    fields.extend([
        one("enrolment", "Enrolment", C::NodeId, "The enrolment it was done to, if one."),
        one("obligation", "Obligation", C::NodeId, "The obligation it was done to, if one."),
        one("visit", "Visit", C::NodeId, "The visit it was done to, if one."),
        one(
            "selfAssessment",
            "SelfAssessment",
            C::NodeId,
            "The self-assessment it was done to, if one.",
        ),
        one("plan", "Plan", C::NodeId, "The plan it was done to, if one."),
        one("objective", "Objective", C::NodeId, "The objective it was done to, if one."),
        one("agreedAction", "AgreedAction", C::NodeId, "The agreed action it was done to, if one."),
        one("review", "Review", C::NodeId, "The review it was done to, if one."),
        one("alert", "EngagementAlert", C::NodeId, "The alert it was done to, if one."),
        one("event", "Event", C::NodeId, "The event it was done to, if one."),
        one("booking", "Booking", C::NodeId, "The booking it was done to, if one."),
        one(
            "eventAttendance",
            "EventAttendance",
            C::NodeId,
            "The record of event attendance it was done to, if one.",
        ),
        one(
            "surveyCampaign",
            "SurveyCampaign",
            C::NodeId,
            "The survey campaign it was done to, if one.",
        ),
        one(
            "surveyInvitation",
            "SurveyInvitation",
            C::NodeId,
            "The survey invitation it was done to, if one.",
        ),
        one("person", "Person", C::NodeId, "The person it was done to, if one."),
        one("message", "Message", C::NodeId, "The message that was sent anew, if one."),
        one("pause", "Pause", C::NodeId, "The pause that was begun or ended, if one."),
    ]);
    Type {
        name: "AuditEntry",
        about: "Something that was done: by whom, when, to what, and what it changed. Written with \
                the deed itself, and never changed.",
        table: table(audit_entry::Entity),
        scope: Scope::audit_entries,
        root: root(
            "auditEntries",
            "What was done: all of it for admins; for hub and regional leads what belongs to their \
             hubs; nothing for everybody else.",
        ),
        fields,
        filters: vec![
            filter(
                "node",
                Test::Node(C::NodeType.as_str(), C::NodeId.as_str()),
                "Done to this, whatever it is.",
            ),
            is("nodeType", C::NodeType, "Done to something of this type."),
            is("action", C::Action, "Exactly this deed, as `visitRecord`."),
            refers("by", "Person", C::ByPerson, "Done by this person."),
            from("happenedFrom", C::HappenedAt, "Done at this moment or later."),
            before("happenedBefore", C::HappenedAt, "Done before this moment."),
        ],
        orders: vec![desc("HAPPENED_AT", C::HappenedAt)],
    }
}

/// Keys as in `entity::audit::Change`.
fn change() -> Plain {
    Plain {
        name: "AuditChange",
        about: "One field that a deed changed.",
        parts: vec![
            part("field", "field", Holds::Text, "Name of the field, as in the type of the node."),
            part(
                "before",
                "before",
                Holds::TextIfAny,
                "Its value before, as the field writes it but always as a text, and of another row \
                 its id; null if it was empty or new, or is withheld.",
            ),
            part("after", "after", Holds::TextIfAny, "Its value after, likewise."),
            part(
                "withheld",
                "withheld",
                Holds::Flag,
                "Whether the values are left out, because they name people, are secret, or are \
                 lists.",
            ),
        ],
    }
}
