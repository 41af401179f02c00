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

    /// What it means for a message of this kind to such an address, in a sentence or two.
    #[must_use]
    pub fn for_mail(self, kind: MessageKind) -> String {
        let reason = self.in_words();
        if self.withholds_all() {
            return format!("Its reader's address takes no mail at present: {reason}.");
        }
        // Only what is no duty is kept back.
        if kind.is_optional() {
            "Its reader marked a mail as unwanted, so mail such as this, which is no duty, is kept \
             back from their address at present."
        } else {
            "Its reader marked a mail as unwanted. Mail such as this is a duty and goes all the same."
        }
        .to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_entry_means_for_a_mail_is_told_by_whether_it_is_a_duty() {
        for (reason, kind, told) in [
            (
                SuppressionReason::HardBounce,
                MessageKind::Digest,
                "takes no mail at present: mail to",
            ),
            (SuppressionReason::Complaint, MessageKind::Digest, "is a duty and goes all the same"),
            (SuppressionReason::Complaint, MessageKind::Bulletin, "no duty, is kept back"),
        ] {
            let words = reason.for_mail(kind);
            assert!(words.contains(told), "{words}");
            assert_eq!(words.contains("goes"), !reason.withholds(kind), "{words}");
        }
    }
}
