//! What the server says and does, one conversation after the other.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::{Encryption, Fault, PASSWORD, State, Step, Taken, USER, lock};

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One conversation.
struct Conversation {
    stream: BufReader<Box<dyn Stream>>,
    state: Arc<Mutex<State>>,
    number: usize,
    encrypted: bool,
    user: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

/// Whether a conversation goes on.
type Goes = std::io::Result<bool>;

/// Speaks with one client until it or the server ends it.
pub(super) async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    encryption: Encryption,
    state: Arc<Mutex<State>>,
    number: usize,
) -> std::io::Result<()> {
    let encrypted = encryption == Encryption::First;
    let stream: Box<dyn Stream> =
        if encrypted { Box::new(acceptor.accept(stream).await?) } else { Box::new(stream) };
    let mut it = Conversation {
        stream: BufReader::new(stream),
        state,
        number,
        encrypted,
        user: None,
        from: None,
        to: None,
    };
    match it.planned(Step::Connect) {
        None => {}
        Some(Fault::Stall | Fault::Dribble) => return it.silence().await.map(|_| ()),
        Some(Fault::Kill { process, .. }) => kill(process).await,
        Some(_) => return Ok(()),
    }
    if !it.unless_planned(Step::Greeting, "220 localhost ESMTP of the tests").await? {
        return Ok(());
    }
    loop {
        let Some(line) = it.line().await? else { return Ok(()) };
        let command = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        let noted = if command == "AUTH" { command.clone() } else { line.clone() };
        lock(&it.state).commands.push((number, noted));
        let goes_on = match command.as_str() {
            "EHLO" => it.greet().await?,
            "STARTTLS" if !it.encrypted => {
                if let Some(fault) = it.planned(Step::StartTls) {
                    if !it.fail(fault, "220 2.0.0 go ahead").await? {
                        return Ok(());
                    }
                    continue;
                }
                it.say("220 2.0.0 go ahead").await?;
                let plain = it.stream.into_inner();
                let encrypted = acceptor.accept(plain).await?;
                it.stream = BufReader::new(Box::new(encrypted));
                it.encrypted = true;
                true
            }
            "AUTH" => it.sign_in(&line).await?,
            "MAIL" => {
                it.from = between(&line);
                let fault = it.planned(Step::Mail);
                if matches!(fault, Some(Fault::Say(_))) {
                    it.from = None;
                }
                it.unless(fault, "250 2.1.0 ok").await?
            }
            "RCPT" => {
                it.to = between(&line);
                let fault = it.planned(Step::Rcpt);
                if matches!(fault, Some(Fault::Say(_))) {
                    it.to = None;
                }
                it.unless(fault, "250 2.1.5 ok").await?
            }
            "DATA" => it.data().await?,
            "RSET" => {
                (it.from, it.to) = (None, None);
                it.say("250 2.0.0 forgotten").await?
            }
            "QUIT" => {
                it.unless_planned(Step::Quit, "221 2.0.0 goodbye").await?;
                false
            }
            _ => it.say("500 5.5.2 what?").await?,
        };
        if !goes_on {
            return Ok(());
        }
    }
}

/// The address in `MAIL FROM:<address>`.
fn between(line: &str) -> Option<String> {
    let rest = line.split_once('<')?.1;
    Some(rest.split_once('>')?.0.to_owned())
}

impl Conversation {
    async fn say(&mut self, line: &str) -> Goes {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
        self.stream.get_mut().flush().await?;
        Ok(true)
    }

    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        let count = self.stream.read_line(&mut line).await?;
        Ok((count > 0).then(|| line.trim_end().to_owned()))
    }

    async fn greet(&mut self) -> Goes {
        let mut answer = "250-localhost".to_owned();
        for offered in &lock(&self.state).extensions {
            answer.push_str("\r\n250-");
            answer.push_str(offered);
        }
        let last = if self.encrypted { "AUTH PLAIN LOGIN" } else { "STARTTLS" };
        self.unless_planned(Step::Ehlo, &format!("{answer}\r\n250 {last}")).await
    }

    /// The fault planned for this step, if one is; it counts as done.
    fn planned(&self, step: Step) -> Option<Fault> {
        let mut state = lock(&self.state);
        let planned = state
            .planned
            .iter_mut()
            .find(|it| it.step == step && it.times > 0 && (it.to.is_none() || it.to == self.to))?;
        planned.times -= 1;
        Some(planned.fault.clone())
    }

    async fn unless_planned(&mut self, step: Step, line: &str) -> Goes {
        self.unless(self.planned(step), line).await
    }

    async fn unless(&mut self, fault: Option<Fault>, line: &str) -> Goes {
        match fault {
            None => self.say(line).await,
            Some(fault) => self.fail(fault, line).await,
        }
    }

    /// Does what was planned in place of saying `line`.
    async fn fail(&mut self, fault: Fault, line: &str) -> Goes {
        match fault {
            Fault::Say(other) => self.say(other).await,
            Fault::Drop | Fault::TakeAndDrop => Ok(false),
            Fault::Stall => self.silence().await,
            Fault::Meet(barrier) => {
                barrier.wait().await;
                self.say(line).await
            }
            Fault::Dribble => {
                // Its slowness is the fault itself: there is nothing else to wait for.
                let mut pace = tokio::time::interval(Duration::from_millis(50));
                for letter in line.replace(' ', "-").bytes().cycle() {
                    pace.tick().await;
                    self.stream.get_mut().write_all(&[letter]).await?;
                    self.stream.get_mut().flush().await?;
                }
                Ok(false)
            }
            Fault::Kill { process, .. } => {
                kill(process).await;
                self.say(line).await
            }
        }
    }

    /// Until the other side closes.
    async fn silence(&mut self) -> Goes {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).await?;
        Ok(false)
    }

    async fn sign_in(&mut self, line: &str) -> Goes {
        let given = line.split_whitespace().nth(2).unwrap_or_default();
        let given = STANDARD.decode(given).unwrap_or_default();
        let right = format!("\0{USER}\0{PASSWORD}").into_bytes();
        if !self.encrypted || given != right {
            return self.say("535 5.7.8 no").await;
        }
        self.user = Some(USER.to_owned());
        self.unless_planned(Step::Auth, "235 2.7.0 welcome").await
    }

    async fn data(&mut self) -> Goes {
        if let Some(fault) = self.planned(Step::Data) {
            return self.fail(fault, "354 go ahead").await;
        }
        let (Some(from), Some(to)) = (self.from.clone(), self.to.clone()) else {
            return self.say("503 5.5.1 in turn").await;
        };
        self.say("354 go ahead").await?;
        let mut halfway = self.planned(Step::MidBody);
        let mut bytes = Vec::new();
        loop {
            let mut line = Vec::new();
            let count = self.stream.read_until(b'\n', &mut line).await.unwrap_or(0);
            if count == 0 {
                lock(&self.state).abandoned += 1;
                return Ok(false);
            }
            match halfway.take() {
                None => {}
                Some(Fault::Kill { process, after }) if bytes.len() + count >= after => {
                    kill(process).await;
                }
                Some(later @ Fault::Kill { .. }) => halfway = Some(later),
                Some(fault) => return self.fail(fault, "250 2.0.0 ok").await,
            }
            if line == b".\r\n" {
                break;
            }
            bytes.extend(line.strip_prefix(b".").unwrap_or(&line));
        }
        let fault = self.planned(Step::Body);
        let keeps = !matches!(fault, Some(Fault::Say(_) | Fault::Drop | Fault::Stall));
        let told = self.planned(Step::Told);
        if keeps {
            let taken = Taken {
                connection: self.number,
                user: self.user.clone(),
                encrypted: self.encrypted,
                from,
                to,
                bytes,
            };
            lock(&self.state).taken.push(taken);
        }
        (self.from, self.to) = (None, None);
        match fault {
            None => {
                let line = format!("250 2.0.0 ok: queued as TEST{}", lock(&self.state).taken.len());
                self.say(&line).await?;
            }
            Some(fault) => {
                if !self.fail(fault, "250 2.0.0 ok").await? {
                    return Ok(false);
                }
            }
        }
        if let Some(Fault::Kill { process, .. }) = told {
            kill(process).await;
        }
        Ok(true)
    }
}

/// Kills a process as `kill -9` does, once its number is known.
async fn kill(mut process: watch::Receiver<Option<u32>>) {
    let number = process.wait_for(Option::is_some).await.ok().and_then(|it| *it);
    let number = number.and_then(|it| i32::try_from(it).ok()).and_then(Pid::from_raw);
    if let Some(number) = number {
        // It may have ended by itself.
        let _ = kill_process(number, Signal::KILL);
    }
}
