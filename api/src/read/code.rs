//! What kind of error it is, in a word for programs: each error carries one of a closed list in
//! `extensions.code`, beside its sentence for people.

use apollo_compiler::response::{GraphQLError, JsonMap};
use strum::{EnumIter, EnumString, IntoStaticStr};

use super::gate::Refused;

tokio::task_local! {
    /// The id of the request under way. A fault of ours is told with it, so that whoever asks about
    /// the fault can be helped to its lines in the log.
    pub static REQUEST_ID: String;
}

/// The kinds of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The request cannot be read: no JSON, no document, a parameter of the wrong kind, or an
    /// operation that this transport does not take.
    BadRequest,
    /// More bytes than a request may have.
    PayloadTooLarge,
    /// A body that is not `application/json`.
    UnsupportedMediaType,
    /// The client takes no media type that we answer in.
    NotAcceptable,
    /// A method other than GET and POST, or a mutation sent with GET.
    MethodNotAllowed,
    /// No token, or none in force.
    Unauthenticated,
    /// Signed in, and yet not allowed: by the page that asks, or by what the token is for.
    Forbidden,
    /// No document of the hash that the request names is known; send the document beside it.
    PersistedQueryNotFound,
    /// Only documents of the manifest are answered, and this is none.
    DocumentNotTrusted,
    /// The document is no GraphQL.
    GraphqlParseFailed,
    /// The document is not one of this schema.
    GraphqlValidationFailed,
    /// The document has no operation of that name, or several and none was named.
    OperationNotFound,
    /// A variable or an argument has a value that cannot be used.
    BadUserInput,
    /// The request asks for more than one request may.
    TooComplex,
    /// The caller has used up what they may ask for at present; `retryAfter` says in how many
    /// seconds to come again.
    RateLimited,
    /// It took too long and was stopped.
    Timeout,
    /// The service, or a part that it needs, is away at present.
    Unavailable,
    /// A fault of ours.
    Internal,
}

/// The extension that holds the code.
const CODE: &str = "code";

impl Code {
    /// As clients read it.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// An error of this kind.
    #[must_use]
    pub fn error(self, message: impl Into<String>) -> GraphQLError {
        let mut error = GraphQLError {
            message: message.into(),
            locations: Vec::new(),
            path: Vec::new(),
            extensions: JsonMap::new(),
        };
        self.mark(&mut error);
        error
    }

    /// Says of errors that they are of this kind, unless they say already what they are.
    #[must_use]
    pub fn of(self, mut errors: Refused) -> Refused {
        for error in &mut errors {
            if !error.extensions.contains_key(CODE) {
                self.mark(error);
            }
        }
        errors
    }

    /// The kind of the first of these errors.
    #[must_use]
    pub fn first(errors: &Refused) -> Self {
        let word = errors.first().and_then(|error| error.extensions.get(CODE)?.as_str());
        word.and_then(|word| word.parse().ok()).unwrap_or(Self::Internal)
    }

    fn mark(self, error: &mut GraphQLError) {
        error.extensions.insert(CODE, self.word().into());
        if matches!(self, Self::Internal | Self::Unavailable | Self::Timeout)
            && let Some(id) = request_id()
        {
            error.extensions.insert("requestId", id.into());
        }
    }
}

/// The id of the request under way, if there is one.
#[must_use]
pub fn request_id() -> Option<String> {
    REQUEST_ID.try_with(Clone::clone).ok()
}
