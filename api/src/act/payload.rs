//! What mutations answer with: a row, or why nothing was done.

use async_graphql::SimpleObject;
use entity::outcome::{Refusal, RefusalCode};
use uuid::Uuid;

use crate::read::map::Vocabulary;
use crate::read::registry::Shown;

impl Vocabulary for RefusalCode {
    const NAME: &'static str = "UserErrorCode";
    const ABOUT: &'static str = "Kinds of refusal.";
}

/// Why nothing was done, for the person who asked.
#[derive(Debug, SimpleObject)]
pub struct UserError {
    /// What kind of refusal it is.
    code: Shown<RefusalCode>,
    /// The input field it is about, if one.
    field: Option<&'static str>,
    /// A sentence to show.
    message: String,
}

impl UserError {
    /// Everything that was found wrong, what was found first before the rest.
    pub(super) fn all(refusal: Refusal) -> Vec<Self> {
        let Refusal { code, field, message, also } = refusal;
        let mut errors = vec![Self { code: Shown(code), field, message }];
        errors.extend(also.into_iter().flat_map(Self::all));
        errors
    }
}

/// The row that a mutation was about, or why it did nothing.
pub type Outcome = Result<Uuid, Vec<UserError>>;

/// Payloads of one row and the refusals. A row is found before the mutation by the id that the input
/// gives of it; `by` names input fields and their columns by which it is found if it has none.
macro_rules! payloads {
    ($(
        $about:literal
        $payload:ident {
            $(#[$doc:meta])*
            $field:ident: $entity:ident as $name:literal $(by $keys:expr)?
        }
    )+) => {$(
        impl $crate::read::registry::Mapped for $entity::Entity {
            const NAME: &'static str = $name;
            $(const KEYS: &'static [(&'static str, &'static str)] = $keys;)?
        }

        #[doc = $about]
        #[derive(async_graphql::SimpleObject)]
        pub struct $payload {
            $(#[$doc])*
            $field: Option<$crate::read::registry::Ref<$entity::Entity>>,
            /// Why nothing was done; empty if it was.
            user_errors: Vec<$crate::act::UserError>,
        }

        impl From<$crate::act::Outcome> for $payload {
            fn from(outcome: $crate::act::Outcome) -> Self {
                let (done, user_errors) = match outcome {
                    Ok(id) => (Some($crate::read::registry::Ref::new(id)), Vec::new()),
                    Err(refused) => (None, refused),
                };
                Self { $field: done, user_errors }
            }
        }
    )+};
}
pub(crate) use payloads;
