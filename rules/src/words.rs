//! Closed lists of words: stored as text in lower case, shown by the graph as enums.

/// Declares enums whose variants are words of the product, with everything a word needs: to be
/// stored, read back, listed, and described by its doc comment.
macro_rules! words {
    ($($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $word:ident,)+ })+) => {$(
        $(#[$about])*
        #[derive(
            Clone,
            Copy,
            Debug,
            PartialEq,
            Eq,
            Hash,
            PartialOrd,
            Ord,
            serde::Serialize,
            serde::Deserialize,
            strum::EnumMessage,
            strum::EnumString,
            strum::IntoStaticStr,
            strum::VariantArray,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $name {
            $($(#[$doc])* $word,)+
        }
    )+};
}

pub(crate) use words;

/// What a doc comment says, in one line: its own lines end where the source file's do.
#[must_use]
pub fn in_one_line(documentation: &str) -> String {
    documentation.split_whitespace().collect::<Vec<_>>().join(" ")
}
