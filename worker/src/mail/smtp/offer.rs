//! How a message is offered: who it is from, who it is for, and whether its bytes may come.

use std::ops::Range;

use lettre::Address;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use rules::messages::replies::Asked;
use tracing::Instrument as _;

use super::Fault;
use super::line::Line;
use super::words::code;
use crate::mail::Setback;

/// A question to the server.
struct Question {
    asked: Asked,
    words: String,
    /// The codes that say yes.
    yes: Range<u16>,
}

impl Line {
    /// Offers a message up to the point where the server waits for its bytes. What went wrong
    /// delivered nothing.
    pub(in crate::mail) async fn offer(
        &mut self,
        from: &Address,
        to: &Address,
        bytes: &[u8],
    ) -> Result<(), Setback> {
        self.to = to.to_string();
        let used_before = self.open.is_some();
        let mut asked = self.ask(from, to, bytes).await;
        // A server may close a connection after so many messages, or so long in silence: that
        // says nothing about this message, which gets a connection of its own.
        if let Err((Asked::Sender, _)) = asked
            && used_before
            && self.open.is_none()
            && !self.cut.is_cancelled()
        {
            asked = self.ask(from, to, bytes).await;
        }
        asked.map_err(|(asked, fault)| self.told(asked, &fault))
    }

    /// Opens the conversation if need be, and asks whether the server takes the message.
    async fn ask(
        &mut self,
        from: &Address,
        to: &Address,
        bytes: &[u8],
    ) -> Result<(), (Asked, Fault)> {
        if self.open.is_none() {
            self.open().await.map_err(|fault| (Asked::Opening, fault))?;
        }
        let parameters = self.open.as_ref().map(|open| open.parameters(from, to, bytes));
        let parameters =
            parameters.transpose().map_err(|why| (Asked::Message, Fault::Unable(why)))?;
        let mail = Mail::new(Some(from.clone()), parameters.unwrap_or_default());
        let rcpt = Rcpt::new(to.clone(), vec![]);
        let mut questions = [
            Question { asked: Asked::Sender, words: mail.to_string(), yes: 200..300 },
            Question { asked: Asked::Recipient, words: rcpt.to_string(), yes: 200..300 },
            Question { asked: Asked::Message, words: Data.to_string(), yes: 354..355 },
        ];
        if self.open.as_ref().is_some_and(|open| open.takes_several) {
            // One way there and back instead of three.
            questions[0].words = questions.iter().map(|question| &*question.words).collect();
            questions[1].words.clear();
            questions[2].words.clear();
        }
        for (place, Question { asked, words, yes }) in questions.iter().enumerate() {
            let answer = match words.as_str() {
                "" => self.step(async |it| it.read_response().await).await,
                words => self.step(async |it| it.command(words).await).await,
            };
            if matches!(answer, Err(Fault::Reply(..))) {
                let said = questions[place + 1..].iter().filter(|later| later.words.is_empty());
                self.pass_over(said.count()).await;
            }
            self.answered(answer, yes.clone()).await.map_err(|fault| (*asked, fault))?;
            if *asked == Asked::Sender {
                self.smtp.found(self.given, None);
            }
        }
        Ok(())
    }

    /// Reads the answers to what was said along with something that was refused. A server that waits
    /// for bytes nevertheless gets none.
    async fn pass_over(&mut self, answers: usize) {
        for _ in 0..answers {
            match self.step(async |it| it.read_response().await).await {
                Ok(reply) if code(&reply) >= 300 => self.open = None,
                Err(Fault::Reply(421, _)) => self.open = None,
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Opens the conversation.
    async fn open(&mut self) -> Result<(), Fault> {
        let host = &self.smtp.hosts[self.given];
        let opening = tokio::time::timeout(self.smtp.patience * 3, host.open(self.smtp.patience))
            .instrument(tracing::debug_span!("connect"));
        let opened = tokio::select! {
            biased;
            opened = opening => opened,
            () = self.cut.cancelled() => Ok(Err(Fault::Broken("the worker stops".into()))),
        };
        let opened = opened.unwrap_or_else(|_| Err(Fault::Broken("it does not answer".into())));
        if !self.cut.is_cancelled() {
            host.note(opened.is_ok());
        }
        self.open = Some(opened?);
        Ok(())
    }
}
