//! Addresses that no mail goes to any more, and why.

use super::MessageKind;
use crate::words::words;

words! {
    /// Why no mail goes to an address.
    SuppressionReason {
        /// Mail to it came back for good: there is no such address.
        HardBounce,
        /// Mail to it came back for now, on three different days.
        SoftBounces,
        /// The mail server said before the mail was sent that there is no such address.
        Refused,
        /// Its reader marked a mail as unwanted: only mail that is not a duty is kept back.
        Complaint,
        /// Somebody decided so.
        ByHand,
    }
}

impl SuppressionReason {
    /// Whether mail of this kind is kept back for it.
    #[must_use]
    pub fn withholds(self, kind: MessageKind) -> bool {
        self.withholds_all() || kind.is_optional()
    }

    /// Whether no mail at all reaches the address.
    #[must_use]
    pub fn withholds_all(self) -> bool {
        self != Self::Complaint
    }

    /// Whether this reason takes the place of `other`: one that keeps all mail back does of one that
    /// does not; otherwise what was found first stands.
    #[must_use]
    pub fn outranks(self, other: Self) -> bool {
        self.withholds_all() && !other.withholds_all()
    }

    /// In the middle of a sentence: "mail to it came back for good".
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::HardBounce => "mail to it came back for good",
            Self::SoftBounces => "mail to it came back on three different days",
            Self::Refused => "the mail server says that there is no such address",
            Self::Complaint => "its reader marked a mail as unwanted",
            Self::ByHand => "somebody decided so",
        }
    }

    /// What the story of a message says that was kept back for it.
    #[must_use]
    pub fn kept_back(self) -> String {
        format!("No mail goes to this address: {}.", self.in_words())
    }
}

/// An address as it is compared: mail servers that tell capitals apart are none that we meet.
#[must_use]
pub fn normalised(address: &str) -> String {
    address.trim().to_lowercase()
}
