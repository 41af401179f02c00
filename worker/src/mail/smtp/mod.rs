//! Conversations with mail servers: one connection, one task, one message at a time.
//!
//! The library's own pool is not used: it was seen to hand on a connection in mid-conversation, and
//! then to take the answer to one message for that to the next. Here every step has its own
//! timeout, a connection that broke a step is dropped and never used again, and replies count by
//! their exact codes.

mod host;
mod offer;
mod wire;
mod words;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Rset;
use lettre::transport::smtp::response::Response;
use rules::messages::hosts::{self, Choice, Pace};
use rules::messages::replies::{Asked, Refused, asks_for_patience};
use runtime::config::MailConfig;
use runtime::mail_server::MailServer;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::host::{Host, Open};
use self::words::{SmtpError, code, fault, setback, taken};
use super::{Outcome, Setback, Turn};

/// The mail servers, and what is known of each.
pub struct Smtp {
    hosts: Vec<Host>,
    known: Mutex<Vec<hosts::Host>>,
    /// Why each could not be used at the last try, in a sentence; none of those that answered.
    away: Mutex<Vec<Option<String>>>,
    /// What moments in `known` are counted from.
    since: Instant,
    /// How long messages took lately, in microseconds; 0 before the first.
    lately: AtomicU32,
    /// Longest time for each step.
    patience: Duration,
}

impl Smtp {
    /// As the settings say; `domain` is ours, the one mail comes from.
    ///
    /// # Errors
    /// A certificate that cannot be read.
    pub(super) fn of(
        servers: Vec<MailServer>,
        config: &MailConfig,
        domain: &str,
    ) -> anyhow::Result<Self> {
        let pace = Pace { per_second: config.per_second, burst: config.burst.into() };
        let known = vec![hosts::Host::new(pace); servers.len()];
        let away = vec![None; servers.len()];
        let hosts = servers.into_iter().map(|server| Host::of(server, config, domain));
        Ok(Self {
            hosts: hosts.collect::<anyhow::Result<_>>()?,
            known: Mutex::new(known),
            away: Mutex::new(away),
            since: Instant::now(),
            lately: AtomicU32::new(0),
            patience: Duration::from_secs(config.smtp_timeout_seconds),
        })
    }

    /// Whether one of the servers is known to take messages.
    pub(super) fn any_proved(&self) -> bool {
        self.known().iter().any(hosts::Host::is_proved)
    }

    /// How many messages go within this time, by the pace that the servers are given and by how long
    /// the last ones took on so many connections.
    pub(super) fn takes_within(&self, time: Duration, connections: usize) -> f64 {
        let at = self.since.elapsed();
        let by_pace: f64 = self.known().iter().map(|host| host.takes_within(at, time)).sum();
        let lately = f64::from(self.lately.load(Ordering::Relaxed)) / 1e6;
        let one_by_one = time.as_secs_f64() / lately.max(1e-6);
        by_pace.min(one_by_one * f64::from(u32::try_from(connections).unwrap_or(u32::MAX)))
    }

    /// Remembers how long a message took, and the ones before it less and less.
    pub(super) fn took(&self, time: Duration) {
        let time = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        let before = self.lately.load(Ordering::Relaxed);
        let lately = if before == 0 { time } else { before - before / 4 + time / 4 };
        // Of two that are remembered at once one is lost, which changes little.
        self.lately.store(lately, Ordering::Relaxed);
    }

    /// Whether all of them rest.
    pub(super) fn all_rest(&self) -> bool {
        let choice = hosts::choose(&mut self.known().clone(), 0, self.since.elapsed());
        matches!(choice, Choice::Rest(_))
    }

    /// Why none of them takes mail, as the last tries showed; none as soon as one answers as it
    /// should.
    pub(super) fn away(&self) -> Option<String> {
        let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        let all = away.iter().map(Option::as_deref).collect::<Option<Vec<_>>>()?;
        all.first().map(|why| (*why).to_owned())
    }

    /// Remembers whether a server can be used.
    fn found(&self, place: usize, away: Option<&str>) {
        let mut all = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(one) = all.get_mut(place)
            && one.as_deref() != away
        {
            *one = away.map(str::to_owned);
        }
    }

    /// A line to them, not open yet, that prefers one of them by its number. When `cut` ends, the
    /// step it is in is broken off.
    pub(super) fn line(self: &Arc<Self>, number: usize, cut: CancellationToken) -> Line {
        let preferred = number % self.hosts.len().max(1);
        Line {
            smtp: Arc::clone(self),
            preferred,
            given: preferred,
            to: String::new(),
            open: None,
            cut,
        }
    }

    fn known(&self) -> MutexGuard<'_, Vec<hosts::Host>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a step failed.
enum Fault {
    /// The server said no.
    Reply(u16, Option<(u16, u16, u16)>),
    /// It said nothing, something that is no SMTP, or could not be reached; in words without
    /// personal data.
    Broken(String),
    /// It was not asked, since it does not offer what the message needs; in a sentence.
    Unable(&'static str),
}

/// An open conversation, or one to be opened.
pub struct Line {
    smtp: Arc<Smtp>,
    preferred: usize,
    /// The server that has been chosen for the message at hand.
    given: usize,
    /// Recipient of the message at hand.
    to: String,
    open: Option<Open>,
    cut: CancellationToken,
}

impl Line {
    /// Whose turn it is: whether the message at hand may be offered now. Who is told to go either
    /// offers it or says [`Line::abandon`].
    pub(super) async fn turn(&mut self) -> Turn {
        let choice = {
            let mut known = self.smtp.known();
            hosts::choose(&mut known, self.preferred, self.smtp.since.elapsed())
        };
        match choice {
            Choice::Wait(time) => Turn::Wait(time),
            Choice::Rest(_) => Turn::Rest,
            Choice::Give(place) => {
                if place != self.given {
                    self.quit().await;
                }
                self.given = place;
                Turn::Go
            }
        }
    }

    /// Sends the bytes the server waits for. From the first of them on only its word counts.
    pub(super) async fn send(&mut self, bytes: &[u8]) -> Outcome {
        // The end of a message is a line with a dot, so that the last line break is sent with it.
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        match self.step(async |it| it.message(bytes).await).await {
            Ok(reply) if (200..300).contains(&code(&reply)) => {
                self.smtp.known()[self.given].took(self.smtp.since.elapsed());
                Outcome::Accepted(taken(&reply))
            }
            Err(fault @ Fault::Reply(..)) => Outcome::Refused(self.told(Asked::Message, &fault)),
            Ok(_) | Err(_) => {
                self.open = None;
                self.report(Asked::Message, &Fault::Broken(String::new()));
                Outcome::Uncertain
            }
        }
    }

    /// Forgets the message at hand, and drops the connection as it is: the server throws away what
    /// it has of a message.
    pub(super) fn abandon(&mut self) {
        self.open = None;
        self.smtp.known()[self.given].not_asked();
    }

    /// Ends the conversation politely, and every line with it.
    pub(super) async fn close(mut self) {
        self.quit().await;
    }

    async fn quit(&mut self) {
        if self.open.is_some() {
            let _ = self.step(async |it| it.quit().await).await;
            self.open = None;
        }
    }

    /// One step of the conversation. After a timeout, or an answer that is none, it is over.
    async fn step(
        &mut self,
        step: impl AsyncFnOnce(&mut AsyncSmtpConnection) -> Result<Response, SmtpError>,
    ) -> Result<Response, Fault> {
        let Some(open) = &mut self.open else {
            return Err(Fault::Broken("the conversation is over".to_owned()));
        };
        let answer = tokio::select! {
            biased;
            answer = tokio::time::timeout(self.smtp.patience, step(&mut open.connection)) => answer,
            () = self.cut.cancelled() => {
                self.open = None;
                return Err(Fault::Broken("the worker stops".to_owned()));
            }
        };
        let fault = match answer {
            Ok(Ok(reply)) => return Ok(reply),
            Ok(Err(error)) => fault(&error),
            Err(_) => Fault::Broken("it does not answer in time".to_owned()),
        };
        if matches!(fault, Fault::Broken(_)) {
            self.open = None;
        }
        Err(fault)
    }

    /// Sees that a step was answered as it must be.
    async fn answered(
        &mut self,
        answer: Result<Response, Fault>,
        codes: std::ops::Range<u16>,
    ) -> Result<(), Fault> {
        match answer {
            Ok(reply) if codes.contains(&code(&reply)) => Ok(()),
            Ok(reply) => {
                self.open = None;
                Err(Fault::Broken(format!("it answered {} out of turn", code(&reply))))
            }
            Err(fault) => {
                if matches!(fault, Fault::Reply(421, _)) {
                    // It closes the conversation.
                    self.open = None;
                } else if self.open.is_some() {
                    let reset = self.step(async |it| it.command(Rset).await).await;
                    if !reset.is_ok_and(|reply| code(&reply) == 250) {
                        self.open = None;
                    }
                }
                Err(fault)
            }
        }
    }

    /// What a fault means for the message at hand, the conversation and the server.
    fn told(&mut self, asked: Asked, fault: &Fault) -> Setback {
        let mut setback = setback(asked, fault);
        if setback.refused == Refused::All {
            self.open = None;
            if !self.cut.is_cancelled() {
                self.smtp.found(self.given, Some(&setback.reason));
            }
        }
        self.report(asked, fault);
        if setback.refused == Refused::NoAddress
            && !self.smtp.known()[self.given].knows_recipients(self.smtp.since.elapsed())
        {
            // It may say so of everybody: then somebody mends that, and the mails are still there.
            setback.refused = Refused::ForNow;
            setback
                .reason
                .push_str(" The server took too little other mail of late to be believed.");
        }
        setback
    }

    /// Remembers what a fault says about the server.
    fn report(&self, asked: Asked, fault: &Fault) {
        if self.cut.is_cancelled() {
            // It was we who broke it off.
            return;
        }
        let at = self.smtp.since.elapsed();
        let mut known = self.smtp.known();
        let host = &mut known[self.given];
        match fault {
            Fault::Reply(code, status) if asks_for_patience(*code, *status) => {
                host.asked_for_patience(at);
            }
            Fault::Reply(..) if setback(asked, fault).refused == Refused::All => host.failed(at),
            Fault::Broken(_) if asked == Asked::Opening => host.failed(at),
            Fault::Broken(_) => host.broke(at),
            Fault::Reply(500.., _) => {
                if host.refused(at, &self.to) {
                    tracing::error!(
                        server = self.given,
                        "a mail server refuses one recipient after the other and gets a rest: see \
                         what it has against us (the sender's name and address, DKIM, SPF, DMARC)"
                    );
                }
            }
            Fault::Reply(..) | Fault::Unable(_) => host.answered(),
        }
    }
}
