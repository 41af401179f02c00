//! A small HTTP client: one connection, kept open, one request after another.

use anyhow::{Context as _, bail};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::operations::Ask;

/// A connection to a server.
#[derive(Debug)]
pub struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

/// A request as bytes.
pub fn bytes(ask: &Ask) -> Vec<u8> {
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: bench.example.org\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nAccept: application/json\r\nContent-Length: {}\r\n\r\n",
        ask.token,
        ask.body.len()
    );
    [head.as_bytes(), ask.body.as_bytes()].concat()
}

impl Client {
    /// Connects.
    pub async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::with_capacity(1 << 20) })
    }

    /// Sends a request and gives the body of the answer.
    pub async fn send(&mut self, request: &[u8]) -> anyhow::Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let (head, length) = loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(head) = self.received.windows(4).position(|four| four == b"\r\n\r\n") {
                let text = std::str::from_utf8(&self.received[..head])?;
                if !text.starts_with("HTTP/1.1 200") {
                    bail!("an answer was no success: {text}");
                }
                break (head + 4, length(text)?);
            }
        };
        while self.received.len() < head + length {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        Ok(&self.received[head..])
    }
}

fn length(head: &str) -> anyhow::Result<usize> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse())
    });
    Ok(line.context("an answer has no length")??)
}
