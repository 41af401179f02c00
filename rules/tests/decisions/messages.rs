use rules::messages::{MessageState, may_become};
use strum::VariantArray as _;

#[test]
fn messages_move_only_along_the_stages() {
    use MessageState::{
        Accepted, Bounced, Cancelled, Complained, Deferred, Expired, Handoff, Held, Leased,
        Pending, Rejected, Suppressed, Uncertain,
    };
    let table: &[(MessageState, &[MessageState])] = &[
        (Pending, &[Leased, Cancelled, Suppressed, Expired]),
        (Leased, &[Leased, Handoff, Deferred, Rejected, Cancelled, Suppressed, Expired]),
        (Handoff, &[Accepted, Uncertain, Deferred, Rejected]),
        (Accepted, &[Bounced, Complained]),
        (Deferred, &[Leased, Cancelled, Suppressed, Expired]),
        (Uncertain, &[Leased, Held]),
        (Rejected, &[]),
        (Held, &[]),
        (Bounced, &[]),
        (Complained, &[]),
        (Cancelled, &[]),
        (Suppressed, &[]),
        (Expired, &[]),
    ];
    assert_eq!(table.len(), MessageState::VARIANTS.len());
    for (from, allowed) in table {
        for to in MessageState::VARIANTS {
            assert_eq!(may_become(*from, *to), allowed.contains(to), "{from:?} to {to:?}");
        }
    }
}
