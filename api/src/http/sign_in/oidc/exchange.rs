//! From the code that somebody brings back to what the service says of them, every step checked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::{
    CoreClient, CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm, CoreTokenResponse,
};
use openidconnect::http::{Request, StatusCode, header};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, Nonce, OAuth2TokenResponse as _,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, SignatureVerificationError,
    TokenResponse as _,
};
use runtime::issuers::IssuerConfig;
use serde_json::{Map, Value};

use super::provider::{Provider, Providers};
use super::refusal::Refusal;
use crate::app::App;

/// How far the clocks of a service and ours may be apart.
const SKEW: TimeDelta = TimeDelta::minutes(1);

/// A client for one service, as the library builds it.
pub type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What a service says of somebody.
pub type Claims = Map<String, Value>;

/// What is brought back, with what was kept to check it by.
#[derive(Debug)]
pub struct Brought {
    /// The code.
    pub code: String,
    /// What proves that we asked for it.
    pub verifier: String,
    /// What the token must repeat.
    pub nonce: String,
}

/// Where a service sends people back to.
#[must_use]
pub fn callback(app: &App, key: &str) -> String {
    format!("{}/sign-in/oidc/{key}/callback", app.config.http.public_url)
}

/// A client for a service.
///
/// # Errors
/// `http.public_url` is no address.
pub fn client(
    app: &App,
    key: &str,
    config: &IssuerConfig,
    provider: &Provider,
) -> Result<Client, Refusal> {
    let redirect =
        RedirectUrl::new(callback(app, key)).map_err(|why| Refusal::Fault(why.into()))?;
    let id = ClientId::new(config.client_id.clone());
    let secret = Some(config.client_secret.expose())
        .filter(|secret| !secret.is_empty())
        .map(|secret| ClientSecret::new(secret.to_owned()));
    let metadata = provider.metadata.clone();
    Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect))
}

/// What the service says of whoever brought this back: its token's claims, and what it tells beside
/// them when asked.
///
/// # Errors
/// It does not answer, it does not take the code, or its token is not for us, not for this attempt,
/// not in force or not signed by it.
pub async fn claims(
    app: &App,
    providers: &Providers,
    (key, config): (&str, &IssuerConfig),
    now: DateTime<Utc>,
    brought: Brought,
) -> Result<Claims, Refusal> {
    let mut provider = providers.of(key, config, now).await?;
    let mut client = client(app, key, config, &provider)?;
    let answer: CoreTokenResponse = client
        .exchange_code(AuthorizationCode::new(brought.code))
        .map_err(|why| Refusal::Away(format!("its description: {why}")))?
        .set_pkce_verifier(PkceCodeVerifier::new(brought.verifier))
        .request_async(providers.web())
        .await
        .map_err(|error| match error {
            RequestTokenError::ServerResponse(said) => Refusal::Code(said.error().to_string()),
            RequestTokenError::Request(why) => Refusal::Away(format!("the exchange: {why}")),
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                Refusal::Away("the exchange: an answer that cannot be read".to_owned())
            }
        })?;
    let token = answer.id_token().ok_or(Refusal::Token("no token of who they are".to_owned()))?;
    let nonce = Nonce::new(brought.nonce);
    let fault = token.claims(&verifier(&client, now), &nonce).err();
    if let Some(ClaimsVerificationError::SignatureVerification(
        SignatureVerificationError::NoMatchingKey,
    )) = fault
    {
        provider = providers.renewed(key, config, now).await?;
        client = self::client(app, key, config, &provider)?;
    }
    let verifier = verifier(&client, now);
    let said = token.claims(&verifier, &nonce).map_err(|why| Refusal::Token(words(&why)))?;
    if let Some(expected) = said.access_token_hash()
        && hash_of(token, &answer, &verifier).as_ref() != Some(expected)
    {
        return Err(Refusal::Token("its access token is another one's".to_owned()));
    }
    let mut claims = payload(token).ok_or(Refusal::Token("claims without form".to_owned()))?;
    if let Some(endpoint) = provider.metadata.userinfo_endpoint() {
        let bearer = format!("Bearer {}", answer.access_token().secret());
        let beside = beside(providers, endpoint.as_str(), &bearer).await?;
        if beside.get("sub") != claims.get("sub") {
            return Err(Refusal::Token("what is told beside it is of somebody else".to_owned()));
        }
        for (name, value) in beside {
            claims.entry(name).or_insert(value);
        }
    }
    Ok(claims)
}

/// The hash that a token must hold of the access token that it came with.
fn hash_of(
    token: &CoreIdToken,
    answer: &CoreTokenResponse,
    verifier: &CoreIdTokenVerifier<'_>,
) -> Option<AccessTokenHash> {
    let (alg, key) = (token.signing_alg().ok()?, token.signing_key(verifier).ok()?);
    AccessTokenHash::from_token(answer.access_token(), alg, key).ok()
}

/// Checks signature, issuer, audience and times as of `now`. Neither unsigned tokens nor those that
/// are signed with our own secret are taken.
fn verifier(client: &Client, now: DateTime<Utc>) -> CoreIdTokenVerifier<'_> {
    use CoreJwsSigningAlgorithm::{EcdsaP256Sha256, RsaSsaPkcs1V15Sha256, RsaSsaPssSha256};
    client
        .id_token_verifier()
        .set_allowed_algs([RsaSsaPkcs1V15Sha256, RsaSsaPssSha256, EcdsaP256Sha256])
        .set_time_fn(move || now)
        .set_issue_time_verifier_fn(move |issued| {
            if issued > now + SKEW { Err("issued in the future".to_owned()) } else { Ok(()) }
        })
}

/// Why a token is refused, without what it says of anybody.
fn words(why: &ClaimsVerificationError) -> String {
    match why {
        ClaimsVerificationError::Expired(_) => "expired".to_owned(),
        ClaimsVerificationError::InvalidAudience(_) => "for another audience".to_owned(),
        ClaimsVerificationError::InvalidIssuer(_) => "of another issuer".to_owned(),
        ClaimsVerificationError::InvalidNonce(_) => "for another attempt".to_owned(),
        ClaimsVerificationError::SignatureVerification(why) => format!("not signed by it: {why}"),
        _ => "not as it must be".to_owned(),
    }
}

/// The claims of a token that was verified.
fn payload(token: &CoreIdToken) -> Option<Claims> {
    let text = token.to_string();
    let payload = URL_SAFE_NO_PAD.decode(text.split('.').nth(1)?).ok()?;
    serde_json::from_slice(&payload).ok()
}

/// What the service tells of the holder of an access token.
async fn beside(providers: &Providers, endpoint: &str, bearer: &str) -> Result<Claims, Refusal> {
    let request = Request::get(endpoint)
        .header(header::ACCEPT, "application/json")
        .header(header::AUTHORIZATION, bearer)
        .body(Vec::new())
        .map_err(|why| Refusal::Fault(why.into()))?;
    let answer = providers.web().send(request).await;
    let answer = answer.map_err(|why| Refusal::Away(format!("what is told beside: {why}")))?;
    if answer.status() != StatusCode::OK {
        return Err(Refusal::Away(format!("what is told beside: {}", answer.status())));
    }
    serde_json::from_slice(answer.body())
        .map_err(|_| Refusal::Away("what is told beside: cannot be read".to_owned()))
}
