//! What is worked out about reminders: why each went or did not, and which go in the days ahead.

use std::sync::Arc;

use entity::messages::upcoming::{self, Place, Slice, Upcoming, Wish};
use entity::operations::pauses;
use entity::outcome::{RefusalCode, StoreError};
use rules::messages::MessageKind;
use rules::reminders::{PassedReason, Verdict};
use rules::standstill::{Stage, Standstill, StandstillKind, on_the_way};
use serde_json::{Value as Json, json};

use crate::read::ids::{self, moment};
use crate::read::map::{Holds, Plain, Vocabulary as _, part};
use crate::read::telling::{Asked, Telling};

/// The telling fields about reminders.
#[must_use]
pub fn tellings() -> Vec<Telling> {
    vec![
        Telling {
            name: "reminderStory",
            about: "What became, or will become, of every reminder of an obligation: whether it was \
                    sent, why or why not, and when the next goes as things stand. Your own reminders, \
                    and everybody's where you run the hub; null for an obligation you may not see.",
            arguments: &[
                ("obligation", "ID!", "The obligation."),
                ("person", "ID", "Only to this person."),
            ],
            of: account(),
            list: true,
            tell: |asked| Box::pin(story(asked)),
        },
        Telling {
            name: "upcomingReminders",
            about: "The reminders that go on some days as things stand, if nobody did anything more, \
                    and those that do not, and why, page by page: in the order of the due days of what \
                    they are about, not of their moments. Worked out by the rules the worker sends by, \
                    from the facts of now: a due day that time will move, as when a session passes \
                    unattended, is not foreseen; `worker simulate` sees that too.",
            arguments: &[
                ("from", "Date!", "First day in London: today or one of the next 400 days."),
                ("to", "Date!", "Last day, at most 31 days with the first."),
                ("hub", "ID", "Only about what this hub and its partners owe."),
                (
                    "going",
                    "Boolean",
                    "Yes: only those that go. No: only those that do not, each with the reason.",
                ),
                (
                    "first",
                    "Int",
                    "At most so many from the start, 1 to 100; 20 when neither this nor `last` is given.",
                ),
                ("after", "String", "Only those after this cursor."),
                ("last", "Int", "At most so many from the end, 1 to 100."),
                ("before", "String", "Only those before this cursor."),
            ],
            of: connection(),
            list: false,
            tell: |asked| Box::pin(ahead(asked)),
        },
    ]
}

fn account() -> Plain {
    Plain {
        name: "ReminderAccount",
        about: "What became, or will become, of one reminder to one person.",
        parts: vec![
            part("obligation", "obligation", Holds::Row("Obligation"), "What it is about."),
            part(
                "person",
                "person",
                Holds::Row("Person"),
                "To whom; null if you may not see them.",
            ),
            part("step", "step", Holds::Text, "Which reminder it is, as in `Reminder.step`."),
            part(
                "revision",
                "revision",
                Holds::Int,
                "Which revision of the obligation it speaks of; a moved due day starts a new one.",
            ),
            part("day", "day", Holds::Day, "The day in London from which on it makes sense."),
            part("verdict", "verdict", Holds::Word(Verdict::words()), "What became of it."),
            part(
                "at",
                "at",
                Holds::MomentIfAny,
                "When it was sent, or will be as things stand; of one that is kept back or paused, when \
                 it would be; null of all others.",
            ),
            part(
                "why",
                "why",
                Holds::Text,
                "Why, in a sentence or two, with what it waits for. Working days are those of the \
                 school that owes it, as in `Reminder.step`.",
            ),
            part(
                "waitsFor",
                "waits_for",
                Holds::List(Arc::new(standstill())),
                "What is paused and makes it late (`verdict` says that it goes, `at` when it will), or \
                 keeps it from going at all (`PAUSED`). Empty once that is resumed.",
            ),
            part(
                "passed",
                "passed",
                Holds::WordIfAny(PassedReason::words()),
                "Why its time passed without it, as far as what is written down tells; `why` says it in \
                 words. Null unless `verdict` is `PASSED`.",
            ),
            part(
                "message",
                "message",
                Holds::Row("Message"),
                "The mail that it went in, or is to go in; null if there is none, or you may not see it.",
            ),
        ],
    }
}

fn connection() -> Plain {
    let of = Arc::new(account());
    let edge = Plain {
        name: "ReminderAccountEdge",
        about: "A reminder and its place in the list.",
        parts: vec![
            part("node", "node", Holds::Object(Arc::clone(&of)), "The reminder."),
            part("cursor", "cursor", Holds::Text, "Its place, for `after` and `before`."),
        ],
    };
    Plain {
        name: "ReminderAccountConnection",
        about: "A page of reminders.",
        parts: vec![
            part("nodes", "nodes", Holds::List(of), "The reminders of the page."),
            part(
                "edges",
                "edges",
                Holds::List(Arc::new(edge)),
                "The reminders of the page, each with its cursor.",
            ),
            part(
                "pageInfo",
                "page_info",
                Holds::Object(Arc::new(page_info())),
                "Where the page lies in the list.",
            ),
            part(
                "totalCount",
                "total_count",
                Holds::Count,
                "How many reminders the whole list has. Counted only when asked for, which looks at all \
                 of them.",
            ),
            part(
                "standstills",
                "standstills",
                Holds::List(Arc::new(standstill())),
                "What is paused at present of what reminders go through, whatever the days asked for: \
                 while there is any, what goes is late or does not go.",
            ),
        ],
    }
}

/// The one of every list.
fn page_info() -> Plain {
    Plain {
        name: "PageInfo",
        about: "Where a page lies in its list.",
        parts: vec![
            part("hasNextPage", "next", Holds::Flag, "Whether there is more after it."),
            part("hasPreviousPage", "previous", Holds::Flag, "Whether there is more before it."),
            part(
                "startCursor",
                "start",
                Holds::TextIfAny,
                "Cursor of its first row, for `before`.",
            ),
            part("endCursor", "end", Holds::TextIfAny, "Cursor of its last row, for `after`."),
        ],
    }
}

fn standstill() -> Plain {
    Plain {
        name: "Standstill",
        about: "A job of the worker or a mail lane that is paused, and for which something waits.",
        parts: vec![
            part("kind", "kind", Holds::Word(StandstillKind::words()), "Which of the two it is."),
            part("name", "name", Holds::Text, "Its name, as in `jobs` or `mailLanes`: `routine`."),
            part(
                "until",
                "until",
                Holds::MomentIfAny,
                "When it goes on by itself; null if somebody has to resume it.",
            ),
            part("why", "why", Holds::Text, "Why, in the words of whoever paused it."),
            part("says", "says", Holds::Text, "All of it in a sentence, with London times."),
        ],
    }
}

async fn story(asked: Asked) -> Result<Json, StoreError> {
    let obligation = asked.row("obligation", "Obligation")?;
    let person = asked.row_if_given("person", "Person")?;
    let snapshot = asked.app.db.snapshot().await?;
    let told = upcoming::story(&snapshot, &asked.scope, asked.now, obligation, person).await?;
    snapshot.commit().await?;
    Ok(told.map_or(Json::Null, |told| told.iter().map(shown).collect()))
}

async fn ahead(asked: Asked) -> Result<Json, StoreError> {
    let wish = Wish {
        days: (asked.day("from")?, asked.day("to")?),
        hub_id: asked.row_if_given("hub", "Hub")?,
        going: asked.flag("going"),
    };
    let (most, backward) = asked.page_size()?;
    let (after, before) = (place(&asked, "after")?, place(&asked, "before")?);
    let slice = Slice { most, backward, after, before };
    let (scope, now) = (&asked.scope, asked.now);
    let snapshot = asked.app.db.snapshot().await?;
    let page = upcoming::page(&snapshot, scope, now, wish, slice).await?;
    let total = if asked.wants("total_count") {
        Some(upcoming::count(&snapshot, scope, now, wish).await?)
    } else {
        None
    };
    let standstills = pauses::standstills(&snapshot, now).await?;
    snapshot.commit().await?;
    let standstills = on_the_way(&standstills, MessageKind::Digest, Stage::Ahead);
    let cursor = |one: &Upcoming| ids::opaque(&one.place().to_string());
    let edge = |one: &Upcoming| json!({ "node": shown(one), "cursor": cursor(one) });
    let all = &page.reminders;
    // What lies on the side a cursor came from is known to be there, as in every list.
    let (next, previous) =
        if backward { (before.is_some(), page.more) } else { (page.more, after.is_some()) };
    Ok(json!({
        "nodes": all.iter().map(shown).collect::<Json>(),
        "edges": all.iter().map(edge).collect::<Json>(),
        "page_info": {
            "next": next,
            "previous": previous,
            "start": all.first().map(cursor),
            "end": all.last().map(cursor),
        },
        "total_count": total,
        "standstills": standstills.into_iter().map(waited_for).collect::<Json>(),
    }))
}

/// The place that a cursor stands for.
fn place(asked: &Asked, name: &'static str) -> Result<Option<Place>, StoreError> {
    let Some(cursor) = asked.text(name) else { return Ok(None) };
    let place = ids::parse_opaque(cursor).and_then(|text| text.parse().ok());
    place.map(Some).ok_or_else(|| {
        let message = format!("\"{name}\" is no cursor of this list");
        StoreError::refused(RefusalCode::Invalid, Some(name), message)
    })
}

fn shown(one: &Upcoming) -> Json {
    let account = &one.account;
    json!({
        "obligation": one.obligation_id,
        "person": one.person_id,
        "step": account.step.to_string(),
        "revision": account.revision,
        "day": account.day,
        "verdict": <&str>::from(account.verdict),
        "at": account.at.map(moment),
        "why": account.why,
        "waits_for": account.waits_for.iter().map(waited_for).collect::<Json>(),
        "passed": account.passed.map(<&str>::from),
        "message": account.message_id,
    })
}

fn waited_for(one: &Standstill) -> Json {
    json!({
        "kind": <&str>::from(one.kind),
        "name": one.name,
        "until": one.until.map(moment),
        "why": one.why,
        "says": one.says(),
    })
}
