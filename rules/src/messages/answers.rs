//! Who reads what somebody answers to a mail: the hub that it is about, at its shared address, or
//! else the programme. Never one person: a mail to a school names no address of somebody elsewhere.

use uuid::Uuid;

/// A hub that a mail is about, as its reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concerned<'a> {
    /// Which hub.
    pub hub: Uuid,
    /// Its name.
    pub name: &'a str,
    /// Its shared address, if it has one.
    pub email: Option<&'a str>,
    /// Whether the reader runs it or comes for it: they need not be sent to themselves.
    pub is_readers_own: bool,
}

/// The name and address of the hub that reads the answers to a mail about these; none when that is
/// for the programme: a mail about several hubs or none, about the reader's own, or about one that
/// has no address.
#[must_use]
pub fn read_by<'a>(
    concerned: impl IntoIterator<Item = Concerned<'a>>,
) -> Option<(&'a str, &'a str)> {
    let mut concerned = concerned.into_iter();
    let first = concerned.next()?;
    if first.is_readers_own || concerned.any(|other| other.hub != first.hub) {
        return None;
    }
    Some((first.name, first.email.filter(|email| email.is_ascii())?))
}

/// What is wrong with the shared address of a hub, if something is. It stands in the head of mails to
/// everybody, and must be one that every mail server takes.
#[must_use]
pub fn fault(email: &str) -> Option<&'static str> {
    (!email.is_ascii()).then_some("Give an address of letters without accents, digits and signs.")
}
