//! Claiming messages, and reading what they are about once for all of them.

use std::sync::Arc;

use entity::messages::facts::Book;
use entity::messages::outbox::{self, Unread};
use entity::messages::parcels::{self, Parcel};
use entity::outcome::StoreError;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::desk::Desk;
use crate::app::App;
use crate::failpoint;

/// Messages claimed together.
pub(super) struct Batch {
    pub(super) desk: Arc<Desk>,
    pub(super) parcels: Vec<Parcel>,
    /// Says nothing, and closes when the last of them has ended.
    pub(super) ended: mpsc::Receiver<()>,
    /// How many cannot be read, and were set aside.
    pub(super) failed: usize,
}

/// Claims messages and reads what they are to say; none when there are none.
#[tracing::instrument(level = "debug", skip(app))]
pub(super) async fn claim(app: &App, most: u64) -> anyhow::Result<Option<Batch>> {
    let (now, since) = (app.clock.now(), Instant::now());
    let txn = app.db.write().await?;
    let seconds = app.config.worker.lease_seconds;
    let claimed = outbox::claim(&txn, now, &app.name, seconds, most).await?;
    txn.commit().await?;
    if claimed.taken.is_empty() && claimed.unread.is_empty() {
        return Ok(None);
    }
    failpoint::pass("claimed");
    let mut unread = claimed.unread;
    let snapshot = app.db.snapshot().await?;
    let book = Book::load(&snapshot).await?;
    let opened = parcels::open(&snapshot, now, &book, claimed.taken).await?;
    snapshot.commit().await?;
    let secret = app.link_secret().await?.into_bytes();
    let mut parcels = Vec::with_capacity(opened.len());
    for parcel in opened {
        match parcel {
            Ok(parcel) => parcels.push(parcel),
            Err(one) => unread.push(one),
        }
    }
    set_aside(app, &unread).await;
    let (under_way, ended) = mpsc::channel(1);
    let desk = Desk { app: app.clone(), now, since, book, secret, _under_way: under_way };
    Ok(Some(Batch { desk: Arc::new(desk), parcels, ended, failed: unread.len() }))
}

/// Sets messages aside that cannot be read. Where even that fails their leases run out, and they are
/// looked at again; the others do not wait for them.
async fn set_aside(app: &App, unread: &[Unread]) {
    if unread.is_empty() {
        return;
    }
    for Unread { lease, fault, .. } in unread {
        tracing::error!(id = %lease.id, "a message cannot be read: {fault}");
    }
    let written = async {
        let (txn, now) = (app.db.write().await?, app.clock.now());
        for Unread { lease, fault } in unread {
            outbox::set_aside(&txn, now, *lease, &fault.to_string()).await?;
        }
        Ok::<(), StoreError>(txn.commit().await?)
    };
    if let Err(error) = written.await {
        tracing::error!("messages that cannot be read cannot be set aside: {error:#}");
    }
}
