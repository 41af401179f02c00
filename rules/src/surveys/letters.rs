//! Who is written to at a school that a campaign asks, and which of its groups are left to a code.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::RespondentGroup;
use super::campaign::belongs;
use crate::people::ContactRole;

/// A contact of a school.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub person: Uuid,
    /// What they are at the school.
    pub role: ContactRole,
    /// Whether mail reaches them: nothing is known against their address.
    pub reached: bool,
}

/// What one school gets when a campaign opens there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchoolLetters {
    /// Who of which group gets a link of their own.
    pub links: Vec<(RespondentGroup, BTreeSet<Uuid>)>,
    /// The groups that answer by the code in the school's letter: those asked by code, and those
    /// asked by links that would reach nobody.
    pub coded: Vec<RespondentGroup>,
    /// Who gets the letter with the codes; nobody where every group has its links.
    pub letter: BTreeSet<Uuid>,
    /// Groups with neither link nor letter that anybody gets: nobody tells them how to answer.
    pub unreached: Vec<RespondentGroup>,
}

impl SchoolLetters {
    /// Everybody who is written to.
    #[must_use]
    pub fn readers(&self) -> BTreeSet<Uuid> {
        self.links.iter().flat_map(|(_, people)| people).chain(&self.letter).copied().collect()
    }

    /// Who at the school is not told how to answer, and why, in a sentence; none if all are.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        if self.unreached.is_empty() {
            return None;
        }
        let why = if self.letter.is_empty() {
            "it has no contact in a role that the programme writes to"
        } else {
            "no mail reaches the contacts that the programme writes to"
        };
        let by_link = self.links.iter().any(|(group, _)| !self.coded.contains(group));
        Some(if by_link {
            let groups = in_words(&self.unreached);
            format!("Nobody at this school gets the code for its {groups}: {why}.")
        } else {
            format!("Nobody at this school can answer: {why}.")
        })
    }
}

/// Who is written to at a school: `groups` with whether each is asked by links of its own, and the
/// `roles` that the programme writes to. A group asked by links has the code in the letter where no
/// link reaches anybody, so that it can answer all the same.
#[must_use]
pub fn letters(
    groups: &[(RespondentGroup, bool)],
    contacts: &[Known],
    roles: &[ContactRole],
) -> SchoolLetters {
    let mut found = SchoolLetters::default();
    for (group, by_link) in groups {
        let members = contacts.iter().filter(|one| *by_link && belongs(*group, one.role));
        let people: BTreeSet<Uuid> = members.clone().map(|one| one.person).collect();
        if !members.clone().any(|one| one.reached) {
            found.coded.push(*group);
        }
        if !people.is_empty() {
            found.links.push((*group, people));
        }
    }
    if found.coded.is_empty() {
        return found;
    }
    let readers = contacts.iter().filter(|one| roles.contains(&one.role));
    found.letter = readers.clone().map(|one| one.person).collect();
    if !readers.clone().any(|one| one.reached) {
        found.unreached = found.coded.clone();
    }
    found
}

/// `pupils, staff and senior leaders`.
#[must_use]
pub fn in_words(groups: &[RespondentGroup]) -> String {
    let names: Vec<&str> = groups.iter().map(|group| group.in_words()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}
