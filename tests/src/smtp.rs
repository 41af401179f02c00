//! A real mail server for tests, on a free port of this machine: TLS, sign-in, and every mail it
//! took; told to, it refuses, cuts off or falls silent at any point of the conversation.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// Who may sign in.
pub const USER: &str = "hubs@mail.example";
/// And the password, with characters that an address has to escape.
pub const PASSWORD: &str = "s3cret:/@%";

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Somebody connects.
    Connect,
    /// The greeting.
    Greeting,
    /// `EHLO`.
    Ehlo,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`.
    Auth,
    /// `MAIL`.
    Mail,
    /// `RCPT`.
    Rcpt,
    /// `DATA`.
    Data,
    /// The body arrives.
    MidBody,
    /// The body has arrived.
    Body,
    /// `QUIT`.
    Quit,
}

/// What to do at a step instead of going on.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answer this line.
    Say(&'static str),
    /// Close the connection.
    Drop,
    /// Take the body, keep the mail, and close the connection before saying so.
    TakeAndDrop,
    /// Say nothing until the other side has gone.
    Stall,
    /// Go on as if nothing was, once as many conversations as this takes have come so far.
    Meet(Arc<Barrier>),
    /// Say a long answer so slowly that nobody waits for its end, until the other side has gone.
    Dribble,
}

/// A fault to come.
#[derive(Clone, Debug)]
struct Planned {
    step: Step,
    /// Only for this recipient; from `Rcpt` on.
    to: Option<String>,
    fault: Fault,
    /// How often still.
    times: usize,
}

/// A mail it took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Number of the connection it came on, from 1.
    pub connection: usize,
    /// Who signed in.
    pub user: Option<String>,
    /// Whether the connection was encrypted.
    pub encrypted: bool,
    /// Envelope sender.
    pub from: String,
    /// Envelope recipient.
    pub to: String,
    /// The mail as it was before it was sent.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct State {
    /// What it offers besides TLS and signing in.
    extensions: Vec<String>,
    taken: Vec<Taken>,
    planned: Vec<Planned>,
    connections: usize,
    /// Commands as they came, the number of their connection first; without secrets.
    commands: Vec<(usize, String)>,
}

/// The server. It ends with this value.
#[derive(Debug)]
pub struct Server {
    port: u16,
    folder: TempDir,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts one with a certificate of its own for `localhost`.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("ca.pem"), cert.pem()).expect("a file");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        runtime::tls::install();
        let tls = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate and its key");
        let acceptor = TlsAcceptor::from(Arc::new(tls));
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let extensions = ["8BITMIME", "SIZE 1000000"].map(str::to_owned).to_vec();
        let state = Arc::new(Mutex::new(State { extensions, ..State::default() }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, acceptor) = (Arc::clone(&shared), acceptor.clone());
                tokio::spawn(async move {
                    let number = {
                        let mut state = lock(&state);
                        state.connections += 1;
                        state.connections
                    };
                    // A client that goes away in the middle is no business of the server's.
                    let _ = converse(stream, acceptor, state, number).await;
                });
            }
        });
        Self { port, folder, state, task }
    }

    /// What to set `SMTP_URL` to, with sign-in and TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://hubs%40mail.example:s3cret%3A%2F%40%25@localhost:{}", self.port)
    }

    /// From now on offers these besides TLS and signing in.
    pub fn offer(&self, extensions: &[&str]) {
        lock(&self.state).extensions = extensions.iter().map(|it| (*it).to_owned()).collect();
    }

    /// Forgets what it took and heard, and what was planned.
    pub fn forget(&self) {
        let mut state = lock(&self.state);
        *state = State { extensions: std::mem::take(&mut state.extensions), ..State::default() };
    }

    /// What to set `mail.smtp_ca` to.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// From now on does this at a step, so many times; for one recipient only if one is named.
    pub fn plan(&self, step: Step, to: Option<&str>, fault: Fault, times: usize) {
        let to = to.map(str::to_owned);
        lock(&self.state).planned.push(Planned { step, to, fault, times });
    }

    /// The mails it took, in their order.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        lock(&self.state).taken.clone()
    }

    /// The commands it heard, each with the number of its connection.
    #[must_use]
    pub fn commands(&self) -> Vec<(usize, String)> {
        lock(&self.state).commands.clone()
    }

    /// How many connections there were.
    #[must_use]
    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

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

async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    state: Arc<Mutex<State>>,
    number: usize,
) -> std::io::Result<()> {
    let mut it = Conversation {
        stream: BufReader::new(Box::new(stream)),
        state,
        number,
        encrypted: false,
        user: None,
        from: None,
        to: None,
    };
    match it.planned(Step::Connect) {
        None => {}
        Some(Fault::Stall | Fault::Dribble) => return it.silence().await.map(|_| ()),
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
                it.unless_planned(Step::Mail, "250 2.1.0 ok").await?
            }
            "RCPT" => {
                it.to = between(&line);
                it.unless_planned(Step::Rcpt, "250 2.1.5 ok").await?
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
        match self.planned(step) {
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
                for letter in line.replace(' ', "-").bytes().cycle() {
                    self.stream.get_mut().write_all(&[letter]).await?;
                    self.stream.get_mut().flush().await?;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Ok(false)
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
        let (Some(from), Some(to)) = (self.from.clone(), self.to.clone()) else {
            return self.say("503 5.5.1 in turn").await;
        };
        if let Some(fault) = self.planned(Step::Data) {
            return self.fail(fault, "354 go ahead").await;
        }
        self.say("354 go ahead").await?;
        let halfway = self.planned(Step::MidBody);
        let mut bytes = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(false);
            }
            if let Some(fault) = halfway.clone() {
                return self.fail(fault, "250 2.0.0 ok").await;
            }
            if line == b".\r\n" {
                break;
            }
            bytes.extend(line.strip_prefix(b".").unwrap_or(&line));
        }
        let fault = self.planned(Step::Body);
        if matches!(fault, None | Some(Fault::TakeAndDrop | Fault::Dribble | Fault::Meet(_))) {
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
                self.say(&line).await
            }
            Some(fault) => self.fail(fault, "250 2.0.0 ok").await,
        }
    }
}
