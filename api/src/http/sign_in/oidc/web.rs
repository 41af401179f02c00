//! How sign-in services are spoken to: quickly or not at all, following no redirect, and reading no
//! endless answer.

use std::time::Duration;

use futures::future::BoxFuture;
use openidconnect::http::Response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use tokio::sync::OnceCell;

/// Longest time for a whole question and answer.
const LIMIT: Duration = Duration::from_secs(10);
/// Largest answer, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A question that got no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// No connection, or none in time. The address is left out: it may hold an account's id.
    #[error("{0}")]
    Away(reqwest::Error),
    /// A question that cannot be put, or an answer that cannot be read.
    #[error("{0}")]
    Malformed(openidconnect::http::Error),
    /// An answer without end.
    #[error("the answer is too large")]
    TooLarge,
}

impl From<reqwest::Error> for WebError {
    fn from(error: reqwest::Error) -> Self {
        Self::Away(error.without_url())
    }
}

impl From<openidconnect::http::Error> for WebError {
    fn from(error: openidconnect::http::Error) -> Self {
        Self::Malformed(error)
    }
}

/// A client for sign-in services, made when it is first needed.
#[derive(Debug, Default)]
pub struct Web(OnceCell<reqwest::Client>);

impl Web {
    /// The client. TLS uses the provider of `runtime::tls`, and trusts what this machine trusts.
    async fn client(&self) -> Result<&reqwest::Client, reqwest::Error> {
        let make = async || {
            runtime::tls::install();
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(LIMIT)
                .user_agent("Hubs")
                .build()
        };
        self.0.get_or_try_init(make).await
    }

    /// Puts a question and returns the answer, whatever its status.
    ///
    /// # Errors
    /// See [`WebError`].
    pub async fn send(&self, request: HttpRequest) -> Result<HttpResponse, WebError> {
        let mut answer = self.client().await?.execute(request.try_into()?).await?;
        let mut response = Response::builder().status(answer.status()).version(answer.version());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(WebError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Web {
    type Error = WebError;
    type Future = BoxFuture<'c, Result<HttpResponse, WebError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
