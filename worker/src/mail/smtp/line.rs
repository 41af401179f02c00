//! One line to the mail servers: a conversation with one of them at a time, and in it one message
//! after the other.

use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::Rset;
use lettre::transport::smtp::response::Response;
use rules::messages::hosts::{self, Choice};
use rules::messages::replies::{Asked, Refused, asks_for_patience};
use tokio_util::sync::CancellationToken;

use super::host::{Host, Open};
use super::words::{SmtpError, code, fault, setback, taken};
use super::{Fault, Smtp};
use crate::mail::{Outcome, Setback, Turn};

/// An open conversation, or one to be opened.
pub struct Line {
    pub(super) smtp: Arc<Smtp>,
    preferred: usize,
    /// The server that has been chosen for the message at hand.
    pub(super) given: usize,
    /// Whether that server was chosen and has not been heard of since.
    asking: bool,
    /// Recipient of the message at hand.
    pub(super) to: String,
    pub(super) open: Option<Open>,
    pub(super) cut: CancellationToken,
}

impl Drop for Line {
    /// Whoever waits for what comes of the message at hand waits no longer.
    fn drop(&mut self) {
        self.not_asked();
    }
}

impl Line {
    pub(super) fn new(smtp: Arc<Smtp>, preferred: usize, cut: CancellationToken) -> Self {
        let (given, to) = (preferred, String::new());
        Self { smtp, preferred, given, asking: false, to, open: None, cut }
    }

    /// Whose turn it is: whether the message at hand may be offered now. Who is told to go either
    /// offers it or says [`Line::abandon`].
    pub(in crate::mail) async fn turn(&mut self) -> Turn {
        let choice = {
            let mut known = self.smtp.known();
            hosts::choose(&mut known, self.preferred, self.smtp.since.elapsed())
        };
        match choice {
            Choice::Wait(time) => Turn::Wait(time),
            Choice::Rest(_) => Turn::Rest,
            Choice::Give(place) => {
                let before = std::mem::replace(&mut self.given, place);
                self.asking = true;
                if before != place {
                    self.quit().await;
                }
                Turn::Go
            }
        }
    }

    /// The server that has been chosen for the message at hand, by host and port.
    pub(in crate::mail) fn server(&self) -> String {
        self.smtp.hosts.get(self.given).map(Host::name).unwrap_or_default()
    }

    /// Sends the bytes the server waits for. From the first of them on only its word counts.
    pub(in crate::mail) async fn send(&mut self, bytes: &[u8]) -> Outcome {
        // The end of a message is a line with a dot, so that the last line break is sent with it.
        let bytes = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        // Many look for viruses and the like before they say yes, and who does not wait sends it twice.
        // The lease, which was renewed just now, is longer than that.
        let patience = self.smtp.patience * 2;
        match self.step_within(patience, async |it| it.message(bytes).await).await {
            Ok(reply) if (200..300).contains(&code(&reply)) => {
                self.asking = false;
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
    pub(in crate::mail) fn abandon(&mut self) {
        self.open = None;
        self.not_asked();
    }

    fn not_asked(&mut self) {
        if std::mem::take(&mut self.asking) {
            self.smtp.known()[self.given].not_asked();
        }
    }

    /// Ends the conversation politely, and every line with it.
    pub(in crate::mail) async fn close(mut self) {
        self.quit().await;
    }

    async fn quit(&mut self) {
        if self.open.is_some() {
            let _ = self.step(async |it| it.quit().await).await;
            self.open = None;
        }
    }

    /// One step of the conversation. After a timeout, or an answer that is none, it is over.
    pub(super) async fn step(
        &mut self,
        step: impl AsyncFnOnce(&mut AsyncSmtpConnection) -> Result<Response, SmtpError>,
    ) -> Result<Response, Fault> {
        self.step_within(self.smtp.patience, step).await
    }

    /// As [`Line::step`], with another longest time.
    async fn step_within(
        &mut self,
        patience: Duration,
        step: impl AsyncFnOnce(&mut AsyncSmtpConnection) -> Result<Response, SmtpError>,
    ) -> Result<Response, Fault> {
        let Some(open) = &mut self.open else {
            return Err(Fault::Broken("the conversation is over".to_owned()));
        };
        let answer = tokio::select! {
            biased;
            answer = tokio::time::timeout(patience, step(&mut open.connection)) => answer,
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
    pub(super) async fn answered(
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
    pub(super) fn told(&mut self, asked: Asked, fault: &Fault) -> Setback {
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
    fn report(&mut self, asked: Asked, fault: &Fault) {
        if self.cut.is_cancelled() {
            // It was we who broke it off.
            return self.not_asked();
        }
        self.asking = false;
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
