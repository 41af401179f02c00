//! The worker's jobs, their moments, mail lanes and pauses in the graph. All of it is for programme
//! admins.

use chrono::{DateTime, Utc};
use entity::messages::occurrence;
use entity::operations::{job, mail_lane, pause};
use entity::scope::Scope;
use rules::lanes::MailLane;
use rules::messages::MessageKind;
use rules::timetable::{Outcome, Pause};
use sea_orm::DbErr;

use crate::read::map::{
    Cells, Leaf, Scalar, Type, Vocabulary, any_of, asc, before, column, derived, desc, empty, from,
    is, many, one, refers, root, table, word,
};

impl Vocabulary for Outcome {
    const NAME: &'static str = "JobOccurrenceOutcome";
    const ABOUT: &'static str = "What became of a moment of the timetable.";
}

/// The types of this area.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![job(), occurrence(), mail_lane(), pause()]
}

fn job() -> Type {
    use job::Column as C;
    Type {
        name: "Job",
        about: "A job of the worker, and how it does: written down by the workers after each pass.",
        table: table(job::Entity),
        scope: Scope::operations,
        root: root("jobs", "The jobs of the worker, for programme admins; for others none."),
        fields: vec![
            column("name", C::Name, "Its name, as in `worker jobs`: `plan_reminders`."),
            column("about", C::About, "What it does, in a sentence."),
            column(
                "timetable",
                C::Timetable,
                "When it is due, in words and London time, and what is done about moments that \
                 passed while no worker ran.",
            ),
            column(
                "nextDueAt",
                C::NextDueAt,
                "Its next moment; null for a job that runs at every heartbeat.",
            ),
            column("lastBeganAt", C::LastBeganAt, "When it was last begun; null if never."),
            column("lastTookMs", C::LastTookMs, "How long that took, in milliseconds."),
            column("lastOutcome", C::LastOutcome, "How that ended: `done` or `failed`."),
            column(
                "lastSummary",
                C::LastSummary,
                "What it changed, in words; empty if nothing, or if it failed.",
            ),
            column(
                "lastDoneAt",
                C::LastDoneAt,
                "When it was last begun that then ended well; null if never.",
            ),
            column("lastFailedAt", C::LastFailedAt, "When it last failed; null if never."),
            column("lastFailure", C::LastFailure, "Why it failed then."),
            column("runs", C::Runs, "How often it was begun, by all workers together."),
            column("failures", C::Failures, "How many of these runs failed."),
            column(
                "failuresInARow",
                C::FailuresInARow,
                "How many failed since the last that did not; 0 if the last did not.",
            ),
            column("missed", C::Missed, "How many of its moments passed undone."),
            column(
                "waiting",
                C::Waiting,
                "What waits for it, as of the last pass: messages, or moments that are due; null if \
                 it keeps no queue.",
            ),
            column(
                "waitingSince",
                C::WaitingSince,
                "Since when the first of that has waited; null if nothing waits.",
            ),
            column("changedAt", C::ChangedAt, "As of when all this is."),
            many("pauses", "Pause", pause::Column::JobId, "When it was paused, and is."),
        ],
        filters: vec![is("name", C::Name, "The job of exactly this name.")],
        orders: vec![asc("NAME", C::Name)],
    }
}

fn occurrence() -> Type {
    use occurrence::Column as C;
    Type {
        name: "JobOccurrence",
        about: "One moment of the timetable: when a job was due, and what became of it. Written \
                down once, by whichever worker came first.",
        table: table(occurrence::Entity),
        scope: Scope::operations,
        root: root(
            "jobOccurrences",
            "The moments of the timetable so far, for programme admins; for others none.",
        ),
        fields: vec![
            column("name", C::ScheduleId, "Name of the job, as in `jobs`."),
            column("dueAt", C::DueAt, "When it was due."),
            word::<Outcome>("outcome", C::Outcome, "What became of it."),
            column("summary", C::Summary, "What the job changed, in words, or why it did not run."),
            column("recordedAt", C::RecordedAt, "When it ran, or was found to have passed."),
            column(
                "tookMs",
                C::TookMs,
                "How long it took, in milliseconds; null if it did not run.",
            ),
        ],
        filters: vec![
            is("name", C::ScheduleId, "Of the job of exactly this name."),
            any_of::<Outcome>("outcome", C::Outcome, "With one of these outcomes."),
            from("dueFrom", C::DueAt, "Due at this moment or later."),
            before("dueBefore", C::DueAt, "Due before this moment."),
        ],
        orders: vec![desc("DUE_AT", C::DueAt)],
    }
}

fn mail_lane() -> Type {
    use mail_lane::Column as C;
    Type {
        name: "MailLane",
        about: "Kinds of mail that are paused and looked after together.",
        table: table(mail_lane::Entity),
        scope: Scope::operations,
        root: root("mailLanes", "The lanes of mail, for programme admins; for others none."),
        fields: vec![
            column(
                "name",
                C::Name,
                "Its name: `immediate`, `routine` or `survey`, as in `Message.lane`.",
            ),
            column("about", C::About, "What travels in it, in a sentence."),
            derived(
                "kinds",
                &[C::Name],
                Leaf::Words(MessageKind::words()),
                kinds,
                "The kinds of message that travel in it. Every kind travels in one lane.",
            ),
            column(
                "waiting",
                C::Waiting,
                "Messages whose time had come and that had not gone, as of the last pass.",
            ),
            column(
                "waitingSince",
                C::WaitingSince,
                "Since when the first of them could have gone; null if none waits.",
            ),
            column(
                "held",
                C::Held,
                "Messages that were cut off twice while they were handed over, as of the last pass: \
                 nobody knows whether they arrived, and `messageSettle` or `messageReplay` decides. \
                 `messages(filter: { state: [HELD] })` lists them, with those that were sent anew.",
            ),
            column(
                "heldSince",
                C::HeldSince,
                "Since when the first of them has waited for a person; null if none does.",
            ),
            column("changedAt", C::ChangedAt, "As of when all this is."),
            many("pauses", "Pause", pause::Column::MailLaneId, "When it was paused, and is."),
        ],
        filters: vec![is("name", C::Name, "The lane of exactly this name.")],
        orders: vec![asc("NAME", C::Name)],
    }
}

fn kinds(cells: &Cells<'_>, _: DateTime<Utc>) -> Result<Scalar, DbErr> {
    let lane: MailLane = cells.word(0)?;
    Ok(Scalar::Words(lane.kinds().map(Into::into).collect()))
}

fn pause() -> Type {
    use pause::Column as C;
    Type {
        name: "Pause",
        about: "A time in which a job or a mail lane stands still. Moments of a job that fall into \
                it are not missed; mail of a lane waits, and may expire.",
        table: table(pause::Entity),
        scope: Scope::operations,
        root: root(
            "pauses",
            "Pauses, those that are over too, for programme admins; for others none.",
        ),
        fields: vec![
            one("job", "Job", C::JobId, "The job; null if it is a mail lane."),
            one("mailLane", "MailLane", C::MailLaneId, "The mail lane; null if it is a job."),
            column("since", C::Since, "From when on."),
            column("until", C::Until, "When it ends by itself; null if somebody has to end it."),
            column("why", C::Why, "Why, in the words of whoever paused it."),
            one("by", "Person", C::ByPerson, "Who paused it; null from the command line."),
            column("endedAt", C::EndedAt, "When somebody ended it; null if nobody has."),
            one("endedBy", "Person", C::EndedBy, "Who did; null from the command line."),
            column("endedWhy", C::EndedWhy, "Why it was ended."),
            derived(
                "isInForce",
                &[C::Since, C::Until, C::EndedAt],
                Leaf::Boolean,
                is_in_force,
                "Whether it stands still now.",
            ),
            column(
                "version",
                C::Version,
                "Rises with every change; give it back as `expectedVersion`.",
            ),
            column("changedAt", C::ChangedAt, "When last changed."),
        ],
        filters: vec![
            refers("job", "Job", C::JobId, "Of this job."),
            refers("mailLane", "MailLane", C::MailLaneId, "Of this mail lane."),
            empty(
                "notEnded",
                C::EndedAt,
                "Yes: those that nobody ended. No: those that somebody did.",
            ),
            from("sinceFrom", C::Since, "Begun at this moment or later."),
            before("sinceBefore", C::Since, "Begun before this moment."),
        ],
        orders: vec![desc("SINCE", C::Since)],
    }
}

fn is_in_force(cells: &Cells<'_>, now: DateTime<Utc>) -> Result<Scalar, DbErr> {
    let (until, ended) = (cells.moment_if_any(1)?, cells.moment_if_any(2)?);
    let span = Pause { since: cells.moment(0)?, until };
    Ok(Scalar::Boolean(ended.is_none() && span.holds(now)))
}
