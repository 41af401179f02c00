//! Mail into a folder: each message is one file, whole or not there.

use std::path::Path;

use tokio::fs::{self, File};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

/// Makes the folder and sees that a file can be made in it.
pub(super) fn prepare(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(format!(".{}.probe", std::process::id()));
    std::fs::File::create(&probe)?;
    std::fs::remove_file(&probe)
}

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
