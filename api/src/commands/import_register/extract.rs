//! Reading an extract into batches of establishments.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use csv::ByteRecord;
use rules::register::{Columns, Establishment};
use tokio::sync::mpsc::Sender;

use super::ImportError;
use super::report::Rejections;
use super::source::Source;

/// Rows handed over at once.
const BATCH: usize = 500;

/// What is known of an extract once it is read to its end.
pub struct Extract {
    /// Data rows.
    pub rows: usize,
    /// Those that could not be read.
    pub rejections: Rejections,
    /// Of the file's own bytes.
    pub sha256: String,
}

/// Some of the file's establishments, and which columns it has.
pub struct Batch {
    /// The columns of the file.
    pub columns: Arc<Columns>,
    /// The establishments.
    pub schools: Vec<Establishment>,
}

/// Reads the file and sends its establishments in batches. Ends early when nobody listens.
pub fn read(path: &Path, batches: &Sender<Batch>) -> Result<Extract, ImportError> {
    let mut source = Source::open(path)?;
    let columns = Columns::find(&source.header)
        .map_err(|foreign| ImportError::Refused(format!("{}: {foreign}", path.display())))?;
    let columns = Arc::new(columns);
    let send = |schools| batches.blocking_send(Batch { columns: Arc::clone(&columns), schools });
    let mut record = ByteRecord::new();
    let mut urns = HashSet::new();
    let mut rejections = Rejections::default();
    let mut batch = Vec::with_capacity(BATCH);
    let mut rows = 0;
    while let Some(line) = source.next(&mut record)? {
        rows += 1;
        if let Some(width) = line.short {
            let whole = source.header.len();
            rejections.add(line.number, format!("it has {width} of {whole} columns"));
            continue;
        }
        match Establishment::read(&columns, |at| source.cell(&record, at)) {
            Ok(school) if urns.insert(school.urn) => batch.push(school),
            Ok(school) => {
                let reason = format!("URN is \"{}\": it was in an earlier row", school.urn);
                rejections.add(line.number, reason);
            }
            Err(fault) => rejections.add(line.number, fault.to_string()),
        }
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if send(full).is_err() {
                break;
            }
        }
    }
    // A failed send means that the writer has failed, and it is the writer's error that is shown.
    let _ = send(batch);
    Ok(Extract { rows, rejections, sha256: source.finish()? })
}
