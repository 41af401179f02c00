//! Takes in the bounces and complaints that lie in the folder of a mailbox. Each file is read, written
//! down in a transaction of its own, and then moved: one that was read before the worker was stopped
//! is read again and known, so that nothing is lost and nothing counts twice.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use entity::messages::feedback::{Source, Taken, Told, take};
use rules::messages::report::{self, LARGEST};
use tokio::fs;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::pass::Done;

/// Files taken in at a time: mail that waits to go out does not wait for a flood of bounces.
const AT_ONCE: usize = 500;
/// Where what was read goes, and what is neither bounce nor complaint.
const DONE: &str = "done";
const UNREAD: &str = "unread";

/// What a run came to.
#[derive(Default)]
struct Count {
    new: usize,
    known: usize,
    unread: usize,
}

pub(super) async fn run(app: &App, stop: &CancellationToken) -> anyhow::Result<Done> {
    let folder = &app.config.mail.bounces_folder;
    if folder.as_os_str().is_empty() {
        return Ok(Done::nothing());
    }
    let waiting = waiting(folder).await?;
    let mut count = Count::default();
    if !waiting.is_empty() {
        for name in [DONE, UNREAD] {
            fs::create_dir_all(folder.join(name)).await?;
        }
    }
    let secret = app.link_secret().await?;
    for file in waiting {
        if stop.is_cancelled() {
            break;
        }
        let Some(bytes) = read(&file).await? else { continue };
        let told = told(&bytes, secret.as_bytes());
        let taken = match &told {
            Some(told) => {
                let txn = app.db.write().await?;
                let taken = take(&txn, app.clock.now(), told).await?;
                txn.commit().await?;
                taken
            }
            None => Taken::Stray,
        };
        match taken {
            Taken::New => count.new += 1,
            Taken::Known => count.known += 1,
            Taken::Stray => {
                count.unread += 1;
                tracing::warn!(
                    file = %file.display(),
                    "this is no bounce and no complaint about a message of ours: look at it in the \
                     folder unread"
                );
            }
        }
        set_aside(folder, &file, if taken == Taken::Stray { UNREAD } else { DONE }).await?;
    }
    Ok(Done::counts(&[
        (count.new, "report about mail taken in", "reports about mail taken in"),
        (count.known, "known before", "known before"),
        (count.unread, "could not be read", "could not be read"),
    ]))
}

/// The files that wait, the first names first.
async fn waiting(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut entries = match fs::read_dir(folder).await {
        Ok(entries) => entries,
        // The mailbox is empty until the first mail comes.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let problem = "the setting mail.bounces_folder cannot be used";
            return Err(anyhow::Error::new(error).context(problem));
        }
    };
    let mut files = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        // A name that begins with a dot is a mail that is still being written.
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.file_type().await?.is_file() {
            files.push(entry.path());
        }
    }
    files.sort_unstable();
    files.truncate(AT_ONCE);
    Ok(files)
}

/// What is in a file; nothing when another worker has moved it, and no more than is looked at.
async fn read(file: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let size = match fs::metadata(file).await {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if usize::try_from(size).map_or(true, |size| size > LARGEST) {
        return Ok(Some(Vec::new()));
    }
    match fs::read(file).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn told(bytes: &[u8], secret: &[u8]) -> Option<Told> {
    let report = report::read(bytes, secret)?;
    Some(Told {
        key: report.key,
        kind: report.kind,
        source: Source::Mailbox,
        message: report.message,
        message_id: report.message_id,
        status: report.status,
        at: report.at,
    })
}

async fn set_aside(folder: &Path, file: &Path, to: &str) -> anyhow::Result<()> {
    let Some(name) = file.file_name() else { return Ok(()) };
    match fs::rename(file, folder.join(to).join(name)).await {
        // Another worker was faster.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        moved => Ok(moved?),
    }
}
