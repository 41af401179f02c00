//! The look before sending: whether a message is still wanted, and its bytes.

use chrono::{DateTime, Utc};
use entity::hubs::hub;
use entity::messages::facts::Book;
use entity::messages::notices::Notice;
use entity::messages::parcels::{Content, Parcel, Reminders};
use entity::messages::reminders::CallOff;
use lettre::Address;
use rules::messages::entry::Somebody;
use rules::messages::{MessageState, fingerprint};
use rules::reminders::{may_go, next_send_time};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::ledger::End;
use crate::app::App;
use crate::mail::render::{Links, Part, Rendered, Words, render};
use crate::mail::{answers, booking, bulletin, critical, digest, sign_in, summary, survey, visit};

/// What delivering the messages of one batch takes.
pub(super) struct Desk {
    pub(super) app: App,
    /// When they were claimed.
    pub(super) now: DateTime<Utc>,
    /// The same, for measuring how long ago that is.
    pub(super) since: Instant,
    pub(super) book: Book,
    pub(super) secret: Vec<u8>,
    /// Open as long as any of them is under way.
    pub(super) _under_way: mpsc::Sender<()>,
}

/// A mail and its envelope.
pub(super) struct Mail {
    pub(super) from: Address,
    pub(super) to: Address,
    /// The recipient's address as it is written down.
    pub(super) address: String,
    pub(super) rendered: Rendered,
    /// What the story says of it besides.
    pub(super) note: &'static str,
}

/// What the story of a mail says that goes again to where it went first.
const ELSEWHERE: &str = "To the address of the first time, since it may be there already: its reader has another by now.";

/// The minute of the day at which the reader wants routine mail, if they chose one.
fn minute(parcel: &Parcel) -> Option<u32> {
    parcel.person.digest_minute.and_then(|minute| u32::try_from(minute).ok())
}

impl Desk {
    /// The mail that a message is, and the reminders that are no longer in it; or where it ends
    /// without.
    pub(super) fn decide(
        &self,
        parcel: &mut Parcel,
    ) -> anyhow::Result<Result<(Mail, CallOff), End>> {
        if let Some((to, detail)) = self.no_longer_wanted(parcel)? {
            return Ok(Err(End::Stopped { to, detail, dropped: dropped(parcel) }));
        }
        if let Some(reason) = parcel.suppressed {
            let mut detail = reason.kept_back();
            if parcel.in_doubt {
                detail.push_str(" It may have arrived before.");
            }
            let to = MessageState::Suppressed;
            return Ok(Err(End::Stopped { to, detail, dropped: dropped(parcel) }));
        }
        if let Some(later) = self.not_yet(parcel)? {
            let detail = "It waits for the school's working hours.".into();
            return Ok(Err(End::GivenBack { from: Some(later), detail }));
        }
        let address = parcel.address.clone();
        let to = address.parse::<Address>();
        let (Some(rendered), Ok(to)) = (self.rendered(parcel)?, to) else {
            let detail = "No mail can be written to this address.".to_owned();
            return Ok(Err(End::NoAddress { address, detail, dropped: dropped(parcel) }));
        };
        let from = match &self.app.return_path {
            Some(path) => path.of(&self.secret, parcel.message.id).parse()?,
            None => self.app.sender.email.clone(),
        };
        // What may have arrived says what it said.
        let off = if parcel.in_doubt { CallOff::default() } else { dropped(parcel) };
        let note = if parcel.goes_elsewhere() { ELSEWHERE } else { "" };
        Ok(Ok((Mail { from, to, address, rendered, note }, off)))
    }

    /// Where a message ends that is not to be sent any more, and why.
    fn no_longer_wanted(&self, parcel: &Parcel) -> anyhow::Result<Option<(MessageState, String)>> {
        let late = parcel.message.expires_at <= self.now;
        Ok(match &parcel.content {
            Content::Unwanted(reason) => Some((MessageState::Cancelled, reason.clone())),
            Content::Digest(reminders) if reminders.items.is_empty() => {
                let reason = "Nothing in it is wanted any more.";
                Some((MessageState::Cancelled, reason.to_owned()))
            }
            Content::Digest(reminders) if late || !self.is_its_hour(parcel, reminders)? => {
                let reason = "Its hour passed; what it was to say waits for the next digest.";
                Some((MessageState::Expired, reason.to_owned()))
            }
            Content::Digest(_) => None,
            _ if late => Some((MessageState::Expired, "Its time has passed.".to_owned())),
            Content::Survey(_) | Content::SignIn(_) | Content::Notice(_) | Content::Bulletin(_) => {
                None
            }
        })
    }

    /// Whether routine mail about all of it may go to its reader now: one school's holiday is not
    /// broken for another's sake.
    fn is_its_hour(&self, parcel: &Parcel, reminders: &Reminders) -> anyhow::Result<bool> {
        for (_, fact) in &reminders.items {
            let policy = self.book.policy(fact.row.programme_id)?;
            if !may_go(policy, fact.rules.days(parcel.person.id), self.now) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// When a letter may go that keeps to school hours, if not now. All others may go at any time.
    fn not_yet(&self, parcel: &Parcel) -> anyhow::Result<Option<DateTime<Utc>>> {
        if !parcel.kind.is_routine() {
            return Ok(None);
        }
        // Whichever of these lets it go first counts.
        let days = match &parcel.content {
            Content::Survey(letter) => {
                vec![(letter.campaign.programme_id, self.book.calendar(letter.setting_id))]
            }
            Content::Notice(notice) => match &**notice {
                // Who leads two hubs works where one of them does.
                Notice::HubWeek(week) => {
                    let hubs = week.hubs.iter().map(|week| &week.hub);
                    let of = |hub: &hub::Model| self.book.calendar(hub.lead_setting_id);
                    hubs.map(|hub| (hub.programme_id, of(hub))).collect()
                }
                Notice::Alerts(digest) => {
                    let programme = self.book.programmes.keys().min();
                    programme.map(|id| (*id, digest.calendar.clone())).into_iter().collect()
                }
                Notice::Visit(_) | Notice::Booking(_) | Notice::Critical(_) => return Ok(None),
            },
            Content::Bulletin(letter) => {
                vec![(letter.programme_id, self.book.calendar(letter.setting_id))]
            }
            Content::Digest(_) | Content::SignIn(_) | Content::Unwanted(_) => return Ok(None),
        };
        let mut first = None;
        for (programme, calendar) in days {
            let policy = self.book.policy(programme)?;
            let at = next_send_time(policy, &calendar, minute(parcel), self.now);
            first = Some(first.map_or(at, |first: DateTime<Utc>| first.min(at)));
        }
        Ok(first.filter(|at| *at > self.now))
    }

    /// The bytes of a message; none when no mail can be written to its address.
    fn rendered(&self, parcel: &Parcel) -> anyhow::Result<Option<Rendered>> {
        let row = &parcel.message;
        // What may have arrived is sent again as it was; otherwise only if it still says the truth.
        let as_it_was = parcel.in_doubt
            || matches!(&parcel.content, Content::Digest(it) if it.dropped.is_empty());
        if let (true, Some(bytes), Some(id)) = (as_it_was, &row.body, &row.message_id_header)
            && row.body_hash.as_ref().is_none_or(|hash| *hash == fingerprint(bytes))
        {
            let subject = row.subject.clone().unwrap_or_default();
            let message_id = id.clone();
            return Ok(Some(Rendered { subject, message_id, bytes: bytes.clone() }));
        }
        anyhow::ensure!(
            !parcel.in_doubt,
            "it may have arrived, and the bytes that were handed over are gone or damaged"
        );
        let words = self.words(parcel)?;
        let Self { app, now, .. } = self;
        match render(&app.sender, app.signer.as_deref(), parcel, words, *now) {
            Ok(rendered) => Ok(Some(rendered)),
            Err(error) => {
                tracing::warn!(id = %row.id, %error, "a mail cannot be written");
                Ok(None)
            }
        }
    }

    fn words(&self, parcel: &Parcel) -> anyhow::Result<Words> {
        let public_url = &self.app.config.http.public_url;
        let answers_to = answers::to(parcel, self.app.reply_to.as_ref());
        let named = answers_to.as_ref().map(answers::name).unwrap_or_default();
        let links = Links {
            public_url,
            secret: &self.secret,
            now: self.now,
            front_end: &self.app.config.http.front_end_url,
            answers_to: &named,
        };
        let words = self.words_of(parcel, &links)?;
        Ok(Words { answers_to, ..words })
    }

    fn words_of(&self, parcel: &Parcel, links: &Links<'_>) -> anyhow::Result<Words> {
        match &parcel.content {
            Content::Digest(reminders) => {
                let digest = digest::content(&self.book, &parcel.person, reminders, links)?;
                Ok(digest.words()?)
            }
            Content::Survey(letter) => {
                let letter = survey::content(&parcel.person, letter, parcel.kind, links);
                Ok(letter.words()?)
            }
            Content::SignIn(link) => {
                let until = parcel.message.expires_at;
                Ok(sign_in::content(&parcel.person, *link, until, links).words()?)
            }
            Content::Bulletin(letter) => {
                Ok(bulletin::content(&parcel.person, letter, links).words()?)
            }
            Content::Notice(notice) => self.notice(parcel, notice, links),
            Content::Unwanted(_) => anyhow::bail!("what is not wanted has no words"),
        }
    }

    fn notice(&self, parcel: &Parcel, notice: &Notice, links: &Links<'_>) -> anyhow::Result<Words> {
        let reader = &parcel.person;
        let letter = match notice {
            Notice::Visit(notice) => visit::content(reader, notice, parcel.kind, links),
            Notice::Booking(notice) => booking::content(reader, notice, parcel.kind, links),
            Notice::HubWeek(week) => return Ok(summary::hub_week(reader, week, links)?),
            Notice::Alerts(digest) => return Ok(summary::alert_digest(reader, digest, links)?),
            Notice::Critical(alert) => return Ok(critical::words(reader, alert, links)?),
        };
        let sender = &self.app.sender;
        let address: &str = sender.email.as_ref();
        let organiser = Somebody { name: sender.name.as_deref(), address };
        let to = Somebody { name: Some(&letter.name), address: &reader.email };
        let entry = letter.entry.as_ref();
        let calendar = entry.map(|entry| Part {
            method: entry.method.into(),
            text: entry.text(organiser, Some(to), self.now),
        });
        Ok(Words { calendar, ..letter.words()? })
    }
}

/// The reminders that are no longer in a message; they are told once.
fn dropped(parcel: &mut Parcel) -> CallOff {
    match &mut parcel.content {
        Content::Digest(reminders) => std::mem::take(&mut reminders.dropped),
        Content::Survey(_)
        | Content::SignIn(_)
        | Content::Notice(_)
        | Content::Bulletin(_)
        | Content::Unwanted(_) => CallOff::default(),
    }
}
