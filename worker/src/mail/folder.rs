//! Mail into a folder: each message is one file, whole or not there.

use std::path::Path;

use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// Writes `<id>.eml` under another name first, so that a reader never finds half a mail and a
/// repeat leaves one file.
pub(super) async fn write(folder: &Path, id: Uuid, bytes: &[u8]) -> std::io::Result<String> {
    fs::create_dir_all(folder).await?;
    let name = format!("{id}.eml");
    let partial = folder.join(format!(".{id}.{}.partial", std::process::id()));
    let mut file = File::create(&partial).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    drop(file);
    fs::rename(&partial, folder.join(&name)).await?;
    // The name must outlive a crash as surely as the content.
    File::open(folder).await?.sync_all().await?;
    Ok(format!("Written to the mail folder as {name}."))
}
