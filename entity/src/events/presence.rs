//! What is said of who was at an event, or watched its recording, before it is written.

use chrono::NaiveDate;
use rules::calendar::local;
use rules::events::AttendanceMode;

use super::event_attendance;
use crate::enrolments::{check_text, refused};
use crate::outcome::{RefusalCode, StoreError, word};
use crate::programme::event;

/// Most people of one partner at one event.
const MOST_PEOPLE: i32 = 1_000;

/// Whether somebody of a partner was at an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presence {
    /// Whether anybody was.
    pub attended: bool,
    /// How many; 0 if nobody was.
    pub people: i32,
    /// Whether a senior leader was among them.
    pub senior_leader: bool,
    /// Remark.
    pub note: Option<String>,
}

/// Who of a partner watched an event's recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watching {
    /// London day on which it was watched.
    pub watched_on: NaiveDate,
    /// By how many.
    pub people: i32,
    /// Whether a senior leader was among them.
    pub senior_leader: bool,
    /// Remark.
    pub note: Option<String>,
}

/// A row as it should be, less whose it is.
pub(super) struct Wanted {
    pub mode: AttendanceMode,
    pub on_day: NaiveDate,
    pub people: i32,
    pub senior_leader: bool,
    pub note: Option<String>,
}

impl Wanted {
    /// Of having been there or not; refuses what cannot be.
    pub fn presence(event: &event::Model, presence: Presence) -> Result<Self, StoreError> {
        let Presence { attended, people, senior_leader, note } = presence;
        if !attended && (people != 0 || senior_leader) {
            let field = if people == 0 { "seniorLeader" } else { "people" };
            return refused(
                RefusalCode::Invalid,
                field,
                "Nobody was there, so nobody can be told of.",
            );
        }
        if attended {
            check_people(people)?;
        }
        let mode = if attended { AttendanceMode::Attended } else { AttendanceMode::Absent };
        let on_day = local(event.starts_at).date();
        Ok(Self { mode, on_day, people, senior_leader, note: clean(note)? })
    }

    /// Of the recording; refuses what cannot be.
    pub fn watching(watching: Watching) -> Result<Self, StoreError> {
        let Watching { watched_on, people, senior_leader, note } = watching;
        check_people(people)?;
        let mode = AttendanceMode::WatchedRecording;
        Ok(Self { mode, on_day: watched_on, people, senior_leader, note: clean(note)? })
    }
}

fn check_people(people: i32) -> Result<(), StoreError> {
    if (1..=MOST_PEOPLE).contains(&people) {
        return Ok(());
    }
    let message = format!("Give how many there were, 1 to {MOST_PEOPLE}.");
    Err(StoreError::refused(RefusalCode::Invalid, Some("people"), message))
}

fn clean(note: Option<String>) -> Result<Option<String>, StoreError> {
    let note = note.unwrap_or_default();
    check_text("note", &note, false)?;
    let note = note.trim();
    Ok((!note.is_empty()).then(|| note.to_owned()))
}

/// Modes of the row about having been there.
const PRESENCE: [&str; 2] = ["attended", "absent"];
/// Modes of the row about the recording.
pub(super) const RECORDING: [&str; 2] = ["watched_recording", "not_watched"];

/// The modes that share a row with this one.
pub(super) fn slot(mode: AttendanceMode) -> [&'static str; 2] {
    match mode {
        AttendanceMode::Attended | AttendanceMode::Absent => PRESENCE,
        AttendanceMode::WatchedRecording | AttendanceMode::NotWatched => RECORDING,
    }
}

/// The mode of a row.
pub(super) fn mode(row: &event_attendance::Model) -> Result<AttendanceMode, StoreError> {
    word("event_attendance", row.id, &row.mode)
}
