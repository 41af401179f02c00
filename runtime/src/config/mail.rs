//! Settings of how mail leaves, and of what comes back.

use std::path::PathBuf;

use serde::Deserialize;

use crate::issuers::Secret;

/// See `[mail]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// Mail servers, separated by blanks, empty for none. May hold passwords: never logged.
    pub smtp_url: String,
    /// File with the certificate of a private authority, empty for the public ones.
    pub smtp_ca: PathBuf,
    /// Longest time for each step of a conversation with the mail server, in seconds; twice that for its
    /// word on a message it has got.
    pub smtp_timeout_seconds: u64,
    /// Conversations at a time.
    pub connections: usize,
    /// Messages a second for each mail server, in the long run.
    pub per_second: f64,
    /// Messages at once for each mail server after a pause.
    pub burst: u32,
    /// Longest time that conversations may take to end once the worker is asked to stop, in seconds.
    pub drain_seconds: u64,
    /// Domain that signs mails (DKIM), empty for none.
    pub dkim_domain: String,
    /// Selector under which the public key is published.
    pub dkim_selector: String,
    /// Private key as PEM, or the file it is in.
    pub dkim_key: Secret,
    /// Return path with `{token}` in it, empty to use the sender's address.
    pub bounce_address: String,
    /// Days after which the text of a mail that has met its end is deleted.
    pub keep_days: u32,
    /// Folder for `.eml` files.
    pub folder: PathBuf,
    /// Sender.
    pub from: String,
    /// Who reads what is answered to mails, where no hub does; empty for nobody.
    pub reply_to: String,
    /// Folder of a mailbox where bounces and complaints arrive, empty for none.
    pub bounces_folder: PathBuf,
    /// What a mail service proves itself with that reports them; empty for none. Never logged.
    pub feedback_token: String,
}
