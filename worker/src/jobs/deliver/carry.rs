//! One connection: messages one after the other, each to its end.

use std::sync::Arc;
use std::time::Duration;

use entity::messages::reminders::CallOff;
use rules::messages::MessageState;
use rules::messages::replies::Refused;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::ledger::{Begin, End, Ending};
use super::prepare::Ready;
use super::{Known, Shared, given_back};
use crate::failpoint;
use crate::mail::{Carrier, Outcome, Setback, Turn};
use crate::metrics;

/// How old the look may be by which a message goes.
const FRESH: Duration = Duration::from_secs(15);

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
        deliver(&shared, &mut carrier, ready).instrument(span).await;
        metrics::took(kind, started.elapsed());
        shared.app.mail.took(started.elapsed());
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

/// Delivers one message; what became of it is in the ledger.
async fn deliver(shared: &Shared, carrier: &mut Carrier, ready: Ready) {
    let ledger = &shared.ledger;
    let Ready { known, mail, dropped, desk } = ready;
    // What was looked at too long ago is looked at again.
    if desk.since.elapsed() > FRESH || !may_go(shared, carrier, desk.since).await {
        let Ending { known, end: back } = given_back(&shared.app, known);
        return end(shared, known, back).await;
    }
    let _busy = ledger.busy();
    failpoint::pass("offering");
    Span::current().record("server", carrier.server());
    let offered = carrier.offer(&mail.from, &mail.to, &mail.rendered.bytes);
    if let Err(setback) = offered.instrument(tracing::debug_span!("offer")).await {
        let became = if shared.cut.is_cancelled() {
            End::GivenBack { from: None, detail: "Given back by the worker.".into() }
        } else {
            set_back(&known, &mail.address, setback)
        };
        return end(shared, known, became).await;
    }
    failpoint::pass("offered");
    let begin = Begin { known: known.clone(), rendered: mail.rendered.clone(), dropped };
    match ledger.begin(begin).instrument(tracing::debug_span!("write_down")).await {
        Ok(true) => {}
        Ok(false) => {
            Span::current().record("outcome", "not_ours");
            return carrier.abandon();
        }
        // Whether it is written down or not: nothing has been handed over.
        Err(_) => {
            carrier.abandon();
            ledger.failed().await;
            return end(shared, known, End::NotBegun).await;
        }
    }
    failpoint::pass("begun");
    let handed_over = carrier.hand_over(known.lease.id, &mail.rendered.bytes);
    let became = match handed_over.instrument(tracing::debug_span!("hand_over")).await {
        Outcome::Accepted(detail) => End::Accepted { detail },
        Outcome::Refused(setback) => set_back(&known, &mail.address, setback),
        Outcome::Uncertain => {
            tracing::warn!(id = %known.lease.id, "a hand-over was cut off");
            End::CutOff
        }
    };
    failpoint::pass("handed over");
    end(shared, known, became).await;
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
                () = tokio::time::sleep_until(since + FRESH) => return false,
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
