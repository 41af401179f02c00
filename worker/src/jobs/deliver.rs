//! Delivers messages: the only place that sends mail, and never inside a transaction.
//!
//! Claim under a lease, look again whether it is still wanted, render once, offer it to the mail
//! server, write `handoff` and the bytes durably once that waits for them, hand over, write the
//! outcome. A worker killed in between leaves messages that are either still to be sent or known to
//! be in doubt, of these at most one for each connection.
//!
//! One task claims; a few look again and render; as many as there are connections carry, each a
//! conversation of its own, which nobody else breaks off; one writes down what they begin and end,
//! many at a time.

mod carry;
mod desk;
mod ledger;
mod outcome;
mod prepare;
mod round;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use entity::messages::facts::Book;
use entity::messages::outbox::{self, Claimed, Lease};
use entity::messages::parcels::{self, Parcel};
use rules::messages::MessageKind;
use tokio::sync::{Mutex, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::desk::Desk;
use self::ledger::{End, Ending, Ledger};
use self::prepare::{Load, Ready};
use self::round::Round;
use crate::app::App;
use crate::failpoint;
use crate::pass::Done;

/// How long one run claims messages before other jobs have their turn.
const TURN: Duration = Duration::from_secs(10);

/// How long a message waits that cannot be read.
const MENDING: TimeDelta = TimeDelta::minutes(15);

/// What the tasks of one run share.
struct Shared {
    app: App,
    /// Messages that wait for a connection.
    ready: Mutex<mpsc::Receiver<Ready>>,
    ledger: Ledger,
    /// No message is begun any more.
    over: CancellationToken,
    /// What is not finished is broken off.
    cut: CancellationToken,
}

pub(super) async fn run(app: &App, stop: &CancellationToken) -> anyhow::Result<Done> {
    let txn = app.db.write().await?;
    outbox::settle_cut_off(&txn, app.clock.now()).await?;
    txn.commit().await?;
    let round = if app.mail.rests() { Round::default() } else { carried(app, stop).await? };
    Ok(Done { trouble: app.mail.away(), ..round.done() })
}

/// Delivers messages until there are no more, no server takes any, or others are to have their turn.
async fn carried(app: &App, stop: &CancellationToken) -> anyhow::Result<Round> {
    let room = app.mail.room(&app.config.mail);
    // Of a mail server of which nothing is known one message finds out: what is claimed besides would
    // only be given back.
    let tries_out = !app.mail.is_proved();
    let Some(first) = claim(app, if tries_out { 1 } else { room.claims }).await? else {
        return Ok(Round::default());
    };
    let over = stop.child_token();
    let cut = CancellationToken::new();
    let busy = Arc::new(AtomicUsize::new(0));
    let (entries, written) = mpsc::channel(ledger::TOGETHER);
    let (waiting, loads) = mpsc::channel(usize::try_from(room.claims)?.div_ceil(2));
    let (prepared, ready) = mpsc::channel(room.connections);
    let shared = Arc::new(Shared {
        app: app.clone(),
        ready: Mutex::new(ready),
        ledger: Ledger::new(entries, Arc::clone(&busy)),
        over: over.clone(),
        cut: cut.clone(),
    });
    let writer = tokio::spawn(ledger::keep(app.clone(), written, busy, over.clone()));
    let limit = tokio::spawn(cut_after(stop.clone(), cut, app.config.mail.drain_seconds));
    let loads = Arc::new(Mutex::new(loads));
    let at_once = std::thread::available_parallelism().map_or(1, Into::into);
    let preparing = (0..at_once.min(room.connections)).map(|_| {
        let (shared, loads) = (Arc::clone(&shared), Arc::clone(&loads));
        tokio::spawn(prepare::prepare(shared, loads, prepared.clone()))
    });
    let carrying =
        (0..room.connections).map(|number| tokio::spawn(carry::carry(Arc::clone(&shared), number)));
    let tasks: Vec<_> = preparing.chain(carrying).collect();
    drop(prepared);

    let fed = feed(&shared, first, tries_out, waiting).await;
    let mut panicked = None;
    for task in tasks {
        panicked = task.await.err().or(panicked);
    }
    // What nobody began any more.
    let mut ready = shared.ready.lock().await;
    while let Ok(Ready { known, .. }) = ready.try_recv() {
        shared.ledger.end(given_back(app, known)).await;
    }
    drop(ready);
    limit.abort();
    drop(shared);
    let mut round: Round = writer.await?;
    let fed = fed?;
    round.failed += fed.failed;
    round.more = fed.more;
    panicked.map_or(Ok(()), Err)?;
    Ok(round)
}

/// Breaks everything off when a stop has lasted so long.
async fn cut_after(stop: CancellationToken, cut: CancellationToken, seconds: u64) {
    stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    cut.cancel();
}

/// Messages claimed together.
struct Batch {
    desk: Arc<Desk>,
    parcels: Vec<Parcel>,
    /// Says nothing, and closes when the last of them has ended.
    ended: mpsc::Receiver<()>,
    /// Those that cannot be read. They are put off; the others do not wait for them.
    failed: usize,
}

/// Claims messages and reads what they are to say; none when there are none.
async fn claim(app: &App, most: u64) -> anyhow::Result<Option<Batch>> {
    let (now, since) = (app.clock.now(), Instant::now());
    let txn = app.db.write().await?;
    let seconds = app.config.worker.lease_seconds;
    let claimed = outbox::claim(&txn, now, &app.name, seconds, most).await?;
    txn.commit().await?;
    if claimed.is_empty() {
        return Ok(None);
    }
    failpoint::pass("claimed");
    let snapshot = app.db.snapshot().await?;
    let book = Book::load(&snapshot).await?;
    let leases: HashMap<_, _> = claimed.iter().map(lease_of).collect();
    let opened = parcels::open(&snapshot, now, &book, claimed).await?;
    snapshot.commit().await?;
    let secret = app.link_secret().await?.into_bytes();
    let (under_way, ended) = mpsc::channel(1);
    let mut batch = Batch {
        desk: Arc::new(Desk { app: app.clone(), now, since, book, secret, _under_way: under_way }),
        ended,
        parcels: Vec::with_capacity(opened.len()),
        failed: 0,
    };
    for parcel in opened {
        match parcel {
            Ok(parcel) => batch.parcels.push(parcel),
            Err((id, error)) => {
                batch.failed += 1;
                tracing::error!(%id, "a message failed: {error:#}");
                if let Some(lease) = leases.get(&id) {
                    put_off(app, now, *lease, &error.to_string()).await?;
                }
            }
        }
    }
    Ok(Some(batch))
}

fn lease_of(claimed: &Claimed) -> (Uuid, Lease) {
    let row = &claimed.message;
    (row.id, Lease { id: row.id, epoch: row.lease_epoch })
}

/// Gives back a message that cannot be read, to be tried again once somebody may have mended the row.
async fn put_off(app: &App, now: DateTime<Utc>, lease: Lease, fault: &str) -> anyhow::Result<()> {
    let detail = format!("Put off: {fault}.");
    let txn = app.db.write().await?;
    outbox::give_back(&txn, now, lease, Some(now + MENDING), &detail).await?;
    txn.commit().await?;
    Ok(())
}

/// How it ended that messages were laid out.
#[derive(Default)]
struct Fed {
    /// How many cannot be read.
    failed: usize,
    /// Whether there may be more.
    more: bool,
}

/// Lays messages out for the connections, and claims more until there are none or others are to have
/// their turn. If the first one tries out a server, its end is waited for.
async fn feed(
    shared: &Shared,
    first: Batch,
    mut tries_out: bool,
    waiting: mpsc::Sender<Load>,
) -> anyhow::Result<Fed> {
    let mail = &shared.app.mail;
    // After a while others have their turn, such as a link to sign in that has to be written.
    let until = mail.takes_time().then(|| Instant::now() + TURN);
    let mut fed = Fed::default();
    let mut next = Some(first);
    while let Some(Batch { desk, parcels, mut ended, failed: unreadable }) = next {
        fed.failed += unreadable;
        for parcel in parcels {
            tokio::select! {
                biased;
                () = shared.over.cancelled() => shared.ledger.end(given_back(&shared.app, Known::of(&parcel))).await,
                room = waiting.reserve() => match room {
                    Ok(room) => room.send((Arc::clone(&desk), parcel)),
                    Err(_) => shared.ledger.end(given_back(&shared.app, Known::of(&parcel))).await,
                },
            }
        }
        drop(desk);
        if std::mem::take(&mut tries_out) {
            ended.recv().await;
        }
        if shared.over.is_cancelled() || mail.rests() {
            break;
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            fed.more = true;
            break;
        }
        let most = mail.room(&shared.app.config.mail).claims;
        next = match claim(&shared.app, most).await {
            Ok(next) => next,
            Err(error) => {
                shared.over.cancel();
                return Err(error);
            }
        };
    }
    Ok(fed)
}

/// What was claimed and not begun is given back, so that nobody has to wait for its lease to run
/// out; its story says why, if no mail goes.
fn given_back(app: &App, known: Known) -> Ending {
    let detail = match app.mail.away() {
        Some(why) => format!("Given back by the worker. {why}").into(),
        None => "Given back by the worker.".into(),
    };
    Ending { known, end: End::GivenBack { from: None, detail } }
}

/// What the ledger has to know about a message.
#[derive(Clone, Debug)]
struct Known {
    lease: Lease,
    kind: MessageKind,
    in_doubt: bool,
    attempts: i32,
    subject: Option<String>,
}

impl Known {
    fn of(parcel: &Parcel) -> Self {
        Self {
            lease: parcel.lease(),
            kind: parcel.kind,
            in_doubt: parcel.in_doubt,
            attempts: parcel.message.attempts,
            subject: parcel.message.subject.clone(),
        }
    }
}
