//! How schools follow one another: from the links of the register to the school of today.
//!
//! Both schools of a pair may state a link, or one, or each something else; dates are often blank
//! and there are cycles. So links are taken together as statements about pairs, and only a chain
//! of plain successions that nothing speaks against is followed. Everything else is for a person.

use std::collections::{BTreeMap, BTreeSet};

/// What a link of the register says, from the side of the school that states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// The other school follows this one.
    Successor {
        /// Neither merged, amalgamated nor split.
        plain: bool,
    },
    /// The other school came before this one.
    Predecessor {
        /// Neither merged, amalgamated nor split.
        plain: bool,
    },
    /// Both had part in a merger; the register does not say which followed.
    Merger,
    /// Says nothing about who followed whom, such as a sixth form centre.
    Other,
}

impl LinkKind {
    /// Reads the register's words, such as `Successor - merged`.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        if let Some(rest) = text.strip_prefix("successor") {
            return Self::Successor { plain: rest.is_empty() };
        }
        if let Some(rest) = text.strip_prefix("predecessor") {
            return Self::Predecessor { plain: rest.is_empty() };
        }
        if text.contains("merged") || text.contains("amalgamat") || text.contains("split") {
            return Self::Merger;
        }
        Self::Other
    }
}

/// Which school stands for another today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Successor {
    /// The school itself: it is not closed, or nothing followed it.
    Same,
    /// This one school, by plain succession all the way.
    One(i32),
    /// A merger, a split, or several schools: these come into question, and a person decides.
    Ambiguous(Vec<i32>),
    /// The links lead back to a school passed before.
    Cycle,
}

/// All links, by school.
#[derive(Clone, Debug, Default)]
pub struct Lineage {
    /// For each school those stated to follow it, and whether every statement is plain.
    after: BTreeMap<i32, BTreeMap<i32, bool>>,
    before: BTreeMap<i32, BTreeSet<i32>>,
    mergers: BTreeMap<i32, BTreeSet<i32>>,
}

impl Lineage {
    /// Adds what the school `urn` states about `other`. A school linked to itself says nothing.
    pub fn add(&mut self, urn: i32, other: i32, kind: LinkKind) {
        if urn == other {
            return;
        }
        let (from, to, plain) = match kind {
            LinkKind::Successor { plain } => (urn, other, plain),
            LinkKind::Predecessor { plain } => (other, urn, plain),
            LinkKind::Merger => {
                self.mergers.entry(urn).or_default().insert(other);
                self.mergers.entry(other).or_default().insert(urn);
                return;
            }
            LinkKind::Other => return,
        };
        let agreed = self.after.entry(from).or_default().entry(to).or_insert(true);
        *agreed &= plain;
        self.before.entry(to).or_default().insert(from);
    }

    /// The school that stands for `urn` today, following closed schools only: a school that is
    /// open, or that the register does not know, ends the chain.
    #[must_use]
    pub fn successor(&self, urn: i32, is_closed: impl Fn(i32) -> bool) -> Successor {
        let mut passed = BTreeSet::new();
        let mut at = urn;
        while is_closed(at) {
            passed.insert(at);
            let following = self.following(at);
            let candidates: Vec<i32> = following.keys().copied().collect();
            if candidates.iter().any(|next| passed.contains(next)) {
                return Successor::Cycle;
            }
            match candidates[..] {
                [] => break,
                [next] if following[&next] && !self.is_merger(at, next) => at = next,
                _ => return Successor::Ambiguous(candidates),
            }
        }
        if at == urn { Successor::Same } else { Successor::One(at) }
    }

    /// Schools that may follow `urn`, each with whether that is plain.
    fn following(&self, urn: i32) -> BTreeMap<i32, bool> {
        let mut following = self.after.get(&urn).cloned().unwrap_or_default();
        let before = self.before.get(&urn);
        for other in self.mergers.get(&urn).into_iter().flatten() {
            if before.is_none_or(|before| !before.contains(other)) {
                following.insert(*other, false);
            }
        }
        following
    }

    /// Whether `next` also follows a school that is not an earlier one of `urn`: two schools
    /// became one, whatever the links call it.
    fn is_merger(&self, urn: i32, next: i32) -> bool {
        let before = self.before.get(&next);
        before.into_iter().flatten().any(|other| {
            let earlier = self.after.get(other).is_some_and(|it| it.contains_key(&urn));
            *other != urn && !earlier
        })
    }
}

#[cfg(test)]
#[path = "lineage_tests.rs"]
mod tests;
