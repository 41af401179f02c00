//! What a conversation runs over: a connection that sends at once what it is given, and the same
//! encrypted from its first byte.

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
pub(super) struct Wire(TcpStream);

impl Wire {
    /// Connects.
    pub(super) async fn connect(host: &str, port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let bytes = failpoint::before_the_end(bytes);
        let count = ready!(Pin::new(&mut self.0).poll_write(context, bytes))?;
        failpoint::wrote(count);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
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

    /// Encrypts a connection.
    pub(super) async fn encrypt(&self, wire: Wire) -> io::Result<Encrypted> {
        Ok(Encrypted(self.connector.connect(self.name.clone(), wire).await?))
    }
}

/// A connection encrypted from its first byte.
#[derive(Debug)]
pub(super) struct Encrypted(TlsStream<Wire>);

impl AsyncRead for Encrypted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for Encrypted {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}
