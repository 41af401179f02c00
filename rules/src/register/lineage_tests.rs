use proptest::prelude::*;

use super::*;

const PLAIN: LinkKind = LinkKind::Successor { plain: true };
const PLAIN_BEFORE: LinkKind = LinkKind::Predecessor { plain: true };
const MERGED: LinkKind = LinkKind::Successor { plain: false };
const MERGED_BEFORE: LinkKind = LinkKind::Predecessor { plain: false };

fn lineage(links: &[(i32, i32, LinkKind)]) -> Lineage {
    let mut lineage = Lineage::default();
    for (urn, other, kind) in links {
        lineage.add(*urn, *other, *kind);
    }
    lineage
}

/// School 1, when the schools up to `closed` are closed.
fn successor_of_1(links: &[(i32, i32, LinkKind)], closed: i32) -> Successor {
    lineage(links).successor(1, |urn| urn <= closed)
}

#[test]
fn the_words_of_the_register_are_understood() {
    let table = [
        ("Successor", PLAIN),
        ("Predecessor", PLAIN_BEFORE),
        ("Successor - merged", MERGED),
        ("Successor - amalgamated", MERGED),
        ("Successor - Split School", MERGED),
        ("Predecessor - merged", MERGED_BEFORE),
        ("Predecessor - Split School", MERGED_BEFORE),
        ("Result of Amalgamation", LinkKind::Merger),
        ("Merged - change in age range", LinkKind::Merger),
        ("Sixth Form Centre Link", LinkKind::Other),
        ("Closure", LinkKind::Other),
    ];
    for (text, kind) in table {
        assert_eq!(LinkKind::from_text(text), kind, "{text}");
    }
}

#[test]
fn a_converter_is_followed_whichever_side_states_it() {
    for links in
        [&[(1, 9, PLAIN)][..], &[(9, 1, PLAIN_BEFORE)], &[(1, 9, PLAIN), (9, 1, PLAIN_BEFORE)]]
    {
        assert_eq!(successor_of_1(links, 1), Successor::One(9));
    }
}

#[test]
fn an_open_school_stands_for_itself() {
    assert_eq!(successor_of_1(&[(1, 9, PLAIN)], 0), Successor::Same);
}

#[test]
fn a_closed_school_that_nothing_followed_stands_for_itself() {
    assert_eq!(successor_of_1(&[], 1), Successor::Same);
    assert_eq!(successor_of_1(&[(1, 9, LinkKind::Other)], 1), Successor::Same);
    assert_eq!(successor_of_1(&[(1, 1, PLAIN)], 1), Successor::Same);
}

#[test]
fn a_chain_is_followed_to_the_first_school_that_is_not_closed() {
    let links = [(1, 2, PLAIN), (2, 3, PLAIN), (3, 4, PLAIN)];
    assert_eq!(successor_of_1(&links, 2), Successor::One(3));
    assert_eq!(successor_of_1(&links, 3), Successor::One(4));
}

#[test]
fn an_earlier_school_named_twice_in_a_chain_is_no_merger() {
    let links = [(1, 2, PLAIN), (2, 3, PLAIN), (3, 2, PLAIN_BEFORE)];
    assert_eq!(successor_of_1(&links, 2), Successor::One(3));
    let links = [(8, 1, PLAIN), (1, 9, PLAIN), (9, 8, PLAIN_BEFORE)];
    assert_eq!(successor_of_1(&links, 1), Successor::One(9));
}

#[test]
fn whatever_is_not_plain_goes_to_a_person() {
    type Links<'a> = &'a [(i32, i32, LinkKind)];
    let table: &[(Links, &[i32])] = &[
        (&[(1, 9, MERGED)], &[9]),
        (&[(1, 8, PLAIN), (1, 9, PLAIN)], &[8, 9]),
        // The sides disagree.
        (&[(1, 9, PLAIN), (9, 1, MERGED_BEFORE)], &[9]),
        (&[(1, 9, LinkKind::Merger)], &[9]),
        (&[(9, 1, LinkKind::Merger)], &[9]),
        // Two schools became one, although the links are called plain.
        (&[(1, 9, PLAIN), (7, 9, PLAIN)], &[9]),
        (&[(1, 9, PLAIN), (9, 7, MERGED_BEFORE)], &[9]),
        // The doubt is further down the chain.
        (&[(1, 2, PLAIN), (2, 8, PLAIN), (2, 9, PLAIN)], &[8, 9]),
    ];
    for (links, candidates) in table {
        assert_eq!(
            successor_of_1(links, 2),
            Successor::Ambiguous(candidates.to_vec()),
            "{links:?}"
        );
    }
}

#[test]
fn a_cycle_of_closed_schools_is_noticed() {
    let links = [(1, 2, PLAIN), (2, 1, PLAIN)];
    assert_eq!(successor_of_1(&links, 2), Successor::Cycle);
    let links = [(1, 2, PLAIN), (2, 1, PLAIN), (2, 9, PLAIN)];
    assert_eq!(successor_of_1(&links, 2), Successor::Cycle);
}

fn any_kind() -> impl Strategy<Value = LinkKind> {
    prop_oneof![
        6 => Just(PLAIN),
        3 => Just(PLAIN_BEFORE),
        1 => Just(MERGED),
        1 => Just(MERGED_BEFORE),
        1 => Just(LinkKind::Merger),
        1 => Just(LinkKind::Other),
    ]
}

proptest! {
    #[test]
    fn every_school_has_an_answer_however_the_links_lie(
        links in prop::collection::vec((0..12i32, 0..12i32, any_kind()), 0..40),
        closed in prop::collection::vec(any::<bool>(), 12),
    ) {
        let is_closed = |urn: i32| usize::try_from(urn).is_ok_and(|urn| closed[urn]);
        let lineage = lineage(&links);
        for urn in 0..12 {
            match lineage.successor(urn, is_closed) {
                Successor::One(next) => prop_assert!(next != urn && is_closed(urn)),
                Successor::Ambiguous(candidates) => {
                    prop_assert!(is_closed(urn) && !candidates.is_empty());
                }
                Successor::Cycle => prop_assert!(is_closed(urn)),
                Successor::Same => {}
            }
        }
    }

    #[test]
    fn the_order_of_the_links_does_not_matter(
        links in prop::collection::vec((0..8i32, 0..8i32, any_kind()), 0..20),
    ) {
        let mut reversed = links.clone();
        reversed.reverse();
        for urn in 0..8 {
            let is_closed = |urn: i32| urn % 2 == 0;
            prop_assert_eq!(
                lineage(&links).successor(urn, is_closed),
                lineage(&reversed).successor(urn, is_closed)
            );
        }
    }
}
