//! A real mail server for tests, on a free port of this machine: TLS, sign-in, and every mail it
//! took; told to, it refuses, cuts off or falls silent at any point of the conversation, or kills
//! whoever it speaks with.

mod conversation;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{Barrier, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use self::conversation::converse;

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
    /// The other side has been told that its mail was taken.
    Told,
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
    /// Kill the process of that number, once it is known, as `kill -9` does, and go on; in the body
    /// when so many bytes of it have come.
    Kill {
        /// Whom.
        process: watch::Receiver<Option<u32>>,
        /// Bytes of the body before.
        after: usize,
    },
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
    /// How often the other side has gone before the end of a body.
    abandoned: usize,
}

/// When it encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encryption {
    /// When asked to (STARTTLS).
    Asked,
    /// From the first byte.
    First,
}

/// The server. It ends with this value.
#[derive(Debug)]
pub struct Server {
    port: u16,
    encryption: Encryption,
    folder: TempDir,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts one with a certificate of its own for `localhost`, that encrypts when asked to.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start() -> Self {
        Self::start_with(Encryption::Asked).await
    }

    /// As [`Server::start`], but encrypted from the first byte.
    ///
    /// # Panics
    /// No port is free.
    pub async fn start_encrypted() -> Self {
        Self::start_with(Encryption::First).await
    }

    async fn start_with(encryption: Encryption) -> Self {
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
        let extensions = ["8BITMIME", "PIPELINING", "SIZE 1000000"].map(str::to_owned).to_vec();
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
                    let _ = converse(stream, acceptor, encryption, state, number).await;
                });
            }
        });
        Self { port, encryption, folder, state, task }
    }

    /// What to set `SMTP_URL` to, with sign-in and TLS.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = match self.encryption {
            Encryption::Asked => "smtp",
            Encryption::First => "smtps",
        };
        format!("{scheme}://hubs%40mail.example:s3cret%3A%2F%40%25@localhost:{}", self.port)
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

    /// How often the other side has gone before the end of a body.
    #[must_use]
    pub fn abandoned(&self) -> usize {
        lock(&self.state).abandoned
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
