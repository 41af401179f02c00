//! What a conversation runs over: a connection that sends at once what it is given, encrypted from
//! its first byte or not.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use runtime::config::MailConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::failpoint;

/// A connection that sends at once what it is given: the library sends the dot that ends a message
/// by itself, and would wait some 40 ms with it for the server to confirm what came before.
#[derive(Debug)]
pub(super) enum Wire {
    /// As it is.
    Plain(TcpStream),
    /// Encrypted from its first byte.
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// What can be read from and written to.
trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for T {}

impl Wire {
    /// Connects, and encrypts if there is somebody to trust.
    pub(super) async fn connect(host: &str, port: u16, trust: Option<&Trust>) -> io::Result<Self> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        let Some(Trust { connector, name }) = trust else { return Ok(Self::Plain(stream)) };
        Ok(Self::Encrypted(Box::new(connector.connect(name.clone(), stream).await?)))
    }

    fn stream(&mut self) -> Pin<&mut dyn Stream> {
        match self {
            Self::Plain(stream) => Pin::new(stream),
            Self::Encrypted(stream) => Pin::new(&mut **stream),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = failpoint::before_the_end(bytes);
        let count = ready!(self.stream().poll_write(context, bytes))?;
        failpoint::wrote(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self {
            Self::Plain(stream) => stream.peer_addr(),
            Self::Encrypted(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}

/// Whom to trust when a server is to be spoken to encrypted from the first byte.
#[derive(Clone)]
pub(super) struct Trust {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Trust {
    /// As the settings say: the certificates in `mail.smtp_ca`, or those everybody trusts.
    pub(super) fn of(name: ServerName<'static>, config: &MailConfig) -> anyhow::Result<Self> {
        let mut trusted = RootCertStore::empty();
        if config.smtp_ca.as_os_str().is_empty() {
            trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        } else {
            for certificate in CertificateDer::pem_file_iter(&config.smtp_ca)? {
                trusted.add(certificate?)?;
            }
            anyhow::ensure!(!trusted.is_empty(), "it holds no PEM certificate");
        }
        let tls = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
        Ok(Self { connector: TlsConnector::from(Arc::new(tls)), name })
    }
}
