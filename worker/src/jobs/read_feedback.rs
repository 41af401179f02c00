//! Takes in the bounces and complaints that lie in the folder of a mailbox. Each file is read, written
//! down in a transaction of its own, and then moved: one that was read before the worker was stopped
//! is read again and known, so that nothing is lost and nothing counts twice.

use std::io::ErrorKind;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use entity::messages::feedback::{Source, Taken, Told, take};
use rules::messages::report::{self, LARGEST, Report};
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
    failed: usize,
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
    let mut failure = None;
    for file in waiting {
        if stop.is_cancelled() {
            break;
        }
        match take_in(app, secret.as_bytes(), &file).await {
            Ok(None) => {}
            Ok(Some(Taken::New)) => count.new += 1,
            Ok(Some(Taken::Known)) => count.known += 1,
            Ok(Some(Taken::Stray)) => {
                count.unread += 1;
                tracing::warn!(
                    file = %file.display(),
                    "this is no bounce and no complaint about a message of ours: look at it in the \
                     folder unread"
                );
            }
            // It stays where it is for the next pass, and keeps none of those behind it from being read.
            Err(error) => {
                tracing::error!(file = %file.display(), "a report was not taken in: {error:#}");
                count.failed += 1;
                failure = Some(error);
            }
        }
    }
    if let Some(failure) = failure {
        let taken = count.new + count.known + count.unread;
        return Err(failure.context(format!(
            "{} of the files in mail.bounces_folder could not be taken in and are tried again, {taken} \
             could",
            count.failed
        )));
    }
    Ok(Done::counts(&[
        (count.new, "report about mail taken in", "reports about mail taken in"),
        (count.known, "known before", "known before"),
        (count.unread, "could not be read", "could not be read"),
    ]))
}

/// Takes in one file and puts it where it belongs; nothing when another worker was faster.
async fn take_in(app: &App, secret: &[u8], file: &Path) -> anyhow::Result<Option<Taken>> {
    let folder = &app.config.mail.bounces_folder;
    let bytes = match read(file).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        // Somebody has to look at it: it does not become readable by itself.
        Err(error) => {
            tracing::warn!(file = %file.display(), "a report cannot be read: {error:#}");
            Vec::new()
        }
    };
    let taken = match report(&bytes, secret) {
        Some(report) => {
            let sealed = app.return_path.is_some();
            let told = Told::mailed(report, Source::Mailbox, sealed);
            let txn = app.db.write().await?;
            let taken = take(&txn, app.clock.now(), &told).await?;
            txn.commit().await?;
            taken
        }
        None => Taken::Stray,
    };
    set_aside(folder, file, if taken == Taken::Stray { UNREAD } else { DONE }).await?;
    Ok(Some(taken))
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

/// The report in a mail, if it is one.
fn report(bytes: &[u8], secret: &[u8]) -> Option<Report> {
    // Whoever sends mail makes these bytes: should reading them panic, that is a mail that is no report.
    catch_unwind(|| report::read(bytes, secret)).ok()?
}

async fn set_aside(folder: &Path, file: &Path, to: &str) -> anyhow::Result<()> {
    let Some(name) = file.file_name() else { return Ok(()) };
    match fs::rename(file, folder.join(to).join(name)).await {
        // Another worker was faster.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        moved => Ok(moved?),
    }
}
