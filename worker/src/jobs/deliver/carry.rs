//! One connection: messages one after the other, each to its end.

use std::sync::Arc;

use entity::messages::reminders::CallOff;
use rules::messages::MessageState;
use rules::messages::replies::Refused;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::desk::Mail;
use super::ledger::{Begin, End, Ending};
use super::prepare::Ready;
use super::{Known, Shared, given_back};
use crate::failpoint;
use crate::mail::{Carrier, Outcome, Setback, Turn};
use crate::metrics;

/// Carries messages until there are no more, or none is to be begun.
pub(super) async fn carry(shared: Arc<Shared>, number: usize) {
    let mut carrier = shared.app.mail.carrier(number, shared.cut.clone());
    while let Some(ready) = next(&shared).await {
        let (id, kind) = (ready.known.lease.id, ready.known.kind);
        let span = tracing::info_span!(
            "delivery",
            %id,
            kind = <&str>::from(kind),
            attempt = ready.known.attempts,
            server = Empty,
            outcome = Empty
        );
        let started = Instant::now();
        let offered = deliver(&shared, &mut carrier, ready).instrument(span).await;
        metrics::took(kind, started.elapsed());
        // What is given back unasked takes no time, and says nothing of how many more can go.
        if offered {
            shared.app.mail.took(started.elapsed());
        }
    }
    carrier.close().await;
}

/// The next message, if one is to be begun.
async fn next(shared: &Shared) -> Option<Ready> {
    tokio::select! {
        biased;
        () = shared.over.cancelled() => None,
        ready = async { shared.ready.lock().await.recv().await } => ready,
    }
}

/// Hands in what became of a message, and tells of it in the span of its delivery.
async fn end(shared: &Shared, known: Known, end: End) {
    Span::current().record("outcome", end.in_a_word());
    shared.ledger.end(Ending { known, end }).await;
}

/// Delivers one message; what became of it is in the ledger. Says whether a mail server was asked.
async fn deliver(shared: &Shared, carrier: &mut Carrier, ready: Ready) -> bool {
    let Ready { known, mail, dropped, desk } = ready;
    // What was looked at too long ago is looked at again.
    if desk.since.elapsed() > shared.app.limits.fresh || !may_go(shared, carrier, desk.since).await
    {
        let Ending { known, end: back } = given_back(&shared.app, known);
        end(shared, known, back).await;
        return false;
    }
    let _busy = shared.ledger.busy();
    match handed_over(shared, carrier, &known, mail, dropped, desk.since).await {
        Some(became) => end(shared, known, became).await,
        None => {
            Span::current().record("outcome", "not_ours");
        }
    }
    true
}

/// Offers a message and hands it over, and says what became of it; nothing if it is another worker's by
/// now.
async fn handed_over(
    shared: &Shared,
    carrier: &mut Carrier,
    known: &Known,
    mail: Mail,
    dropped: CallOff,
    since: Instant,
) -> Option<End> {
    let Mail { from, to, address, rendered, note } = mail;
    failpoint::pass("offering");
    Span::current().record("server", carrier.server());
    let offered = carrier.offer(&from, &to, &rendered.bytes);
    if let Err(setback) = offered.instrument(tracing::debug_span!("offer")).await {
        return Some(if shared.cut.is_cancelled() {
            End::GivenBack { from: None, detail: "Given back by the worker.".into() }
        } else {
            set_back(known, &address, setback)
        });
    }
    failpoint::pass("offered");
    // A slow server may have taken longer over that than a look holds.
    if since.elapsed() > shared.app.limits.fresh {
        carrier.abandon();
        return Some(given_back(&shared.app, known.clone()).end);
    }
    let begin = Begin { known: known.clone(), rendered: rendered.clone(), note, dropped };
    match shared.ledger.begin(begin).instrument(tracing::debug_span!("write_down")).await {
        Ok(true) => {}
        Ok(false) => {
            carrier.abandon();
            return None;
        }
        // Whether it is written down or not: nothing has been handed over.
        Err(_) => {
            carrier.abandon();
            shared.ledger.failed().await;
            return Some(End::NotBegun);
        }
    }
    failpoint::pass("begun");
    let handed_over = carrier.hand_over(known.lease.id, &rendered.bytes);
    let became = match handed_over.instrument(tracing::debug_span!("hand_over")).await {
        Outcome::Accepted(detail) => End::Accepted { detail },
        Outcome::Refused(setback) => set_back(known, &address, setback),
        Outcome::Uncertain => {
            tracing::warn!(id = %known.lease.id, "a hand-over was cut off");
            End::CutOff
        }
    };
    failpoint::pass("handed over");
    Some(became)
}

/// Waits until the mail server may be given one more. False when the message is to be given back: no
/// server takes any for now, the worker stops, or the look at it has grown old.
async fn may_go(shared: &Shared, carrier: &mut Carrier, since: Instant) -> bool {
    loop {
        match carrier.turn().await {
            Turn::Go => return true,
            Turn::Rest => {
                shared.over.cancel();
                return false;
            }
            Turn::Wait(time) => tokio::select! {
                biased;
                () = shared.over.cancelled() => return false,
                () = tokio::time::sleep_until(since + shared.app.limits.fresh) => return false,
                () = tokio::time::sleep(time) => {}
            },
        }
    }
}

/// A failure known to have delivered nothing.
fn set_back(known: &Known, to: &str, Setback { refused, reason }: Setback) -> End {
    let id = known.lease.id;
    match refused {
        Refused::ForGood => {
            tracing::warn!(%id, reason, "a mail was refused for good");
            End::stopped(MessageState::Rejected, reason)
        }
        Refused::NoAddress => {
            tracing::warn!(%id, reason, "an address was refused for good");
            let (address, dropped) = (to.to_owned(), CallOff::default());
            End::NoAddress { address, detail: reason, dropped }
        }
        Refused::PerhapsNoAddress => {
            tracing::warn!(%id, reason, "a recipient was refused for good");
            End::PerhapsNoAddress { address: to.to_owned(), detail: reason }
        }
        Refused::ForNow | Refused::Policy => {
            tracing::warn!(%id, reason, "a mail could not be handed over");
            End::PutOff { reason }
        }
        Refused::All => {
            tracing::error!(
                %id,
                reason,
                "no mail can be handed over: see the setting mail.smtp_url (SMTP_URL), and \
                 mail.smtp_ca and mail.from with it"
            );
            End::PutOff { reason }
        }
    }
}
