//! A mail server that takes everything at once, and the floor: the same mails pushed to it by a
//! bare loop.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the sink took.
#[derive(Debug, Default)]
pub struct Taken {
    /// The first command of a mail came.
    pub first: Option<Instant>,
    /// The last mail was taken.
    pub last: Option<Instant>,
    /// Recipient and bytes of each, as they came over the wire.
    pub mails: Vec<(String, Vec<u8>)>,
    /// Connections.
    pub connections: usize,
}

/// A mail server; it ends with this value.
#[derive(Debug)]
pub struct Sink {
    /// Its port on this machine.
    pub port: u16,
    taken: Arc<Mutex<Taken>>,
    task: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sink {
    /// Starts one.
    pub async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let taken = Arc::new(Mutex::new(Taken::default()));
        let shared = Arc::clone(&taken);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let taken = Arc::clone(&shared);
                lock(&taken).connections += 1;
                // Whoever hangs up has said all.
                tokio::spawn(async move {
                    let _ = converse(stream, &taken).await;
                });
            }
        });
        Ok(Self { port, taken, task })
    }

    /// What it took since it was last asked.
    pub fn take(&self) -> Taken {
        std::mem::take(&mut lock(&self.taken))
    }
}

fn lock(taken: &Mutex<Taken>) -> std::sync::MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn converse(stream: TcpStream, taken: &Mutex<Taken>) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::with_capacity(65_536, stream);
    stream.write_all(b"220 sink ESMTP\r\n").await?;
    let mut line = String::new();
    let mut to = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "EHLO" => b"250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE 10000000\r\n",
            "MAIL" => {
                lock(taken).first.get_or_insert_with(Instant::now);
                b"250 ok\r\n"
            }
            "RCPT" => {
                line.trim_end().clone_into(&mut to);
                b"250 ok\r\n"
            }
            "DATA" => {
                stream.write_all(b"354 go ahead\r\n").await?;
                let mut bytes = Vec::with_capacity(16_384);
                while !bytes.ends_with(b"\r\n.\r\n") {
                    if stream.read_buf(&mut bytes).await? == 0 {
                        return Ok(());
                    }
                }
                let mut taken = lock(taken);
                taken.mails.push((std::mem::take(&mut to), bytes));
                taken.last = Some(Instant::now());
                b"250 ok: queued as BENCH\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await?;
    }
}

/// Pushes the same mails over so many connections, one command after the other as the worker does,
/// and returns the seconds it took.
pub async fn push(
    port: u16,
    mails: &Arc<Vec<(String, Vec<u8>)>>,
    connections: usize,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let pushing = (0..connections).map(|number| {
        let mails = Arc::clone(mails);
        tokio::spawn(async move {
            let stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.set_nodelay(true)?;
            let mut stream = BufReader::new(stream);
            say(&mut stream, b"", "220").await?;
            say(&mut stream, b"EHLO bench\r\n", "250").await?;
            for (to, bytes) in mails.iter().skip(number).step_by(connections) {
                say(&mut stream, b"MAIL FROM:<no-reply@example.org>\r\n", "250").await?;
                say(&mut stream, format!("{to}\r\n").as_bytes(), "250").await?;
                say(&mut stream, b"DATA\r\n", "354").await?;
                say(&mut stream, bytes, "250").await?;
            }
            say(&mut stream, b"QUIT\r\n", "221").await
        })
    });
    for pushing in pushing.collect::<Vec<_>>() {
        pushing.await??;
    }
    Ok(started.elapsed().as_secs_f64())
}

/// Says something and waits for the last line of the answer.
async fn say(
    stream: &mut BufReader<TcpStream>,
    words: &[u8],
    expected: &str,
) -> anyhow::Result<()> {
    stream.write_all(words).await?;
    let mut line = String::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await.context("an answer")?;
        ensure!(line.starts_with(expected), "{line}");
        if line.as_bytes().get(3) == Some(&b' ') {
            return Ok(());
        }
    }
}
