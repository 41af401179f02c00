//! What a sign-in service says of itself, and its keys: fetched when first needed, kept for an hour,
//! and fetched again when a token is signed with a key not seen before.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{IssuerUrl, ProviderMetadataWithLogout};
use runtime::issuers::IssuerConfig;

use super::refusal::Refusal;
use super::web::Web;

/// How long it is believed without asking again.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// New keys are not asked for more often, whatever tokens say.
const LEAST: TimeDelta = TimeDelta::minutes(1);

/// The sign-in services of the settings, as this process knows them.
#[derive(Debug, Default)]
pub struct Providers {
    web: Web,
    known: Mutex<HashMap<String, Arc<Provider>>>,
}

/// One service.
#[derive(Debug)]
pub struct Provider {
    /// What it says of itself.
    pub metadata: ProviderMetadataWithLogout,
    fetched_at: DateTime<Utc>,
}

impl Providers {
    /// How they are spoken to.
    #[must_use]
    pub fn web(&self) -> &Web {
        &self.web
    }

    /// The service with this key in the settings.
    ///
    /// # Errors
    /// It does not answer, or not as such a service does.
    pub async fn of(
        &self,
        key: &str,
        config: &IssuerConfig,
        now: DateTime<Utc>,
    ) -> Result<Arc<Provider>, Refusal> {
        match self.known(key).filter(|known| now < known.fetched_at + KEPT) {
            Some(known) => Ok(known),
            None => self.fetch(key, config, now).await,
        }
    }

    /// As [`Providers::of`], asked anew unless that was done a moment ago.
    ///
    /// # Errors
    /// As [`Providers::of`].
    pub async fn renewed(
        &self,
        key: &str,
        config: &IssuerConfig,
        now: DateTime<Utc>,
    ) -> Result<Arc<Provider>, Refusal> {
        match self.known(key).filter(|known| now < known.fetched_at + LEAST) {
            Some(known) => Ok(known),
            None => self.fetch(key, config, now).await,
        }
    }

    fn known(&self, key: &str) -> Option<Arc<Provider>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    async fn fetch(
        &self,
        key: &str,
        config: &IssuerConfig,
        now: DateTime<Utc>,
    ) -> Result<Arc<Provider>, Refusal> {
        let away = |why: String| Refusal::Away(why);
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|why| away(why.to_string()))?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &self.web)
            .await
            .map_err(|error| away(format!("its description: {error}")))?;
        let provider = Arc::new(Provider { metadata, fetched_at: now });
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key.to_owned(), Arc::clone(&provider));
        Ok(provider)
    }
}
