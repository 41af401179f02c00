//! Notices: letters that tell at once of a visit or of places at an event.

use askama::Template;
use chrono::{DateTime, Utc};
use rules::calendar::{local, short_day, time_in_words};
use rules::messages::MessageKind;
use rules::messages::entry::Entry;
use rules::messages::fact::Fact;
use rules::messages::notices::CalendarMethod;

use super::render::Words;

/// A notice, ready for its templates.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question that a template asks")]
pub struct Letter {
    /// Which of them.
    pub kind: MessageKind,
    /// Subject line.
    pub subject: String,
    /// The reader's name.
    pub name: String,
    /// The side that did it, by name; empty when neither did.
    pub who: String,
    /// The other side, by name; empty when neither did it.
    pub other: String,
    /// What kind of visit, such as `support day`; the title of an event.
    pub what: String,
    /// The partner.
    pub school: String,
    /// The hub.
    pub hub: String,
    /// So many places, in words.
    pub places: String,
    /// What there is to know, in its order.
    pub facts: Vec<Fact>,
    /// Whether the reader's side is asked to agree.
    pub answers: bool,
    /// Whether the other side is asked to agree.
    pub waits: bool,
    /// Whether the reader has no part in it any more.
    pub left: bool,
    /// Whether there is still a place for the school.
    pub has_place: bool,
    /// What a list of mails shows beside the subject.
    pub preview: String,
    /// The reader's own page of it, or where to sign in.
    pub link: String,
    /// Why the reader gets this.
    pub why: String,
    /// Who reads what is answered to it, by name; empty when nobody is named.
    pub answers_to: String,
    /// What the reader's calendar is told.
    pub entry: Option<Entry>,
    /// `Message-ID` of the first notice about it.
    pub first: Option<String>,
}

macro_rules! templates {
    ($($kind:ident: $text:ident $text_file:literal, $html:ident $html_file:literal;)+) => {
        $(
            #[derive(Template)]
            #[template(path = $text_file)]
            struct $text<'a> { letter: &'a Letter }

            #[derive(Template)]
            #[template(path = $html_file)]
            struct $html<'a> { letter: &'a Letter }
        )+

        impl Letter {
            /// The letter in words.
            ///
            /// # Errors
            /// A template fails.
            pub fn words(&self) -> Result<Words, askama::Error> {
                let (letter, subject, name) = (self, &self.subject, &self.name);
                let words = match self.kind {
                    $(MessageKind::$kind => {
                        Words::fill(subject, name, &$text { letter }, &$html { letter })
                    })+
                    // Written elsewhere.
                    _ => Err(askama::Error::Fmt),
                }?;
                Ok(Words { replies_to: self.first.clone(), ..words })
            }
        }
    };
}

templates! {
    VisitProposed: ProposedText "visit_proposed/text.txt", ProposedHtml "visit_proposed/page.html";
    VisitAgreed: AgreedText "visit_agreed/text.txt", AgreedHtml "visit_agreed/page.html";
    VisitMoved: MovedText "visit_moved/text.txt", MovedHtml "visit_moved/page.html";
    VisitCancelled: CancelledText "visit_cancelled/text.txt", CancelledHtml "visit_cancelled/page.html";
    EventBooked: BookedText "event_booked/text.txt", BookedHtml "event_booked/page.html";
    EventWaiting: WaitingText "event_waiting/text.txt", WaitingHtml "event_waiting/page.html";
    EventPlace: PlaceText "event_place/text.txt", PlaceHtml "event_place/page.html";
    BookingCancelled: GivenUpText "booking_cancelled/text.txt", GivenUpHtml "booking_cancelled/page.html";
    EventMoved: EventMovedText "event_moved/text.txt", EventMovedHtml "event_moved/page.html";
    EventCancelled: EventCancelledText "event_cancelled/text.txt", EventCancelledHtml "event_cancelled/page.html";
    JoiningChanged: JoiningText "joining_changed/text.txt", JoiningHtml "joining_changed/page.html";
}

impl Letter {
    /// Whether the mail brings an entry for the reader's calendar, or a better one.
    fn brings_entry(&self) -> bool {
        self.tells(CalendarMethod::Request)
    }

    /// Whether the mail takes an entry out of it.
    fn takes_entry(&self) -> bool {
        self.tells(CalendarMethod::Cancel)
    }

    /// Whether the mail holds a link that is its reader's own.
    fn is_own_link(&self) -> bool {
        !self.left && self.kind != MessageKind::EventCancelled
    }

    fn tells(&self, method: CalendarMethod) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.method == method)
    }
}

/// `19 October`, with the year when it is not this one; in London.
#[must_use]
pub fn on(moment: DateTime<Utc>, now: DateTime<Utc>) -> String {
    short_day(local(moment).date(), local(now).date())
}

/// `19 October, 9am`, with the year when it is not this one; in London.
#[must_use]
pub fn briefly(moment: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{}, {}", on(moment, now), time_in_words(local(moment).time()))
}
