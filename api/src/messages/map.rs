//! Reminders and messages in the graph.

use chrono::{DateTime, Utc};
use entity::messages::{bulletin, message, message_event, reminder, suppression};
use entity::operations::message_replay;
use entity::people::person;
use entity::scope::Scope;
use rules::lanes::{MailLane, lane_of};
use rules::messages::suppression::SuppressionReason;
use rules::messages::{MessageKind, MessageState};
use rules::reminders::{PassedReason, ReminderState, Verdict};
use rules::standstill::StandstillKind;
use sea_orm::DbErr;
use sea_orm::sea_query::{Expr, ExprTrait as _, SimpleExpr};
use uuid::Uuid;

use crate::read::map::{
    Cells, Leaf, Scalar, Test, Type, Vocabulary, any_of, asc, before, column, contains, derived,
    desc, empty, filter, from, many, many_through, one, one_by, refers, root, table, word,
};

impl Vocabulary for ReminderState {
    const NAME: &'static str = "ReminderState";
    const ABOUT: &'static str = "Where a reminder stands.";
}

impl Vocabulary for MessageKind {
    const NAME: &'static str = "MessageKind";
    const ABOUT: &'static str = "What a message is for.";
}

impl Vocabulary for MailLane {
    const NAME: &'static str = "MailLaneName";
    const ABOUT: &'static str = "The lanes that mail travels in, each paused by itself.";
}

impl Vocabulary for MessageState {
    const NAME: &'static str = "MessageState";
    const ABOUT: &'static str = "Where a message stands.";
}

impl Vocabulary for SuppressionReason {
    const NAME: &'static str = "SuppressionReason";
    const ABOUT: &'static str = "Why no mail goes to an address.";
}

impl Vocabulary for Verdict {
    const NAME: &'static str = "ReminderVerdict";
    const ABOUT: &'static str = "What became, or will become, of one reminder.";
}

impl Vocabulary for PassedReason {
    const NAME: &'static str = "ReminderPassedReason";
    const ABOUT: &'static str = "Why the time of a reminder passed without it.";
}

impl Vocabulary for StandstillKind {
    const NAME: &'static str = "StandstillKind";
    const ABOUT: &'static str = "What can stand still on the way of mail.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![reminder(), message(), message_event(), suppression(), bulletin()]
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
                "Which reminder it is: `before_10` and `after_3` count working days from the due day, by the \
                 calendar of the school that owes it (for a hub's duty, its lead school): its terms, \
                 half-terms and INSET days, and bank holidays. `escalate_hub` and `escalate_programme` \
                 go to those who help, after so many of these days too.",
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
            one(
                "message",
                "Message",
                C::MessageId,
                "The message that carries it, once bundled. Who runs the hub sees the message while \
                 all its reminders are about their hubs; null if it tells of others' too.",
            ),
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
        root: root(
            "messages",
            "The messages you may see: your own; if you run hubs, the mails of their bulletins, and \
             those whose reminders are all about your hubs' business; all for a programme admin.",
        ),
        fields: vec![
            word::<MessageKind>("kind", C::Kind, "What it is for."),
            derived(
                "lane",
                &[C::Kind],
                Leaf::Word(MailLane::words()),
                lane,
                "The lane that its kind travels in; `mailLanes` tells of them.",
            ),
            word::<MessageState>("state", C::State, "Where it stands."),
            column("localDay", C::LocalDay, "Day of a digest."),
            column("subject", C::Subject, "Subject line, once rendered."),
            column("sendAfter", C::SendAfter, "It is not sent before this moment."),
            column("expiresAt", C::ExpiresAt, "It is not sent from this moment on."),
            column("attempts", C::Attempts, "Deliveries begun."),
            column(
                "mailId",
                C::MessageIdHeader,
                "Its `Message-ID`, by which mail systems name it; null until it is rendered.",
            ),
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
            filter(
                "bulletin",
                Test::Concerns("Bulletin", of_bulletin),
                "The mails of this message to partners.",
            ),
            from("createdFrom", C::CreatedAt, "Decided at this moment or later."),
            before("createdBefore", C::CreatedAt, "Decided before this moment."),
        ],
        orders: vec![desc("CREATED_AT", C::CreatedAt), desc("CHANGED_AT", C::ChangedAt)],
    }
}

fn lane(cells: &Cells<'_>, _: DateTime<Utc>) -> Result<Scalar, DbErr> {
    Ok(Scalar::Word(lane_of(cells.word(0)?).into()))
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

fn suppression() -> Type {
    use suppression::Column as C;
    Type {
        name: "Suppression",
        about: "An address that no mail goes to, and why. After a complaint only mail that is not a \
                duty is kept back, otherwise all.",
        table: table(suppression::Entity),
        scope: Scope::suppressions,
        root: root(
            "suppressions",
            "The addresses that take no mail, as far as you may see them: all for a programme admin, \
             those of the contacts of your hubs and their partners for who runs them.",
        ),
        fields: vec![
            column("address", C::Address, "The address, in lower case."),
            word::<SuppressionReason>("reason", C::Reason, "Why it takes no mail."),
            column("note", C::Note, "What was told: a status, or the words of who decided."),
            column("since", C::Since, "Since when."),
            column("releasedAt", C::ReleasedAt, "When mail was let go to it again."),
            column("releaseReason", C::ReleaseReason, "Why it was let go again."),
            column("changedAt", C::ChangedAt, "When last changed."),
            column("version", C::Version, "Rises with every change; give it back with an edit."),
            one_by(
                "person",
                "Person",
                C::Address,
                person::Column::Email,
                "Whose address it is today; null when nobody's, as after a correction.",
            ),
            one("message", "Message", C::MessageId, "The message that showed it."),
            one("by", "Person", C::ByPerson, "Who decided it, if somebody did."),
            one("releasedBy", "Person", C::ReleasedBy, "Who let it go again."),
        ],
        filters: vec![
            any_of::<SuppressionReason>("reason", C::Reason, "For one of these reasons."),
            contains("addressContains", C::Address, "With this in the address, whatever its case."),
            empty("inForce", C::ReleasedAt, "Still in force, or let go again."),
        ],
        orders: vec![desc("SINCE", C::Since)],
    }
}

/// Mails are about things of several kinds, and their ids are no more than ids.
fn of_bulletin(id: Uuid) -> SimpleExpr {
    let column = |column: message::Column| Expr::col((message::Entity, column));
    let is_one = column(message::Column::Kind).eq(<&str>::from(MessageKind::Bulletin));
    is_one.and(column(message::Column::AboutId).eq(id))
}

fn bulletin() -> Type {
    use bulletin::Column as C;
    Type {
        name: "Bulletin",
        about: "A message that was sent to all of a hub's partners.",
        table: table(bulletin::Entity),
        scope: Scope::bulletins,
        root: root("bulletins", "The messages to partners of the hubs you run."),
        fields: vec![
            column("subject", C::Subject, "Subject line."),
            column("text", C::Text, "What it says, plain text."),
            column("sentAt", C::SentAt, "When it was sent."),
            column("recipients", C::Recipients, "To how many people it was sent."),
            column(
                "excluded",
                C::Excluded,
                "How many people at the partners it was not sent to, for the reasons the preview gave.",
            ),
            one("hub", "Hub", C::HubId, "The hub."),
            one("sentBy", "Person", C::SentBy, "Who sent it."),
            many(
                "messages",
                "Message",
                message::Column::AboutId,
                "Its mails, one to each person, and where each stands; `filter: { state: [...] }` \
                 counts those of some states in `totalCount`.",
            ),
        ],
        filters: vec![
            refers("hub", "Hub", C::HubId, "To the partners of this hub."),
            from("sentFrom", C::SentAt, "Sent at this moment or later."),
            before("sentBefore", C::SentAt, "Sent before this moment."),
        ],
        orders: vec![desc("SENT_AT", C::SentAt)],
    }
}
