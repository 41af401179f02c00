//! Reminders and messages in the graph.

use entity::messages::{message, message_event, reminder};
use entity::operations::message_replay;
use entity::scope::Scope;
use rules::messages::{MessageKind, MessageState};
use rules::reminders::ReminderState;

use crate::read::map::{
    Type, Vocabulary, any_of, asc, before, column, desc, from, many, many_through, one, refers,
    root, table, word,
};

impl Vocabulary for ReminderState {
    const NAME: &'static str = "ReminderState";
    const ABOUT: &'static str = "Where a reminder stands.";
}

impl Vocabulary for MessageKind {
    const NAME: &'static str = "MessageKind";
    const ABOUT: &'static str = "What a message is for.";
}

impl Vocabulary for MessageState {
    const NAME: &'static str = "MessageState";
    const ABOUT: &'static str = "Where a message stands.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![reminder(), message(), message_event()]
}

fn reminder() -> Type {
    use reminder::Column as C;
    Type {
        name: "Reminder",
        about: "That one person is to be reminded once about one obligation.",
        table: table(reminder::Entity),
        scope: Scope::reminders,
        root: root(
            "reminders",
            "The reminders you may see: your own, and those of hubs you answer for.",
        ),
        fields: vec![
            column(
                "step",
                C::Step,
                "Which reminder it is: `before_10` and `after_3` count working days from the due day; `escalate_hub` and `escalate_programme` go to those who help.",
            ),
            word::<ReminderState>("state", C::State, "Where it stands."),
            column("sendOn", C::SendOn, "Day on which it goes out."),
            column(
                "expiresAt",
                C::ExpiresAt,
                "It is not sent from this moment on, since it would make no sense any more.",
            ),
            column("reason", C::Reason, "Why it is sent, or why it was cancelled."),
            column(
                "revision",
                C::Revision,
                "Which revision of the obligation it speaks of; a moved due day starts a new one.",
            ),
            column("createdAt", C::CreatedAt, "When planned."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("obligation", "Obligation", C::ObligationId, "What it is about."),
            one("person", "Person", C::PersonId, "Whom it reminds."),
            one("message", "Message", C::MessageId, "The message that carries it, once bundled."),
        ],
        filters: vec![
            any_of::<ReminderState>("state", C::State, "In one of these states."),
            refers("person", "Person", C::PersonId, "To this person."),
            refers("obligation", "Obligation", C::ObligationId, "About this obligation."),
            from("sendFrom", C::SendOn, "Going out on this day or later."),
            before("sendBefore", C::SendOn, "Going out before this day."),
        ],
        orders: vec![desc("SEND_ON", C::SendOn), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn message() -> Type {
    use message::Column as C;
    Type {
        name: "Message",
        about: "One mail to one person, rendered once.",
        table: table(message::Entity),
        scope: Scope::messages,
        root: root("messages", "The messages you may see: your own, or all for a programme admin."),
        fields: vec![
            word::<MessageKind>("kind", C::Kind, "What it is for."),
            word::<MessageState>("state", C::State, "Where it stands."),
            column("localDay", C::LocalDay, "Day of a digest."),
            column("subject", C::Subject, "Subject line, once rendered."),
            column("sendAfter", C::SendAfter, "It is not sent before this moment."),
            column("expiresAt", C::ExpiresAt, "It is not sent from this moment on."),
            column("attempts", C::Attempts, "Deliveries begun."),
            column("createdAt", C::CreatedAt, "When it was decided to send it."),
            column("changedAt", C::ChangedAt, "When last changed."),
            one("person", "Person", C::PersonId, "The recipient."),
            many(
                "events",
                "MessageEvent",
                message_event::Column::MessageId,
                "Its story: who got it, when, and why not.",
            ),
            many("reminders", "Reminder", reminder::Column::MessageId, "The reminders it carries."),
            many_through(
                "replays",
                "Message",
                table(message_replay::Entity),
                (message_replay::Column::MessageId, message_replay::Column::ReplayId),
                "The message that was sent anew in its place after it failed, if one was.",
            ),
            many_through(
                "replayOf",
                "Message",
                table(message_replay::Entity),
                (message_replay::Column::ReplayId, message_replay::Column::MessageId),
                "The message that failed and in whose place it was sent, if one is.",
            ),
        ],
        filters: vec![
            any_of::<MessageState>("state", C::State, "In one of these states."),
            any_of::<MessageKind>("kind", C::Kind, "Of one of these kinds."),
            refers("person", "Person", C::PersonId, "To this person."),
            from("createdFrom", C::CreatedAt, "Decided at this moment or later."),
            before("createdBefore", C::CreatedAt, "Decided before this moment."),
        ],
        orders: vec![desc("CREATED_AT", C::CreatedAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn message_event() -> Type {
    use message_event::Column as C;
    Type {
        name: "MessageEvent",
        about: "One step in the story of a message.",
        table: table(message_event::Entity),
        scope: Scope::message_events,
        root: None,
        fields: vec![
            word::<MessageState>("state", C::State, "The state it reached."),
            column("detail", C::Detail, "Why."),
            column("happenedAt", C::HappenedAt, "When."),
            one("message", "Message", C::MessageId, "The message."),
        ],
        filters: vec![],
        orders: vec![asc("HAPPENED_AT", C::HappenedAt)],
    }
}
