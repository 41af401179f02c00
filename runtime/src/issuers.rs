//! Settings of the sign-in services that vouch for people: `[sign_in.issuers.<key>]`.

use std::fmt;

use serde::Deserialize;
use url::Url;

use crate::config::ConfigError;

/// A sign-in service; `config.default.toml` explains each setting.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuerConfig {
    /// Whom it vouches for.
    pub kind: IssuerKind,
    /// What its button says.
    pub name: String,
    /// Its address, exactly as its tokens name it.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What proves to it that we are we.
    #[serde(default)]
    pub client_secret: Secret,
    /// What it is asked to tell, separated by blanks; empty for what its kind needs.
    #[serde(default)]
    pub scopes: String,
    /// The claim that holds the address of the person.
    #[serde(default = "email")]
    pub email_claim: String,
    /// Whether it checks every address, although its tokens do not say so of each.
    #[serde(default)]
    pub trusts_email: bool,
    /// Codes of roles that make a school user, separated by blanks.
    #[serde(default)]
    pub school_user_roles: String,
    /// Address of its roles API; empty for none.
    #[serde(default)]
    pub roles_url: String,
    /// What it calls our service there.
    #[serde(default)]
    pub roles_service: String,
    /// What signs our questions there.
    #[serde(default)]
    pub roles_secret: Secret,
}

/// Whom a sign-in service vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IssuerKind {
    /// DfE Sign-in: people of schools and trusts, each for the organisation they chose.
    DfeSignIn,
    /// The staff of the programme and of its delivery partner.
    Staff,
}

/// A setting that no log and no message repeats.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

fn email() -> String {
    "email".to_owned()
}

impl IssuerConfig {
    /// What it is asked to tell.
    #[must_use]
    pub fn scopes(&self) -> &str {
        match (self.scopes.as_str(), self.kind) {
            ("", IssuerKind::DfeSignIn) => "openid email profile organisation",
            ("", IssuerKind::Staff) => "openid email profile",
            (given, _) => given,
        }
    }

    /// Refuses what could never sign anybody in, or would tell a secret to whoever listens.
    ///
    /// # Errors
    /// The setting, by its whole name, and what is wrong with it.
    pub(crate) fn check(&self, key: &str) -> Result<(), ConfigError> {
        let wrong = |setting, problem: &str| {
            let (key, problem) = (key.to_owned(), problem.to_owned());
            Err(ConfigError::UnusableIssuer { key, setting, problem })
        };
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if key.is_empty() || key.len() > 40 || !key.chars().all(plain) {
            return wrong("*", "its key must be of small letters, digits and _");
        }
        for (setting, value) in [
            ("name", &self.name),
            ("client_id", &self.client_id),
            ("email_claim", &self.email_claim),
        ] {
            if value.trim().is_empty() {
                return wrong(setting, "it must be given");
            }
        }
        if !is_private(&self.issuer) {
            return wrong("issuer", "it must start with https://, or http:// on this machine");
        }
        if !self.scopes().split_whitespace().any(|scope| scope == "openid") {
            return wrong("scopes", "openid must be among them");
        }
        if self.roles_url.is_empty() {
            return Ok(());
        }
        if self.kind != IssuerKind::DfeSignIn {
            return wrong("roles_url", "only an issuer of the kind dfe_sign_in has one");
        }
        if !is_private(&self.roles_url) || self.roles_url.ends_with('/') {
            return wrong(
                "roles_url",
                "it must start with https://, or http:// on this machine, and end without a slash",
            );
        }
        for (setting, value) in [
            ("roles_service", self.roles_service.as_str()),
            ("roles_secret", self.roles_secret.expose()),
            ("school_user_roles", &self.school_user_roles),
        ] {
            if value.trim().is_empty() {
                return wrong(setting, "it must be given with roles_url");
            }
        }
        Ok(())
    }
}

/// Whether nobody on the way can read what is said to this address.
fn is_private(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let here = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && here)
}
