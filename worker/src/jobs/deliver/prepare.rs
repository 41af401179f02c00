//! Between claiming and carrying: looks again whether a message is wanted, and writes its mail, so
//! that no connection waits for that and it is done while commits wait for the disk.

use std::sync::Arc;

use entity::messages::parcels::Parcel;
use entity::messages::reminders::CallOff;
use tokio::sync::{Mutex, mpsc};

use super::desk::{Desk, Mail};
use super::ledger::{End, Ending};
use super::{Known, MENDING, Shared, given_back};

/// A claimed message, and what it takes to render it.
pub(super) type Load = (Arc<Desk>, Parcel);

/// A message whose mail is written.
pub(super) struct Ready {
    pub(super) known: Known,
    pub(super) mail: Mail,
    /// Reminders that are no longer in it.
    pub(super) dropped: CallOff,
    /// What was claimed with it.
    pub(super) desk: Arc<Desk>,
}

/// Prepares messages until there are no more. Those that nobody is to begin any more are given back.
pub(super) async fn prepare(
    shared: Arc<Shared>,
    loads: Arc<Mutex<mpsc::Receiver<Load>>>,
    ready: mpsc::Sender<Ready>,
) {
    loop {
        let load = loads.lock().await.recv().await;
        let Some((desk, parcel)) = load else { return };
        if shared.over.is_cancelled() {
            shared.ledger.end(given_back(&shared.app, Known::of(&parcel))).await;
        } else if let Some(one) = written(&shared, desk, parcel).await {
            // Room for it, or nobody begins anything any more.
            let known = one.known.clone();
            let sent = tokio::select! {
                biased;
                () = shared.over.cancelled() => false,
                sent = ready.send(one) => sent.is_ok(),
            };
            if !sent {
                shared.ledger.end(given_back(&shared.app, known)).await;
            }
        }
    }
}

/// The mail of a message; nothing when it ends without, which is in the ledger then.
async fn written(shared: &Shared, desk: Arc<Desk>, mut parcel: Parcel) -> Option<Ready> {
    let decided = desk.decide(&mut parcel);
    let mut known = Known::of(&parcel);
    match decided {
        Ok(Ok((mail, dropped))) => {
            known.subject = Some(mail.rendered.subject.clone());
            Some(Ready { known, mail, dropped, desk })
        }
        Ok(Err(end)) => {
            shared.ledger.end(Ending { known, end }).await;
            None
        }
        Err(error) => {
            // It is tried again once somebody may have mended it; the others do not wait for it.
            tracing::error!(id = %known.lease.id, "a message failed: {error:#}");
            shared.ledger.failed().await;
            let detail = format!("Put off: {error}.").into();
            let end = End::GivenBack { from: Some(desk.now + MENDING), detail };
            shared.ledger.end(Ending { known, end }).await;
            None
        }
    }
}
