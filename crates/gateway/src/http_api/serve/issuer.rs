//! The keys of those who issue tokens, read from where their discovery documents say (OpenID Connect Discovery).

use super::{Edge, jwt::Jwk};
use http::{Request, Uri};
use http_body_util::Full;
use serde::{Deserialize, de::DeserializeOwned};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tinderbox_base::Monotonic;
use tokio::sync::Mutex;

/// How long keys hold (API Gateway guide: "API Gateway can cache the public key for two hours").
const HOLDS: Duration = Duration::from_secs(2 * 3600);
/// How soon a token that names an unknown key makes the keys be read again, and how soon an issuer that failed is asked
/// again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// How long each of the two documents may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Keys of an issuer.
const MAX_KEYS: usize = 100;
/// Issuers of one API that are remembered; it has ten authorizers.
const MAX_ISSUERS: usize = 32;

/// The keys of issuers that were asked for.
#[derive(Default)]
pub(super) struct Issuers(Mutex<HashMap<String, Known>>);

struct Known {
    read: Monotonic,
    /// The keys, or why they could not be read.
    keys: Result<Arc<Vec<Jwk>>, String>,
}

#[derive(Deserialize)]
struct Discovery {
    jwks_uri: String,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

impl Issuers {
    /// The keys of `issuer`. They are read again when they are old, or when they lack `wanted`.
    pub(super) async fn keys(
        &self,
        edge: &Edge,
        issuer: &str,
        wanted: Option<&str>,
    ) -> Result<Arc<Vec<Jwk>>, String> {
        let now = edge.clock.monotonic();
        // Held while the keys are read: others that need them wait rather than read them too.
        let mut known = self.0.lock().await;
        if let Some(found) = known.get(issuer) {
            let age = now.since(found.read);
            let has = found.keys.as_ref().is_ok_and(|keys| {
                wanted.is_none_or(|id| keys.iter().any(|key| key.kid.as_deref() == Some(id)))
            });
            if age < AGAIN_AFTER || (has && age < HOLDS) {
                return found.keys.clone();
            }
        }
        let keys = read(edge, issuer).await.map(Arc::new);
        if known.len() >= MAX_ISSUERS {
            known.clear();
        }
        let read = edge.clock.monotonic();
        known.insert(issuer.to_owned(), Known { read, keys: keys.clone() });
        keys
    }
}

async fn read(edge: &Edge, issuer: &str) -> Result<Vec<Jwk>, String> {
    let place = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = get(edge, &place).await?;
    let set: KeySet = get(edge, &discovery.jwks_uri).await?;
    // Keys of other kinds are none of ours and no error.
    Ok(set.keys.into_iter().take(MAX_KEYS).filter_map(|key| serde_json::from_value(key).ok()).collect())
}

async fn get<T: DeserializeOwned>(edge: &Edge, place: &str) -> Result<T, String> {
    let uri: Uri = place.parse().map_err(|_| format!("{place} is no address"))?;
    if uri.host().is_none() || !["http", "https"].contains(&uri.scheme_str().unwrap_or_default()) {
        return Err(format!("{place} is no address"));
    }
    let mut request = Request::new(Full::default());
    *request.uri_mut() = uri;
    let answer =
        edge.upstream.send(request, TIMEOUT).await.map_err(|failure| format!("{place}: {failure:?}"))?;
    if !answer.status().is_success() {
        return Err(format!("{place} answers {}", answer.status()));
    }
    serde_json::from_slice(answer.body()).map_err(|error| format!("{place}: {error}"))
}
