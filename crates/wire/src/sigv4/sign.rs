//! Signing: for the command line, which calls the platform as any client does, and for tests.

use super::{Claim, Hash, Payload, SignedRequest, hash, moment};
use tinderbox_base::Timestamp;

/// What a request is signed with.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub access_key: String,
    /// Its secret.
    pub secret: String,
    /// The token of temporary credentials.
    pub token: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key", &self.access_key).finish_non_exhaustive()
    }
}

/// The headers that sign a request: to be added to those it has, which are all signed.
///
/// The request's `Host` must be among them. `now` should be the time of sending.
pub fn sign(
    credentials: &Credentials,
    (region, service): (&str, &str),
    request: &SignedRequest<'_>,
    body: &Hash,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let date = moment::format(now);
    let mut headers = request.headers.clone();
    let mut added = vec![("x-amz-date", date.clone())];
    if let Some(token) = &credentials.token {
        added.push(("x-amz-security-token", token.clone()));
    }
    for (name, value) in &added {
        // A token that no header can hold would not arrive either.
        if let Ok(value) = http::HeaderValue::from_str(value) {
            headers.insert(*name, value);
        }
    }
    let mut signed_headers: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
    signed_headers.sort_unstable();
    let claim = Claim {
        access_key: credentials.access_key.clone(),
        token: credentials.token.clone(),
        region: region.to_owned(),
        service: service.to_owned(),
        moment: now,
        expires: None,
        payload: Payload::Whole,
        date: date.get(..8).unwrap_or_default().to_owned(),
        terminator: "aws4_request".to_owned(),
        signed_headers,
        signature: Hash::default(),
    };
    let whole = SignedRequest { headers: &headers, ..*request };
    let canonical = whole.canonical(&claim.signed_headers, &hash::hex(body), service == "s3");
    let text = claim.string_to_sign(&canonical);
    let signature = hash::hmac(&claim.signing_key(&credentials.secret), text.as_bytes());
    let value = format!(
        "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
        claim.access_key,
        claim.scope(),
        claim.signed_headers.join(";"),
        hash::hex(&signature)
    );
    added.push(("authorization", value));
    added
}
