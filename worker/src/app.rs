//! What every job works with.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::operations::jobs;
use entity::outcome::StoreError;
use entity::people::secrets;
use lettre::message::Mailbox;
use rand::RngCore as _;
use rules::messages::verp::ReturnPath;
use runtime::clock::Clock;
use runtime::config::Config;
use runtime::database::{Database, absent};
use runtime::signal::Signal;
use tokio_util::sync::CancellationToken;

use crate::mail::Destination;
use crate::mail::dkim::Signer;

/// Pause before a database that is not prepared is looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Looks between two lines in the log about it.
const SAY_EVERY: u32 = 30;

/// The running worker.
#[derive(Clone)]
pub struct App {
    /// Settings.
    pub config: Config,
    /// Database.
    pub db: Database,
    /// Clock.
    pub clock: Clock,
    /// Change signal.
    pub signal: Signal,
    /// Where mail goes.
    pub mail: Destination,
    /// Who sends it.
    pub sender: Mailbox,
    /// Who reads what is answered to it where no hub does, if anybody.
    pub reply_to: Option<Mailbox>,
    /// What signs mails, if anything.
    pub signer: Option<Arc<Signer>>,
    /// Where mails come back to, if not to the sender.
    pub return_path: Option<ReturnPath>,
    /// Name of this worker among others, for leases.
    pub name: String,
    /// Whether its clock was set for a trial: what it writes into the timetable gives way.
    pub trial: bool,
    /// How long things may take.
    pub limits: Limits,
}

/// How long things may take that nobody sets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long one run of the delivery job claims messages before other jobs have their turn.
    pub turn: Duration,
    /// How old the look may be by which a message goes.
    pub fresh: Duration,
    /// How long the worker may take to write down its end.
    pub goodbye: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turn: Duration::from_secs(10),
            fresh: Duration::from_secs(15),
            goodbye: Duration::from_secs(5),
        }
    }
}

impl App {
    /// Opens what the settings name. The database is migrated by the api, not here.
    ///
    /// # Errors
    /// A setting that cannot be used, or a database that does not answer.
    pub async fn open(
        config: Config,
        clock: Clock,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let db = Database::open_existing(&config.database)
            .await
            .context("the database of the setting database.url (DATABASE_URL) does not answer")?;
        is_prepared(&db)
            .await
            .context("the database is not prepared yet: start `api serve` first")?;
        let signal = Signal::start(&config.redis.url, stop)?;
        let mail = Destination::of(&config.mail, &sender(&config)?)?;
        Self::on(db, config, clock, signal, mail)
    }

    /// A worker on a database that is open already.
    ///
    /// # Errors
    /// A setting that cannot be used.
    pub fn on(
        db: Database,
        config: Config,
        clock: Clock,
        signal: Signal,
        mail: Destination,
    ) -> anyhow::Result<Self> {
        let sender = sender(&config)?;
        let reply_to = reply_to(&config)?;
        let signer = Signer::of(&config.mail)?.map(Arc::new);
        let return_path = return_path(&config)?;
        let name = random();
        let (trial, limits) = (false, Limits::default());
        Ok(Self {
            config,
            db,
            clock,
            signal,
            mail,
            sender,
            reply_to,
            signer,
            return_path,
            name,
            trial,
            limits,
        })
    }

    /// Waits until the api has prepared the database for this version, however long that takes, and
    /// says in the log that it waits. False when asked to stop meanwhile.
    ///
    /// # Errors
    /// A database that does not answer.
    pub async fn wait_for_database(
        config: &Config,
        stop: &CancellationToken,
    ) -> anyhow::Result<bool> {
        let mut looks = 0_u32;
        while let Some(problem) = not_ready(config).await? {
            if looks.is_multiple_of(SAY_EVERY) {
                tracing::warn!(
                    "the database is not prepared yet; waiting for `api serve` to do it ({problem})"
                );
            }
            looks = looks.wrapping_add(1);
            tokio::select! {
                () = stop.cancelled() => return Ok(false),
                () = tokio::time::sleep(LOOK_AGAIN) => {}
            }
        }
        Ok(true)
    }

    /// The secret that signs links, shared with the api through the database.
    ///
    /// # Errors
    /// The database fails.
    pub async fn link_secret(&self) -> anyhow::Result<String> {
        if let Some(secret) = secrets::stored(self.db.reader(), secrets::LINKS).await? {
            return Ok(secret);
        }
        let txn = self.db.write().await?;
        let secret = secrets::shared(&txn, self.clock.now(), secrets::LINKS, random()).await?;
        txn.commit().await?;
        Ok(secret)
    }
}

/// Why the database cannot be worked on yet; none when it can.
async fn not_ready(config: &Config) -> anyhow::Result<Option<String>> {
    if let Some(file) = absent(&config.database)? {
        return Ok(Some(format!("there is no {}", file.display())));
    }
    let db = Database::open(&config.database)
        .await
        .context("the database of the setting database.url (DATABASE_URL) does not answer")?;
    let prepared = is_prepared(&db).await;
    db.close().await?;
    Ok(prepared.err().map(|error| error.to_string()))
}

/// A failed read of the oldest or the newest table means that the schema of this version is not
/// there.
async fn is_prepared(db: &Database) -> Result<(), StoreError> {
    secrets::stored(db.reader(), secrets::LINKS).await?;
    jobs::all(db.reader()).await?;
    Ok(())
}

/// 256 random bits as text.
fn random() -> String {
    let mut bytes = [0; 32];
    rand::rng().fill_bytes(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Who sends every mail.
fn sender(config: &Config) -> anyhow::Result<Mailbox> {
    config.mail.from.parse().context("the setting mail.from cannot be used: it is no mail address")
}

/// Who reads what is answered to mails where no hub does.
fn reply_to(config: &Config) -> anyhow::Result<Option<Mailbox>> {
    let setting = config.mail.reply_to.trim();
    if setting.is_empty() {
        return Ok(None);
    }
    let found: Option<Mailbox> = setting.parse().ok();
    // In the head of every mail: it must be one that every mail server takes.
    let found = found.filter(|found| AsRef::<str>::as_ref(&found.email).is_ascii());
    found.map(Some).context(
        "the setting mail.reply_to cannot be used: it must be an address of plain letters such as \
         Demo Support <support@example.org>, or empty",
    )
}

/// Where mails come back to.
fn return_path(config: &Config) -> anyhow::Result<Option<ReturnPath>> {
    let setting = &config.mail.bounce_address;
    if setting.is_empty() {
        return Ok(None);
    }
    ReturnPath::parse(setting).map(Some).context(
        "the setting mail.bounce_address cannot be used: it must be of the form \
         bounces+{token}@example.org, with up to 15 letters besides the token before the @",
    )
}
