//! Sessions and access tokens in the graph; of neither is there anything to sign in with.

use entity::people::{access_token, session};
use entity::scope::Scope;
use rules::sign_in::{SignInMethod, TokenKind, TokenScope};

use crate::read::map::{
    Leaf, Scalar, Type, Vocabulary, any_of, column, derived, desc, empty, one, refers, root, table,
    word,
};

impl Vocabulary for SignInMethod {
    const NAME: &'static str = "SignInMethod";
    const ABOUT: &'static str = "How somebody signed in.";
}

impl Vocabulary for TokenKind {
    const NAME: &'static str = "AccessTokenKind";
    const ABOUT: &'static str = "Whose hands an access token is in.";
}

impl Vocabulary for TokenScope {
    const NAME: &'static str = "AccessTokenScope";
    const ABOUT: &'static str = "What an access token may do.";
}

/// The types of signing in.
#[must_use]
pub fn types() -> Vec<Type> {
    vec![session(), access_token()]
}

fn session() -> Type {
    use session::Column as C;
    Type {
        name: "Session",
        about: "A browser that is or was signed in.",
        table: table(session::Entity),
        scope: Scope::sessions,
        root: root("sessions", "Your own sessions, whatever your role, latest first."),
        fields: vec![
            word::<SignInMethod>("method", C::Method, "How you signed in."),
            column("issuer", C::Issuer, "Which sign-in service vouched for you, if one did."),
            column("createdAt", C::CreatedAt, "When you signed in."),
            column("lastSeenAt", C::LastSeenAt, "When it was last used, to the minute or so."),
            column("idleUntil", C::IdleUntil, "When it ends if it is not used."),
            column("expiresAt", C::ExpiresAt, "When it ends in any case."),
            column("revokedAt", C::RevokedAt, "When you signed out, or ended it from elsewhere."),
            column("userAgent", C::UserAgent, "What the browser calls itself, cut short."),
            derived(
                "current",
                &[C::Id],
                Leaf::Boolean,
                |cells, _| Ok(Scalar::Boolean(cells.is_session(0)?)),
                "Whether it is the session of this very request.",
            ),
            one("person", "Person", C::PersonId, "Who is signed in."),
        ],
        filters: vec![empty("open", C::RevokedAt, "True: not signed out. False: signed out.")],
        orders: vec![desc("CREATED_AT", C::CreatedAt)],
    }
}

fn access_token() -> Type {
    use access_token::Column as C;
    Type {
        name: "AccessToken",
        about: "A bearer token, without its text, which is shown once, when it is issued.",
        table: table(access_token::Entity),
        scope: Scope::access_tokens,
        root: root("accessTokens", "Your own access tokens; for programme admins, everybody's."),
        fields: vec![
            column("label", C::Label, "What it is for."),
            word::<TokenKind>("kind", C::Kind, "Whose hands it is in."),
            column("scopes", C::Scopes, "What it may do: `read`, or `read write`."),
            column("createdAt", C::CreatedAt, "When issued."),
            column("expiresAt", C::ExpiresAt, "From when it is refused."),
            column("revokedAt", C::RevokedAt, "When taken back."),
            column("lastUsedAt", C::LastUsedAt, "When last used, to the minute or so."),
            one("person", "Person", C::PersonId, "As whom it acts."),
            one("createdBy", "Person", C::CreatedBy, "Who issued it; null for the command line."),
        ],
        filters: vec![
            any_of::<TokenKind>("kind", C::Kind, "Of one of these kinds."),
            refers("person", "Person", C::PersonId, "Acting as this person."),
            empty("current", C::RevokedAt, "True: not taken back. False: taken back."),
        ],
        orders: vec![desc("CREATED_AT", C::CreatedAt)],
    }
}
