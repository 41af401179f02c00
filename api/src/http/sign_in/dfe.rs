//! What an organisation says somebody is in Hubs: DfE Sign-in's own list of roles.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac as _};
use openidconnect::http::{Request, StatusCode, header};
use openidconnect::url::Url;
use rules::people::admission::Said;
use runtime::issuers::IssuerConfig;
use serde::Deserialize;
use serde_json::json;
use sha2::Sha256;

use super::oidc::web::Web;

/// Whom a question's signature names as its reader.
const AUDIENCE: &str = "signin.education.gov.uk";
/// How long a question may be on its way.
const LASTS: TimeDelta = TimeDelta::minutes(5);

/// Where it is asked what somebody is in Hubs.
#[derive(Clone, Copy, Debug)]
pub enum Roles<'a> {
    /// DfE Sign-in's roles API.
    Api(&'a IssuerConfig),
    /// Nowhere.
    NoneConfigured,
}

/// The roles of one person at one organisation, as the API lists them.
#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(default)]
    roles: Vec<ListedRole>,
}

#[derive(Debug, Deserialize)]
struct ListedRole {
    code: Option<String>,
    status: Option<ListedStatus>,
}

#[derive(Debug, Deserialize)]
struct ListedStatus {
    id: i64,
}

impl<'a> Roles<'a> {
    /// Where a service's people are asked about.
    #[must_use]
    pub fn of(config: &'a IssuerConfig) -> Self {
        if config.roles_url.is_empty() { Self::NoneConfigured } else { Self::Api(config) }
    }

    /// What an organisation says an account is, in the ids of DfE Sign-in.
    ///
    /// # Errors
    /// What went wrong with the API, for the log.
    pub async fn ask(
        self,
        web: &Web,
        now: DateTime<Utc>,
        organisation: &str,
        account: &str,
    ) -> Result<Said, String> {
        let Self::Api(config) = self else { return Ok(Said::Unasked) };
        let url = question(config, organisation, account).ok_or("its address cannot be built")?;
        let token = token(config, now).ok_or("its secret cannot be used")?;
        let request = Request::get(url.as_str())
            .header(header::ACCEPT, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .body(Vec::new())
            .map_err(|why| why.to_string())?;
        let answer = web.send(request).await.map_err(|why| why.to_string())?;
        match answer.status() {
            // Not one of the organisation, or not let into the service by it.
            StatusCode::NOT_FOUND => Ok(Said::Nothing),
            StatusCode::OK => {
                let listed: Listed = serde_json::from_slice(answer.body())
                    .map_err(|_| "an answer that cannot be read".to_owned())?;
                Ok(read(&listed, &config.school_user_roles))
            }
            other => Err(format!("it answers {other}")),
        }
    }
}

/// The address of a question, if its ids are plain: one step of the path each, and nothing else.
fn question(config: &IssuerConfig, organisation: &str, account: &str) -> Option<Url> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if [organisation, account].iter().any(|id| id.is_empty() || !id.chars().all(plain)) {
        return None;
    }
    let mut url = Url::parse(&config.roles_url).ok()?;
    let steps =
        ["services", &config.roles_service, "organisations", organisation, "users", account];
    url.path_segments_mut().ok()?.pop_if_empty().extend(steps);
    Some(url)
}

/// What proves that a question is ours: a token (HS256) signed with the API's secret.
fn token(config: &IssuerConfig, now: DateTime<Utc>) -> Option<String> {
    let header = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = json!({
        "iss": config.client_id,
        "aud": AUDIENCE,
        "iat": now.timestamp(),
        "exp": (now + LASTS).timestamp(),
    });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(config.roles_secret.expose().as_bytes()).ok()?;
    mac.update(signed.as_bytes());
    let seal = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Some(format!("{signed}.{seal}"))
}

/// Whether one of the roles in force makes a school user.
fn read(listed: &Listed, school_user_roles: &str) -> Said {
    let makes = |role: &ListedRole| {
        let in_force = role.status.as_ref().is_none_or(|status| status.id == 1);
        let code = role.code.as_deref().unwrap_or_default();
        in_force && school_user_roles.split_whitespace().any(|wanted| wanted == code)
    };
    if listed.roles.iter().any(makes) { Said::SchoolUser } else { Said::Nothing }
}
